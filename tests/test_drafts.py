"""`draft`: what a send would refuse without a network, and what it would send."""

from __future__ import annotations

import gc
import io
import json
import warnings
from pathlib import Path
from typing import Any

import pytest

from spapi_messaging import Attachment, InvalidMessageError, MessagingClient
from spapi_messaging.drafts import DraftFile, draft
from tests.support.amazon import CREDENTIALS, ORDER
from tests.support.operations import too_much

PDF = b"%PDF-1.4\n%%EOF\n"


def test_draft_describes_the_message() -> None:
    found = draft(f" {ORDER} ", "sendInvoice", attachments=[("invoice.pdf", PDF), Attachment("id", "terms.txt")])

    assert (found.operation, found.message_type, found.amazon_order_id) == ("sendInvoice", "invoice", ORDER)
    assert found.attachments == (DraftFile("invoice.pdf", len(PDF), "application/pdf"), DraftFile("terms.txt"))
    assert found.text_length is None


def test_text_is_counted_as_amazon_counts_it_and_not_kept() -> None:
    found = draft(ORDER, "confirmOrderDetails", text="Grün?\r\nJa")

    assert found.text_length == 8
    assert "Grün" not in repr(found)


def test_draft_can_be_written_as_json() -> None:
    found = draft(
        ORDER,
        "warranty",
        attachments=[("w.pdf", PDF)],
        coverage_start_date="2026-12-13T00:00:00Z",
        coverage_end_date=None,
    )

    assert json.loads(json.dumps(found.to_dict())) == found.to_dict()
    assert found.fields == ("coverage_start_date",)


WRONG: list[dict[str, Any]] = [
    {"order_id": "303"},
    {"order_id": None},
    {"message_type": "birthdayCard"},
    {"message_type": "confirmOrderDetails"},
    {
        "message_type": "confirmOrderDetails",
        "text": "x" * too_much("confirmOrderDetails", "text"),
    },
    {"message_type": "confirmOrderDetails", "text": "Hello", "attachments": [("a.txt", b"a")]},
    {"attachments": []},
    {"attachments": ["no/such/file.pdf"]},
    {"attachments": [("a.exe", b"MZ")]},
    {"attachments": [("a.png", PDF)]},
    {"attachments": [("a.pdf", PDF)] * too_much("invoice", "attachments")},
    {"attachments": [("a.pdf", PDF)], "colour": "red"},
    {"message_type": "warranty", "order_id": "303", "attachments": [("a.pdf", b"")], "coverage_end_date": "today"},
]


@pytest.mark.parametrize("wrong", WRONG, ids=str)
def test_draft_refuses_what_a_send_refuses(wrong: dict[str, Any]) -> None:
    message = {"order_id": ORDER, "message_type": "invoice", **wrong}
    with (
        MessagingClient(credentials=CREDENTIALS, marketplace="DE") as client,
        pytest.raises(InvalidMessageError) as by_send,
    ):
        client.send(**message)
    with pytest.raises(InvalidMessageError) as by_draft:
        draft(**message)

    assert by_draft.value.problems == by_send.value.problems
    assert str(by_draft.value) == str(by_send.value)


def test_files_are_closed_and_open_ones_stay_where_they_stood(tmp_path: Path) -> None:
    (tmp_path / "a.pdf").write_bytes(PDF)
    own = io.BytesIO(PDF)
    with warnings.catch_warnings():
        warnings.simplefilter("error", ResourceWarning)
        draft(ORDER, "invoice", attachments=[tmp_path / "a.pdf", ("b.pdf", own)])
        gc.collect()

    assert (own.closed, own.tell()) == (False, 0)
