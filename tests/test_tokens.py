"""Access tokens: one request for everybody, renewed in time, never shown."""

from __future__ import annotations

import asyncio
import itertools
import logging
import os
import threading
import traceback
from collections.abc import Awaitable, Callable, Iterator
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
    DeliveryUnknownError,
    MessageNotAvailableError,
    MessagingClient,
    NetworkError,
    RetryPolicy,
)
from spapi_messaging._transport.tokens import shared_cell
from spapi_messaging.limiters import Unlimited
from tests.support.amazon import CREDENTIALS, EXPIRED, ORDER, TEMPLATE, TEXT, Amazon, Shop, both, refused, sent, token
from tests.support.clocks import LoopClock, run_virtually

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


def client_of(make: type, transport: Any, lwa: str, **arguments: Any) -> Any:
    return make(
        credentials=CREDENTIALS,
        marketplace="DE",
        transport=transport,
        lwa_endpoint=lwa,
        limiter=Unlimited(),
        **arguments,
    )


def waiting(clients: list[Any]) -> int:
    return sum(len(client._engine.waiting) for client in clients)


@pytest.mark.parametrize("count", [1, CALLERS])
def test_threads_with_one_client_or_one_each_ask_once(lwa: str, count: int) -> None:
    clients: list[MessagingClient] = []
    transport = Crowded(lambda: waiting(clients) == CALLERS - 1)
    clients += [client_of(MessagingClient, transport, lwa) for _ in range(count)]

    with ThreadPoolExecutor(CALLERS) as pool:
        for n in range(CALLERS):
            pool.submit(clients[n % count].create_confirm_order_details, ORDER, text=TEXT)

    assert transport.asked == 1
    assert transport.used == ["the-one"] * CALLERS


@pytest.mark.parametrize("count", [1, CALLERS])
def test_tasks_with_one_client_or_one_each_ask_once(lwa: str, count: int) -> None:
    clients: list[AsyncMessagingClient] = []
    transport = Crowded(lambda: waiting(clients) == CALLERS - 1)
    clients += [client_of(AsyncMessagingClient, transport, lwa) for _ in range(count)]

    async def main() -> None:
        await asyncio.gather(
            *[clients[n % count].create_confirm_order_details(ORDER, text=TEXT) for n in range(CALLERS)]
        )

    asyncio.run(main())
    assert transport.asked == 1
    assert transport.used == ["the-one"] * CALLERS


def test_threads_and_tasks_of_several_event_loops_ask_once_together(lwa: str) -> None:
    clients: list[Any] = []
    transport = Crowded(lambda: waiting(clients) == CALLERS - 1)
    clients += [client_of((MessagingClient, AsyncMessagingClient)[n % 2], transport, lwa) for n in range(CALLERS)]

    async def main(client: AsyncMessagingClient) -> None:
        await client.create_confirm_order_details(ORDER, text=TEXT)

    def call(client: Any) -> None:
        if isinstance(client, MessagingClient):
            client.create_confirm_order_details(ORDER, text=TEXT)
        else:
            asyncio.run(main(client))

    with ThreadPoolExecutor(CALLERS) as pool:
        assert list(pool.map(call, clients)) == [None] * CALLERS
    assert transport.asked == 1


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
        values = {"client_id": "c", "client_secret": CREDENTIALS.client_secret, "refresh_token": "r"}
        values |= {"client_id": CREDENTIALS.client_id, "refresh_token": CREDENTIALS.refresh_token, other: "another"}
        Shop(kind, amazon, lwa_endpoint=lwa, credentials=Credentials(**values)).say()

    assert [seen.token for seen in amazon.calls] == ["token-1", "token-2"]


