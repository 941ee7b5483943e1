"""What an order allows, as a table for people and as a document for programs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from spapi_messaging.cli.columns import padded, width_of, wrapped
from spapi_messaging.messages import MESSAGE_TYPES, OPERATIONS, Operation
from spapi_messaging.preflight.limits import limits_of
from spapi_messaging.preflight.printable import printable

if TYPE_CHECKING:
    from spapi_messaging import AvailableAction

__all__ = ["document", "lines"]

MAX_NAME = 32  # columns
COLOURS = {"yes": "green", "no": "red"}


class Row(NamedTuple):
    """One action. ``now``: "yes", "no", or "-" where ``send`` cannot send it at all."""

    name: str
    now: str
    takes: str
    notes: tuple[str, ...] = ()


def document(actions: Sequence[AvailableAction]) -> dict[str, Any]:
    """The part of the JSON document that says what may be sent, and within which limits."""
    listed = []
    for action in actions:
        operation = MESSAGE_TYPES.get(action.message_type or "")
        limits = limits_of(operation, action.schema).to_dict() if operation else None
        listed.append({**action.to_dict(), "limits": limits})
    others = [{"message_type": each.message_type, "limits": limits_of(each, {}).to_dict()} for each in _others(actions)]
    return {"actions": listed, "not_listed": others}


def lines(actions: Sequence[AvailableAction], width: int) -> list[str]:
    """The table, as wide as a terminal at most."""
    rows = [*map(_row, actions), *(Row(str(each.message_type), "no", "not listed") for each in _others(actions))]
    names = min(MAX_NAME, max(width_of(row.name) for row in (HEAD, *rows)))
    return [line for row in (HEAD, *rows) for line in _shown(row, names, width)]


HEAD = Row("TYPE", "NOW", "WHAT IT TAKES")


def _row(action: AvailableAction) -> Row:
    operation = MESSAGE_TYPES.get(action.message_type or "")
    notes = [title] if (title := printable(action.title or "")) else []
    if not action.available:
        notes.append(f"disabled: {printable(action.disabled_reason or '') or 'Amazon gives no reason'}")
    name = operation.message_type if operation else None
    if operation is None:
        takes = "a read, no message" if action.name.casefold() in _reads() else "unknown to this release"
        return Row(printable(action.name) or "?", "-", takes, tuple(notes))
    if operation.retired:
        notes.append("retired: expect Amazon to refuse it")
    takes = str(limits_of(operation, action.schema))
    return Row(str(name), "yes" if action.available else "no", takes, tuple(notes))


def _others(actions: Iterable[AvailableAction]) -> list[Operation]:
    """The messages that Amazon does not list. Retired ones are left out: Amazon no longer lists them."""
    listed = {action.message_type for action in actions}
    return [each for name, each in MESSAGE_TYPES.items() if name not in listed and not each.retired]


def _reads() -> set[str]:
    """What Amazon may call a read that it lists beside the messages: its operation, or the end of its path."""
    reads = [each for each in OPERATIONS.values() if each.kind == "read"]
    return {name.casefold() for each in reads for name in (each.operation_id, each.path.rpartition("/")[2])}


def _shown(row: Row, names: int, width: int) -> Iterator[str]:
    now = padded(row.now, 3)
    now = click.style(now, fg=COLOURS[row.now]) if row.now in COLOURS else now
    indent = names + 9
    parts = [part for text in (row.takes, *row.notes) for part in wrapped(text, max(20, width - indent))]
    yield f"  {padded(row.name, names)}  {now}  {parts[0]}"
    for part in parts[1:]:
        yield " " * indent + part
