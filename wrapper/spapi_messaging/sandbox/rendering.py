"""The templates, the style and the script of the inbox page, and what the page may load."""

from __future__ import annotations

import base64
import hashlib
import re
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader
from markupsafe import Markup

from spapi_messaging.marketplaces import Marketplace
from spapi_messaging.sandbox import files
from spapi_messaging.sandbox.inbox import Attachment
from spapi_messaging.sandbox.requests import media_type

FOLDER = Path(__file__).parent / "page"


def render(template: str, **context: Any) -> str:
    """The HTML of a template."""
    return _environment().get_template(template).render(context)


@cache
def asset(name: str) -> str:
    """The style or the script."""
    return (FOLDER / name).read_text("utf-8")


@cache
def content_security_policy() -> str:
    """Allows the page's own style and script, and attachments as pictures and frames.

    Style and script are inside the page, because loading them would delay it.
    """
    style, script = (
        base64.b64encode(hashlib.sha256(asset(name).encode()).digest()).decode() for name in ("inbox.css", "inbox.js")
    )
    return (
        f"default-src 'none'; style-src 'sha256-{style}'; script-src 'sha256-{script}'; connect-src 'self'; "
        "img-src 'self' data:; frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    )


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(FOLDER), autoescape=True, trim_blocks=True, lstrip_blocks=True, auto_reload=False
    )
    environment.filters.update(breakable=_breakable, words=_words, size=_size, country=_country, media_type=media_type)
    environment.globals.update(shown_as=files.shown_as, preview=files.preview)
    return environment


def _words(message_type: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", message_type).capitalize()


def _breakable(name: str) -> Markup:
    """A long operationId that can wrap before each capital letter."""
    return Markup("<wbr>").join(re.split(r"(?<=[a-z])(?=[A-Z])", name))


def _size(file: Attachment) -> str:
    return f"{file.size} bytes" if file.size < 1000 else f"{file.size / 1000:,.1f} kB"


def _country(marketplace_id: str) -> str:
    return Marketplace.parse(marketplace_id).name
