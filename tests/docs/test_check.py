"""docs/check.md: its example finds what is wrong, and its tables have every rule."""

from __future__ import annotations

import re

from tests.docs.pages import Page
from tests.docs.reader import Reader
from tests.preflight.test_whole import SEEN as SEEN_AT_AMAZON
from tests.test_local_rules import BROKEN

PAGE = Page("check.md")
CHECKED = PAGE.blocks("python")[0]


def test_example_says_what_is_wrong_and_sends_nothing(reader: Reader) -> None:
    reader.run_program(CHECKED)

    printed = reader.printed.splitlines()
    assert printed[0].startswith("error email-address there is an e-mail address at line 1, ")
    assert printed[-1] == "Not sent: ['email-address']"
    assert not reader.sandbox.inbox


def test_example_says_when_the_order_does_not_allow_it(reader: Reader) -> None:
    reader.sandbox.orders.set("303-1234567-1234567", state="cancelled")
    reader.run_program(CHECKED.replace(" Write to shop@example.com", ""))

    printed = reader.printed.splitlines()
    assert printed[0].startswith("error not-available ")
    assert printed[-1].startswith("Not for this order now: Nothing was sent: ")


def test_tables_name_every_rule_of_a_check() -> None:
    rows = re.findall(r"^\| (`.*?) \|", PAGE.text, flags=re.MULTILINE)
    named = {name for row in rows for name in re.findall(r"`([a-z-]+)`", row)}

    seen = {rule for rule, *_ in (*SEEN_AT_AMAZON, *BROKEN)}
    assert named == seen | {"language", "file-not-checked", "marketplace", "value"}
