"""`with_options`: the same client with other limits."""

from __future__ import annotations

import inspect
from typing import Any, get_type_hints

import httpx
import pytest

from spapi_messaging import (
    AsyncMessagingClient,
    ClientClosedError,
    ConfigurationError,
    MessagingClient,
    NetworkError,
    RetryPolicy,
    ServerError,
    UsagePlan,
    UsagePlanTimeout,
)
from spapi_messaging._io.client_arguments import ClientArguments
from tests.support.amazon import Amazon, Shop, answer, both, raw


def derived(shop: Shop, **options: Any) -> Shop:
    other = Shop(type(shop.client).__name__, shop.amazon)
    other.clock, other.client = shop.clock, shop.client.with_options(**options)
    return other


@both
def test_other_limits_are_for_the_new_client_alone(kind: str) -> None:
    shop = Shop(kind, Amazon(), usage_plans={"*": UsagePlan(rate=0.1, burst=1)}, max_wait=60)
    impatient = derived(shop, max_wait=1)
    shop.say()

    with pytest.raises(UsagePlanTimeout):  # they share their usage plan
        impatient.say()
    shop.say()


@both
def test_attempts_deadline_and_timeout(kind: str) -> None:
    shop = Shop(kind, Amazon(raw(503, b""), answer(200, {}), answer(200, {})))

    with pytest.raises(ServerError):
        derived(shop, retry=RetryPolicy(attempts=1)).read()
    derived(shop, timeout=httpx.Timeout(7.0)).read()
    assert shop.amazon.calls[-1].timeout["read"] == 7.0
    with pytest.raises(NetworkError, match="deadline"):
        derived(shop, deadline=0.1).say()
    assert len(shop.amazon.token_calls) == 1  # they share their token


@both
def test_what_is_not_given_stays_and_none_means_no_limit(kind: str) -> None:
    shop = Shop(kind, Amazon(), usage_plans={"*": UsagePlan(rate=0.1, burst=1)}, max_wait=1)
    shop.say()

    with pytest.raises(UsagePlanTimeout):
        derived(shop, timeout=5).say()
    derived(shop, max_wait=None).say()


@both
def test_closing_one_leaves_the_other_open_and_closing_that_closes_both(kind: str) -> None:
    shop = Shop(kind, Amazon())
    other = derived(shop, deadline=5)
    other.close()
    with pytest.raises(ClientClosedError):
        other.say()
    shop.say()

    another = derived(shop, deadline=5)
    shop.close()
    with pytest.raises(ClientClosedError):
        another.say()


@pytest.mark.parametrize("wrong", [{"deadline": -1}, {"max_wait": "5"}, {"retry": 3}, {"timeout": None}])
def test_a_wrong_value_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError, match=next(iter(wrong))):
        Shop("threads", Amazon()).client.with_options(**wrong)


def test_its_signature_says_what_it_takes() -> None:
    signature = inspect.signature(MessagingClient.with_options)

    assert list(signature.parameters) == ["self", "deadline", "max_wait", "retry", "timeout"]
    assert "deadline: 'float | None' = unchanged" in str(signature)


@pytest.mark.parametrize("client", [MessagingClient, AsyncMessagingClient])
def test_type_checkers_know_the_arguments_of_the_constructor(client: Any) -> None:
    parameters = inspect.signature(client).parameters

    assert set(ClientArguments.__annotations__) == set(parameters)
    hints, known = get_type_hints(client.__init__), get_type_hints(ClientArguments)
    assert {name for name in parameters if name != "transport" and hints[name] != known[name]} == set()
