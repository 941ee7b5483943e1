"""From facts to HTML. The page loads nothing, runs nothing and holds no text that was written for a buyer."""

from __future__ import annotations

import base64
import hashlib
import re
from datetime import datetime
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING

from spapi_messaging.cli.bulk.shown.typed import command, selecting
from spapi_messaging.cli.bulk.status_page import facts as limits
from spapi_messaging.cli.bulk.status_page.facts import Facts
from spapi_messaging.cli.bulk.status_page.reasons import shortened
from spapi_messaging.cli.bulk.status_page.verdict import MEANINGS, verdict_of

if TYPE_CHECKING:  # loaded on first use: the command line works without the extra `bulk`
    from jinja2 import Environment

__all__ = ["rendered"]

FOLDER = Path(__file__).parent
#: Characters that are shown of a name.
MAX_NAME = 100


def rendered(facts: Facts) -> bytes:
    """The page. It is ASCII, so it survives every encoding of a terminal or a server; all else is escaped."""
    sentence, advice = verdict_of(facts)
    html = (
        _environment()
        .get_template("page.html.jinja")
        .render(
            facts=facts,
            sentence=sentence,
            advice=advice,
            meanings=MEANINGS,
            command=partial(command, facts.url),
            selecting=selecting,
            columns=list(facts.states),
            limits=limits,
            style=_style(),
            policy=_policy(),
        )
    )
    return html.encode("ascii", "xmlcharrefreplace")


@cache
def _style() -> str:
    return (FOLDER / "page.css").read_text("utf-8")


@cache
def _policy() -> str:
    """Allows the page its own style, and nothing else."""
    digest = base64.b64encode(hashlib.sha256(_style().encode()).digest()).decode()
    return f"default-src 'none'; style-src 'sha256-{digest}'; img-src data:; base-uri 'none'; form-action 'none'"


@cache
def _environment() -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(FOLDER),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
        undefined=StrictUndefined,
    )
    environment.filters.update(minute=_minute, name=_name, short=shortened, number=_number, words=_words)
    return environment


def _minute(moment: datetime | str | None) -> str:
    """A time in UTC, to the minute."""
    if moment is None:
        return "–"
    return f"{datetime.fromisoformat(moment) if isinstance(moment, str) else moment:%Y-%m-%d %H:%M}"


def _name(name: str) -> str:
    """A name, or its beginning."""
    return shortened(name, MAX_NAME)


def _number(count: float) -> str:
    return f"{count:,}" if isinstance(count, int) else f"{count:,g}"


def _words(name: str) -> str:
    """A name of a state or an option, for people."""
    return re.sub("_", " ", name)
