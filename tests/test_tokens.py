"""Access tokens, through the clients: one request for everybody, renewed in time, never shown."""

from __future__ import annotations

import asyncio
import functools
import itertools
import logging
import os
import traceback
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from spapi_messaging import (
    AccessDeniedError,
    AsyncMessagingClient,
    AuthorizationError,
    ConfigurationError,
    Credentials,
    MessagingClient,
    NetworkError,
    RetryPolicy,
)
from spapi_messaging._io.token_cells import token_cell
from spapi_messaging.limiters import Unlimited
from tests.support.amazon import CREDENTIALS, EXPIRED, ORDER, TEXT, Amazon, Shop, both, refused, sent, token
from tests.support.clocks import CountingClock

CALLERS = 8
_numbers = itertools.count()


@pytest.fixture
def lwa() -> str:
    return f"https://lwa.test-tokens-{next(_numbers)}.example/auth/o2/token"


# One request for everybody


class Crowded(httpx.BaseTransport, httpx.AsyncBaseTransport):
    """A token endpoint that takes its time: until everyone else has had the chance to ask as well."""

    def __init__(self, everyone_waits: Callable[[], bool]) -> None:
        self.asked = 0
        self.used: list[str] = []
        self._everyone_waits = everyone_waits

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        if not request.url.path.endswith("/auth/o2/token"):
            return self._use(request)
        self.asked += 1
        while not self._everyone_waits():
            pass
        return token("the-one")

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if not request.url.path.endswith("/auth/o2/token"):
            return self._use(request)
        self.asked += 1
        while not self._everyone_waits():
            await asyncio.sleep(0)
        return token("the-one")

    def _use(self, request: httpx.Request) -> httpx.Response:
        self.used.append(request.headers["x-amz-access-token"])
        return sent()


@pytest.mark.parametrize("count", [1, CALLERS], ids=["one client", "a client each"])
@pytest.mark.parametrize("where", ["threads", "tasks", "threads and event loops"])
def test_callers_that_come_together_ask_once(lwa: str, where: str, count: int) -> None:
    clock = CountingClock()
    transport = Crowded(lambda: clock.waiting == CALLERS - 1)
    arguments: dict[str, Any] = {"transport": transport, "lwa_endpoint": lwa, "clock": clock, "limiter": Unlimited()}
    kinds: dict[str, list[Any]] = {
        "threads": [MessagingClient],
        "tasks": [AsyncMessagingClient],
        "threads and event loops": [MessagingClient, AsyncMessagingClient],
    }
    clients = [
        make(credentials=CREDENTIALS, marketplace="DE", **arguments) for make in kinds[where] for _ in range(count)
    ]

    async def say(n: int) -> None:
        result = clients[n % len(clients)].create_confirm_order_details(ORDER, text=TEXT)
        if asyncio.iscoroutine(result):
            await result

    async def all_tasks() -> None:
        await asyncio.gather(*map(say, range(CALLERS)))

    if where == "tasks":
        asyncio.run(all_tasks())
    else:
        with ThreadPoolExecutor(CALLERS) as pool:
            assert list(pool.map(lambda n: asyncio.run(say(n)), range(CALLERS))) == [None] * CALLERS
    assert transport.asked == 1
    assert transport.used == ["the-one"] * CALLERS


@both
def test_clients_one_after_the_other_ask_once(kind: str, lwa: str) -> None:
    amazon = Amazon()
    for _ in range(3):
        shop = Shop(kind, amazon, lwa_endpoint=lwa)
        shop.say()
        shop.close()

    assert len(amazon.token_calls) == 1


@both
@pytest.mark.parametrize("other", ["client_id", "refresh_token", "endpoint"])
def test_other_credentials_or_another_endpoint_have_a_token_of_their_own(kind: str, other: str, lwa: str) -> None:
    amazon = Amazon()
    Shop(kind, amazon, lwa_endpoint=lwa).say()
    if other == "endpoint":
        Shop(kind, amazon, lwa_endpoint="https://another.example/auth/o2/token").say()
    else:
        values = {name: getattr(CREDENTIALS, name) for name in ("client_id", "client_secret", "refresh_token")}
        Shop(kind, amazon, lwa_endpoint=lwa, credentials=Credentials(**{**values, other: "another"})).say()

    assert [seen.token for seen in amazon.calls] == ["token-1", "token-2"]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_forked_process_does_not_wait_for_a_renewal_of_its_parent(lwa: str) -> None:
    cell = token_cell(lwa, CREDENTIALS)
    assert cell.join(0.0, None, None, alone=False)[1]  # leads the renewal
    child = os.fork()
    if child == 0:
        os._exit(0 if cell.join(0.0, None, None, alone=False)[1] else 1)

    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert not cell.join(0.0, None, None, alone=False)[1]


def test_a_token_that_a_client_uses_is_found_again_whatever_number_of_others_there_are(lwa: str) -> None:
    cell = token_cell(lwa, CREDENTIALS)
    for number in range(1001):
        token_cell(lwa, Credentials("another", "secret", f"Atzr|{number}"))

    assert token_cell(lwa, CREDENTIALS) is cell


# Renewal


@both
def test_a_token_is_renewed_before_it_ends(kind: str) -> None:
    amazon = Amazon(tokens=[token("first"), token("second")])
    shop = Shop(kind, amazon, limiter=Unlimited())
    for seconds in (0.0, 3539.0, 2.0):
        shop.clock.time += seconds
        shop.say()

    assert [seen.token for seen in amazon.calls] == ["first", "first", "second"]


