"""From a row of a job file to a job."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from spapi_messaging.bulk.adding.entries import Entry
from spapi_messaging.bulk.job_files.attachment_cells import paths_in, paths_of_list
from spapi_messaging.bulk.job_files.names import JOB_COLUMNS, TEXT, takes_text
from spapi_messaging.bulk.job_files.orders_in_names import orders_in
from spapi_messaging.bulk.job_files.settings import Settings
from spapi_messaging.bulk.job_files.spreadsheets import plain_cell
from spapi_messaging.bulk.job_files.texts import RowTexts
from spapi_messaging.bulk.jobs import Job
from spapi_messaging.errors import Problem, quoted

__all__ = ["Row", "RowVariables", "Rows"]

# Templates may not use these columns either: a text would be made from itself.
_OURS = frozenset(JOB_COLUMNS) - {TEXT}


@dataclass(slots=True)
class Row:
    """A row, whichever kind of file it comes from.

    Args:
        line: where it begins in the file; the first line is 1.
        values: what is given, by our names. Empty cells are left out.
        names: our name for the key of a column.
        others: all cells, by the keys of their columns.
        problems: what is wrong with it already.
    """

    line: int
    values: dict[str, Any]
    names: Mapping[str, str]
    others: Mapping[str, Any]
    problems: list[Problem]


class RowVariables:
    """What templates may use of a row: its columns as they are called in the file, and by our names."""

    def __init__(self, row: Row) -> None:
        self._row = row

    def keys(self) -> Collection[str]:
        """The columns that there are."""
        row = self._row
        found = {key for key in row.others if key and not _is_text(row.names.get(key, ""))}
        return found | {name for name in row.names.values() if not _is_text(name)} | (row.values.keys() & _OURS)

    def value(self, key: str) -> Any:
        """What stands in a column."""
        row = self._row
        name = row.names.get(key, key)
        if name in row.values:
            return row.values[name]
        found = row.others.get(key)
        return plain_cell(found) if isinstance(found, str) else found


class Rows:
    """Makes jobs of rows.

    Args:
        settings: what the caller says.

    Attributes:
        texts: makes the texts.
        has_text: whether any row had a type that takes a text.
    """

    def __init__(self, settings: Settings) -> None:
        self.texts = RowTexts()
        self.has_text = False
        self._settings = settings

    def entry(self, row: Row) -> Entry:
        """The job of a row, and what is wrong with it."""
        values, problems = row.values, row.problems
        for name, value in self._settings.given.items():
            values.setdefault(name, value)
        self._check_names(values, problems)
        files = self._files(values.get("attachments"), problems)
        problems += _of_another_order(files, values.get("order"))
        text = self._text(row)
        fields = {name: value for name, value in values.items() if name not in JOB_COLUMNS and not _is_text(name)}
        job = Job(
            values.get("order", ""),
            values.get("type", ""),
            text=text,
            attachments=files,
            account=values.get("account"),
            marketplace=values.get("marketplace"),
            document=values.get("document"),
            due=values.get("due"),
            not_before=values.get("not_before"),
            key=values.get("key"),
            **fields,
        )
        return Entry(row.line, job, tuple(problems))

    def _check_names(self, values: Mapping[str, Any], problems: list[Problem]) -> None:
        """What a row must have, in the words of a file. The rest is checked when the job is added."""
        wanted = (
            ("order", "order_id", "Take it from the order, like 303-1234567-1234567."),
            ("type", "message_type", "Write the type of the message, such as invoice."),
            ("marketplace", "marketplace", "Write the country code of the marketplace, such as DE."),
        )
        for name, field, remedy in wanted:
            if name not in values and all(each.field != field for each in problems):
                problems.append(Problem(field, "it is missing in this row.", rule="required", remedy=remedy))
        if "order" in values and not isinstance(values["order"], str):
            problems.append(_order_as_number(values["order"]))
        accounts, account = self._settings.accounts, values.get("account")
        if accounts is not None and isinstance(account, str) and account not in accounts:
            problems.append(_no_account(account, accounts))

    def _files(self, given: Any, problems: list[Problem]) -> list[str]:
        if given is None:
            return []
        folder, is_windows = self._settings.folder, self._settings.is_windows
        if isinstance(given, str):
            paths, wrong = paths_in(given, folder, is_windows=is_windows)
        else:
            written = given if isinstance(given, list) else [given]
            paths, wrong = paths_of_list(written, folder, is_windows=is_windows)
        problems += wrong
        return paths

    def _text(self, row: Row) -> Any:
        takes = takes_text(row.values.get("type", ""))
        self.has_text = self.has_text or takes
        written: dict[str | None, Any] = {
            name.removeprefix(TEXT).removeprefix("_") or None: text
            for name, text in row.values.items()
            if _is_text(name)
        }
        if not written and takes:
            written = dict(self._settings.texts)
        if not written:
            return None
        if wrong := [_no_string(language, text) for language, text in written.items() if not isinstance(text, str)]:
            row.problems += wrong
            return None
        text, problems = self.texts.make(written, lambda: RowVariables(row))
        row.problems += problems
        return text


def _is_text(name: str) -> bool:
    return name == TEXT or name.startswith(f"{TEXT}_")


def _no_string(language: str | None, text: object) -> Problem:
    told = f"this is {type(text).__name__}, not a text."
    return Problem(f"{TEXT}_{language}" if language else TEXT, told, rule="type", remedy="Give a string.")


def _order_as_number(order: object) -> Problem:
    told = f"an order id is a string, not {type(order).__name__}."
    return Problem("order_id", told, rule="order-id", remedy='Write it in quotes: "303-1234567-1234567".')


def _of_another_order(files: Iterable[str], order: object) -> Iterator[Problem]:
    """Files that are named after the order of somebody else: most likely, one column alone was sorted or filled in."""
    if not isinstance(order, str) or orders_in(order) != [order]:  # that is told already
        return
    for file in files:
        named = orders_in(os.path.basename(file))  # noqa: PTH119 - there may be 100,000 files
        if named and order not in named:
            told = f"the file is named after order {named[0]}, and the row is for order {order}."
            remedy = "Compare the columns order and attachments. If the file is meant, give it another name."
            yield Problem("attachments", told, rule="other-order", remedy=remedy)


def _no_account(account: str, accounts: Collection[str]) -> Problem:
    near = get_close_matches(account, list(accounts), 1)
    remedy = f"Did you mean {near[0]}? " if near else ""
    known = ", ".join(sorted(accounts)[:20])
    remedy += f"There are {known}." if known else "There are none."
    return Problem("account", f"there is no account {quoted(account)}.", rule="account", remedy=remedy)
