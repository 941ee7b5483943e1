"""The generated client below a client: what is done to it stays with it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from spapi_messaging import ConfigurationError, UsagePlan, UsagePlanTimeout
from spapi_messaging.limiters import InProcessLimiter
from spapi_messaging_client.api.messaging import get_attributes
from tests.support.amazon import both
from tests.support.programs import ORDER, OTHER_SELLER, Program
from tests.support.servers import Request, Server, amazon

DE = "A1PA6795UKMFR9"


def reading(program: Program, low_level: Any, order: str) -> Callable[[], Any]:
    function = get_attributes.sync_detailed if program.kind == "threads" else get_attributes.asyncio_detailed
    return lambda: function(order, client=low_level, marketplace_ids=[DE])


def read(program: Program, low_level: Any, order: str = ORDER) -> Any:
    return program.run(reading(program, low_level, order))


class Change:
    """Something that makes a generated client out of another one, and how a request shows it."""

    def __init__(self, make: Callable[[Any], Any], shows: Callable[[httpx.Request], bool]) -> None:
        self.make = make
        self.shows = shows


CHANGES = {
    "headers": Change(
        lambda low_level: low_level.with_headers({"x-of-the-user": "yes"}),
        lambda request: "x-of-the-user" in request.headers,
    ),
    "cookies": Change(
        lambda low_level: low_level.with_cookies({"of-the-user": "yes"}),
        lambda request: "of-the-user" in request.headers.get("cookie", ""),
    ),
    "timeout": Change(
        lambda low_level: low_level.with_timeout(httpx.Timeout(3)),
        lambda request: request.extensions["timeout"]["read"] == 3,
    ),
}


@both
@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_what_a_generated_client_is_turned_into_changes_no_other_one(kind: str, change: Change) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path.startswith("/auth/"):
            return httpx.Response(200, json={"access_token": "another-token", "expires_in": 3600})
        order = request.url.path.split("/")[4]
        if change.shows(request):
            changed.add(order)
        if "cookie" in request.headers:
            with_cookies.add(order)
        cookie = {"set-cookie": f"session={order}; Path=/"}
        return httpx.Response(200, json={"buyer": {"locale": order}}, headers=cookie)

    changed: set[str] = set()
    with_cookies: set[str] = set()
    with Program(kind, "https://api.example", transport=httpx.MockTransport(answer)) as program:
        other = program.client.for_seller(credentials=OTHER_SELLER)
        before, of_the_other = program.client.low_level, other.low_level
        read(program, before)
        read(program, of_the_other)
        made = change.make(program.client.low_level)
        read(program, made, "made")
        program.read("seller")
        program.run(lambda: other.get_attributes("other"))
        read(program, before, "before")
        read(program, program.client.low_level, "after")
        read(program, of_the_other, "of-the-other")
        read(program, other.low_level, "after-of-the-other")

    assert changed == {"made"}
    assert not with_cookies & {"seller", "other"}


def enter_and_leave(program: Program) -> None:
    def enter() -> None:
        with program.client.low_level as inside:
            get_attributes.sync_detailed(ORDER, client=inside, marketplace_ids=[DE])

    async def enter_async() -> None:
        async with program.client.low_level as inside:
            await get_attributes.asyncio_detailed(ORDER, client=inside, marketplace_ids=[DE])

    program.run(enter if program.kind == "threads" else enter_async)


def close_its_client(program: Program) -> None:
    low_level = program.client.low_level
    if program.kind == "threads":
        program.run(low_level.get_httpx_client().close)
    else:
        program.run(low_level.get_async_httpx_client().aclose)


@both
@pytest.mark.parametrize("close", [enter_and_leave, close_its_client])
def test_a_generated_client_that_is_closed_closes_no_other_one(kind: str, close: Callable[[Program], None]) -> None:
    with Server() as server, Program(kind, server.url) as program:
        other = program.client.for_seller(credentials=OTHER_SELLER)
        before = program.client.low_level
        read(program, before)
        close(program)

        assert program.read("seller").locale == "seller"
        assert program.run(lambda: other.get_attributes("other")).locale == "other"
        assert read(program, before, "before").parsed.buyer.locale == "before"
        assert read(program, program.client.low_level, "after").parsed.buyer.locale == "after"
        assert read(program, other.low_level, "of-the-other").parsed.buyer.locale == "of-the-other"


@both
def test_a_generated_client_is_authorized_and_keeps_to_the_usage_plan_of_its_seller(kind: str) -> None:
    def answer(request: Request) -> bytes:
        tokens.append(request.headers["x-amz-access-token"])
        return amazon(request)

    tokens: list[str] = []
    plans = {"*": UsagePlan(rate=0.001, burst=2)}
    with (
        Server(answer) as server,
        Program(kind, server.url, usage_plans=plans, max_wait=1, limiter=InProcessLimiter()) as program,
    ):
        read(program, program.client.low_level)
        read(program, program.client.low_level.with_headers({"x-of-the-user": "yes"}))
        with pytest.raises(UsagePlanTimeout):
            read(program, program.client.low_level)
        with pytest.raises(UsagePlanTimeout):
            program.read()

    assert tokens == ["a-token", "a-token"]


@both
def test_a_function_of_the_other_kind_sends_nothing_and_says_which_client_it_needs(kind: str) -> None:
    with Server(amazon) as server, Program(kind, server.url) as program:
        low_level: Any = program.client.low_level
        with pytest.raises(ConfigurationError, match=r"sync\(\) needs MessagingClient, .* Nothing was sent"):
            if kind == "threads":
                asyncio.run(get_attributes.asyncio_detailed(ORDER, client=low_level, marketplace_ids=[DE]))
            else:
                get_attributes.sync_detailed(ORDER, client=low_level, marketplace_ids=[DE])

    assert server.requests == []


def test_the_access_token_goes_to_no_other_host() -> None:
    with Server(amazon) as server, Server(amazon) as other, Program("threads", server.url) as program:
        client: Any = program.client.low_level.get_httpx_client()
        with pytest.raises(ConfigurationError, match=r"to 127\.0\.0\.1 alone\. Nothing was sent"):
            client.get(f"{other.url}/steal")

    assert other.requests == server.requests == []
