"""`resolve`: what is known of messages that may have been sent, and a person's word on them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import islice
from typing import TYPE_CHECKING, Any

import click

from spapi_messaging.bulk import State
from spapi_messaging.cli.bulk.asking import asking_options
from spapi_messaging.cli.bulk.ledger import ledger_option, open_existing
from spapi_messaging.cli.bulk.selection import narrowed, require_choice, selection_of, selection_options
from spapi_messaging.cli.bulk.shown.counted import counted
from spapi_messaging.cli.bulk.shown.counts import terminal_width
from spapi_messaging.cli.bulk.shown.messages import named, time_shown
from spapi_messaging.cli.bulk.shown.one_line import one_line
from spapi_messaging.cli.bulk.shown.typed import command, selecting
from spapi_messaging.cli.bulk.words.carrying_out import carry_out, nothing_of
from spapi_messaging.cli.bulk.words.order_list import from_option, tell_others
from spapi_messaging.cli.bulk.words.preview import preview_of
from spapi_messaging.cli.bulk.words.word import Word
from spapi_messaging.cli.columns import wrapped
from spapi_messaging.cli.global_options import Command, examples
from spapi_messaging.cli.once import Once
from spapi_messaging.cli.session import Session, pass_session
from spapi_messaging.errors import LedgerError

if TYPE_CHECKING:
    from spapi_messaging.bulk import Ledger

__all__ = ["resolve"]

MAX_SHOWN = 100
MAX_REASON = 600  # characters
UNKNOWN = (State.UNKNOWN,)
SENT = Word("resolve", UNKNOWN, "Note that {these} arrived?", "Noted as sent: {messages}.")
NOT_SENT = Word(
    "resolve",
    UNKNOWN,
    "Send {these} again, because the buyer got nothing?",
    "Now to be sent again: {messages}. Type the same `bulk send` again, or leave it to the workers.",
)
WHAT_TO_DO = (
    "What to do: open Seller Central of that account and marketplace, and look for the order id among the messages "
    "with buyers, and at the order itself. Was a message of this type sent at about that time? Then type the line with "
    "--sent. If not, type it with --not-sent: the message is sent again."
)


@click.command(
    cls=Command,
    params=[
        *selection_options(with_state=False),
        from_option(),
        click.Option(["--all", "every"], is_flag=True, help="Every unknown message of the ledger."),
        click.Option(["--sent"], is_flag=True, help="The messages were sent: Seller Central shows them."),
        click.Option(["--not-sent"], is_flag=True, help="They were not sent. They are sent again."),
        Once(["--request-id"], metavar="R", help="With --sent: Amazon's id of the request, if it is known."),
        ledger_option(),
        *asking_options(),
    ],
    short_help="Show unknown messages, and say whether they were sent.",
    epilog=examples(
        "spapi-messaging bulk resolve",
        "spapi-messaging bulk resolve --order 303-1234567-1234567 --sent",
        "spapi-messaging bulk resolve --order 303-1234567-1234567 --not-sent",
        "spapi-messaging bulk resolve --from sent.txt --sent --note 'in the logs of the workers'",
    ),
)
@pass_session
def resolve(
    session: Session,
    /,
    every: bool,
    from_file: tuple[str, ...],
    sent: bool,
    not_sent: bool,
    request_id: str | None,
    ledger: str | None,
    note: str | None,
    dry_run: bool,
    yes: bool,
    **given: Any,
) -> None:
    """Show the messages of which nobody knows whether they arrived. With --sent or --not-sent, say so.

    Such a message is never sent again by itself, because the buyer might get it twice. --not-sent is refused while the
    message's sender runs, and for 15 minutes after it was sent off.
    """
    given["order_id"] = (*(given["order_id"] or ()), *from_file)
    selection = selection_of(session, given)
    check_word(selection, every=every, sent=sent, not_sent=not_sent, request_id=request_id)
    if not sent and not not_sent:
        with open_existing(session, ledger, {"count": 0, "unknown": [], "not_sent_refused": None}) as opened:
            tell_others(opened, from_file, selection)
            show_unknown(session, opened, selection, ledger)
        return
    selection = selection or {"state": [State.UNKNOWN.value]}
    word = SENT if sent else NOT_SENT
    with open_existing(session, ledger, nothing_of(word, dry_run=dry_run)) as opened:
        tell_others(opened, from_file, selection)

        def change(tried: bool) -> int:
            return opened.resolve(sent, request_id=request_id, note=note, dry_run=tried, **selection)

        carry_out(session, word, lambda: preview_of(opened, word, selection), change, yes=yes, dry_run=dry_run)


def check_word(
    selection: Mapping[str, Any], *, every: bool, sent: bool, not_sent: bool, request_id: str | None
) -> None:
    """Refuses options that contradict each other, and a word on messages that nobody chose.

    Raises:
        click.UsageError: such options.
    """
    if sent and not_sent:
        raise click.UsageError("--sent and --not-sent contradict each other. Give one of them.")
    if request_id is not None and not sent:
        raise click.UsageError("--request-id goes with --sent: only what was sent has one.")
    if every or sent or not_sent:
        require_choice(selection, every=every)


def show_unknown(session: Session, ledger: Ledger, selection: dict[str, list[str]], url: str | None) -> None:
    """Shows what is known of unknown messages, and what to do about them."""
    status = ledger.status(**selection)
    chosen: Any = narrowed(selection, UNKNOWN)
    count = status.states.get(State.UNKNOWN, 0)
    rows = list(islice(ledger.export(**chosen), None if session.json else MAX_SHOWN))
    refused = not_sent_refused(ledger, chosen) if count else None
    session.document({"count": count, "unknown": rows, "not_sent_refused": refused})
    if not count:
        session.say(nothing_unknown(status.states))
        return
    session.say(f"Unknown: {counted(count)}. Nobody knows whether the buyer got anything, and no sender tries again.")
    for row in rows:
        session.say("\n".join(["", *described(row, url)]))
    if count > len(rows):
        rest = command(url, "export", "--state", "unknown")
        session.say(f"\n… and {count - len(rows):,} more: {rest}")
    session.say("\n".join(["", *wrapped(WHAT_TO_DO, terminal_width())]))
    if refused:
        told = f"For all of them at once, --not-sent is refused now: {refused}"
        session.say("\n".join(wrapped(told, terminal_width())))


def not_sent_refused(ledger: Ledger, chosen: Any) -> str | None:
    """Why these messages cannot be called not sent now, all at once. None: they can."""
    try:
        ledger.resolve(False, dry_run=True, **chosen)
    except LedgerError as error:
        return str(error).removeprefix("Nothing was changed: ")
    return None


def nothing_unknown(states: Mapping[State, int]) -> str:
    """What to say if no message is unknown."""
    if not (sending := states.get(State.SENDING, 0)):
        return "No message is unknown."
    return f"No message is unknown. A sender that runs is just sending {counted(sending)}."


def described(row: Mapping[str, Any], url: str | None) -> Iterable[str]:
    """What is known of a message, in lines."""
    width = max(20, terminal_width() - 14)
    files = ", ".join(one_line(name) for name in row["files"])
    facts = {
        "message": f"{named(row)}, marketplace {row['marketplace']}",
        "files": files,
        "sent off": time_shown(row["sending_at"]),
        "request id": one_line(row["request_id"] or ""),
        "why": why(row),
    }
    yield one_line(row["amazon_order_id"] or "(forgotten)")
    for name, told in facts.items():
        for place, line in enumerate(wrapped(told, width) if told else ()):
            yield f"  {name if place == 0 else '':<12}{line}"
    yield f"  type        {command(url, 'resolve', *selecting(row), '--sent')}"
    yield "              or the same with --not-sent"


def why(row: Mapping[str, Any]) -> str:
    """Why nobody knows."""
    if not row["error_type"]:
        return "The reason was not written down."
    return one_line(f"{row['error_type']}: {row['error'] or ''}", MAX_REASON)
