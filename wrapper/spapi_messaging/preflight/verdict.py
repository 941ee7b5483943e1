"""Whether a message may be sent, by the problems that a check found. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from spapi_messaging.errors import Problem

__all__ = ["is_about_availability", "sorted_by_severity", "what_stops"]

#: Rules of what Amazon lists for an order.
_AVAILABILITY = frozenset({"not-available", "disabled"})


def what_stops(problems: Iterable[Problem], *, strict: bool) -> list[Problem]:
    """The problems because of which a message must not be sent.

    Args:
        problems: what a check found.
        strict: whether warnings stop a message too. A warning with a rule of availability never does: only Amazon's
            static sandbox gives one, and its list says nothing of the order.
    """
    return [each for each in problems if each.severity == "error" or (strict and each.rule not in _AVAILABILITY)]


def is_about_availability(problems: Sequence[Problem]) -> bool:
    """Whether all of them are about what Amazon lists for the order. Nothing is wrong with the message itself then."""
    return bool(problems) and all(each.rule in _AVAILABILITY for each in problems)


def sorted_by_severity(problems: Iterable[Problem]) -> list[Problem]:
    """Errors first, then warnings; otherwise in the order in which they were found."""
    return sorted(problems, key=lambda problem: problem.severity != "error")
