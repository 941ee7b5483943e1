"""docs/invoices.md: the countries of the feed, and a doctor who sends nothing."""

from __future__ import annotations

import re

from spapi_messaging.doctor.invoices import FEED_COUNTRIES
from tests.docs.pages import Page
from tests.docs.reader import Reader

PAGE = Page("invoices.md")


def test_the_feed_exists_where_doctor_says() -> None:
    (row,) = re.findall(r"^\| where \| .+? \| (.+?) \|", PAGE.text, re.M)
    (program,) = PAGE.blocks("python")

    assert row.split(", ") == list(FEED_COUNTRIES)
    assert re.findall('"([A-Z]{2})"', program) == list(FEED_COUNTRIES)


def test_nothing_is_sent_to_find_out(reader: Reader) -> None:
    reader.read(PAGE)

    assert reader.sandbox.inbox == []
