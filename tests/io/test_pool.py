"""Connections are kept, reused and given up: each exchange borrows a channel of its own."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest

from spapi_messaging import AsyncMessagingClient, ConfigurationError, Unlimited
from spapi_messaging._io.loop_connections import OwnLoopConnections
from spapi_messaging._io.network import LoopNetwork, ThreadNetwork
from spapi_messaging._io.pool import Channel, Connector, Pool
from spapi_messaging._io.threads import OwnConnections
from spapi_messaging.proxies import Proxies
from tests.support.amazon import CREDENTIALS, ORDER, Amazon, Shop, both
from tests.support.canned import CannedServer, canned_server
from tests.support.old_httpx import overlooks_certificates

URL = httpx.URL("https://api.example")
KEPT = b'HTTP/1.1 200 OK\r\nContent-Length: 28\r\n\r\n{"buyer":{"locale":"de-DE"}}'


def make_pool(keepalive_expiry: float | None = 2.0) -> Pool:
    return Pool(Connector(httpx.HTTPTransport, ThreadNetwork, False, Proxies(None), keepalive_expiry))


def borrow(pool: Pool, count: int) -> list[Channel]:
    return [pool.borrow(URL)[0] for _ in range(count)]


def give_back(pool: Pool, channels: list[Channel]) -> None:
    for channel in channels:
        assert pool.give_back(channel)


class Stream:
    """An open connection. Only its end matters here."""

    def __init__(self, channel: Channel) -> None:
        self.closed = False
        channel.network.streams.add(self)

    def close(self) -> None:
        self.closed = True


def test_each_exchange_has_a_channel_of_its_own() -> None:
    assert len(set(borrow(make_pool(), 500))) == 500


def test_the_channel_that_was_used_last_is_used_next() -> None:
    pool = make_pool()
    first, second, third = borrow(pool, 3)
    give_back(pool, [second, third, first])

    assert borrow(pool, 3) == [first, third, second]


def test_channels_that_were_idle_too_long_are_given_up() -> None:
    pool = make_pool(keepalive_expiry=2.0)
    old, older, fresh = borrow(pool, 3)
    give_back(pool, [older, old, fresh])
    older.idle_since -= 3.0
    old.idle_since -= 2.5

    assert pool.borrow(URL) == (fresh, [older, old])
    assert old not in borrow(pool, 2)


def test_without_an_expiry_channels_are_kept() -> None:
    pool = make_pool(keepalive_expiry=None)
    first, second = borrow(pool, 2)
    give_back(pool, [first, second])
    first.idle_since = -1e9

    assert borrow(pool, 2) == [second, first]


def test_each_proxy_has_channels_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://p.example:1")
    monkeypatch.setenv("NO_PROXY", "direct.example")
    pool = make_pool()
    channel, _ = pool.borrow(URL)
    give_back(pool, [channel])

    direct, _ = pool.borrow(httpx.URL("https://direct.example"))
    assert (channel.proxy, direct.proxy) == ("http://p.example:1", None)
    assert borrow(pool, 1) == [channel]


def test_a_closed_pool_keeps_nothing_not_even_what_is_borrowed() -> None:
    pool = make_pool()
    borrowed, idle = borrow(pool, 2)
    give_back(pool, [idle])

    assert pool.close() == [idle]
    assert not pool.give_back(borrowed)
    assert pool.close() == []


def test_all_connections_are_dropped_at_once_even_if_they_are_borrowed() -> None:
    pool = make_pool()
    borrowed, idle = borrow(pool, 2)
    streams = [Stream(borrowed), Stream(idle)]
    give_back(pool, [idle])
    pool.drop()

    assert [stream.closed for stream in streams] == [True, True]
    assert not pool.give_back(borrowed)


@pytest.mark.parametrize("verify", ["/no/such/file.pem", "/no/such/folder/"])
def test_certificates_that_are_not_there_are_named(verify: str) -> None:
    for transport, network in ((httpx.HTTPTransport, ThreadNetwork), (httpx.AsyncHTTPTransport, LoopNetwork)):
        with pytest.raises(ConfigurationError, match=rf"verify={Path(verify).name!r} cannot be used"):
            Connector(transport, network, verify, Proxies(None), 2.0)


@overlooks_certificates
def test_a_variable_that_names_no_certificates_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SSL_CERT_DIR", raising=False)
    monkeypatch.setenv("SSL_CERT_FILE", "/no/such/file.pem")
    with pytest.raises(ConfigurationError, match="that SSL_CERT_FILE in the environment names cannot be used"):
        Connector(httpx.HTTPTransport, ThreadNetwork, True, Proxies(None), 2.0)


# Through the clients


def read_twice(kind: str, server: CannedServer, **arguments: Any) -> None:
    """Two calls, one after the other; then the client is closed."""
    given = {"endpoint": server.url, "token_provider": lambda: "a-token", "limiter": Unlimited(), **arguments}

    async def main() -> None:
        async with AsyncMessagingClient(credentials=CREDENTIALS, marketplace="DE", **given) as client:
            for _ in range(2):
                await client.get_attributes(ORDER)
        assert await asyncio.to_thread(server.ended.acquire, timeout=10)

    if kind == "asyncio":
        asyncio.run(main())
    else:
        shop = Shop(kind, Amazon(), transport=None, **given)
        for _ in range(2):
            shop.read()
        shop.close()
        assert server.ended.acquire(timeout=10)


@both
def test_calls_one_after_the_other_share_a_connection_which_ends_with_the_client(kind: str) -> None:
    with canned_server(KEPT, keep_open=True) as server:
        read_twice(kind, server)

    assert (len(server.requests), server.connections) == (2, 1)


@both
def test_no_idle_connection_is_reused_if_none_may_be_kept(kind: str) -> None:
    with canned_server(KEPT, keep_open=True) as server:
        read_twice(kind, server, keepalive_expiry=0.0)

    assert (len(server.requests), server.connections) == (2, 2)


@both
def test_a_call_in_the_air_is_finished_when_its_client_is_closed_and_then_its_connection_ends(kind: str) -> None:
    with canned_server(b"HTTP/1.1 201 Created\r\nContent-Length: 2\r\n\r\n{}", keep_open=True) as server:
        given: dict[str, Any] = {"endpoint": server.url, "token_provider": lambda: "a-token", "limiter": Unlimited()}
        shop = Shop(kind, Amazon(), transport=None, **given)
        close = shop.client.close if kind == "threads" else shop.client.aclose
        assert shop.send(ORDER, "confirmOrderDetails", text="Hello", before_first_byte=close).status_code == 201
        assert server.ended.acquire(timeout=10)


def test_a_connection_that_its_caller_gives_up_at_the_last_moment_is_not_kept() -> None:
    with canned_server(KEPT, keep_open=True) as server:
        connections = OwnConnections(False, Proxies(None), 2.0)
        giving_up: list[Any] = []
        connections.exchange(httpx.Request("GET", server.url), None, giving_up)
        assert giving_up == []
        with pytest.raises(IndexError):
            connections.exchange(httpx.Request("GET", server.url), giving_up.clear, giving_up)
        assert server.ended.acquire(timeout=10)
        connections.exchange(httpx.Request("GET", server.url), None, giving_up)
        connections.close()

    assert (len(server.requests), server.connections) == (3, 2)


def test_old_connections_are_closed_though_the_call_that_finds_them_is_cancelled() -> None:
    async def main() -> None:
        connections = OwnLoopConnections(False, Proxies(None), 0.0)

        def call() -> asyncio.Task[httpx.Response]:
            return asyncio.create_task(connections.exchange(httpx.Request("GET", server.url), None))

        await asyncio.gather(*[call() for _ in range(4)])
        cancelled = call()
        await asyncio.sleep(0)
        cancelled.cancel()
        with pytest.raises(asyncio.CancelledError):
            await cancelled
        for _ in range(3):  # all but the one that the cancelled call took
            assert await asyncio.to_thread(server.ended.acquire, timeout=10)
        await connections.aclose()

    with canned_server(KEPT, keep_open=True) as server:
        asyncio.run(main())


def test_a_closed_client_keeps_no_connection_of_a_call_that_comes_later() -> None:
    async def main() -> None:
        connections = OwnLoopConnections(False, Proxies(None), 2.0)
        await connections.aclose()
        await connections.exchange(httpx.Request("GET", server.url), None)
        assert await asyncio.to_thread(server.ended.acquire, timeout=10)

    with canned_server(KEPT, keep_open=True) as server:
        asyncio.run(main())


def test_a_cancelled_scope_leaves_no_connection_open() -> None:
    async def main() -> None:
        connections = OwnLoopConnections(False, Proxies(None), 2.0)
        requests = [httpx.Request("GET", server.url) for _ in range(4)]
        await asyncio.gather(*[connections.exchange(request, None) for request in requests])
        with anyio.CancelScope() as scope:
            scope.cancel()
            await connections.aclose()
        for _ in requests:
            assert await asyncio.to_thread(server.ended.acquire, timeout=10)

    with canned_server(KEPT, keep_open=True) as server:
        asyncio.run(main())
