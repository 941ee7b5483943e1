"""Proofs with many rounds: few in each run of the tests, all of them with ``THOROUGH=1``, as once a week."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TypeVar

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
