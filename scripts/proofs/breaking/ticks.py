"""A scheduler whose ticks come doubled, late or not at all."""

from __future__ import annotations

from itertools import count

from proofs.breaking.scenarios import Scenario
from proofs.breaking.stage import Stage
from tests.support.postgres import Server

#: How many ticks are under way at once, at most: further ones are lost.
MOST = 4


class Ticks(Scenario):
    """Each tick is a process that serves one slice, whether others are under way or not."""

    #: No worker runs all the time.
    workers = 0

    def __init__(self, server: Server) -> None:
        super().__init__(server)
        self._numbers = count()

    def blow(self, stage: Stage) -> None:
        if stage.random.random() < 0.3:
            self._lose(stage)
        ticks = stage.random.choice((1, 2, 2, 3))
        for _ in range(ticks):
            self._tick(stage)
        stage.note("one tick" if ticks == 1 else "several ticks at once")

    def meanwhile(self, stage: Stage) -> None:
        """The ticks of a scheduler that works."""
        stage.keep_running()
        if not stage.running:
            self._tick(stage)

    def _lose(self, stage: Stage) -> None:
        """No tick comes, until nothing is under way, and for a while longer."""
        stage.until(lambda: not stage.running, "a tick does not end", stage.keep_running)
        stage.a_moment(1.0)
        stage.note("lost ticks")

    def _tick(self, stage: Stage) -> None:
        if len(stage.running) < MOST:
            stage.running[next(self._numbers)] = stage.start(stays=False, slices=1)
