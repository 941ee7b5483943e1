"""docs/messages: a page for each message, with the model's limits, whose examples reach the buyer."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import message_pages
from regeneration.project import REPOSITORY, Project
from spapi_messaging import AccessDeniedError, MessagingClient
from spapi_messaging.messages import MESSAGE_TYPES, Field
from spapi_messaging.preflight.language import detector_installed
from spapi_messaging.sandbox import Sandbox
from tests.docs.pages import DOCS, Page
from tests.docs.reader import Reader
from tests.docs.stages import STAGES

INDEX = Page("messages/index.md")
SECTIONS = [
    "When Amazon allows it", "Send it", "Text", "What the buyer gets", "What is refused", "What can go wrong",
]  # fmt: skip


def page_of(message_type: str) -> Page:
    return Page(str(message_pages.page_of(message_type).relative_to(DOCS)))


#: The messages that have a page. A message that Amazon adds has no page until somebody writes it.
PAGES = {name: page_of(name) for name in MESSAGE_TYPES if message_pages.page_of(name).exists()}
each_page = pytest.mark.parametrize("message_type", PAGES)


def test_each_message_that_our_overlays_describe_has_a_page() -> None:
    targets = [action["target"] for each in Project(REPOSITORY).read_overlays() for action in each.document["actions"]]
    described = {found for target in targets for found in re.findall(r"/orders/[^/]+/messages/(\w+)'\]\.post", target)}

    assert len(described) > 10
    assert described - PAGES.keys() == set()
    assert {path.name for path in (DOCS / "messages").glob("*.md")} == {
        "index.md", *(page.path.name for page in PAGES.values()),
    }  # fmt: skip


@each_page
def test_pages_have_the_same_sections(message_type: str) -> None:
    assert re.findall(r"^## (.+)$", PAGES[message_type].text, re.M) == SECTIONS


def number_in(cell: str) -> int:
    """The largest number that a row of a table says of texts or files, the size in MB aside."""
    return max(map(int, re.findall(r"\d+(?! MB)\b", cell.partition(",")[0])), default=0)


@each_page
def test_limits_are_those_of_the_model(message_type: str) -> None:
    rows = dict(re.findall(r"^\| (text|files) \| (.+) \|$", PAGES[message_type].text, re.M))
    listed = re.search(rf"^\| \[`{message_type}`\]\([\w-]+\.md\) \| (.+?) \| (.+?) \|", INDEX.text, re.M)
    fields: dict[str, Field] = {field.kind: field for field in MESSAGE_TYPES[message_type].fields}
    text, files = fields.get("text"), fields.get("attachments")
    limits = ((text and text.max_length) or 0, (files and files.max_items) or 0)

    assert listed is not None
    assert (number_in(rows["text"]), number_in(rows["files"])) == limits
    assert (number_in(listed[1]), number_in(listed[2])) == limits


def test_the_pages_have_what_the_script_writes() -> None:
    """If this fails after a change of the model: run scripts/message_pages.py."""
    wrong = [page.name for page, text in message_pages.contents() if page.read_text(encoding="utf-8") != text]

    assert wrong == []


def test_a_message_without_a_page_leads_to_amazons(tmp_path: Path) -> None:
    operation = next(iter(MESSAGE_TYPES.values()))

    assert f"[`{operation.message_type}`]({operation.documentation})" in message_pages.table(tmp_path)


@each_page
def test_each_example_reaches_the_buyer(message_type: str, reader: Reader) -> None:
    """Sync, asyncio and the command line: three messages or more, and all of this type."""
    if stage := STAGES.get(PAGES[message_type].name):
        stage(reader)
    reader.read(PAGES[message_type])

    assert len(reader.sandbox.inbox) >= 3
    assert {message.message_type for message in reader.sandbox.inbox} == {message_type}


@pytest.mark.parametrize("message_type", [name for name in PAGES if MESSAGE_TYPES[name].retired])
def test_the_page_of_a_retired_message_shows_the_error_that_comes(message_type: str, reader: Reader) -> None:
    if stage := STAGES.get(PAGES[message_type].name):
        stage(reader)
    (shown,) = (block.text for block in PAGES[message_type].all_blocks() if block.not_run)
    program, *_ = PAGES[message_type].blocks("python")
    with Sandbox() as sandbox, pytest.raises(AccessDeniedError) as refused:
        reader.set("SP_API_ENDPOINT", sandbox.url)
        reader.set("LWA_ENDPOINT", sandbox.lwa_endpoint)
        reader.run_program(program)

    reader.printed = f"spapi_messaging.errors.AccessDeniedError: {refused.value}"
    reader.compare(shown)
    assert "Amazon has retired this type of message" in str(refused.value)


TEXTS = [name for name in PAGES if any(field.kind == "text" for field in MESSAGE_TYPES[name].fields)]


@pytest.mark.parametrize("message_type", TEXTS)
def test_the_german_and_the_english_text_fit_and_ask_or_tell_something(message_type: str) -> None:
    files = PAGES[message_type].files()
    (limit,) = (field.max_length for field in MESSAGE_TYPES[message_type].fields if field.kind == "text")

    assert files["de.txt"].startswith("Guten Tag,\n")
    assert files["en.txt"].startswith("Hello,\n")
    assert all(limit is None or len(text) <= limit for text in files.values())


@pytest.mark.skipif(not detector_installed(), reason="the extra language is not installed")
@pytest.mark.parametrize("message_type", ["legalDisclosure", "warranty"])
def test_a_document_in_another_language_is_warned_of(message_type: str, reader: Reader) -> None:
    *_, english = PAGES[message_type].files().items()
    document = (english[0], english[1].encode())
    with MessagingClient.from_env() as client:
        found = client.preflight("303-1234567-1234567", message_type, attachments=[document])  # type: ignore[arg-type]

    assert [problem.rule for problem in found] == ["language"]


def test_a_list_of_actions_says_which_order_allows_what(reader: Reader) -> None:
    """The reads of the index see what the order's state changes."""
    reader.sandbox.orders.set("303-1234567-1234567", state="cancelled", locale="fr-FR")
    (ask, *_) = INDEX.blocks("python")
    reader.run_program(ask)

    assert "confirmOrderDetails" not in reader.printed
    assert reader.printed.endswith("An invoice now: True\nThe buyer reads fr-FR\n")
