"""What the README promises of itself. tests/docs/test_pages.py runs its example."""

from __future__ import annotations

from tests.docs.pages import Page
from tests.docs.reader import Reader

PAGE = Page("README.md")
(EXAMPLE,) = PAGE.blocks("python")


def test_example_sends_an_invoice(reader: Reader) -> None:
    reader.run_program(EXAMPLE)

    (message,) = reader.sandbox.inbox
    assert message.attachments[0].content == (reader.folder / "invoice.pdf").read_bytes()
    assert reader.printed == f"{message.request_id} invoice.pdf\n"


def test_example_says_when_the_order_does_not_allow_it(reader: Reader) -> None:
    reader.sandbox.faults.answer(403, REFUSED, on="sendInvoice")
    reader.run_program(EXAMPLE)

    assert reader.printed.startswith("Not for this order: ")
    assert not reader.sandbox.inbox


REFUSED = {"errors": [{"code": "Unauthorized", "message": "Invalid amazonOrderId and template combination."}]}


def test_it_is_short() -> None:
    """Everything else is in the documentation."""
    assert len(PAGE.text.splitlines()) < 100
    assert len(PAGE.commands()) == 2