@both
def test_a_revoked_token_is_renewed_and_no_call_fails(kind: str) -> None:
    def judge(request: httpx.Request) -> httpx.Response:
        return refused(403, EXPIRED) if request.headers["x-amz-access-token"] == "token-1" else sent()

    amazon = Amazon(judge)
    shop = Shop(kind, amazon, limiter=Unlimited())
    for _ in range(5):
        shop.say()

    assert [seen.token for seen in amazon.calls] == ["token-1", *["token-2"] * 5]
    assert len(amazon.token_calls) == 2


# Providers


async def asynchronous() -> str:
    return "from-a-coroutine"


class Service:
    """A central token service, say."""

    async def __call__(self) -> str:
        return "from-an-object"


@pytest.mark.parametrize(
    ("provider", "expected"),
    [(lambda: "plain", "plain"), (asynchronous, "from-a-coroutine"), (Service(), "from-an-object")],
)
def test_asyncio_takes_any_provider_and_threads_take_a_plain_one(provider: Any, expected: str) -> None:
    amazon = Amazon()
    Shop("asyncio", amazon, token_provider=provider).say()
    if expected == "plain":
        Shop("threads", amazon, token_provider=provider).say()
    else:
        with pytest.raises(ConfigurationError, match="needs AsyncMessagingClient"):
            Shop("threads", amazon, token_provider=provider).say()

    assert {seen.token for seen in amazon.calls} == {expected}
    assert amazon.token_calls == []


@both
def test_a_provider_needs_no_credentials_and_is_asked_again_after_a_403(kind: str) -> None:
    numbers: Iterator[int] = itertools.count(1)
    amazon = Amazon(refused(403, EXPIRED), sent())
    Shop(kind, amazon, credentials=None, token_provider=lambda: f"own-{next(numbers)}").say()

    assert [seen.token for seen in amazon.calls] == ["own-1", "own-2"]


@pytest.mark.parametrize("provider", ["a-token", 7, CREDENTIALS])
def test_a_provider_that_cannot_be_called_is_refused(provider: Any) -> None:
    with pytest.raises(ConfigurationError, match="token_provider must be a function") as raised:
        Shop("threads", Amazon(), token_provider=provider)
    assert "a-token" not in str(raised.value)


# Secrets

SECRETS = [CREDENTIALS.client_secret, CREDENTIALS.refresh_token, "Atza|fresh-token", "opaque-token"]


@both
@pytest.mark.parametrize(
    "tokens",
    [
        [httpx.Response(400, json={"error": "invalid_grant", "error_description": " ".join(SECRETS)})],
        [httpx.Response(400, json={"error": CREDENTIALS.client_secret})],
        [httpx.Response(503, text=" ".join(SECRETS))],
        [httpx.ReadTimeout("slow")],
        [httpx.Response(200, json={"access_token": "Atza|fresh-token\n"})],
        [httpx.Response(302, headers={"location": f"https://{CREDENTIALS.client_secret}.example"})],
        [token("Atza|fresh-token")],
        [token("opaque-token")],
    ],
)
def test_no_error_and_no_log_line_shows_a_secret(
    kind: str, tokens: list[Any], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    amazon = Amazon(refused(403, f"Denied: {' '.join(SECRETS[2:])} {TEXT}"), tokens=tokens)
    with pytest.raises((AuthorizationError, NetworkError, AccessDeniedError)) as raised:
        Shop(kind, amazon, retry=RetryPolicy(attempts=2)).say()

    shown = "".join(traceback.format_exception(raised.value)) + repr(vars(raised.value)) + caplog.text
    # A token that looks like any other word is hidden only where it was used.
    used = [seen.token for seen in amazon.calls]
    assert not any(secret in shown for secret in SECRETS if secret != "opaque-token" or secret in used)


def noting_provider() -> tuple[list[str | None], Callable[..., str]]:
    """A provider of token-1, token-2 and so on, and what it is told."""
    told: list[str | None] = []

    def provider(*, refused: str | None = None) -> str:
        told.append(refused)
        return f"token-{len(told)} \n"

    return told, provider


@both
def test_a_provider_is_told_which_token_amazon_refused(kind: str) -> None:
    told, provider = noting_provider()

    async def asynchronous(refused: str | None) -> str:
        return provider(refused=refused)

    for given in (provider, *([asynchronous] if kind == "asyncio" else [])):
        told.clear()
        shop = Shop(kind, Amazon(refused(403, EXPIRED), sent()), token_provider=given)
        shop.say()
        assert [seen.token for seen in shop.amazon.calls] == ["token-1", "token-2"]
        assert told == [None, "token-1"]


@both
def test_a_provider_is_told_through_a_decorator(kind: str) -> None:
    told, provider = noting_provider()

    @functools.wraps(provider)
    def decorated(*given: Any, **named: Any) -> str:
        return provider(*given, **named)

    @functools.wraps(provider)
    def taking_nothing() -> str:
        return provider()

    for each, last in ((decorated, "token-1"), (taking_nothing, None)):
        told.clear()
        Shop(kind, Amazon(refused(403, EXPIRED), sent()), token_provider=each).say()
        assert told == [None, last]


@both
def test_who_has_no_provider_is_not_told_to_check_it(kind: str) -> None:
    with pytest.raises(AccessDeniedError) as raised:
        Shop(kind, Amazon(refused(403, EXPIRED))).say()
    assert "provider" not in str(raised.value)
    with pytest.raises(AccessDeniedError, match="The token provider gave a token that Amazon refuses"):
        Shop(kind, Amazon(refused(403, EXPIRED)), token_provider=lambda: "a-token").say()
