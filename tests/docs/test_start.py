"""docs/start.md: what is in the inbox at its end, and its table of extras."""

from __future__ import annotations

import re

from spapi_messaging.local_sandbox import LOCAL_URL
from spapi_messaging.sandbox.environment import posix, variables
from tests.docs.pages import Page
from tests.docs.reader import EXTRAS, Reader
from tests.docs.stages import STAGES

PAGE = Page("start.md")


def test_four_messages_are_in_the_inbox_and_none_comes_from_the_own_account(reader: Reader) -> None:
    STAGES[PAGE.name](reader)
    reader.read(PAGE)

    cups, invoice, *green = reader.sandbox.inbox
    assert cups.text == "Sollen wir beide Becher in Grün liefern?"
    assert invoice.attachments[0].content == b"Rechnung 2026-1187"
    assert [message.text for message in green] == ["Dürfen wir in Grün liefern?"] * 2
    assert (reader.folder / "invoice.pdf").read_bytes().startswith(b"%PDF")


def test_it_shows_what_the_sandbox_says_when_it_starts() -> None:
    (shown,) = (block.text for block in PAGE.all_blocks() if block.section == "3. Start a sandbox" and block.not_run)

    assert shown.endswith(posix(variables(LOCAL_URL)))
    assert f"listens at {LOCAL_URL}; " in shown


def test_table_names_every_extra() -> None:
    rows = re.findall(r"^\| `(\w+)` \|", PAGE.section("What to install"), re.M)

    assert set(rows) == EXTRAS
