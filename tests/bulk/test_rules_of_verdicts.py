"""Rules that hold for every error, and for every order of answers."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spapi_messaging import errors
from spapi_messaging.bulk.sending.refusals import MIN_ORDERS, MIN_SHARE, Refusals
from spapi_messaging.bulk.sending.verdicts import Verdict, refusal_signature, verdict_of

CLASSES = [getattr(errors, name) for name in errors.__all__ if name.endswith(("Error", "Timeout"))]
#: After these, a message may be sent once more.
NOT_SENT = {Verdict.AGAIN, Verdict.DENIED, Verdict.PARK, Verdict.STOP, Verdict.WAIT}


@pytest.mark.parametrize("error_class", CLASSES)
@pytest.mark.parametrize("left", [True, False])
def test_what_may_have_arrived_is_never_sent_again(error_class: type[errors.SpApiMessagingError], left: bool) -> None:
    """Whatever class it has: an error that says nobody knows is believed."""
    error = error_class("No.")
    error.outcome = "unknown"

    assert verdict_of(error, left=left) is Verdict.UNKNOWN


@pytest.mark.parametrize("foreign", [ValueError, OSError, TimeoutError, KeyError, Exception])
def test_a_foreign_error_after_the_first_byte_is_unknown(foreign: type[Exception]) -> None:
    assert verdict_of(foreign("No."), left=True) is Verdict.UNKNOWN
    assert verdict_of(foreign("No."), left=False) in NOT_SENT


@pytest.mark.parametrize("error_class", CLASSES)
def test_what_may_succeed_unchanged_is_not_rejected(error_class: type[errors.SpApiMessagingError]) -> None:
    error = error_class("No.", retryable=True, outcome="not_sent")

    assert verdict_of(error, left=True) in NOT_SENT


@pytest.mark.parametrize(
    ("error", "signature"),
    [
        (errors.BadRequestError("No.", status_code=400, errors=[{"code": "X"}]), ("BadRequestError", 400, "X")),
        (errors.ServerError("No.", status_code=500), ("ServerError", 500, "")),
        (errors.MessageNotAvailableError("Nobody asked Amazon."), None),
        (errors.NetworkError("No."), None),
    ],
)
def test_a_refusal_is_told_by_its_class_its_status_and_amazons_code(error: Exception, signature: object) -> None:
    assert refusal_signature(error) == signature


@pytest.mark.parametrize(
    ("status", "retryable", "verdict"),
    [(0, False, Verdict.WAIT), (403, True, Verdict.WAIT), (403, False, Verdict.REJECTED)],
)
def test_a_message_waits_if_a_check_found_it_or_it_may_pass(status: int, retryable: bool, verdict: Verdict) -> None:
    error = errors.MessageNotAvailableError("No.", status_code=status, retryable=retryable)

    assert verdict_of(error, left=False) is verdict


@pytest.mark.parametrize(
    ("orders", "accepted", "amazons_side"), [(19, 0, False), (20, 2, True), (27, 3, False), (28, 3, True)]
)
def test_nearly_all_is_more_than_nine_of_ten(orders: int, accepted: int, amazons_side: bool) -> None:
    refusals, way = Refusals(), ("BadRequestError", 400, "InvalidInput")
    for _ in range(accepted):
        refusals.accepted("text")
    found = [refusals.refused("text", way, str(order)) for order in range(orders)]

    assert found[-1] is refusals.is_amazons_side("text", way) is amazons_side


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 60)), max_size=120))
def test_amazons_side_is_nearly_all_of_many_orders(answers: list[tuple[bool, int]]) -> None:
    refusals, way = Refusals(), ("BadRequestError", 400, "InvalidInput")
    refused: list[int] = []

    for count, (accepted, order) in enumerate(answers, 1):
        if accepted:
            refusals.accepted("text")
            continue
        refused.append(order)
        many = len(set(refused)) >= MIN_ORDERS and len(refused) > MIN_SHARE * count
        assert refusals.refused("text", way, str(order)) == many


@given(st.integers(0, 200))
def test_refusals_of_other_types_and_ways_are_others(number: int) -> None:
    refusals = Refusals()
    for order in range(number):
        refusals.refused("text", ("BadRequestError", 400, str(order)), str(order))
        refusals.refused(f"type-{order}", ("BadRequestError", 400, ""), str(order))

    assert not refusals.is_amazons_side("text", ("BadRequestError", 400, "0"))
    assert not refusals.is_amazons_side("type-0", ("BadRequestError", 400, ""))