def test_a_refusal_of_lwa_is_everyones_and_each_gets_an_error_of_its_own(lwa: str) -> None:
    clients: list[MessagingClient] = []

    class Refusing(Crowded):
        def handle_request(self, request: httpx.Request) -> httpx.Response:
            super().handle_request(request)
            return httpx.Response(400, json={"error": "invalid_grant"})

    transport = Refusing(lambda: waiting(clients) == CALLERS - 1)
    clients += [client_of(MessagingClient, transport, lwa)]
    with ThreadPoolExecutor(CALLERS) as pool:
        futures = [pool.submit(clients[0].create_confirm_order_details, ORDER, text=TEXT) for _ in range(CALLERS)]
    errors = [future.exception() for future in futures]

    assert transport.asked == 1
    assert {type(error) for error in errors} == {AuthorizationError}
    assert {getattr(error, "error", None) for error in errors} == {"invalid_grant"}
    assert len({id(error) for error in errors}) == CALLERS


def run_two(lwa: str, first: dict[str, Any], answer: Callable[[int], Awaitable[httpx.Response]]) -> list[Any]:
    """A caller that asks for the token, and a patient one who waits for it; what becomes of each."""

    class Transport(httpx.AsyncBaseTransport):
        asked = 0

        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            if not request.url.path.endswith("/auth/o2/token"):
                return sent()
            self.asked += 1
            return await answer(self.asked)

    async def main() -> list[Any]:
        leader, follower = (
            client_of(AsyncMessagingClient, Transport(), lwa, clock=LoopClock(), **arguments)
            for arguments in (first, {})
        )
        tasks = [asyncio.create_task(c.create_confirm_order_details(ORDER, text=TEXT)) for c in (leader, follower)]
        await asyncio.sleep(1)
        if "cancelled" in lwa:
            tasks[0].cancel()
        if "closed" in lwa:
            await leader.aclose()
        return await asyncio.gather(*tasks, return_exceptions=True)

    return run_virtually(main())


async def slowly(number: int) -> httpx.Response:
    await asyncio.sleep(5 if number == 1 else 0)
    return token("fresh")


def test_when_the_one_who_asks_is_cancelled_another_takes_over(lwa: str) -> None:
    leader, follower = run_two(lwa.replace("lwa", "cancelled"), {}, slowly)

    assert isinstance(leader, asyncio.CancelledError)
    assert follower.status_code == 201


