"""How a ledger stands, in a sentence or two. Does no I/O."""

from __future__ import annotations

from typing import TYPE_CHECKING

from spapi_messaging.bulk.states import TO_SEND, State

if TYPE_CHECKING:
    from spapi_messaging.cli.bulk.status_page.facts import Facts

__all__ = ["MEANINGS", "verdict_of"]

#: What each state means, in a few words.
MEANINGS = {
    "unknown": "Perhaps sent. A person must look.",
    "parked": "Their account cannot send.",
    "rejected": "Not sent.",
    "given_up": "Not sent: Amazon did not offer them in time.",
    "pending": "To be sent.",
    "claimed": "A sender prepares them.",
    "sending": "On their way to Amazon.",
    "waiting": "Amazon does not offer them now. Asked again later.",
    "sent": "Accepted by Amazon.",
    "cancelled": "Not to be sent, a person said.",
    "skipped": "Done elsewhere, a person said.",
}
_UNFINISHED = (*TO_SEND, State.WAITING)


def verdict_of(facts: Facts) -> tuple[str, str]:
    """What there is, and what to do first.

    Returns:
        Two sentences. The first is like "12,431 sent, 3 unknown.".
    """
    counts = facts.states
    if not counts:
        return ("No message fits this selection." if facts.selection else "There is no message in this ledger yet."), ""
    groups = {
        "sent": counts.get("sent", 0),
        "unknown": counts.get("unknown", 0),
        "parked": counts.get("parked", 0),
        "rejected": counts.get("rejected", 0) + counts.get("given_up", 0),
        "unfinished": sum(counts.get(state, 0) for state in _UNFINISHED),
        "left out": counts.get("cancelled", 0) + counts.get("skipped", 0),
    }
    return f"{', '.join(f'{count:,} {name}' for name, count in groups.items() if count)}.", _advice(facts, groups)


def _advice(facts: Facts, groups: dict[str, int]) -> str:
    if groups["unknown"]:
        return "Look at the unknown ones first: nobody knows whether they were sent."
    if facts.status.parked:
        return "An account is parked, and nothing of it is sent until you mend that."
    if groups["rejected"]:
        return "Look at the rejected ones: they are not sent again by themselves."
    if facts.status.late:
        return "Some are late."
    if not groups["unfinished"]:
        return "Nothing is left to do."
    if groups["unfinished"] == facts.status.later:
        return "The rest may not be sent yet."
    if not facts.status.senders:
        return "No sender is running, so nothing is sent now."
    return "A sender is at work, and nothing needs you."
