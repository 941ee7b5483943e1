"""Counts of messages by account, type and state, as a table."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple

import click

from spapi_messaging.bulk import State, exit_code
from spapi_messaging.cli.bulk.shown.one_line import one_line
from spapi_messaging.cli.columns import padded, width_of

if TYPE_CHECKING:
    from spapi_messaging.bulk import Count

__all__ = ["MAX_WIDTH", "account_shown", "table", "terminal_width"]

MAX_WIDTH = 100
"""The most columns that a table takes of a terminal, as the help does."""
MIN_NAME = 12
MAX_ROWS = 100
"""More lines than these are not read: the accounts are then counted together."""
COLOURS = {0: "green", 1: "red", 3: "red", 4: "red", 6: "yellow"}
"""By the exit code of a state."""


class Row(NamedTuple):
    """A line of the table."""

    account: str
    message_type: str
    state: str
    number: str


HEAD = Row("ACCOUNT", "TYPE", "STATE", "MESSAGES")


def terminal_width() -> int:
    """How many columns a table may take."""
    return min(shutil.get_terminal_size().columns, MAX_WIDTH)


def account_shown(account: str | None) -> str:
    """An account's name. Messages that were added without one have a dash."""
    return one_line(account or "") or "-"


def table(counts: Iterable[Count], width: int) -> list[str]:
    """The table, with a total if it has several lines.

    Args:
        counts: sorted by account and type. Beyond 100 lines, the accounts are counted together.
        width: the columns that it may take. Long names are cut.
    """
    listed = list(counts)
    rows = [Row(account_shown(each.account), each.message_type, each.state, f"{each.count:,}") for each in listed]
    if len(rows) > MAX_ROWS:
        rows = _of_all_accounts(listed)
    if len(rows) > 1:
        rows.append(Row("all", "", "", f"{sum(each.count for each in listed):,}"))
    shown = [HEAD, *_without_repetitions(rows)]
    states, numbers = (max(width_of(row[place]) for row in shown) for place in (2, 3))
    left = width - states - numbers - 8
    types = min(max(width_of(row.message_type) for row in shown), max(MIN_NAME, left // 2))
    accounts = min(max(width_of(row.account) for row in shown), max(MIN_NAME, left - types))
    return [_line(row, accounts, types, states, numbers) for row in shown]


def _of_all_accounts(counts: list[Count]) -> list[Row]:
    """Counts by type and state alone, where a line for each account would be too many."""
    tally: Counter[tuple[str, str]] = Counter()
    for each in counts:
        tally[each.message_type, each.state] += each.count
    accounts = f"{len({each.account for each in counts}):,} accounts"
    return [Row(accounts, *key, f"{count:,}") for key, count in sorted(tally.items())]


def _without_repetitions(rows: list[Row]) -> list[Row]:
    """An account, and a type of it, is named in the first of its lines alone."""
    shown: list[Row] = []
    for before, row in zip([None, *rows], rows, strict=False):
        is_same = before is not None and before.account == row.account
        message_type = "" if is_same and before and before.message_type == row.message_type else row.message_type
        shown.append(row._replace(account="" if is_same else row.account, message_type=message_type))
    return shown


def _line(row: Row, accounts: int, types: int, states: int, numbers: int) -> str:
    state = padded(row.state, states)
    if row.state in set(State):
        state = click.style(state, fg=COLOURS[exit_code({State(row.state)})])
    return f"  {padded(row.account, accounts)}  {padded(row.message_type, types)}  {state}  {row.number:>{numbers}}"
