"""What is wrong with the jobs of one call, all of it in one error."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from spapi_messaging.errors import InvalidMessageError, Problem

__all__ = ["JOBS", "LINES", "MAX_PROBLEMS", "Naming", "Problems"]

#: An error lists at most this many problems, and counts the rest.
MAX_PROBLEMS = 100


class Naming(NamedTuple):
    """How places are called in problems.

    Args:
        one: what stands in a place.
        place: the name of a place, as a format.
        field: that of a field there.
        hint: what a reader must know of these names.
        most: how many problems are listed at most.
    """

    one: str
    place: str
    field: str
    hint: str
    most: int


#: Jobs that a program gave.
JOBS = Naming("job", "jobs[{0}]", "jobs[{0}].{1}", " (The first job is jobs[0].)", MAX_PROBLEMS)
#: Rows of a file, of which people want to see everything.
LINES = Naming("line", "line {0}", "line {0}, {1}", "", 10_000)


class Problems:
    """Collects problems. In a condition, it is true if there are any."""

    def __init__(self, naming: Naming = JOBS) -> None:
        self.listed: list[Problem] = []
        self.count = 0
        self._naming = naming
        self._places: set[int] = set()

    def __bool__(self) -> bool:
        return self.count > 0

    @property
    def places(self) -> int:
        """In how many places something is wrong."""
        return len(self._places)

    def name(self, place: int) -> str:
        """What a place is called."""
        return self._naming.place.format(place)

    def add(self, place: int, problem: Problem) -> None:
        """One more problem in this place."""
        self.count += 1
        self._places.add(place)
        if len(self.listed) < self._naming.most:
            field = self._naming.field.format(place, problem.field) if problem.field else self.name(place)
            self.listed.append(problem._replace(field=field))

    def extend(self, place: int, problems: Iterable[Problem]) -> None:
        """Likewise, for several."""
        for problem in problems:
            self.add(place, problem)

    def error(self) -> InvalidMessageError:
        """The error that lists them."""
        one = self._naming.one
        wrong = f"1 {one} breaks" if self.places == 1 else f"{self.places} {one}s break"
        lines = [f"Nothing was added: {wrong} a rule.{self._naming.hint}", *map(str, self.listed)]
        if (more := self.count - len(self.listed)) > 0:
            lines.append(f"… and {more} more.")
        return InvalidMessageError("\n".join(lines), problems=tuple(self.listed))
