"""What was seen: of a round, and of all rounds of a scenario."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from spapi_messaging.bulk import State
from tests.support.proof import Report

COLUMNS = (
    "rounds",
    "blows",
    "messages",
    "sent",
    "unknown",
    "arrived",
    "not arrived",
    "may be unknown",
    "twice",
    "lost",
    "429s over plan",
    "requests",
    "ended by themselves",
    "seconds",
)


@dataclass
class Figures:
    """What was seen in a round.

    Attributes:
        blows: what was broken, and how often.
        numbers: by the names of COLUMNS.
    """

    blows: Counter[str] = field(default_factory=Counter)
    numbers: Counter[str] = field(default_factory=Counter)

    def take(self, report: Report, unknown: int, arrived: int, counts: Mapping[str, int]) -> None:
        """Takes what was found at the end of a round.

        Args:
            report: inbox and ledger.
            unknown: how many messages were unknown before a person resolved them.
            arrived: how many of these had arrived.
            counts: the sandbox's.
        """
        self.numbers += Counter(
            {
                "rounds": 1,
                "blows": self.blows.total(),
                "messages": report.messages,
                "sent": report.states[State.SENT],
                "unknown": unknown,
                "arrived": arrived,
                "not arrived": unknown - arrived,
                "twice": report.twice,
                "lost": report.lost,
                "429s over plan": counts["over_plan"],
                "requests": counts["requests"],
            }
        )

    def __iadd__(self, other: Figures) -> Figures:
        self.blows += other.blows
        self.numbers += other.numbers
        return self

    def __str__(self) -> str:
        blows = ", ".join(f"{count} × {name}" for name, count in sorted(self.blows.items()))
        shown = ("messages", "sent", "unknown", "arrived", "twice", "lost", "429s over plan", "seconds")
        numbers = ", ".join(f"{self.numbers[name]} {name}" for name in shown)
        return f"{blows}: {numbers}"


def table(figures: Mapping[str, Figures]) -> str:
    """All scenarios, as Markdown."""
    lines = [("scenario", *COLUMNS), ("---",) * (len(COLUMNS) + 1)]
    lines += [(name, *_cells(each)) for name, each in figures.items()]
    total = Figures()
    for each in figures.values():
        total += each
    return "\n".join(_line(line) for line in [*lines, ("all", *_cells(total))])


def blows_of(figures: Iterable[Figures]) -> str:
    """What was broken, and how often."""
    total = Figures()
    for each in figures:
        total += each
    return "\n".join(f"{count:6} × {name}" for name, count in sorted(total.blows.items()))


def _cells(figures: Figures) -> Sequence[str]:
    return [str(figures.numbers[name]) for name in COLUMNS]


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"
