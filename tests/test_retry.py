"""How often a call is tried, and how long the pauses are."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spapi_messaging import ConfigurationError, RetryPolicy
from tests.support.amazon import Amazon, Shop, both

policies = st.builds(RetryPolicy, st.integers(1, 10**9), st.floats(0, 1e300), st.floats(0, 1e300))


@given(policy=policies, attempt=st.one_of(st.integers(1, 100), st.integers(1, 10**9)), random=st.floats(0, 1))
def test_attempts_end_and_no_pause_is_longer_than_the_back_off_allows(
    policy: RetryPolicy, attempt: int, random: float
) -> None:
    pause = policy.delay(attempt, lambda: random)

    if attempt >= policy.attempts:
        assert pause is None
    else:
        assert pause is not None
        assert 0 <= pause <= min(policy.cap, policy.base * 2.0 ** min(attempt - 1, 64)) * random


def test_the_jitter_is_full() -> None:
    assert [RetryPolicy().delay(2, lambda r=r: r) for r in (0.0, 0.5, 1.0)] == [0.0, 0.5, 1.0]  # type: ignore[misc]


INVALID: list[Any] = [
    *({"attempts": attempts} for attempts in (0, -1, 1.5, True, "four", None)),
    *({name: seconds} for name in ("base", "cap") for seconds in (-1, float("inf"), float("nan"), True, "long")),
]


@pytest.mark.parametrize("arguments", INVALID, ids=str)
def test_an_invalid_policy_is_refused(arguments: Any) -> None:
    with pytest.raises(ConfigurationError, match="makes no sense"):
        Shop("threads", Amazon(), retry=RetryPolicy(**arguments))


@both
@pytest.mark.parametrize("retry", [3, RetryPolicy, RetryPolicy(attempts=0)])
def test_a_client_takes_a_valid_policy_only(kind: str, retry: Any) -> None:
    with pytest.raises(ConfigurationError, match="RetryPolicy"):
        Shop(kind, Amazon(), retry=retry)
