"""A real browser, for tests of pages: Chromium, where it is installed."""

from __future__ import annotations

import itertools
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Browser, ConsoleMessage, Error, Page, sync_playwright

from tests.support.thorough import select

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
needs_chromium = pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium (Debian's package chromium)")

WIDE, NARROW = {"width": 1280, "height": 900}, {"width": 360, "height": 740}
_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@contextmanager
def chromium() -> Iterator[Browser]:
    """The browser."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, headless=True, args=_FLAGS)
        yield browser
        browser.close()


@contextmanager
def watched(page: Page) -> Iterator[Page]:
    """Fails the test if the page's console shows an error, for example because the policy blocked something.

    Tests can share a page: a new one is two processes of the browser, which take longer than most tests. Afterwards it
    is empty and looks as it did.
    """
    errors: list[str] = []

    def listen(message: ConsoleMessage) -> None:
        if message.type == "error" and not message.text.startswith("Failed to load resource"):
            errors.append(message.text)

    def note(error: Error) -> None:
        errors.append(str(error))

    page.set_default_timeout(10_000)
    page.on("console", listen)
    page.on("pageerror", note)
    try:
        yield page
    finally:
        page.remove_listener("console", listen)
        page.remove_listener("pageerror", note)
        page.goto("about:blank")
        page.emulate_media(media="null", color_scheme="null")
        page.set_viewport_size(WIDE)  # type: ignore[arg-type]
    assert errors == []


def appearances(page: Page, *viewports: dict[str, int]) -> Iterator[Any]:
    """Shows the page as readers may see it; gives the viewport. One page, because loading it takes longest.

    Each viewport and each colour scheme comes. With THOROUGH=1, each comes with each.
    """
    schemes: list[Any] = ["light", "dark"]
    every = list(itertools.product(schemes, viewports or (WIDE, NARROW)))
    usual = list(zip(itertools.cycle(schemes), viewports or (WIDE, NARROW), strict=False))
    for scheme, viewport in select(usual, [other for other in every if other not in usual]):
        page.emulate_media(color_scheme=scheme)
        page.set_viewport_size(viewport)  # type: ignore[arg-type]
        yield viewport


def assert_accessible(page: Page) -> None:
    """Fails if axe finds something, or has not looked at the colours."""
    results = Axe().run(page)
    assert results.violations_count == 0, results.generate_report()
    assert "color-contrast" in {rule["id"] for rule in results.response["passes"]}


def assert_nothing_scrolls_sideways(page: Page, viewport: dict[str, int]) -> None:
    """Fails if the page as a whole is wider than what shows it."""
    assert page.evaluate("document.documentElement.scrollWidth") <= viewport["width"]
