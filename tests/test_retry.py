"""When a failed attempt is repeated, and after how long."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spapi_messaging import RetryPolicy
from spapi_messaging._retry import Trouble, delay_before_retry
from spapi_messaging.errors import ConfigurationError

policies = st.builds(RetryPolicy, st.integers(1, 2000), st.floats(0, 100), st.floats(0, 1000))


def delay(trouble: Trouble, is_send: bool = False, attempt: int = 1, policy: RetryPolicy | None = None) -> float | None:
    return delay_before_retry(
        trouble, is_send=is_send, attempt=attempt, policy=policy or RetryPolicy(), random=lambda: 1.0
    )


@pytest.mark.parametrize(
    ("trouble", "read", "send"),
    [
        (Trouble.NOT_CONNECTED, True, True),
        (Trouble.THROTTLED, True, True),
        (Trouble.UNKNOWN, True, False),
        (Trouble.FINAL, False, False),
        (Trouble.EXPIRED_TOKEN, False, False),  # the flow has its own way with these
    ],
)
def test_what_is_repeated(trouble: Trouble, read: bool, send: bool) -> None:
    assert (delay(trouble) is not None) is read
    assert (delay(trouble, is_send=True) is not None) is send


@given(trouble=st.sampled_from(Trouble), is_send=st.booleans(), policy=policies)
def test_attempts_end(trouble: Trouble, is_send: bool, policy: RetryPolicy) -> None:
    assert delay(trouble, is_send, policy.attempts, policy) is None


@given(policy=policies, attempt=st.integers(1, 3000), random=st.floats(0, 1))
def test_no_pause_is_longer_than_back_off_allows(policy: RetryPolicy, attempt: int, random: float) -> None:
    pause = delay_before_retry(Trouble.UNKNOWN, is_send=False, attempt=attempt, policy=policy, random=lambda: random)

    if attempt < policy.attempts:
        assert pause is not None
        assert 0 <= pause <= min(policy.cap, policy.base * 2.0 ** min(attempt - 1, 64)) * random
    else:
        assert pause is None


def test_jitter_is_full() -> None:
    pauses = [
        delay_before_retry(Trouble.UNKNOWN, is_send=False, attempt=2, policy=RetryPolicy(), random=lambda r=r: r)  # type: ignore[misc]
        for r in (0.0, 0.5, 1.0)
    ]

    assert pauses == [0.0, 0.5, 1.0]


@pytest.mark.parametrize(
    "policy",
    [
        RetryPolicy(attempts=0),
        RetryPolicy(base=-1),
        RetryPolicy(cap=-1),
        RetryPolicy(base=float("inf")),
        RetryPolicy(base=float("nan")),
        RetryPolicy(attempts="four"),  # type: ignore[arg-type]
    ],
)
def test_a_policy_that_is_none_is_refused(policy: RetryPolicy) -> None:
    with pytest.raises(ConfigurationError, match="makes no sense"):
        policy.checked()
