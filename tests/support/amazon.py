"""An Amazon of the test's own making, below the flow, and a client of either kind that talks to it."""

from __future__ import annotations

import asyncio
import inspect
import itertools
import json
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from typing import Any, NamedTuple

import httpx
import pytest

from spapi_messaging import AsyncMessagingClient, Credentials, MessagingClient
from spapi_messaging.limiters import InProcessLimiter, UsagePlan
from tests.support.clocks import FakeClock, LoopClock

ORDER = "303-1234567-1234567"
TEXT = "Your parcel waits with the neighbour"
CREDENTIALS = Credentials("amzn1.application-oa2-client.test", "the-client-secret", "Atzr|the-refresh-token")
API = "https://sellingpartnerapi-eu.amazon.com"
TEMPLATE = "Invalid amazonOrderId and template combination."
EXPIRED = "The access token you provided has expired."

Answer = httpx.Response | BaseException | Callable[[httpx.Request], "httpx.Response"]

#: What tests pace themselves by unless they say otherwise. The published plans can change.
PLANS = {"*": UsagePlan(1.0, 5), "createUploadDestinationForResource": UsagePlan(10.0, 10)}

_numbers = itertools.count()

#: Runs a test with the client for threads and with the one for asyncio.
both = pytest.mark.parametrize("kind", ["threads", "asyncio"])


class Seen(NamedTuple):
    """A request as it went out."""

    method: str
    url: httpx.URL
    headers: httpx.Headers
    content: bytes
    timeout: dict[str, float]

    @property
    def token(self) -> str | None:
        found: str | None = self.headers.get("x-amz-access-token")
        return found

    @property
    def json(self) -> Any:
        return json.loads(self.content)


class Amazon(httpx.BaseTransport, httpx.AsyncBaseTransport):
    """Answers one request after the other as the test says; the last answer again when there are no more.

    Token requests are answered on their own, with token-1, token-2, and so on.
    """

    def __init__(self, *answers: Answer, tokens: list[Answer] | None = None) -> None:
        self.answers = list(answers) or [sent()]
        self.tokens = tokens
        self.calls: list[Seen] = []
        self.token_calls: list[Seen] = []
        self.closed = False

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        request.read()
        return self._answer(request)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        await request.aread()
        return self._answer(request)

    def close(self) -> None:
        self.closed = True

    async def aclose(self) -> None:
        self.closed = True

    def _answer(self, request: httpx.Request) -> httpx.Response:
        seen = Seen(
            request.method, request.url, request.headers.copy(), request.content, request.extensions.get("timeout", {})
        )
        if request.url.path.endswith("/auth/o2/token"):
            self.token_calls.append(seen)
            answers = self.tokens if self.tokens is not None else [token(f"token-{len(self.token_calls)}")]
        else:
            self.calls.append(seen)
            answers = self.answers
        answer = answers.pop(0) if len(answers) > 1 else answers[0]
        if isinstance(answer, BaseException):
            raise answer
        if isinstance(answer, httpx.Response):
            # A response can be read once, and the last answer may be wanted again.
            return httpx.Response(answer.status_code, headers=answer.headers, stream=answer.stream)
        return answer(request)


def sent(status: int = 201, **headers: str) -> httpx.Response:
    return answer(status, {}, **headers)


def answer(status: int, body: Any, **headers: str) -> httpx.Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return httpx.Response(status, json=body, headers={"x-amzn-requestid": "request-1", **named})


def refused(status: int, message: str = "No.", code: str = "Unauthorized", **headers: str) -> httpx.Response:
    return answer(status, {"errors": [{"code": code, "message": message, "details": ""}]}, **headers)


def throttled(**headers: str) -> httpx.Response:
    return refused(429, "You exceeded your quota for the requested resource.", "QuotaExceeded", **headers)


def token(value: str, expires_in: object = 3600) -> httpx.Response:
    return httpx.Response(200, json={"access_token": value, "token_type": "bearer", "expires_in": expires_in})


def raw(status: int, content: bytes, **headers: str) -> httpx.Response:
    return httpx.Response(
        status, content=content, headers={name.replace("_", "-"): value for name, value in headers.items()}
    )


class Trickle(httpx.SyncByteStream, httpx.AsyncByteStream):
    """A body that comes in pieces, with something that happens before each of them."""

    def __init__(self, chunks: Sequence[bytes | Exception], before: Callable[[], object] = lambda: None) -> None:
        self._chunks = chunks
        self._before = before
        self.closed = False

    def __iter__(self) -> Iterator[bytes]:
        for chunk in self._chunks:
            self._before()
            if isinstance(chunk, Exception):
                raise chunk
            yield chunk

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for chunk in self:
            yield chunk

    def close(self) -> None:
        self.closed = True

    async def aclose(self) -> None:
        self.closed = True


class Shop:
    """A client of either kind: its methods are called the same way, without await."""

    def __init__(self, kind: str, amazon: Amazon, clock: FakeClock | None = None, **arguments: Any) -> None:
        self.amazon = amazon
        self.clock = clock or FakeClock()
        given = {
            "credentials": CREDENTIALS,
            "marketplace": "DE",
            "limiter": InProcessLimiter(),
            "usage_plans": PLANS,
            "transport": amazon,
            "clock": self.clock,
            "lwa_endpoint": f"https://lwa-{next(_numbers)}.example/auth/o2/token",  # a token of its own
            **arguments,
        }
        self.client: Any = (MessagingClient if kind == "threads" else AsyncMessagingClient)(**given)

    def say(self, text: str = TEXT, **options: Any) -> Any:
        """Sends a text."""
        return self.create_confirm_order_details(ORDER, text=text, **options)

    def read(self) -> Any:
        return self.get_attributes(ORDER)

    def close(self) -> None:
        _finish(self.client.close() if hasattr(self.client, "close") else self.client.aclose())

    def close_meanwhile(self) -> None:
        """Closes the client while one of its calls runs: for a planned event of the clock."""
        closing = self.client.close() if hasattr(self.client, "close") else self.client.aclose()
        self._closing = asyncio.ensure_future(closing) if inspect.isawaitable(closing) else None

    def __getattr__(self, name: str) -> Callable[..., Any]:
        method = getattr(self.client, name)
        return lambda *args, **kwargs: _finish(method(*args, **kwargs))


def virtual_client(transport: httpx.AsyncBaseTransport, **arguments: Any) -> AsyncMessagingClient:
    """A client for run_virtually, whose tokens cost no time."""

    async def provider() -> str:
        return "a-token"

    given = {
        "limiter": InProcessLimiter(),
        "usage_plans": PLANS,
        "token_provider": provider,
        "clock": LoopClock(),
        **arguments,
    }
    return AsyncMessagingClient(credentials=CREDENTIALS, marketplace="DE", transport=transport, **given)


def _finish(result: Any) -> Any:
    async def main() -> Any:
        return await result

    return asyncio.run(main()) if inspect.isawaitable(result) else result
