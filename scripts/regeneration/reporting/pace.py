"""Usage plans in words: how fast the client sends. Pure."""

from regeneration.documents import Document
from regeneration.words import plain

#: How fast the client calls an operation without a published plan. It is the wrapper's DEFAULT_PLAN; a test compares.
DEFAULT = {"rate": 1, "burst": 5}


def pace(plan: Document) -> str:
    """`0.5/s, burst 10`."""
    return f"{plain(plan['rate'])}/s, burst {plain(plan['burst'])}"


def pace_change(old: Document | None, new: Document | None) -> str:
    """What another plan means for callers."""
    if old is None and new is not None:
        return f"usage plan {pace(new)}; none was published before, and the client paced it at {pace(DEFAULT)}"
    if new is None and old is not None:
        return f"no usage plan is published any more, before {pace(old)}; the client now paces it at {pace(DEFAULT)}"
    return f"usage plan {pace(new or {})}, before {pace(old or {})}: {_effect(old or {}, new or {})}"


def _effect(old: Document, new: Document) -> str:
    if old["rate"] != new["rate"]:
        return f"the client calls {'faster' if new['rate'] > old['rate'] else 'slower'}"
    return f"the client makes {'more' if new['burst'] > old['burst'] else 'fewer'} calls at once after a pause"
