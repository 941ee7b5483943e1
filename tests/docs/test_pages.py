"""Every block of the documentation is run, by a reader who does what the page says, or by a test of its own."""

from __future__ import annotations

import re
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


NEEDS_SANDBOX_OR_FILES = re.compile(
    r"from_env\(|\b\w+\.(?:pdf|png)\b|spapi-messaging (?:send|check|actions|attributes) (?!.*--sandbox)"
)
#: They bring their own files, and sandboxes of their own.
SELF_CONTAINED = {"start.md", "folder.md", "frameworks/index.md"}


@pytest.mark.parametrize("name", [name for name in PAGES if name not in SELF_CONTAINED])
def test_a_page_says_where_its_files_and_its_sandbox_come_from(name: str) -> None:
    blocks = [block for block in PAGES[name].all_blocks() if block.language in ("python", "console")]
    needs = any(NEEDS_SANDBOX_OR_FILES.search(block.text) for block in blocks if not block.not_run)

    assert not needs or "start.md#before-you-run-the-examples)" in PAGES[name].text


@pytest.mark.parametrize("name", PAGES)
def test_what_is_installed_stands_in_quotes_that_every_shell_takes(name: str) -> None:
    """cmd.exe takes single quotes for a part of the name."""
    assert re.findall(r"pip install [^`\n]*'", PAGES[name].text) == []


def test_every_other_page_has_tests_of_its_own() -> None:
    folder = Path(__file__).parent

    assert set(READ_ELSEWHERE) <= set(PAGES)
    assert [test for test in READ_ELSEWHERE.values() if not (folder / test).exists()] == []


def test_what_is_not_run_has_its_reason() -> None:
    reasons = {block.not_run for page in PAGES.values() for block in page.all_blocks() if block.not_run}

    assert all(len(reason.split()) >= 3 for reason in reasons)
