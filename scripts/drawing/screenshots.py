"""Screenshots by Chromium. Each keeps a digest of the words that it shows: a test sees when it is out of date."""

from __future__ import annotations

import hashlib
import re
import shutil
import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from html import unescape
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Browser

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
WIDTH, HEIGHT = 1100, 1060
_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_NOTE = b"Shown\0"
# What nobody sees at first. Amazon's operations and their plans are left out too: they may change every day.
_LEFT_OUT = re.compile(r"<(style|script|template|details|select|aside)\b.*?</\1>|<!--.*?-->", re.DOTALL)


@contextmanager
def chromium() -> Iterator[Browser]:
    """The browser."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, headless=True, args=["--no-sandbox"])
        try:
            yield browser
        finally:
            browser.close()


def take(browser: Browser, address: str, html: str, *, whole: bool = False) -> bytes:
    """A PNG of the page at an address, of which the HTML is known: its beginning, or the whole of it."""
    page = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT}, color_scheme="light")
    page.goto(address)
    page.wait_for_load_state("networkidle")
    shot = page.screenshot(full_page=whole)
    page.close()
    return with_digest(shot, digest_of(html))


def words_of(html: str) -> str:
    """What a reader of a page sees at first, without its form and what Amazon may change."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", _LEFT_OUT.sub(" ", html))).split())


def digest_of(html: str) -> str:
    """A digest of the words of a page."""
    return hashlib.sha256(words_of(html).encode()).hexdigest()


def with_digest(png: bytes, digest: str) -> bytes:
    """The picture, with a digest among its notes."""
    end = 8 + 4 + 4 + 13 + 4  # behind the signature and the header, where notes may stand
    content = b"tEXt" + _NOTE + digest.encode()
    return (
        png[:end] + struct.pack(">I", len(content) - 4) + content + struct.pack(">I", zlib.crc32(content)) + png[end:]
    )


def digest_in(path: Path) -> str | None:
    """The digest that a picture keeps. None: it keeps no digest."""
    png = path.read_bytes()
    assert png.startswith(_SIGNATURE), f"{path.name} is not a PNG"
    found = re.search(rb"tEXt" + _NOTE + rb"([0-9a-f]{64})", png)
    return found[1].decode() if found else None
