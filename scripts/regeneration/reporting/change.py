"""One line of the report, and the place that it speaks of. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import NamedTuple

BREAKS, ADDS, HARMLESS = BUMPS = ("major", "minor", "patch")

ADDED, CHANGED, DEPRECATED, REMOVED = SECTIONS = ("Added", "Changed", "Deprecated", "Removed")
# Differences that nobody has given words to, and differences of our own texts. Neither goes into the changelog.
OTHER, TEXTS = "Other differences", "Descriptions"
#: How a line begins that makes callers change something.
MARK = "**breaks callers:** "


class Subject(NamedTuple):
    """What a line is about. The short form stands in a list of several."""

    full: str
    short: str


@dataclass(frozen=True)
class Change:
    """One difference: its section in the changelog, the part of the version that it raises, and a sentence."""

    section: str
    bump: str
    subjects: tuple[Subject, ...]
    predicate: str

    @property
    def text(self) -> str:
        if len(self.subjects) == 1:
            return self.subjects[0].full + self.predicate
        return ", ".join(subject.short for subject in self.subjects) + self.predicate


@dataclass(frozen=True)
class Place:
    """Where a difference is: in which operation or model, and where in it, in words."""

    subject: Subject
    parts: tuple[str, ...] = ()

    def inside(self, part: str) -> "Place":
        return replace(self, parts=(*self.parts, part))

    def change(self, section: str, bump: str, predicate: str) -> Change:
        """A change at this place. The predicate begins with the space or the sign that follows the place."""
        words = "".join(f": {part}" for part in self.parts)
        return Change(section, bump, (self.subject,), words + predicate)


def grouped(changes: Iterable[Change]) -> list[Change]:
    """One change for all that say the same of several subjects. Amazon often changes all operations at once."""
    found: dict[tuple[str, str, str], tuple[Subject, ...]] = {}
    for change in changes:
        key = (change.section, change.bump, change.predicate)
        known = found.get(key, ())
        found[key] = (*known, *(subject for subject in change.subjects if subject not in known))
    return [Change(section, bump, subjects, predicate) for (section, bump, predicate), subjects in found.items()]
