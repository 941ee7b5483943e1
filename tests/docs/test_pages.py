"""Every block of the documentation is run, by a reader who does what the page says, or by a test of its own."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.docs.pages import all_pages
from tests.docs.reader import Reader
from tests.docs.stages import READ_ELSEWHERE, STAGES

PAGES = {page.name: page for page in all_pages()}
READ_HERE = [name for name in PAGES if name not in READ_ELSEWHERE]


@pytest.mark.parametrize("name", READ_HERE)
def test_page_does_what_it_says(name: str, reader: Reader) -> None:
    if stage := STAGES.get(name):
        stage(reader)

    reader.read(PAGES[name])


@pytest.mark.parametrize("name", PAGES)
def test_links_lead_somewhere(name: str) -> None:
    assert PAGES[name].broken_links() == []


def test_every_other_page_has_tests_of_its_own() -> None:
    folder = Path(__file__).parent

    assert set(READ_ELSEWHERE) <= set(PAGES)
    assert [test for test in READ_ELSEWHERE.values() if not (folder / test).exists()] == []


def test_what_is_not_run_has_its_reason() -> None:
    reasons = {block.not_run for page in PAGES.values() for block in page.all_blocks() if block.not_run}

    assert all(len(reason.split()) >= 3 for reason in reasons)
