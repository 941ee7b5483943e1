"""Pages of the documentation: their blocks of code and their links."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"

_BLOCK = re.compile(
    r"^#+ (?P<heading>[^\n]+)$"
    r"|(?:^(?P<margin> *)<!-- not run: (?P<reason>[^\n]+) -->\n+)?"
    r"^(?P<indent> *)```(?P<language>\w*)(?P<options>[^\n]*)\n(?P<text>.*?)^(?P=indent)```$",
    re.M | re.S,
)


class Block(NamedTuple):
    """A block of code.

    Attributes:
        language: what follows the three backticks.
        section: the heading above it.
        text: the code.
        title: the name of the file that it is, or nothing.
        not_run: why it cannot be run, or nothing.
    """

    language: str
    section: str
    text: str
    title: str = ""
    not_run: str = ""


class Page:
    """A page in ``docs``, or the README.

    Args:
        name: its path below ``docs``, or from the project's root for a page elsewhere.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.path = DOCS / name if (DOCS / name).exists() else ROOT / name
        self.text = self.path.read_text(encoding="utf-8")

    def section(self, heading: str) -> str:
        """What stands below a heading, up to the next one of its rank."""
        found = re.search(rf"^(#+) {re.escape(heading)}\n(.*?)(?=^\1 |\Z)", self.text, re.M | re.S)
        assert found, f"{self.name} has no section {heading!r}"
        return found[2]

    def blocks(self, language: str, section: str | None = None) -> list[str]:
        """The blocks in a language, of a section or of all."""
        return [each.text for each in self.all_blocks() if each[0] == language and section in (None, each.section)]

    def all_blocks(self) -> list[Block]:
        found, section = [], ""
        for match in _BLOCK.finditer(self.text):
            section = match["heading"] or section
            if match["heading"] is None:
                title = re.search(r'title="([^"]+)"', match["options"])
                text = re.sub(rf"^{match['indent']}", "", match["text"], flags=re.M)
                found.append(Block(match["language"], section, text, title[1] if title else "", match["reason"] or ""))
        return found

    def files(self) -> dict[str, str]:
        """Blocks that are files, by their names."""
        return {block.title: block.text for block in self.all_blocks() if block.title}

    def commands(self, section: str | None = None) -> list[str]:
        """The lines that are typed."""
        return [line for text in self.blocks("console", section) for line in text.splitlines() if line]

    def broken_links(self) -> list[str]:
        """Links to files and headings that do not exist."""
        links = re.findall(r"\]\((?!https?:)([^)]+)\)", re.sub(r"^```.*?^```$", "", self.text, flags=re.M | re.S))
        return [link for link in links if not self._leads_somewhere(link)]

    def _leads_somewhere(self, link: str) -> bool:
        path, _, anchor = link.partition("#")
        target = self.path.parent / path if path else self.path
        if not target.exists():
            return False
        headings = re.findall(r"^#+ (.+)$", target.read_text(encoding="utf-8"), flags=re.M) if anchor else []
        anchors = {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}
        return not anchor or anchor in anchors


def all_pages() -> list[Page]:
    """The README, and every page of the documentation."""
    return [Page("README.md"), *(Page(str(path.relative_to(DOCS))) for path in sorted(DOCS.rglob("*.md")))]
