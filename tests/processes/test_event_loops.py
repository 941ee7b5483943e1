"""An async client that outlives its event loop: in the next loop it works, and of the old ones nothing is left."""

from __future__ import annotations

import asyncio
import gc
import threading
import warnings
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from spapi_messaging import AsyncMessagingClient, SendReceipt
from tests.support.programs import LASTING, ORDER, TEXT, Program, client_for
from tests.support.servers import CAN_COUNT, PATIENCE, Answer, Certificate, Request, Server, amazon

LOOPS = 200

# A loop that was not cleaned up warns when it is collected. Where that matters, a test looks for warnings by itself.
pytestmark = [
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]

Run = Callable[[Coroutine[Any, Any, Any]], Any]

counts_descriptors = pytest.mark.skipif(not CAN_COUNT, reason="needs /proc")


def run_without_cleaning_up(main: Coroutine[Any, Any, Any]) -> Any:
    """As some frameworks do: the loop is closed, and its asynchronous generators are not told."""
    loop = asyncio.new_event_loop()
    try:
        return loop.run_until_complete(main)
    finally:
        loop.close()


in_both_ways = pytest.mark.parametrize("run", [asyncio.run, run_without_cleaning_up])


@contextmanager
def resources_let_go() -> Iterator[list[str]]:
    """The ResourceWarnings of what happens in it."""
    gc.collect()  # what others left
    found: list[str] = []
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", ResourceWarning)
        yield found
        gc.collect()
    found += [str(warning.message) for warning in caught if issubclass(warning.category, ResourceWarning)]


@pytest.fixture(autouse=True)
def left_loops_are_collected() -> Iterator[None]:
    """So that they do not warn in other tests."""
    yield
    gc.collect()


async def read_and_send(client: AsyncMessagingClient, order: str) -> None:
    assert (await client.get_attributes(order)).locale == order
    receipt = await client.send(order, "confirmOrderDetails", text=TEXT)
    assert isinstance(receipt, SendReceipt)


@in_both_ways
@pytest.mark.parametrize("tls", [False, True], ids=["plain", "tls"])
def test_a_client_works_on_a_second_event_loop(run: Run, tls: bool, certificate: Certificate) -> None:
    used = certificate if tls else None
    with Server(certificate=used) as server:
        client = client_for("asyncio", server.url, verify=str(certificate.path))
        for order in ("first-loop", "second-loop", "third-loop"):
            run(read_and_send(client, order))
        run(client.aclose())

    assert [request.order for request in server.sends] == ["first-loop", "second-loop", "third-loop"]


@counts_descriptors
def test_200_loops_in_a_row_leave_nothing_open() -> None:
    with resources_let_go() as warned, Server() as server:
        client = client_for("asyncio", server.url)
        for number in range(LOOPS):
            asyncio.run(read_and_send(client, f"loop-{number}"))
        still_open = server.connected()
        asyncio.run(client.aclose())

    assert still_open == 0
    assert len(server.sends) == LOOPS
    assert warned == []


@counts_descriptors
def test_100_loops_that_were_not_cleaned_up_leave_no_more_than_the_last_connection_open() -> None:
    with Server() as server:
        client = client_for("asyncio", server.url)
        for number in range(LOOPS // 2):
            run_without_cleaning_up(read_and_send(client, f"loop-{number}"))
        still_open = server.connected()
        run_without_cleaning_up(client.aclose())
        after_closing = server.connected()

    assert still_open <= 1
    assert after_closing == 0
    assert len(server.sends) == LOOPS // 2


def test_two_loops_use_a_client_at_the_same_time() -> None:
    def answer(request: Request) -> Answer:
        if request.method == "GET":
            both_there.wait()
        return amazon(request)

    with Server(answer) as server:
        both_there = server.barrier(2)
        client = client_for("asyncio", server.url)

        async def main(name: str) -> None:
            for number in range(10):
                await read_and_send(client, f"{name}-{number}")

        failed: list[BaseException] = []

        def work(name: str) -> None:
            try:
                asyncio.run(main(name))
            except BaseException as error:
                failed.append(error)

        threads = [threading.Thread(target=work, args=(name,), daemon=True) for name in ("one", "other")]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(PATIENCE)
            assert not thread.is_alive(), "a loop did not end"
        asyncio.run(client.aclose())

    assert failed == []
    assert {request.connection for request in server.requests if request.order.startswith("one")}.isdisjoint(
        request.connection for request in server.requests if request.order.startswith("other")
    )


def test_a_loop_that_goes_on_keeps_its_connection_while_another_one_comes_and_goes() -> None:
    with Server() as server, Program("asyncio", server.url, keepalive_expiry=LASTING) as program:
        program.read()
        elsewhere = threading.Thread(target=lambda: asyncio.run(read_and_send(program.client, "elsewhere")))
        elsewhere.start()
        elsewhere.join(PATIENCE)
        assert program.read().locale == ORDER

    assert len({request.connection for request in server.requests if request.order == ORDER}) == 1
    assert {request.order for request in server.sends} == {"elsewhere"}
