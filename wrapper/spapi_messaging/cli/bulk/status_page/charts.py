"""What was finished when, as bars. Does no I/O."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # loaded on first use: the command line works without the extra `bulk`
    from spapi_messaging.bulk import Span

__all__ = ["Bar", "Chart", "Segment", "chart_of"]

#: What a bar is made of, from below, with the states that count. What a person withdrew was not sent, and is left out.
PARTS = {"sent": ("sent",), "rejected": ("rejected", "given_up"), "unknown": ("unknown",)}
HEIGHT = 100.0
#: The height of the smallest part: three unknown messages beside ten thousand sent ones must be seen.
MIN_HEIGHT = 2.5
_STEPS = {"hour": timedelta(hours=1), "day": timedelta(days=1)}


@dataclass(frozen=True)
class Segment:
    """A part of a bar, in the units of the picture."""

    part: str
    y: float
    height: float


@dataclass(frozen=True)
class Bar:
    """An hour or a day."""

    begin: datetime
    counts: dict[str, int]
    segments: tuple[Segment, ...]

    @property
    def total(self) -> int:
        """How many messages were finished."""
        return sum(self.counts.values())


@dataclass(frozen=True)
class Chart:
    """Bars side by side, one for each hour or day, also where nothing was finished.

    Attributes:
        name: for the ids of its elements.
        unit: "hour" or "day".
        bars: in the order of time.
    """

    name: str
    unit: str
    bars: tuple[Bar, ...]

    @property
    def step(self) -> timedelta:
        """How long a bar lasts."""
        return _STEPS[self.unit]

    def label(self, bar: Bar) -> str:
        """When a bar begins, in words."""
        return f"{bar.begin:%Y-%m-%d %H:%M}" if self.unit == "hour" else f"{bar.begin:%Y-%m-%d}"

    @property
    def highest(self) -> Bar:
        """The bar with the most messages; of several, the first."""
        return max(self.bars, key=lambda bar: bar.total)

    @property
    def filled(self) -> list[Bar]:
        """The bars that are not empty."""
        return [bar for bar in self.bars if bar.total]

    @property
    def totals(self) -> dict[str, int]:
        """By part, how many there are."""
        return {part: sum(bar.counts[part] for bar in self.bars) for part in PARTS}


def chart_of(spans: Iterable[Span], unit: str, first: datetime, last: datetime) -> Chart | None:
    """A chart of what was finished. None: nothing was.

    Args:
        spans: what the ledger counted. An hour after the last one, by another clock, counts as the last one.
        unit: "hour" or "day".
        first: the first hour or day.
        last: the last one.
    """
    step = _STEPS[unit]
    part_of = {state: part for part, states in PARTS.items() for state in states}
    counts: Counter[tuple[datetime, str]] = Counter()
    for span in spans:
        if (part := part_of.get(span.state)) and span.begin >= first:
            counts[min(span.begin, last), part] += span.count
    if not counts:
        return None
    begins = [first + number * step for number in range((last - first) // step + 1)]
    rows = [(begin, {part: counts[begin, part] for part in PARTS}) for begin in begins]
    most = max(sum(row.values()) for _, row in rows)
    return Chart(unit, unit, tuple(Bar(begin, row, _segments(row, most)) for begin, row in rows))


def _segments(row: dict[str, int], most: int) -> tuple[Segment, ...]:
    heights = [max(count / most * HEIGHT, MIN_HEIGHT) if count else 0.0 for count in row.values()]
    shrunk = _fitted(heights)
    y, found = HEIGHT, []
    for part, height in zip(row, shrunk, strict=True):
        y -= height
        if height:
            found.append(Segment(part, round(y, 2), round(height, 2)))
    return tuple(found)


def _fitted(heights: Sequence[float]) -> list[float]:
    """The heights that fit: the largest part gives up what the smallest parts have got too much."""
    excess = max(0.0, sum(heights) - HEIGHT)
    largest = max(range(len(heights)), key=heights.__getitem__)
    return [height - excess if place == largest else height for place, height in enumerate(heights)]
