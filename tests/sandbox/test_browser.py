"""The inbox in a real browser. Needs Chromium, and is skipped without it."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from contextlib import closing
from importlib import resources
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Frame, Page, expect

from spapi_messaging import MessageNotAvailableError, MessagingClient
from spapi_messaging.sandbox import Attachment, Message, Sandbox
from spapi_messaging.sandbox.environment import posix, powershell, variables
from tests.support.browsers import (
    WIDE,
    appearances,
    assert_accessible,
    assert_nothing_scrolls_sideways,
    chromium,
    needs_chromium,
    watched,
)
from tests.support.thorough import only_thorough

ORDER = "303-1234567-1234567"
HOSTILE = "Guten Tag,\n<script>document.title = 'run'</script><img src=x onerror=\"document.title = 'run'\">"
FIRST_PAINT = """() => new Promise(resolve => {
    const paint = "first-contentful-paint";
    const observer = new PerformanceObserver(list => resolve(list.getEntriesByName(paint)[0].startTime));
    observer.observe({ type: "paint", buffered: true });
})"""

pytestmark = needs_chromium


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture(scope="module")
def context(browser: Browser) -> Iterator[BrowserContext]:
    with closing(browser.new_context(viewport=WIDE)) as context:  # type: ignore[arg-type]
        yield context


@pytest.fixture(scope="module")
def shared(context: BrowserContext) -> Page:
    return context.new_page()


@pytest.fixture
def page(shared: Page) -> Iterator[Page]:
    with watched(shared) as page:
        yield page


@pytest.fixture
def invoice() -> bytes:
    return (resources.files("spapi_messaging.cli") / "invoice.pdf").read_bytes()


def fill(sandbox: Sandbox, count: int, invoice: bytes | None) -> None:
    for index in range(count):
        with_file = invoice is not None and index % 2
        file = Attachment(f"Rechnung-{index}.pdf", invoice or b"", "application/pdf", "0" * 32, "id")
        message = Message(
            number=next(sandbox.message_numbers),
            operation="sendInvoice" if with_file else "createConfirmOrderDetails",
            message_type="invoice" if with_file else "confirmOrderDetails",
            order_id=f"303-1234567-{index:07}",
            marketplace_id="A1PA6795UKMFR9",
            locale="de-DE",
            text=None if with_file else "Passt die Farbe? https://example.com/" + "lang" * 40,
            attachments=(file,) if with_file else (),
            fields={"coverageStartDate": "2026-11-21T00:00:00Z"} if with_file else {},
            request_id="2f1a6f2e-6d3c-4b7e-9a52-0d6f3c0f8a11",
            received_at=sandbox.clock.today(),
        )
        sandbox.inbox.append(message)


def is_pdf_viewer(frame: Frame) -> bool:
    """Chromium shows a PDF with its own extension. If it may not, it shows an error page."""
    return frame.url.startswith("chrome-extension://")


def test_a_message_appears_by_itself(spapi_sandbox: Sandbox, spapi_client: MessagingClient, page: Page) -> None:
    page.goto(spapi_sandbox.url)
    expect(page.get_by_text("Nobody has received anything yet")).to_be_visible()
    page.evaluate("window.stillHere = true")
    receipt = spapi_client.create_confirm_order_details(ORDER, text=HOSTILE)
    message = page.get_by_role("article", name="Confirm order details")
    expect(message).to_contain_text(HOSTILE)
    expect(message).to_contain_text(ORDER)
    expect(message).to_contain_text(str(receipt.request_id))
    expect(page.get_by_role("status")).to_have_text("1 new message")
    expect(page.get_by_text("Nobody has received anything yet")).to_be_hidden()
    meter = page.get_by_role("meter", name="createConfirmOrderDetails", exact=True)
    assert float(str(meter.get_attribute("value"))) <= 1000
    assert page.title() != "run"
    assert page.evaluate("window.stillHere")


def test_messages_stand_newest_first(spapi_sandbox: Sandbox, spapi_client: MessagingClient, page: Page) -> None:
    spapi_client.create_confirm_order_details(ORDER, text="first")
    page.goto(spapi_sandbox.url)
    spapi_client.create_confirm_order_details(ORDER, text="second")
    texts = page.locator("article .text")
    expect(texts).to_have_text(["second", "first"])


def test_a_pdf_opens_in_the_page_by_keyboard(
    spapi_sandbox: Sandbox, spapi_client: MessagingClient, page: Page, invoice: bytes
) -> None:
    spapi_client.send_invoice(ORDER, attachments=[("Rechnung.pdf", invoice)])
    page.goto(spapi_sandbox.url)
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the messages")).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    opener = page.get_by_role("link", name="Open Rechnung.pdf")
    expect(opener).to_be_focused()
    with page.expect_event("framenavigated", is_pdf_viewer):
        page.keyboard.press("Enter")
    viewer = page.get_by_role("dialog", name="Rechnung.pdf")
    expect(viewer).to_be_visible()
    page.keyboard.press("Escape")
    expect(viewer).to_be_hidden()
    expect(opener).to_be_focused()


def test_the_viewer_closes_by_its_button(
    spapi_sandbox: Sandbox, spapi_client: MessagingClient, page: Page, invoice: bytes
) -> None:
    spapi_client.create_legal_disclosure(ORDER, attachments=[("note.txt", b"Hallo")])
    page.goto(spapi_sandbox.url)
    page.get_by_role("link", name="Open note.txt").click()
    expect(page.frame_locator("iframe").get_by_text("Hallo")).to_be_visible()
    page.get_by_role("button", name="Close").click()
    expect(page.get_by_role("dialog")).to_be_hidden()


def test_a_file_that_could_run_is_only_saved(
    spapi_sandbox: Sandbox, spapi_client: MessagingClient, page: Page, tmp_path: Path
) -> None:
    program = b"<script>document.title = 'run'</script>"
    fill(spapi_sandbox, 1, b"")
    file = Attachment("page.html", program, "text/html", "0" * 32, "id")
    spapi_sandbox.inbox[0] = Message(**{**vars(spapi_sandbox.inbox[0]), "attachments": (file,)})
    page.goto(spapi_sandbox.url)
    assert page.get_by_role("link", name="Open page.html").count() == 0
    with page.expect_download() as download:
        page.get_by_role("link", name="Download page.html").click()
    download.value.save_as(tmp_path / "saved")
    assert (tmp_path / "saved").read_bytes() == program
    assert download.value.suggested_filename == "page.html"


def test_a_text_file_cannot_run_script(spapi_sandbox: Sandbox, spapi_client: MessagingClient, page: Page) -> None:
    spapi_client.create_legal_disclosure(ORDER, attachments=[("a.txt", b"<script>document.title = 'run'</script>")])
    page.goto(f"{spapi_sandbox.url}/inbox/1/0")
    expect(page.get_by_text("<script>")).to_be_visible()
    assert page.title() != "run"


def test_an_order_is_changed_by_keyboard(spapi_sandbox: Sandbox, spapi_client: MessagingClient, page: Page) -> None:
    page.goto(spapi_sandbox.url)
    page.get_by_label("Order id").focus()
    page.keyboard.type(ORDER)
    page.keyboard.press("Tab")
    page.keyboard.type("can")
    page.keyboard.press("Enter")
    if not page.url.endswith("#orders"):
        page.get_by_role("button", name="Set").press("Enter")
    expect(page.locator("#known")).to_contain_text(f"{ORDER} cancelled")
    with pytest.raises(MessageNotAvailableError):
        spapi_client.create_confirm_order_details(ORDER, text="Hallo")


def test_a_wrong_language_is_corrected_where_it_was_entered(spapi_sandbox: Sandbox, page: Page) -> None:
    fill(spapi_sandbox, 2, None)
    page.goto(f"{spapi_sandbox.url}/?order=303")
    page.get_by_label("Order id").fill(ORDER)
    page.get_by_label("State").select_option("delivered")
    page.get_by_label("Buyer’s language").fill("Deutsch, bitte")
    page.get_by_role("button", name="Set").press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("locale must be a language such as de-DE")
    expect(page.get_by_role("article")).to_have_count(2)
    expect(page.get_by_role("alert")).to_be_in_viewport()
    for _ in appearances(page):
        assert_accessible(page)
    page.get_by_label("Buyer’s language").fill("de-DE")
    page.get_by_role("button", name="Set").press("Enter")
    expect(page.locator("#known")).to_contain_text(f"{ORDER} delivered, de-DE")
    assert page.url.endswith("/?order=303#orders")
    assert page.get_by_role("alert").count() == 0


def test_an_inbox_that_was_emptied_is_shown_so(spapi_sandbox: Sandbox, page: Page) -> None:
    fill(spapi_sandbox, 3, None)
    page.goto(spapi_sandbox.url)
    expect(page.get_by_role("article")).to_have_count(3)
    spapi_sandbox.inbox.clear()
    expect(page.get_by_role("article")).to_have_count(0)
    expect(page.get_by_role("heading", name="Messages (0)")).to_be_visible()


def test_a_sandbox_that_stopped_is_shown_so(spapi_sandbox: Sandbox, page: Page) -> None:
    page.goto(spapi_sandbox.url)
    spapi_sandbox.stop()
    expect(page.get_by_role("status")).to_have_text("The sandbox does not answer.")


def test_it_can_be_read_without_script(spapi_sandbox: Sandbox, browser: Browser, invoice: bytes) -> None:
    fill(spapi_sandbox, 2, invoice)
    with closing(browser.new_context(java_script_enabled=False)) as context:
        page = context.new_page()
        page.goto(spapi_sandbox.url)
        expect(page.get_by_role("article")).to_have_count(2)
        assert page.get_by_role("link", name="Open Rechnung-1.pdf").get_attribute("href") == "/inbox/2/0"


PICTURE = base64.b64decode("R0lGODlhAQABAIAAAP8AAP///yH5BAAAAAAALAAAAAABAAEAAAICRAEAOw==")


def test_a_picture_and_the_first_page_of_a_pdf_are_in_the_message(
    spapi_sandbox: Sandbox, spapi_client: MessagingClient, page: Page, invoice: bytes
) -> None:
    spapi_client.send_invoice(ORDER, attachments=[("Rechnung.pdf", invoice), ("Bild.gif", PICTURE)])
    with page.expect_event("framenavigated", is_pdf_viewer):
        page.goto(spapi_sandbox.url)
    expect(page.locator("a.pdf iframe")).to_be_visible()
    expect(page.locator("a.preview img")).to_have_js_property("naturalWidth", 1)
    page.locator("a.pdf").click()
    expect(page.get_by_role("dialog", name="Rechnung.pdf")).to_be_visible()


def test_a_browser_without_a_pdf_viewer_shows_the_link_alone(
    spapi_sandbox: Sandbox, context: BrowserContext, invoice: bytes
) -> None:
    fill(spapi_sandbox, 2, invoice)
    with closing(context.new_page()) as own, watched(own) as page:
        page.add_init_script("Object.defineProperty(navigator, 'pdfViewerEnabled', {value: false})")
        page.goto(spapi_sandbox.url)
        expect(page.get_by_role("link", name="Open Rechnung-1.pdf")).to_be_visible()
        expect(page.locator("a.pdf")).to_be_hidden()
        assert page.locator("article iframe").count() == 0


def test_updates_keep_to_the_filter(spapi_sandbox: Sandbox, spapi_client: MessagingClient, page: Page) -> None:
    page.goto(spapi_sandbox.url)
    page.get_by_label("Message type").select_option("unexpectedProblem")
    page.get_by_role("button", name="Filter").press("Enter")
    expect(page.get_by_text("No message is like that.")).to_be_visible()
    assert "type=unexpectedProblem" in page.url
    spapi_client.create_confirm_order_details(ORDER, text="not this")
    spapi_client.create_unexpected_problem(ORDER, text="but this")
    expect(page.locator("article .text")).to_have_text(["but this"])
    expect(page.get_by_role("heading", name="Messages (1)")).to_be_visible()
    expect(page.get_by_role("status")).to_have_text("1 new message")
    expect(page.get_by_text("No message is like that.")).to_be_hidden()


def test_a_page_stays_short_while_messages_arrive(spapi_sandbox: Sandbox, page: Page) -> None:
    page.goto(f"{spapi_sandbox.url}/?order=303")
    fill(spapi_sandbox, 60, None)
    expect(page.get_by_role("heading", name="Messages (60)")).to_be_visible()
    expect(page.get_by_role("article")).to_have_count(25)
    page.get_by_role("link", name="Older messages").press("Enter")
    expect(page.get_by_role("article")).to_have_count(25)
    expect(page.locator("article").first).to_contain_text("0000034")
    assert "order=303" in page.url


def test_the_variables_are_copied(spapi_sandbox: Sandbox, context: BrowserContext, page: Page) -> None:
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto(spapi_sandbox.url)
    for shell, written in (("sh, bash, zsh", posix), ("PowerShell", powershell)):
        page.get_by_role("button", name=f"Copy for {shell}").click()
        expect(page.get_by_role("status")).to_have_text("Copied.")
        assert page.evaluate("navigator.clipboard.readText()") == written(variables(spapi_sandbox.url))


@pytest.mark.parametrize("count", [0, 6])
def test_axe_finds_nothing_and_nothing_scrolls_sideways(
    spapi_sandbox: Sandbox, page: Page, invoice: bytes, count: int
) -> None:
    fill(spapi_sandbox, count, invoice)
    page.goto(spapi_sandbox.url)
    for viewport in appearances(page):
        assert_accessible(page)
        assert_nothing_scrolls_sideways(page, viewport)


def test_axe_finds_nothing_in_the_viewer(spapi_sandbox: Sandbox, page: Page, invoice: bytes) -> None:
    fill(spapi_sandbox, 2, invoice)
    page.goto(spapi_sandbox.url)
    page.get_by_role("link", name="Open").first.click()
    expect(page.get_by_role("dialog")).to_be_visible()
    for _ in appearances(page):
        assert_accessible(page)


def first_paint(page: Page, address: str) -> float:
    """Milliseconds until something is seen."""
    page.goto(address)
    return float(page.evaluate(FIRST_PAINT))


def test_of_a_thousand_messages_the_browser_paints_those_in_view(
    spapi_sandbox: Sandbox, page: Page, invoice: bytes
) -> None:
    fill(spapi_sandbox, 1000, invoice)
    page.goto(spapi_sandbox.url)
    expect(page.get_by_role("heading", name="Messages (1000)")).to_be_visible()
    painted = "each => each.checkVisibility({contentVisibilityAuto: true})"
    assert page.get_by_role("article").first.evaluate(painted)
    assert not page.get_by_role("article").last.evaluate(painted)


@only_thorough  # the test above sees what makes it fast
def test_a_thousand_messages_are_painted_at_once(spapi_sandbox: Sandbox, page: Page, invoice: bytes) -> None:
    fill(spapi_sandbox, 1000, invoice)
    # Without a graphics card, most of the time is what the browser needs for a line of plain text.
    bare = min(first_paint(page, f"{spapi_sandbox.url}/inbox/0/0") for _ in range(6))
    full: list[float] = []
    # Other work of the machine only makes it slower, so one fast painting of twelve is enough.
    while not full or (min(full) - bare >= 100 and len(full) < 12):
        full.append(first_paint(page, spapi_sandbox.url))
    expect(page.get_by_role("heading", name="Messages (1000)")).to_be_visible()
    assert min(full) - bare < 100, (full, bare)
