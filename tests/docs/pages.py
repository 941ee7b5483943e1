"""Pages of the documentation: their blocks of code, their links, and their commands."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import click

from spapi_messaging.cli.app import application
from tests.cli.conftest import invoke
from tests.support import postgres

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"


class Block(NamedTuple):
    """A block of code."""

    language: str
    section: str
    text: str


class Page:
    """A page in ``docs``.

    Args:
        name: its file's name.
    """

    def __init__(self, name: str) -> None:
        self.text = (DOCS / name).read_text(encoding="utf-8")

    def blocks(self, language: str, section: str | None = None) -> list[str]:
        """The blocks in a language, of a section or of all."""
        return [each.text for each in self.all_blocks() if each[0] == language and section in (None, each.section)]

    def all_blocks(self) -> list[Block]:
        found, section = [], ""
        for match in re.finditer(
            r"^#+ (?P<heading>[^\n]+)$|^```(?P<language>\w+)\n(?P<text>.*?)^```$", self.text, re.M | re.S
        ):
            section = match["heading"] or section
            if match["language"]:
                found.append(Block(match["language"], section, match["text"]))
        return found

    def broken_links(self) -> list[str]:
        """Links to files and headings that do not exist."""
        links = re.findall(r"\]\((?!https?:)([^)]+)\)", re.sub(r"^```.*?^```$", "", self.text, flags=re.M | re.S))
        return [link for link in links if not self._leads_somewhere(link)]

    def _leads_somewhere(self, link: str) -> bool:
        path, _, anchor = link.partition("#")
        text = (DOCS / path).read_text(encoding="utf-8") if anchor and path else self.text
        headings = re.findall(r"^#+ (.+)$", text, flags=re.M)
        anchors = {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}
        return (not path or (DOCS / path).exists()) and (not anchor or anchor in anchors)


def type_in(line: str, environment: dict[str, str], folder: Path) -> str:
    """Types a line of a page, and answers "yes" to what it asks. Gives what it printed."""
    program, *words = shlex.split(line)
    if program == "export":
        name, _, value = words[0].partition("=")
        environment[name] = value
        return ""
    if program == "spapi-messaging":
        done = invoke(*words, *(["--yes"] if _asks(words) else []))
        assert done.exit_code in (0, 1, 3, 4, 6), (line, done.stderr)  # those of messages, not of wrong usage
        assert "Error:" not in done.stderr, (line, done.stderr)
        return done.stdout
    programs = postgres.find_programs()
    assert programs is not None
    where = sys.executable if program == "python" else programs / program
    done_outside = subprocess.run(
        [where, *words], cwd=folder, env={**os.environ, **environment}, capture_output=True, text=True
    )
    assert done_outside.returncode == 0, done_outside.stderr
    return done_outside.stdout


def _asks(words: list[str]) -> bool:
    group = application.commands[words[0]]
    assert isinstance(group, click.Group)
    return any(parameter.name == "yes" for parameter in group.commands[words[1]].params)
