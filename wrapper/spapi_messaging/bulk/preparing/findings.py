"""What was found beside the jobs: problems, and what was left out on purpose."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from spapi_messaging.errors import Problem

__all__ = ["MAX_EXAMPLES", "Findings", "LeftOut", "shown"]

#: Of what was left out for one reason, at most this many are named.
MAX_EXAMPLES = 10


@dataclass
class LeftOut:
    """What was left out for one reason.

    Args:
        count: how many files or lines.
        examples: the first of them.
    """

    count: int = 0
    examples: list[str] = field(default_factory=list)


@dataclass
class Findings:
    """Collects what is to be told.

    Args:
        problems: what is wrong, with a file or a line as its field. What a problem names is not in the job file.
        left_out: what was left out on purpose, by the reason.
        unlisted: how many problems are not listed, by their rule.
        repeated: how many lines said the same as another one.
    """

    problems: list[Problem] = field(default_factory=list)
    left_out: dict[str, LeftOut] = field(default_factory=dict)
    unlisted: Counter[str] = field(default_factory=Counter)
    repeated: int = 0
    _listed: Counter[str] = field(default_factory=Counter)

    @property
    def count(self) -> int:
        """How many problems there are."""
        return len(self.problems) + self.unlisted.total()

    def wrong(self, place: str, told: str, rule: str, remedy: str, *, most: int | None = None) -> None:
        """One more problem.

        Args:
            place: the file or the line.
            told: what is wrong.
            rule: the rule's name, for programs.
            remedy: what to do.
            most: how many problems with this rule are listed at most; None: all.
        """
        if most is not None and self._listed[rule] >= most:
            self.unlisted[rule] += 1
        else:
            self._listed[rule] += 1
            self.problems.append(Problem(place, told, rule=rule, remedy=remedy))

    def leave_out(self, reason: str, example: str) -> None:
        """One more thing that was left out."""
        of_reason = self.left_out.setdefault(reason, LeftOut())
        of_reason.count += 1
        if len(of_reason.examples) < MAX_EXAMPLES:
            of_reason.examples.append(example)


def shown(name: str) -> str:
    """A file's name in one line: a line break in it must not look like a line of ours."""
    return "".join(each if each.isprintable() else ascii(each)[1:-1] for each in name)
