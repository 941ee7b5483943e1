"""`Job` and `Outcome`: what they hold, and what their repr hides."""

from __future__ import annotations

import json
import pickle
from dataclasses import FrozenInstanceError
from datetime import date
from pathlib import Path

import pytest

from spapi_messaging.bulk import Job, Outcome, State
from spapi_messaging.bulk.jobs import FileSource
from spapi_messaging.bulk.outcomes import RecordedError
from tests.support.amazon import ORDER, TEXT


def test_jobs_are_equal_by_what_was_given() -> None:
    files: list[FileSource] = [Path("R-17.pdf"), ("a.pdf", "b.pdf")]
    job = Job(ORDER, "warranty", attachments=files, coverage_start_date="2026-12-13T00:00:00Z")
    same = Job(ORDER, "warranty", attachments=tuple(files), coverage_start_date="2026-12-13T00:00:00Z")

    assert job == same
    assert hash(job) == hash(same)
    assert job != Job(ORDER, "warranty", attachments=files)
    assert pickle.loads(pickle.dumps(job)) == job


def test_jobs_do_not_change() -> None:
    files = ["a.pdf"]
    job = Job(ORDER, "invoice", attachments=files)
    files.append("b.pdf")

    assert job.attachments == ("a.pdf",)
    with pytest.raises(FrozenInstanceError):
        job.text = "other"  # type: ignore[misc]


def test_repr_shows_what_identifies_a_job_and_nothing_that_a_buyer_reads() -> None:
    job = Job(
        ORDER, "warranty", text=TEXT, attachments=["a.pdf"], document="R-2026-0017", due=date(2026, 12, 24), x=TEXT
    )

    assert ORDER in repr(job)
    assert "R-2026-0017" in repr(job)
    assert "2026-12-24" in repr(job)
    assert f"{len(TEXT)} characters" in repr(job)
    assert TEXT not in repr(job)


def test_repr_hides_a_text_that_was_given_for_something_else() -> None:
    swapped = Job(TEXT, TEXT, account=TEXT, document=TEXT, key=TEXT, due=TEXT, **{TEXT: TEXT})

    assert TEXT not in repr(swapped)
    assert TEXT not in repr(Outcome(swapped, State.PENDING, None))


def test_outcome_can_be_written_as_json_and_pickled() -> None:
    error = RecordedError("No.", error_type="BadRequestError", request_id="r-1", status_code=400)
    job = Job(ORDER, "invoice", marketplace="DE", document="R-17", key="k-1")
    outcome = Outcome(job, State.REJECTED, "shop-de", error=error)

    assert json.loads(json.dumps(outcome.to_dict())) == {
        "account": "shop-de",
        "marketplace": "DE",
        "amazon_order_id": ORDER,
        "message_type": "invoice",
        "document": "R-17",
        "key": "k-1",
        "state": "rejected",
        "request_id": "r-1",
        "receipt": None,
        "error": {**error.to_dict(), "type": "BadRequestError", "status_code": 400},
    }
    assert pickle.loads(pickle.dumps(outcome)).to_dict() == outcome.to_dict()
