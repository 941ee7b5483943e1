"""What a client tells of its pacing: its limiter, the bucket of an operation, the plan that calls begin with."""

from __future__ import annotations

from typing import Any

import pytest

from spapi_messaging import ClientClosedError, ConfigurationError, Credentials, LedgerError, UsagePlan
from spapi_messaging.messages import OPERATIONS
from tests.support.amazon import API, CREDENTIALS, PLANS, Amazon, Shop, answer, both
from tests.support.limiters import RecordingLimiter

SANDBOX = {"sandbox": True, "usage_plans": None}
OWN = UsagePlan(2.0, 3)


@both
@pytest.mark.parametrize("options", [{}, SANDBOX], ids=["production", "static sandbox"])
def test_calls_take_their_turns_from_the_bucket_that_the_client_names(kind: str, options: Any) -> None:
    limiter = RecordingLimiter()
    shop = Shop(kind, Amazon(answer(200, {})), limiter=limiter, **options)
    shop.read()
    shop.say()

    assert shop.client.limiter is limiter
    keys = [shop.client.bucket_key(name) for name in ("GetAttributes", "createConfirmOrderDetails")]
    assert limiter.keys == keys
    assert shop.client.bucket_key("confirmOrderDetails") == keys[1]
    assert (keys[0] == keys[1]) is bool(options)


@both
def test_an_operation_that_does_not_exist_has_no_bucket(kind: str) -> None:
    client = Shop(kind, Amazon()).client
    for ask in (client.bucket_key, client.usage_plan):
        for name in ("sendInvoise", "*", None):
            with pytest.raises(ConfigurationError, match=r"There is no operation .*sendInvoice.*invoice"):
                ask(name)


@both
def test_a_plan_of_ones_own_comes_before_the_sandboxs_and_that_before_the_published_one(kind: str) -> None:
    def plan(**options: Any) -> UsagePlan:
        found: UsagePlan = Shop(kind, Amazon(), **options).client.usage_plan("invoice")
        return found

    published = OPERATIONS["sendInvoice"]
    assert plan(usage_plans={"sendInvoice": OWN}, sandbox=True) == UsagePlan(5.0, 15)
    assert plan(usage_plans={"*": OWN}, sandbox=True) == OWN
    assert plan(usage_plans={"invoice": OWN, "*": UsagePlan(9, 9)}) == OWN
    assert plan(usage_plans={"*": OWN}) == OWN
    assert plan(**SANDBOX) == UsagePlan(5.0, 15)
    assert plan(usage_plans=None) == (published.rate, published.burst)


@both
def test_sellers_of_one_application_have_buckets_of_their_own(kind: str) -> None:
    limiter = RecordingLimiter()
    client = Shop(kind, Amazon(), limiter=limiter).client
    one, other = (client.for_seller(refresh_token=token) for token in ("Atzr|one", "Atzr|other"))
    again = client.for_seller(refresh_token="Atzr|one", marketplace="FR")
    same = client.for_seller(
        credentials=Credentials(CREDENTIALS.client_id, CREDENTIALS.client_secret, "Atzr|the-refresh-token")
    )

    keys = [each.bucket_key("invoice") for each in (client, one, other)]
    assert len(set(keys)) == 3
    assert {key.endpoint for key in keys} == {API}
    assert len({key.application for key in keys}) == 1
    assert again.bucket_key("invoice") == keys[1]
    assert same.bucket_key("invoice") == keys[0]
    assert all(each.limiter is limiter for each in (one, other, again))
    assert "Atzr" not in repr(keys)


@both
def test_a_client_that_its_owner_closes_tells_the_calls_that_wait(kind: str) -> None:
    shop = Shop(kind, Amazon(), usage_plans={"*": UsagePlan(0.01, 1)})
    shop.say()
    shop.clock.after(5.0, shop.close_meanwhile)
    with pytest.raises(ClientClosedError, match="nothing was sent"):
        shop.say()

    assert len(shop.amazon.calls) == 1


@both
def test_the_limiter_of_a_client_cannot_be_changed(kind: str) -> None:
    client = Shop(kind, Amazon(), usage_plans=PLANS).client
    with pytest.raises(AttributeError, match=r"cannot be changed: give limiter=… when you make a client"):
        client.limiter = RecordingLimiter()


@pytest.mark.parametrize("passing", [False, True])
def test_each_error_of_a_ledger_says_whether_it_may_pass(passing: bool) -> None:
    assert LedgerError("The ledger is locked.", retryable=passing).to_dict()["retryable"] is passing
    assert LedgerError("The ledger is gone.").retryable is False
