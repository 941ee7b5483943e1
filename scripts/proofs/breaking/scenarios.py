"""The ways to break workers, and one round of each."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Self, TypeVar

from proofs.breaking.figures import Figures
from proofs.breaking.stage import Settings, Stage
from proofs.killing import FAULTS
from tests.support.postgres import Server

T = TypeVar("T")


class Scenario(ABC):
    """A way to break workers. It lives for one round, as a context manager.

    Args:
        server: the PostgreSQL server.

    Attributes:
        faults: what goes wrong at the sandbox meanwhile.
        workers: how many run all the time. None: as many as the settings say.
        opened: closed at the end of the round.
    """

    faults: tuple[dict[str, Any], ...] = FAULTS
    workers: int | None = None

    def __init__(self, server: Server) -> None:
        self.server = server
        self.opened = ExitStack()
        self._left: list[Any] = []

    def draw(self, stage: Stage, troubles: Sequence[T]) -> T:
        """One of these, left to chance: each once, before any comes twice."""
        if not self._left:
            self._left = stage.random.sample(troubles, len(troubles))
        drawn: T = self._left.pop()
        return drawn

    def ledger_url(self, database: str) -> str:
        """The URL that workers use for a database."""
        return self.server.url(database)

    def worker_settings(self, number: int) -> dict[str, Any]:
        """More settings of a worker, by its number."""
        return {}

    @staticmethod
    def missing() -> str | None:
        """What this machine lacks for it, as a sentence. None: nothing."""
        return None

    @abstractmethod
    def blow(self, stage: Stage) -> None:
        """Breaks something, and mends it, unless that is the workers' business."""

    def meanwhile(self, stage: Stage) -> None:
        """What whoever supervises the workers does all the time."""
        stage.keep_running()

    def end(self, stage: Stage) -> None:
        """Ends what must not run any more when the books are closed."""
        stage.stop_workers()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.opened.close()


class Troubles(Scenario):
    """A scenario in which one of several troubles is drawn each time."""

    @abstractmethod
    def troubles(self) -> Mapping[str, Callable[[Stage], None]]:
        """What breaks something, by the name that the figures show."""

    def blow(self, stage: Stage) -> None:
        troubles = self.troubles()
        name = self.draw(stage, sorted(troubles))
        troubles[name](stage)
        stage.note(name)


def play(kind: type[Scenario], settings: Settings, folder: Path, server: Server) -> Figures:
    """Plays one round.

    Args:
        kind: the scenario.
        settings: how large it is.
        folder: an empty one.
        server: the PostgreSQL server.

    Raises:
        AssertionError: something is there twice, was lost or should not be there.
        TimeoutError: the workers do not go on.
    """
    with kind(server) as scenario:
        if scenario.workers is not None:
            settings = settings._replace(workers=scenario.workers)
        with Stage(settings, folder, server, scenario) as stage:
            for _ in range(settings.blows):
                stage.let_arrive(stage.random.randint(1, 8))
                stage.a_moment(0.3)
                scenario.blow(stage)
                scenario.meanwhile(stage)
                stage.hold()
            stage.let_arrive(1)
            scenario.end(stage)
            stage.close_books()
    return stage.figures
