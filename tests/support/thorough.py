"""Proofs with many rounds: few in each run of the tests, all of them with ``THOROUGH=1``, as once a week."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from functools import partial
from typing import Any, TypeVar

import pytest

T = TypeVar("T")

#: Whether this run takes its time. It also chooses the Hypothesis profile "thorough".
THOROUGH = os.environ.get("THOROUGH") == "1"

#: For a test whose promise another test of the usual run holds too, in less time.
only_thorough = pytest.mark.skipif(not THOROUGH, reason="takes long: in a run with THOROUGH=1")


def choose(usual: T, thorough: T) -> T:
    """A size of a proof: the usual one, or that of a thorough run."""
    return thorough if THOROUGH else usual


def select(usual: Sequence[T], more: Sequence[T]) -> list[T]:
    """The cases of a proof: the usual ones, and in a thorough run some more."""
    return [*usual, *(more if THOROUGH else ())]


def by_turns(
    name: str, values: Sequence[Any], names: str | Sequence[str], cases: Iterable[Any], indirect: bool = False
) -> pytest.MarkDecorator:
    """Parametrizes a test by cases, and each case by one of some values, in turn. In a thorough run, by each of them.

    For a test in which the value and the case have nothing to do with each other: each of both is still tried.

    Args:
        name: of the value's parameter.
        values: as many as cases at most.
        names: of a case's parameters, as pytest takes them.
        cases: tuples, if there are several names.
        indirect: whether the value goes to the fixture of that name.
    """
    rows = [(case,) if isinstance(names, str) else tuple(case) for case in cases]
    assert len(values) <= len(rows)
    chosen = [values if THOROUGH else [values[place % len(values)]] for place in range(len(rows))]
    pairs = [(value, *row) for row, given in zip(rows, chosen, strict=True) for value in given]
    columns = [name, *([names] if isinstance(names, str) else names)]
    return pytest.mark.parametrize(columns, pairs, indirect=[name] if indirect else False)


def combined(first: Iterable[Any], second: Sequence[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """All pairs, in an order for `by_turns` of two values: each of the first, and each of the second, meets both."""
    even = len(second) % 2 == 0  # an odd row changes the turns by itself
    rows = [(value, len(second) - place % len(second) if even else 0) for place, value in enumerate(first)]
    return [(value, *each) for value, begin in rows for each in (*second[begin:], *second[:begin])]


#: Each case with a ledger in SQLite or in PostgreSQL.
on_a_database = partial(by_turns, "ledger_url", ("sqlite", "postgresql"), indirect=True)
#: Each case with a client for threads or for asyncio.
with_a_client = partial(by_turns, "kind", ("threads", "asyncio"))
