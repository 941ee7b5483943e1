"""Which messages are meant: the same keywords everywhere."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, TypedDict

from sqlalchemy import ColumnElement, Select, and_, case, literal_column, select

from spapi_messaging.bulk.states import State
from spapi_messaging.bulk.storage.keys import own_key_hash
from spapi_messaging.bulk.storage.schema import messages, sellers
from spapi_messaging.errors import ConfigurationError, quoted
from spapi_messaging.marketplaces import Marketplace
from spapi_messaging.messages import operation_for

__all__ = ["MAX_BATCH", "SHOWN_STATE", "Selection", "check_batch", "conditions", "rows_of"]


class Selection(TypedDict, total=False):
    """Which messages are meant. Each keyword takes one value, or a list of values of which one must fit. All together
    have 10,000 values at most."""

    order_id: str | Iterable[str] | None
    message_type: str | Iterable[str] | None
    account: str | Iterable[str] | None
    document: str | Iterable[str] | None
    key: str | Iterable[str] | None
    state: str | Iterable[str] | None
    marketplace: str | Iterable[str] | None
    batch: str | Iterable[str] | None


#: Characters of a batch's name.
MAX_BATCH = 64
#: Values of one selection. SQLite takes 32,766 parameters, and a statement may hold a selection three times.
MAX_VALUES = 10_000

#: The state that people are shown: a pending message whose account is parked is ``parked``.
# Literals, because a database groups only by the very words that it selects.
SHOWN_STATE: ColumnElement[str] = case(
    (
        and_(messages.c.state == literal_column("'pending'"), sellers.c.parked_at.is_not(None)),
        literal_column("'parked'"),
    ),
    else_=messages.c.state,
)


def rows_of(selection: Mapping[str, Any]) -> Select[Any]:
    """All columns of the messages that are meant, with ``account`` and why it is parked.

    Raises:
        ConfigurationError, InvalidMessageError, TypeError: as ``conditions`` does.
    """
    more = (sellers.c.account, sellers.c.parked_at, sellers.c.parked_error, sellers.c.parked_reason)
    return select(messages, *more).join_from(messages, sellers).where(*conditions(selection))


def conditions(selection: Mapping[str, Any], *, needs_one: str | None = None) -> list[ColumnElement[bool]]:
    """The conditions on ``messages`` joined with ``sellers``. A keyword that is None counts as not given.

    Args:
        selection: the keywords.
        needs_one: the name of a method that does not go on without a keyword.

    Raises:
        TypeError: there is no such keyword.
        ConfigurationError: there is no such state or marketplace, or nothing or too much was selected.
        InvalidMessageError: there is no such message type.
    """
    if unknown := selection.keys() - _CONDITIONS.keys():
        raise TypeError(f"Messages are not selected by {', '.join(map(quoted, sorted(unknown)))}. {_KNOWN}")
    given = {name: _values(name, value) for name, value in selection.items() if value is not None}
    if needs_one is not None and not given:
        raise ConfigurationError(f"{needs_one}() does not touch every message of a ledger. Say which: {_KNOWN}")
    if sum(map(len, given.values())) > MAX_VALUES:
        raise ConfigurationError(
            f"A selection has {MAX_VALUES} values at most. Call this for one part after the other."
        )
    return [_CONDITIONS[name](values) for name, values in given.items()]


def check_batch(batch: object) -> None:
    """Raises ConfigurationError unless this can be the name of a batch, or is None."""
    if batch is None or (isinstance(batch, str) and 0 < len(batch) <= MAX_BATCH and batch.isprintable()):
        return
    raise ConfigurationError(f"batch is not a name of 1 to {MAX_BATCH} characters that show.")


def _values(name: str, value: Any) -> list[str]:
    values = [value] if isinstance(value, str) else list(value) if isinstance(value, Iterable) else []
    if not values or not all(isinstance(each, str) for each in values):
        raise ConfigurationError(f"{name} selects nothing like this. Give a string, or a list of strings.")
    return values


def _orders(values: list[str]) -> ColumnElement[bool]:
    return messages.c.amazon_order_id.in_([value.strip() for value in values])


def _types(values: list[str]) -> ColumnElement[bool]:
    operations = map(operation_for, values)
    return messages.c.message_type.in_([each.message_type or each.operation_id for each in operations])


def _accounts(values: list[str]) -> ColumnElement[bool]:
    return sellers.c.account.in_([value.strip() for value in values])


def _documents(values: list[str]) -> ColumnElement[bool]:
    return messages.c.document.in_([value.strip() for value in values])


def _keys(values: list[str]) -> ColumnElement[bool]:
    return messages.c.key_hash.in_([own_key_hash(value.strip()) for value in values])


def _states(values: list[str]) -> ColumnElement[bool]:
    if unknown := [value for value in values if value not in set(State)]:
        raise ConfigurationError(f"There is no state {quoted(unknown[0])}. Use one of {', '.join(State)}.")
    return SHOWN_STATE.in_([str(value) for value in values])


def _marketplaces(values: list[str]) -> ColumnElement[bool]:
    return messages.c.marketplace.in_([Marketplace.parse(value).value for value in values])


def _batches(values: list[str]) -> ColumnElement[bool]:
    return messages.c.batch.in_(values)


_CONDITIONS = {
    "order_id": _orders,
    "message_type": _types,
    "account": _accounts,
    "document": _documents,
    "key": _keys,
    "state": _states,
    "marketplace": _marketplaces,
    "batch": _batches,
}
_KNOWN = f"Use {', '.join(f'{name}=…' for name in _CONDITIONS)}."
