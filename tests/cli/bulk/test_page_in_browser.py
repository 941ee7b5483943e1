"""The page of `bulk status --html` in a real browser. Needs Chromium, and is skipped without it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from spapi_messaging.bulk import Job, Ledger
from spapi_messaging.cli.bulk.status_page.page_file import write_page
from spapi_messaging.cli.session import Session
from tests.support.browsers import (
    NARROW,
    WIDE,
    appearances,
    assert_accessible,
    assert_nothing_scrolls_sideways,
    chromium,
    needs_chromium,
    watched,
)
from tests.support.ledgers import NOON, Clock, in_every_state, order, park, set_columns
from tests.support.runs import TEXT_TYPE
from tests.support.thorough import select

pytestmark = needs_chromium

NOW = datetime.fromtimestamp(NOON, UTC)
SCREENS = (WIDE, NARROW, {"width": 1600, "height": 1000})
HOSTILE = "<img src=x onerror=\"document.title='run'\"><script>document.title='run'</script>"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture(scope="module")
def shared(browser: Browser) -> Page:
    return browser.new_page()


@pytest.fixture
def page(shared: Page) -> Iterator[Page]:
    with watched(shared) as page:
        yield page


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with Ledger(f"sqlite:///{tmp_path / 'sent.db'}", clock=Clock()) as made:
        yield made


def before(**age: float) -> int:
    return int((NOW - timedelta(**age)).timestamp() * 1000)


def fill(ledger: Ledger) -> None:
    """Something of everything, with names that are long and hostile."""
    in_every_state(ledger, account="shop", document="R" * 200, due="2026-11-21")
    set_columns(ledger, not_before=before(hours=-30))
    more: dict[str, Any] = {"text": "Hello", "marketplace": "DE", "account": HOSTILE, "document": HOSTILE}
    ledger.add(Job(order(number), TEXT_TYPE, **more) for number in range(20, 45))
    for number in range(20, 45):
        state = ("sent", "sent", "rejected", "unknown")[number % 4]
        error = {"error_type": "BadRequestError", "error_text": f"{HOSTILE} {'x' * 300}"}
        set_columns(ledger, order(number), state=state, finished_at=before(hours=(number - 19) * 5), **error)
    ledger.add(Job(order(50), TEXT_TYPE, **{**more, "account": "parked"}))
    park(ledger, "parked", HOSTILE)


def show(page: Page, ledger: Ledger, folder: Path) -> None:
    path = folder / "status.html"
    write_page(Session(json=True), ledger, str(path), {}, now=NOW)
    page.goto(path.as_uri())


@pytest.mark.parametrize("is_full", select([True], [False]))
def test_axe_finds_nothing_and_nothing_scrolls_sideways(
    ledger: Ledger, page: Page, tmp_path: Path, is_full: bool
) -> None:
    if is_full:
        fill(ledger)
    show(page, ledger, tmp_path)
    for summary in page.locator("summary").all():
        summary.press("Enter")  # also what is folded must be right
    for viewport in appearances(page, *SCREENS):
        assert_accessible(page)
        assert_nothing_scrolls_sideways(page, viewport)
    page.emulate_media(media="print")
    assert_accessible(page)


def test_nothing_hostile_runs_and_the_style_applies(ledger: Ledger, page: Page, tmp_path: Path) -> None:
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    fill(ledger)
    show(page, ledger, tmp_path)

    assert page.title() == "Messages in sent.db"
    assert page.locator("img, script, iframe").count() == 0
    assert [url for url in requests if not url.startswith(("file:", "data:"))] == []
    expect(page.locator(".tiles")).to_have_css("display", "grid")  # so its policy lets the style in


def test_the_pictures_have_names_and_a_table_that_the_keyboard_opens(
    ledger: Ledger, page: Page, tmp_path: Path
) -> None:
    fill(ledger)
    show(page, ledger, tmp_path)

    expect(page.get_by_role("img", name="Messages by hour")).to_be_visible()
    expect(page.get_by_role("img", name="Messages by day")).to_be_visible()
    table = page.get_by_role("region", name="Table: Messages by day")
    expect(table).to_be_hidden()
    page.locator("summary").last.press("Enter")
    expect(table).to_be_visible()
    expect(table.get_by_role("row").first).to_contain_text("Rejected or given up")


def test_a_single_unknown_message_beside_many_sent_ones_is_seen(ledger: Ledger, page: Page, tmp_path: Path) -> None:
    ledger.add(Job(order(number), TEXT_TYPE, text="Hello", marketplace="DE") for number in range(600))
    set_columns(ledger, state="sent", finished_at=before(hours=2))
    set_columns(ledger, order(7), state="unknown")
    show(page, ledger, tmp_path)
    box = page.locator("rect.unknown").bounding_box()

    assert box is not None and box["height"] >= 2
