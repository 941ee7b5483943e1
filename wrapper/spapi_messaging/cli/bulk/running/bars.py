"""A bar for each account, on a terminal."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import Literal, NamedTuple

from rich.cells import cell_len
from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from spapi_messaging.cli.bulk.running.tally import Line, Tally
from spapi_messaging.cli.bulk.running.wording import as_sentence, pace_told, states_told, time_left

__all__ = ["Bars"]

#: Lines of the terminal that are left for what is told above the bars, for the sum and for the cursor.
FREE = 5
#: Columns of a name and of a bar at most, and those of a name that is cut.
NAME, BAR, SHORT_NAME = 24, 20, 8
#: The place of the counts among the columns.
DONE = 2
#: A shorter bar shows nothing. It is left out then.
SHORT_BAR = 4


class Cells(NamedTuple):
    """What is told beside a bar. The count and the time left are never cut."""

    name: str
    done: str
    left: str
    told: str


class Bars:
    """Bars that follow a tally, as many as the terminal has room for.

    Args:
        tally: how far the run has come.
        clock: seconds, as of time.monotonic.
    """

    def __init__(self, tally: Tally, clock: Callable[[], float]) -> None:
        self._tally, self._clock = tally, clock
        self._console = Console(file=sys.stderr)
        # What others print is told above the bars anyway. Streams that are replaced would hide a failure of theirs.
        self._live = Live(
            console=self._console,
            get_renderable=self._rendered,
            refresh_per_second=4,
            redirect_stdout=False,
            redirect_stderr=False,
            vertical_overflow="crop",
        )

    def begin(self) -> None:
        """Show the bars."""
        self._live.start()

    def tick(self) -> None:
        """The bars refresh themselves."""

    def tell(self, text: str, colour: str | None = None) -> None:
        """Print a line above the bars."""
        self._console.print(Text(text, style=colour or ""), soft_wrap=True)

    def end(self) -> None:
        """Let the bars stand as they are at the end."""
        self._live.stop()

    def _rendered(self) -> RenderableType:
        now = self._clock()
        lines, hidden = self._tally.lines(now, max(1, self._console.size.height - FREE))
        parts: list[RenderableType] = [_table(lines, self._console.size.width)] if lines else []
        if hidden:
            parts.append(Text(f"and {hidden:,} more account{'s' * (hidden > 1)}"))
        if len(lines) + hidden > 1:
            parts.append(Text(as_sentence(self._tally.line_of_all(now)), no_wrap=True, overflow="ellipsis"))
        return Group(*parts)


def _table(lines: Sequence[Line], width: int) -> Table:
    """The bars, as wide as the terminal."""
    rows = [_cells(line) for line in lines]
    widths = _widths(rows, width, has_names=len(lines) > 1 or lines[0].account is not None)
    table = Table.grid(padding=(0, 1, 0, 0), pad_edge=False)
    for place, each in enumerate(widths):
        if each:
            justify: Literal["left", "right"] = "right" if place == DONE else "left"
            table.add_column(width=each, justify=justify, no_wrap=True, overflow="ellipsis")
    for line, (name, *cells) in zip(lines, rows, strict=True):
        bar = ProgressBar(total=max(1, line.total), completed=line.done, width=widths[1])
        shown: list[RenderableType] = [Text(name), bar, *map(Text, cells)]
        table.add_row(*(cell for cell, each in zip(shown, widths, strict=True) if each))
    return table


def _widths(rows: Sequence[Cells], width: int, *, has_names: bool) -> list[int]:
    """Columns of names, bars, counts, times left and the rest; 0: left out.

    Where room is short, a name that tells nothing and the bars give way first, then names, then the rest.
    """
    name, count, left, told = (max(map(cell_len, column)) for column in zip(*rows, strict=True))
    name, bar = min(name, NAME), BAR

    def lacking() -> int:
        widths = [each for each in (name, bar, count, left, told) if each]
        return max(0, sum(widths) + len(widths) - 1 - width)

    if lacking() and not has_names:
        name = 0
    bar -= lacking()
    if bar < SHORT_BAR:
        bar = 0
        name = max(min(name, SHORT_NAME), name - lacking())
    return [name, bar, count, left, max(0, told - lacking())]


def _cells(line: Line) -> Cells:
    told = filter(None, [states_told(line.states, later=line.later), pace_told(line)])
    return Cells(line.account or "messages", f"{line.done:,}/{line.total:,}", time_left(line), ", ".join(told))
