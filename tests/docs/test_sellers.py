"""docs/sellers.md: each seller's message comes from that seller."""

from __future__ import annotations

from tests.docs.pages import Page
from tests.docs.reader import Reader
from tests.docs.stages import STAGES

PAGE = Page("sellers.md")


def test_each_row_of_the_database_sends_for_its_seller(reader: Reader) -> None:
    STAGES[PAGE.name](reader)
    for block in PAGE.all_blocks():
        if block.section == "Tokens in a database":
            reader.do(block)

    sent = [(message.seller, message.text) for message in reader.sandbox.inbox]
    assert sent == [(name, f"Grüße von {name}") for name in ("anna", "bert", "carla")]
