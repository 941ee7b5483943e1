"""Calls that are cancelled at any moment: every connection of the pool goes on being of use.

SPAPI_CANCELLATIONS=10000 cancels 10,000 calls in each test. Without it, a test cancels few, to save time.
"""

from __future__ import annotations

import asyncio
import os
import random
import time
from collections.abc import Awaitable
from typing import Any

import httpx
import pytest

from spapi_messaging import AsyncMessagingClient
from tests.support.programs import TEXT, client_for
from tests.support.servers import CAN_COUNT, PATIENCE, Answer, Certificate, Request, Server, amazon

CANCELLATIONS = int(os.environ.get("SPAPI_CANCELLATIONS", "200"))
CONNECTIONS = 3
CALLERS = 5
LIMITS = httpx.Limits(max_connections=CONNECTIONS)
MOST_STEPS = 60  # of the event loop; a call takes fewer


def server_for_all(certificate: Certificate | None) -> Server:
    """It answers calls for "together" orders once they use all connections that the client may have."""

    def answer(request: Request) -> Answer:
        if "together" in request.target:
            all_there.wait()
        return amazon(request)

    server = Server(answer, certificate=certificate)
    all_there = server.barrier(CONNECTIONS)
    return server


def a_call(client: AsyncMessagingClient, number: int) -> Awaitable[Any]:
    if number % 2:
        return client.get_attributes(f"order-{number}")
    return client.send(f"order-{number}", "confirmOrderDetails", text=TEXT)


async def cancel_calls(client: AsyncMessagingClient) -> None:
    """Several callers at once, more than there are connections. Each cancels one call after the other."""
    began = time.perf_counter()
    for number in range(20):
        await a_call(client, number)
    usual = (time.perf_counter() - began) / 20
    async with asyncio.TaskGroup() as group:
        for caller in range(CALLERS):
            group.create_task(cancel_one_after_the_other(client, random.Random(caller), CALLERS * usual))


async def cancel_one_after_the_other(client: AsyncMessagingClient, moments: random.Random, longest: float) -> None:
    """Cancels calls after some time, or after some steps of the event loop, in both of the usual ways."""
    for number in range(CANCELLATIONS // CALLERS):
        match moments.randrange(3):
            case 0:
                await cancel_after_time(a_call(client, number), moments.uniform(0, longest))
            case 1:
                await cancel_after_steps(a_call(client, number), moments.randrange(MOST_STEPS))
            case _:
                await time_out(a_call(client, number), moments.uniform(0, longest))


async def cancel_after_time(call: Awaitable[Any], seconds: float) -> None:
    task = asyncio.ensure_future(call)
    await asyncio.sleep(seconds)
    await cancel(task)


async def cancel_after_steps(call: Awaitable[Any], steps: int) -> None:
    task = asyncio.ensure_future(call)
    for _ in range(steps):
        await asyncio.sleep(0)
    await cancel(task)


async def cancel(task: asyncio.Future[Any]) -> None:
    task.cancel()
    done, _ = await asyncio.wait([task], timeout=PATIENCE)
    assert done, "a cancelled call did not end"
    if not task.cancelled():
        task.result()  # it was over before


async def time_out(call: Awaitable[Any], seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await call
    except TimeoutError:
        pass


async def all_connections_work(client: AsyncMessagingClient) -> None:
    calls = [client.get_attributes(f"together-{number}") for number in range(CONNECTIONS)]
    async with asyncio.timeout(PATIENCE):
        answers = await asyncio.gather(*calls)
    assert [answer.locale for answer in answers] == [f"together-{number}" for number in range(CONNECTIONS)]


def check(server: Server, **arguments: Any) -> None:
    """Cancels calls, and looks whether the pool still has all its connections, and no others are left."""

    async def main() -> None:
        client = client_for("asyncio", server.url, **arguments)
        await cancel_calls(client)
        await all_connections_work(client)
        if CAN_COUNT:
            assert server.connected() <= CONNECTIONS
        await client.aclose()
        if transport := arguments.get("transport"):
            await transport.aclose()

    asyncio.run(main())
    if CAN_COUNT:
        assert server.connected() == 0


@pytest.mark.parametrize("tls", [False, True], ids=["plain", "tls"])
def test_cancelled_calls_leave_no_connection_occupied(tls: bool, certificate: Certificate) -> None:
    with server_for_all(certificate if tls else None) as server:
        check(server, max_connections=CONNECTIONS, verify=str(certificate.path))


def test_cancelled_calls_leave_no_connection_of_the_users_own_transport_occupied() -> None:
    with server_for_all(None) as server:
        check(server, transport=httpx.AsyncHTTPTransport(limits=LIMITS))