def test_when_the_thread_that_asks_is_interrupted_another_takes_over(lwa: str) -> None:
    clients: list[MessagingClient] = []

    class Interrupting(Crowded):
        def handle_request(self, request: httpx.Request) -> httpx.Response:
            answer = super().handle_request(request)
            if self.asked == 1 and not self.used and request.url.path.endswith("/auth/o2/token"):
                raise KeyboardInterrupt
            return answer

    transport = Interrupting(lambda: transport.asked > 1 or waiting(clients) == CALLERS - 1)
    clients += [client_of(MessagingClient, transport, lwa)]
    ended: list[object] = []

    def call() -> None:
        try:
            ended.append(clients[0].create_confirm_order_details(ORDER, text=TEXT).status_code)
        except KeyboardInterrupt:
            ended.append("interrupted")

    threads = [threading.Thread(target=call) for _ in range(CALLERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)

    assert sorted(map(str, ended)) == ["201"] * (CALLERS - 1) + ["interrupted"]
    assert transport.asked == 2


async def first_fails(number: int) -> httpx.Response:
    if number == 1:
        await asyncio.sleep(2)
        raise httpx.ConnectError("no")
    return token("fresh")


@pytest.mark.parametrize("deadline", [2.1, 1.5])
def test_a_deadline_of_the_one_who_asks_is_not_the_others(lwa: str, deadline: float) -> None:
    leader, follower = run_two(lwa, {"deadline": deadline, "retry": RetryPolicy(base=1000, cap=1000)}, first_fails)

    assert isinstance(leader, NetworkError)
    assert follower.status_code == 201


def test_when_the_client_of_the_one_who_asks_is_closed_another_takes_over(lwa: str) -> None:
    leader, follower = run_two(lwa.replace("lwa", "closed"), {"retry": RetryPolicy(base=1000, cap=1000)}, first_fails)

    assert isinstance(leader, NetworkError)
    assert follower.status_code == 201


def test_who_waits_for_a_token_keeps_to_a_deadline_of_its_own(lwa: str) -> None:
    class Transport(httpx.AsyncBaseTransport):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            await asyncio.sleep(60)
            return token("late")

    async def main() -> float:
        patient = client_of(AsyncMessagingClient, Transport(), lwa, clock=LoopClock())
        hasty = client_of(AsyncMessagingClient, Transport(), lwa, clock=LoopClock(), deadline=3)
        task = asyncio.create_task(patient.get_attributes(ORDER))
        await asyncio.sleep(0)
        with pytest.raises(NetworkError, match="deadline passed while Login with Amazon was asked"):
            await hasty.get_attributes(ORDER)
        ended = asyncio.get_running_loop().time()
        task.cancel()
        return ended

    assert run_virtually(main()) == pytest.approx(3.0)


def test_when_the_one_who_asks_is_stuck_another_asks_after_a_minute(lwa: str) -> None:
    class Transport(httpx.AsyncBaseTransport):
        asked = 0

        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            if not request.url.path.endswith("/auth/o2/token"):
                return sent()
            self.asked += 1
            if self.asked == 1:
                await asyncio.sleep(1_000_000)
            return token("fresh")

    async def main() -> float:
        transport = Transport()
        client = client_of(AsyncMessagingClient, transport, lwa, clock=LoopClock())
        stuck = asyncio.create_task(client.get_attributes(ORDER))
        await asyncio.sleep(0)
        calls = [client.create_confirm_order_details(ORDER, text=TEXT) for _ in range(5)]
        await asyncio.gather(*calls)
        ended = asyncio.get_running_loop().time()
        stuck.cancel()
        await asyncio.gather(stuck, return_exceptions=True)
        await client.create_confirm_order_details(ORDER, text=TEXT)
        assert transport.asked == 2
        return ended

    assert run_virtually(main()) == pytest.approx(60.0)


# Renewal


@both
@pytest.mark.parametrize(
    ("lifetime", "good_for"), [(3600, 3540), (600, 540), (100, 90), (10, 9), ("3600", 3540), (None, 3540), (-5, 3540)]
)
def test_a_token_is_renewed_before_it_ends(kind: str, lifetime: object, good_for: float) -> None:
    amazon = Amazon(tokens=[token("first", lifetime), token("second")])
    shop = Shop(kind, amazon, limiter=Unlimited())
    shop.say()
    shop.clock.time += good_for - 0.1
    shop.say()
    shop.clock.time += 0.2
    shop.say()

    assert [seen.token for seen in amazon.calls] == ["first", "first", "second"]


@both
def test_a_token_without_a_lifetime_to_speak_of_is_used_all_the_same(kind: str) -> None:
    amazon = Amazon(tokens=[token("short", 0)])
    shop = Shop(kind, amazon, limiter=Unlimited())
    shop.say()

    assert [seen.token for seen in amazon.calls] == ["short"]


@both
def test_the_lifetime_counts_from_the_request_and_not_from_its_answer(kind: str) -> None:
    amazon = Amazon()
    shop = Shop(kind, amazon, limiter=Unlimited())

    def slow(_: httpx.Request) -> httpx.Response:
        shop.clock.time += 30
        return token("slow", 100)

    amazon.tokens = [slow, token("second")]
    shop.say()
    shop.clock.time += 61
    shop.say()

    assert [seen.token for seen in amazon.calls] == ["slow", "second"]


@both
def test_a_token_that_ends_while_the_call_waits_for_its_turn_is_renewed(kind: str) -> None:
    from spapi_messaging import UsagePlan

    amazon = Amazon(tokens=[token("first", 100), token("second")])
    shop = Shop(kind, amazon, usage_plans={"*": UsagePlan(rate=0.01, burst=1)})
    shop.say()
    shop.say()

    assert [seen.token for seen in amazon.calls] == ["first", "second"]


# Refused tokens


@both
@pytest.mark.parametrize("message", [EXPIRED, "The access token you provided is revoked, malformed or invalid."])
@pytest.mark.parametrize("status", [401, 403])
def test_a_revoked_token_is_renewed_and_no_call_fails(kind: str, message: str, status: int) -> None:
    def judge(request: httpx.Request) -> httpx.Response:
        return refused(status, message) if request.headers["x-amz-access-token"] == "token-1" else sent()

    amazon = Amazon(judge)
    shop = Shop(kind, amazon, limiter=Unlimited())
    for _ in range(5):
        shop.say()

    assert [seen.token for seen in amazon.calls] == ["token-1", *["token-2"] * 5]
    assert len(amazon.token_calls) == 2


@both
def test_a_renewed_token_that_is_refused_as_well_is_an_error(kind: str) -> None:
    amazon = Amazon(refused(403, EXPIRED))
    with pytest.raises(AccessDeniedError):
        Shop(kind, amazon, limiter=Unlimited()).say()

    assert len(amazon.calls) == len(amazon.token_calls) == 2


def test_many_with_a_revoked_token_renew_it_once(lwa: str) -> None:
    barrier = threading.Barrier(CALLERS)

    def judge(request: httpx.Request) -> httpx.Response:
        if request.headers["x-amz-access-token"] != "token-1":
            return sent()
        barrier.wait(10)
        return refused(403, EXPIRED)

    amazon = Amazon(sent(), judge)
    client = client_of(MessagingClient, amazon, lwa)
    client.create_confirm_order_details(ORDER, text=TEXT)
    with ThreadPoolExecutor(CALLERS) as pool:
        futures = [pool.submit(client.create_confirm_order_details, ORDER, text=TEXT) for _ in range(CALLERS)]

    assert all(future.result().status_code == 201 for future in futures)
    assert len(amazon.token_calls) == 2


@both
@pytest.mark.parametrize(
    ("message", "error"),
    [
        (TEMPLATE, MessageNotAvailableError),
        ("Access to requested resource is denied.", AccessDeniedError),
        ("The LWA secret of the application has expired; its access token is invalid.", AccessDeniedError),
        (f"{TEMPLATE} The access token is invalid.", MessageNotAvailableError),
    ],
)
def test_a_403_about_something_else_does_not_touch_the_token(kind: str, message: str, error: type[Exception]) -> None:
    amazon = Amazon(refused(403, message), sent())
    shop = Shop(kind, amazon, limiter=Unlimited())
    with pytest.raises(error):
        shop.say()
    shop.say()

    assert [seen.token for seen in amazon.calls] == ["token-1", "token-1"]


# Requests


@both
def test_the_token_request_is_a_form_with_a_timeout_and_without_a_token(kind: str) -> None:
    amazon = Amazon()
    Shop(kind, amazon).say()
    (request,) = amazon.token_calls

    assert request.headers["content-type"] == "application/x-www-form-urlencoded"
    assert request.content == (
        b"grant_type=refresh_token&refresh_token=Atzr%7Cthe-refresh-token"
        b"&client_id=amzn1.application-oa2-client.test&client_secret=the-client-secret"
    )
    assert request.token is None


@both
def test_every_request_has_a_timeout(kind: str) -> None:
    destination = httpx.Response(201, json={"payload": {"uploadDestinationId": "d", "url": "https://s3.example/k?a=b"}})
    amazon = Amazon(destination, httpx.Response(200), sent())
    Shop(kind, amazon).send_invoice(ORDER, attachments=[("note.txt", b"hello")])

    for seen in (*amazon.calls, *amazon.token_calls):
        assert seen.timeout.keys() == {"connect", "read", "write", "pool"}
        assert all(0 < seconds <= 30 for seconds in seen.timeout.values())


@both
@pytest.mark.parametrize("timeout", [None, httpx.Timeout(5, read=None), "soon", 0, -1, float("inf")])
def test_no_timeout_can_be_switched_off(kind: str, timeout: Any) -> None:
    with pytest.raises(ConfigurationError, match="limit every phase"):
        Shop(kind, Amazon(), timeout=timeout)


@both
def test_lwa_in_trouble_is_asked_again_and_the_message_goes_out_once(kind: str) -> None:
    amazon = Amazon(tokens=[httpx.Response(503), httpx.ConnectError("no"), token("third-time")])
    Shop(kind, amazon).say()

    assert [seen.token for seen in amazon.calls] == ["third-time"]


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
def test_asyncio_takes_any_provider(provider: Any, expected: str) -> None:
    amazon = Amazon()
    Shop("asyncio", amazon, token_provider=provider).say()

    assert [seen.token for seen in amazon.calls] == [expected]
    assert amazon.token_calls == []


def test_threads_take_a_plain_provider_and_say_so() -> None:
    amazon = Amazon()
    Shop("threads", amazon, token_provider=lambda: "plain").say()
    assert [seen.token for seen in amazon.calls] == ["plain"]

    for provider in (asynchronous, Service()):
        with pytest.raises(ConfigurationError, match="needs AsyncMessagingClient"):
            Shop("threads", amazon, token_provider=provider).say()


@both
def test_a_provider_needs_no_credentials_and_is_asked_again_after_a_403(kind: str) -> None:
    numbers: Iterator[int] = itertools.count(1)
    amazon = Amazon(refused(403, EXPIRED), sent())
    Shop(kind, amazon, credentials=None, token_provider=lambda: f"own-{next(numbers)}").say()

    assert [seen.token for seen in amazon.calls] == ["own-1", "own-2"]


@both
@pytest.mark.parametrize("returned", [None, "", 7, b"bytes", "Atza|with\nbreak", "tökén"])
def test_a_provider_that_returns_no_token_is_an_error_that_does_not_show_it(kind: str, returned: Any) -> None:
    amazon = Amazon()
    with pytest.raises(ConfigurationError, match="token_provider must return") as raised:
        Shop(kind, amazon, token_provider=lambda: returned).say()

    assert amazon.calls == []
    if isinstance(returned, str) and returned:
        assert returned not in str(raised.value)


@both
def test_what_a_provider_raises_comes_through(kind: str) -> None:
    def provider() -> str:
        raise LookupError("the token service is down")

    with pytest.raises(LookupError):
        Shop(kind, Amazon(), token_provider=provider).say()


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
    with pytest.raises((AuthorizationError, NetworkError, AccessDeniedError, DeliveryUnknownError)) as raised:
        Shop(kind, amazon, retry=RetryPolicy(attempts=2)).say()

    shown = "".join(traceback.format_exception(raised.value)) + repr(vars(raised.value)) + caplog.text
    for secret in (
        *(SECRETS[:3]),
        *(["opaque-token"] if amazon.calls and amazon.calls[0].token == "opaque-token" else []),
    ):
        assert secret not in shown


def test_effects_show_no_secret_to_whoever_prints_them() -> None:
    from spapi_messaging._flow import AskForToken, Send, Token
    from spapi_messaging._lwa import AccessToken

    effects = [Token("opaque-token"), AskForToken(b"client_secret=opaque-token"), AccessToken("opaque-token", 1.0, 2.0)]
    shown = repr([*effects, Send("opaque-token", None, 1)])  # type: ignore[arg-type]

    assert "opaque-token" not in shown


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_forked_process_does_not_wait_for_a_renewal_of_its_parent(lwa: str) -> None:
    cell = shared_cell(lwa, CREDENTIALS)
    _, lead = cell.join(0.0, None)
    assert lead
    child = os.fork()
    if child == 0:
        os._exit(0 if cell.join(0.0, None)[1] else 1)

    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert cell.join(0.0, None)[1] is False
