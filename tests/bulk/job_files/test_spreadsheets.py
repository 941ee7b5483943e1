"""What spreadsheets make of order ids, document numbers and dates."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spapi_messaging.bulk.job_files.spreadsheets import is_changed_by_spreadsheets, mended_date, mended_order
from spapi_messaging.messages import ORDER_ID_PATTERN
from tests.support.amazon import ORDER
from tests.support.job_files import jobs_of, problems_of, the_problem

LOST = "a spreadsheet made a number of the order id, and its last digits are lost."


def written(order: str) -> str:
    quoted = order.replace('"', '""')
    return f'order\ttext\n"{quoted}"\tHello\n'


@pytest.mark.parametrize(
    "order",
    [
        f" {ORDER}\u00a0",
        f"'{ORDER}",
        f'="{ORDER}"',
        f"\ufeff{ORDER}\u200b",
        ORDER.replace("-", "\u2011"),
        ORDER.replace("-", "–"),
        ORDER.replace("-", "\u2212"),
    ],
)
def test_what_can_be_mended_is_mended(order: str) -> None:
    assert [job.order_id for job in jobs_of(written(order))] == [ORDER]


@pytest.mark.parametrize(
    ("order", "told"),
    [
        ("3.03123E+16", LOST),
        ("3,03123E+16", LOST),
        ("3E+16", LOST),
        ("30312345671234567", f"the order id has lost its hyphens. It is probably {ORDER}."),
        ("30312345671234500", "the order id has lost its hyphens, and probably its last two digits"),
        ("30312345671234567.0", "a spreadsheet made a number of the order id."),
        ("=A1&B1", "this is a formula"),
        ("#######", "its column was too narrow"),
        ("303-1234567", "this cannot be an order id: yours has the form '999-9999999'."),
        ("Bestellung", "this cannot be an order id"),
    ],
)
def test_what_cannot_be_mended_is_told(order: str, told: str) -> None:
    assert the_problem(written(order)).startswith("line 2, order_id: ")
    assert told in the_problem(written(order))


@given(st.text(max_size=30) | st.from_regex(ORDER_ID_PATTERN, fullmatch=True))
def test_mending_invents_no_digit(cell: str) -> None:
    order, problem = mended_order(cell)

    assert [c for c in order if c.isascii() and c.isalnum()] == [c for c in cell if c.isascii() and c.isalnum()]
    assert problem is None or problem.field == "order_id"


@pytest.mark.parametrize("number", ["1E+05", "1,23E+10", "1.23e+10"])
def test_a_number_that_was_a_document_is_told(number: str) -> None:
    for name in ("document", "key"):
        told = the_problem(f'order;text;{name}\n{ORDER};Hello;"{number}"\n')
        assert told.startswith(f"line 2, {name}: a spreadsheet made a number of it, and shortened it.")


@pytest.mark.parametrize("number", ["R-1E05", "2026-17", "00017", "1E5", "17"])
def test_other_documents_are_as_they_are(number: str) -> None:
    assert [job.document for job in jobs_of(f"order;text;document\n{ORDER};Hello;{number}\n")] == [number]


@pytest.mark.parametrize(
    ("cell", "date"),
    [
        ("2026-12-24", "2026-12-24"),
        ("24.12.2026", "2026-12-24"),
        ("1.2.2027", "2027-02-01"),
        ("01. 02. 2027", "2027-02-01"),
        ("2026-12-24T18:00:00+01:00", "2026-12-24T18:00:00+01:00"),
    ],
)
def test_dates_that_mean_one_day(cell: str, date: str) -> None:
    content = f"order;text;due;not_before\n{ORDER};Hello;{cell};{cell}\n"

    assert [(job.due, job.not_before) for job in jobs_of(content)] == [(date, date)]
    assert problems_of(content) == []


@pytest.mark.parametrize(
    ("cell", "told"),
    [
        ("11/21/2026", "a date is not written like this."),
        ("11/12/2026", "the day and the month can be mistaken for each other."),
        ("1/2/26", "the day and the month can be mistaken for each other."),
        ("24-12-2026", "a date is not written like this."),
        ("2-12-2026", "the day and the month can be mistaken for each other."),
        ("24.12.26", "the year has two digits."),
        ("31.02.2026", "there is no such day."),
        ("24.12.2026 18:00", "this time has no zone."),
        ("2026-12-24 18:00:00", "this time has no zone."),
        ("46380", "a spreadsheet made a number of the date."),
        ("tomorrow", "this is not a date as ISO 8601 writes it."),
    ],
)
def test_other_dates_are_told(cell: str, told: str) -> None:
    problem = the_problem(f"order;text;due\n{ORDER};Hello;{cell}\n")

    assert problem.startswith(f"line 2, due: {told}")
    assert '"2026-10-25T18:00:00+01:00"' in problem


@given(st.dates())
def test_a_date_with_dots_is_that_day(day: object) -> None:
    assert mended_date("due", f"{day:%d.%m.}{getattr(day, 'year', 0):04}") == (str(day), None)


@pytest.mark.parametrize(
    "cell",
    [
        "000123",
        "00",
        "202611220001",
        "12E5",
        "1e400",
        "1-2",
        "2026-11",
        "11/2026",
        "1.10",
        "1,5",
        "10:30",
        "1.2.26",
        "Nov 26",
    ],
)
def test_what_a_spreadsheet_changes_when_it_saves_a_file(cell: str) -> None:
    assert is_changed_by_spreadsheets(cell)


@pytest.mark.parametrize("cell", ["26-Nov", "Dez-26", "MAR1", "TRUE", "wahr", "+5"])
def test_words_and_signs_that_it_changes_as_well(cell: str) -> None:
    assert is_changed_by_spreadsheets(cell)


@pytest.mark.parametrize(
    "cell", ["", "17", "-5", "R-1", "R-2026-11", "2026-00017", "20261122001", "RE12E5", "Nov", "Mar B1"]
)
def test_what_it_leaves_as_it_is(cell: str) -> None:
    assert not is_changed_by_spreadsheets(cell)
