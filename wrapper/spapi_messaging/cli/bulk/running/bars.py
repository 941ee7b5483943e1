"""A bar for each account, on a terminal."""

from __future__ import annotations

import sys
from collections.abc import Callable

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
#: Columns of a name and of a bar.
NAME, BAR = 24, 20


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
        table = Table.grid(padding=(0, 1))
        table.add_column(max_width=NAME, no_wrap=True)
        table.add_column(width=BAR)
        table.add_column(justify="right", no_wrap=True)
        table.add_column(overflow="ellipsis", no_wrap=True)
        for line in lines:
            table.add_row(*_row(line))
        parts: list[RenderableType] = [table]
        if hidden:
            parts.append(Text(f"and {hidden:,} more account{'s' * (hidden > 1)}"))
        if len(lines) + hidden > 1:
            parts.append(Text(as_sentence(self._tally.line_of_all(now)), no_wrap=True, overflow="ellipsis"))
        return Group(*parts)


def _row(line: Line) -> tuple[RenderableType, ...]:
    told = filter(None, [states_told(line.states), pace_told(line), time_left(line)])
    bar = ProgressBar(total=max(1, line.total), completed=line.done, width=BAR)
    return Text(line.account or "messages"), bar, Text(f"{line.done:,}/{line.total:,}"), Text(", ".join(told))
