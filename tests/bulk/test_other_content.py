"""The ledger has another content under this name, or this content under another name."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from spapi_messaging import InvalidMessageError
from spapi_messaging.bulk import Added, Job, Ledger
from spapi_messaging.errors import Problem
from tests.support.ledgers import NOON, Clock, rows, set_columns, states
from tests.support.runs import FILE_TYPE, TEXT, job, pdf
from tests.support.thorough import by_turns


@pytest.fixture
def ledger(ledger_url: str) -> Iterator[Ledger]:
    with Ledger(ledger_url, clock=Clock()) as made:
        yield made


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return pdf(tmp_path)


def invoice(file: Path, document: str | None = None, number: int = 1, **more: Any) -> Job:
    return job(number, message_type=FILE_TYPE, attachments=[file], document=document, **more)


def the_problem(ledger: Ledger, *jobs: Job, **how: Any) -> Problem:
    """What is wrong. A comparison says the same, and nothing is added."""
    before = rows(ledger)
    with pytest.raises(InvalidMessageError) as refused:
        ledger.add(jobs, **how)
    with ledger.check(jobs) as checked, pytest.raises(InvalidMessageError) as compared:
        ledger.compare(checked, **how)
    assert rows(ledger) == before
    assert refused.value.problems == compared.value.problems
    (problem,) = refused.value.problems
    return problem


@by_turns(
    "documents",
    [("R-1", None), (None, "R-1"), ("R-1", "R-2")],
    "state",
    ["pending", "waiting", "claimed", "sending", "sent", "unknown", "skipped"],
)
def test_a_buyer_does_not_get_the_same_files_under_two_documents(
    ledger: Ledger, file: Path, documents: tuple[str | None, str | None], state: str
) -> None:
    """The document was forgotten in a report, or the names of files are read in another way today."""
    ledger.add(invoice(file, documents[0]))
    set_columns(ledger, state=state, finished_at=NOON * 1000)

    problem = the_problem(ledger, invoice(file, documents[1]))

    assert (problem.field, problem.rule) == ("jobs[0].document", "same-content")
    under = f"as document {documents[0]}" if documents[0] else "without a document"
    when = "was sent on 2026-11-22 11:00 UTC" if state == "sent" else "is in the ledger"
    assert f"with the same files for this order {when} {under}" in problem.message


def test_nor_if_both_stand_in_one_call(ledger: Ledger, file: Path) -> None:
    problem = the_problem(ledger, invoice(file, "R-1"), invoice(file, "R-1"), invoice(file, "R-2"))

    assert problem.field == "jobs[2].document"
    assert "jobs[0] has the same files" in problem.message


@pytest.mark.parametrize("state", ["rejected", "given_up", "cancelled"])
def test_what_the_buyer_did_not_get_may_go_under_another_document(ledger: Ledger, file: Path, state: str) -> None:
    ledger.add(invoice(file, "R-1"))
    set_columns(ledger, state=state)

    assert ledger.add(invoice(file, "R-2")) == Added(added=1)


def test_a_key_allows_the_same_files_again(ledger: Ledger, file: Path, tmp_path: Path) -> None:
    ledger.add(invoice(file, "R-1"))

    assert ledger.add(invoice(file, "R-1", key="copy for the tax adviser")) == Added(added=1)
    assert ledger.add(invoice(file, "R-1", number=2)) == Added(added=1), "another order is another buyer"
    (tmp_path / "more").mkdir()
    other = pdf(tmp_path / "more", content=b"%PDF-1.7 another")
    assert ledger.add(invoice(other, "R-2")) == Added(added=1)


def test_a_text_may_go_under_two_documents(ledger: Ledger) -> None:
    assert ledger.add([job(document="first reminder"), job(document="second reminder")]) == Added(added=2)


@pytest.mark.parametrize("state", ["pending", "waiting"])
def test_what_is_not_sent_takes_the_new_content_if_that_is_wanted(ledger: Ledger, state: str) -> None:
    ledger.add([job(), job(2)])
    set_columns(ledger, state=state)
    assert "not sent yet" in the_problem(ledger, job(text="Another")).message

    assert ledger.add([job(text="Another"), job(2)], replace_unsent=True) == Added(known=2)

    assert [row.text for row in rows(ledger)] == ["Another", TEXT]
    assert states(ledger) == [state, state]
    assert ledger.add(job(text="Another")) == Added(known=1)


@pytest.mark.parametrize("state", ["claimed", "sending", "sent", "unknown", "skipped"])
def test_what_may_have_been_sent_is_not_replaced(ledger: Ledger, state: str) -> None:
    ledger.add(job())
    set_columns(ledger, state=state)

    assert the_problem(ledger, job(text="Another"), replace_unsent=True).rule == "document"


def test_what_was_sent_can_be_left_whatever_its_content_is_now(ledger: Ledger, file: Path) -> None:
    """The program that writes the invoices has written an old one anew."""
    ledger.add([invoice(file, "R-1"), job(2)])
    set_columns(ledger, state="sent", finished_at=NOON * 1000)
    before = rows(ledger)
    file.write_bytes(b"%PDF-1.7 written anew")
    problem = the_problem(ledger, invoice(file, "R-1"), job(2))
    assert "this message was sent on 2026-11-22 11:00 UTC with another content" in problem.message
    assert "leave_sent" in problem.remedy

    jobs = [invoice(file, "R-1"), job(2), job(3)]
    assert ledger.compare(ledger.check(jobs), leave_sent=True) == Added(added=1, already_sent=2)
    assert ledger.add(jobs, leave_sent=True) == Added(added=1, already_sent=2)

    assert rows(ledger)[:2] == before


def test_what_was_sent_under_another_document_can_be_left_too(ledger: Ledger, file: Path) -> None:
    ledger.add(invoice(file, "R-1"))
    set_columns(ledger, state="sent", finished_at=NOON * 1000)

    assert ledger.add(invoice(file), leave_sent=True) == Added(already_sent=1)
    assert len(rows(ledger)) == 1


@pytest.mark.parametrize("state", ["pending", "unknown", "sending"])
def test_only_what_was_sent_is_left(ledger: Ledger, state: str) -> None:
    ledger.add(job())
    set_columns(ledger, state=state)

    assert the_problem(ledger, job(text="Another"), leave_sent=True).rule == "document"
