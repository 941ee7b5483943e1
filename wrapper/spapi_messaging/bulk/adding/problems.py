"""What is wrong with the jobs of one call, all of it in one error."""

from __future__ import annotations

from collections.abc import Iterable

from spapi_messaging.errors import InvalidMessageError, Problem

__all__ = ["MAX_PROBLEMS", "Problems"]

#: An error lists at most this many problems, and counts the rest.
MAX_PROBLEMS = 100


class Problems:
    """Collects problems. It is true if there are any."""

    def __init__(self) -> None:
        self.listed: list[Problem] = []
        self.count = 0
        self._jobs: set[int] = set()

    def __bool__(self) -> bool:
        return self.count > 0

    def add(self, place: int, problem: Problem) -> None:
        """One more problem of the job at this place, the first of which is 0."""
        self.count += 1
        self._jobs.add(place)
        if len(self.listed) < MAX_PROBLEMS:
            field = f".{problem.field}" if problem.field else ""
            self.listed.append(problem._replace(field=f"jobs[{place}]{field}"))

    def extend(self, place: int, problems: Iterable[Problem]) -> None:
        """Likewise, for several."""
        for problem in problems:
            self.add(place, problem)

    def error(self) -> InvalidMessageError:
        """The error that lists them."""
        jobs = "1 job breaks" if len(self._jobs) == 1 else f"{len(self._jobs)} jobs break"
        lines = [f"Nothing was added: {jobs} a rule. (The first job is jobs[0].)", *map(str, self.listed)]
        if (more := self.count - len(self.listed)) > 0:
            lines.append(f"… and {more} more.")
        return InvalidMessageError("\n".join(lines), problems=tuple(self.listed))
