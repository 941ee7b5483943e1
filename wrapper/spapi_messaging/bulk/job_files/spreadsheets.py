"""What spreadsheets do to cells: numbers made of order ids and documents, dates as a country writes them."""

from __future__ import annotations

import re
from datetime import date

from spapi_messaging.errors import Problem
from spapi_messaging.messages import ORDER_ID_PATTERN

__all__ = ["is_changed_by_spreadsheets", "mended_date", "mended_order", "number_problem", "plain_cell"]

_ORDER_ID = re.compile(ORDER_ID_PATTERN)
_NUMBER = re.compile(r"[+-]?\d+(?:[.,]\d+)?E[+-]?\d+", re.ASCII | re.IGNORECASE)
# What a spreadsheet shows of a long number always has a sign: R-1E05 may well be a document.
_SHORTENED = re.compile(r"\d+(?:[.,]\d+)?E[+-]\d+", re.ASCII | re.IGNORECASE)
# What a spreadsheet does not keep as it is: zeros and signs before a number, long numbers, decimals, times and dates.
_MONTH = r"(?:jan|feb|mar|mär|apr|may|mai|jun|jul|aug|sep|oct|okt|nov|dec|dez)[a-zäöü]{0,6}"
_CHANGED = re.compile(
    rf"0\d+|\+\d+|\d{{12,}}|\d+e\d+|\d+[.,]\d+|\d{{1,4}}(?:[./:-]\d{{1,4}}){{1,2}}"
    rf"|{_MONTH}[ .-]?\d{{1,4}}|\d{{1,4}}[ .-]{{0,2}}{_MONTH}|true|false|wahr|falsch",
    re.ASCII | re.IGNORECASE,
)
_HYPHENS = dict.fromkeys(map(ord, "\u2010\u2011\u2012\u2013\u2014\u2212\ufe63\uff0d"), "-")
_INVISIBLE = "\ufeff\u200b\u200e\u200f\u2060"
_AS_TEXT = "Format the column as text in the spreadsheet, and fill it in again."
_ORDERS_AGAIN = "Format the column as text in the spreadsheet, and take the order ids from Amazon again."
_MONTHS = 12
_MISTAKEN = "the day and the month can be mistaken for each other."
_DATE_REMEDY = 'Write a date such as "2026-10-25" or "25.10.2026", or a time with a zone: "2026-10-25T18:00:00+01:00".'


def plain_cell(cell: str) -> str:
    """A cell without the ``="…"`` with which some programs stop spreadsheets from turning it into a number."""
    stripped = cell.strip()
    if stripped.startswith('="') and stripped.endswith('"') and len(stripped) > 2:
        return stripped[2:-1].replace('""', '"')
    return cell


def mended_order(cell: str) -> tuple[str, Problem | None]:
    """An order id as Amazon writes it, and what is wrong with it.

    What cannot be mended for certain stays as it is. A problem is returned only where a spreadsheet is to blame; what
    an order id looks like is checked with the rest of the message.
    """
    if _ORDER_ID.fullmatch(cell):
        return cell, None
    mended = plain_cell(cell).strip().strip(_INVISIBLE).strip().translate(_HYPHENS)
    mended = mended.removeprefix("'").strip()
    if _ORDER_ID.fullmatch(mended):
        return mended, None
    return cell.strip(), _damage(mended)


def _damage(order: str) -> Problem | None:
    if not order:
        told, remedy = "the order id is empty.", "Take it from the order, like 303-1234567-1234567."
    elif _NUMBER.fullmatch(order):
        told = "a spreadsheet made a number of the order id, and its last digits are lost."
        remedy = _ORDERS_AGAIN
    elif re.fullmatch(r"\d{17}", order, re.ASCII):
        told = "the order id has lost its hyphens."
        likely = f"{order[:3]}-{order[3:10]}-{order[10:]}"
        remedy = f"It is probably {likely}. Compare it with Amazon, and write it with hyphens."
        if order.endswith("00"):  # spreadsheets keep 15 digits of a number
            told = "the order id has lost its hyphens, and probably its last two digits, in a spreadsheet."
            remedy = _ORDERS_AGAIN
    elif re.fullmatch(r"\d{15,19}[.,]0+", order, re.ASCII):
        told = "a spreadsheet made a number of the order id."
        remedy = _ORDERS_AGAIN
    elif order.startswith("="):
        told, remedy = "this is a formula, not an order id.", "Save the values of the spreadsheet, not its formulas."
    elif order.startswith("#") and not order.strip("#"):
        told, remedy = "the spreadsheet saved # signs: its column was too narrow.", "Widen the column, and save again."
    else:
        return None
    return Problem("order_id", told, rule="order-id", remedy=remedy)


def number_problem(name: str, cell: str) -> Problem | None:
    """What is wrong with a document's number or a key that was shortened, such as ``1.23E+10``. None: nothing."""
    if not _SHORTENED.fullmatch(cell.strip()):
        return None
    return Problem(name, "a spreadsheet made a number of it, and shortened it.", rule=name, remedy=_AS_TEXT)


def is_changed_by_spreadsheets(cell: str) -> bool:
    """Whether a spreadsheet probably changes a cell when it opens a file and saves it, such as ``000123`` to 123."""
    return _CHANGED.fullmatch(cell) is not None


def mended_date(name: str, cell: str) -> tuple[str, Problem | None]:
    """A date as ISO 8601 writes it, and what is wrong with it. Other mistakes are found when the job is checked.

    ``24.12.2026`` is a day of December in every country that writes dates with dots. With slashes, nobody knows.
    """
    written = plain_cell(cell).strip()
    told = ""
    if found := re.fullmatch(r"(\d{1,2})\. ?(\d{1,2})\. ?(\d{4})", written, re.ASCII):
        try:
            return date(int(found[3]), int(found[2]), int(found[1])).isoformat(), None
        except ValueError:
            told = "there is no such day."
    elif re.match(r"\d{1,2}\. ?\d{1,2}\. ?\d{4}[ T,]", written, re.ASCII):
        told = "this time has no zone."
    elif re.match(r"\d{1,2}\. ?\d{1,2}\. ?\d{2}\b", written, re.ASCII):
        told = "the year has two digits."
    elif found := re.match(r"(\d{1,2})([/-])(\d{1,2})\2\d{2,4}", written, re.ASCII):
        is_clear = max(int(found[1]), int(found[3])) > _MONTHS
        told = "a date is not written like this." if is_clear else _MISTAKEN
    elif re.fullmatch(r"\d{5}([.,]\d+)?", written, re.ASCII):
        told = "a spreadsheet made a number of the date."
    return written, Problem(name, told, rule="date", remedy=_DATE_REMEDY) if told else None
