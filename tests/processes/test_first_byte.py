"""The hook before a send's first byte: called once an attempt, as late as possible; without it nothing is sent."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpcore
import httpx
import pytest

from spapi_messaging import ConfigurationError, NetworkError, RetryPolicy
from tests.support.amazon import both
from tests.support.programs import ORDER, TEXT, Program, client_for
from tests.support.servers import PATIENCE, Answer, Certificate, Request, Server, amazon, reply

ROOT = Path(__file__).parents[2]


class Hook:
    """Notes, at each call, what a server has seen so far."""

    def __init__(self, *seen: Callable[[], object]) -> None:
        self.calls: list[tuple[object, ...]] = []
        self._seen = seen

    def __call__(self) -> None:
        self.calls.append(tuple(look() for look in self._seen))


@both
def test_the_hook_is_called_once_before_the_send_reaches_the_server(kind: str) -> None:
    with Server() as server, Program(kind, server.url) as program:
        hook = Hook(lambda: len(server.begun))
        assert program.say(before_first_byte=hook).status_code == 201
        assert program.say(before_first_byte=hook).status_code == 201  # on the same connection

    assert hook.calls == [(0,), (1,)]


@both
def test_tokens_and_uploads_do_not_call_the_hook(kind: str) -> None:
    with Server() as server, Program(kind, server.url, token_provider=None) as program:
        hook = Hook(lambda: [request.method for request in server.requests], lambda: len(server.sends))
        file = ("note.txt", b"hello")
        program.run(lambda: program.client.send(ORDER, "invoice", attachments=[file], before_first_byte=hook))

    assert hook.calls == [(["POST", "POST", "PUT"], 0)]  # token, destination, file
    assert len(server.sends) == 1


@both
def test_the_hook_is_called_after_the_handshake(kind: str, certificate: Certificate) -> None:
    verify = str(certificate.path)
    handshake_let_go: list[bool] = []
    with (
        Server(certificate=certificate, before_handshake=lambda: handshake_let_go.append(True)) as server,
        Program(kind, server.url, verify=verify) as program,
    ):
        hook = Hook(lambda: len(handshake_let_go), lambda: len(server.begun))
        program.say(before_first_byte=hook)

    assert hook.calls == [(1, 0)]


@both
def test_a_process_that_is_killed_during_the_handshake_has_not_called_the_hook(
    kind: str, certificate: Certificate, tmp_path: Path
) -> None:
    def hold() -> None:
        arrived.set()
        released.wait(PATIENCE)

    marker = tmp_path / "called"
    with Server(certificate=certificate, before_handshake=hold) as server:
        arrived, released = server.event(), server.event()
        command = [sys.executable, "-m", "tests.processes.sending", kind, server.url, str(certificate.path)]
        with subprocess.Popen([*command, str(marker)], cwd=ROOT, stdout=subprocess.DEVNULL) as process:
            while not arrived.wait(0.02) and process.poll() is None:
                pass
            process.kill()
        assert arrived.is_set()
        released.set()

    assert not marker.exists()
    assert server.begun == []


# What the hook may do


class HookFailed(BaseException):
    """Not even an Exception."""


# Some of them look as if the network had failed, and must not be taken for that.
ERRORS = [
    RuntimeError,
    OSError,
    TimeoutError,
    httpx.ConnectError,
    httpx.WriteError,
    httpcore.ConnectError,
    httpcore.WriteError,
    HookFailed,
]


@both
@pytest.mark.parametrize("make", ERRORS, ids=lambda make: f"{make.__module__}.{make.__name__}")
def test_an_exception_of_the_hook_reaches_the_caller_and_nothing_is_sent(
    kind: str, make: Callable[[str], BaseException]
) -> None:
    def hook() -> None:
        errors.append(make("the ledger is full"))
        raise errors[-1]

    errors: list[BaseException] = []
    with Server() as server, Program(kind, server.url, retry=RetryPolicy(base=0)) as program:
        program.read("before")  # so that there is a connection already, which is where a send may start at once
        with pytest.raises(BaseException) as raised:
            program.say(before_first_byte=hook)
        program.linger(0.02)
        assert program.say("afterwards").status_code == 201

    assert [raised.value] == errors
    assert [request.order for request in server.requests] == ["before", "afterwards"]
    assert len(server.begun) == 2


@both
@pytest.mark.parametrize(("status", "message"), [(429, "QuotaExceeded"), (403, "This access token has expired.")])
def test_the_hook_is_called_for_every_attempt(kind: str, status: int, message: str) -> None:
    def answer(request: Request) -> Answer:
        if len(server.sends) == 1:
            return reply(status, {"errors": [{"code": "Code", "message": message}]})
        return amazon(request)

    retry = RetryPolicy(attempts=3, base=0, cap=0)
    with Server(answer) as server, Program(kind, server.url, retry=retry) as program:
        hook = Hook(lambda: len(server.sends))
        assert program.say(before_first_byte=hook).status_code == 201

    assert hook.calls == [(0,), (1,)]


@both
def test_an_attempt_that_cannot_connect_does_not_call_the_hook(kind: str) -> None:
    with Server() as server:
        pass
    hook = Hook()
    with Program(kind, server.url, retry=RetryPolicy(attempts=2, base=0)) as program, pytest.raises(NetworkError):
        program.say(before_first_byte=hook)

    assert hook.calls == []


@both
def test_behind_a_proxy_the_hook_is_called_once_and_after_the_tunnel_was_made(
    kind: str, certificate: Certificate
) -> None:
    verify = str(certificate.path)
    with (
        Server() as proxy,
        Server(certificate=certificate) as server,
        Program(kind, server.url, proxy=proxy.url, verify=verify) as program,
    ):
        hook = Hook(lambda: [request.method for request in proxy.requests], lambda: len(server.begun))
        assert program.say(before_first_byte=hook).status_code == 201

    assert hook.calls == [(["CONNECT"], 0)]


@both
def test_with_a_transport_of_the_users_own_the_hook_is_called_before_the_transport(kind: str) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        order.append(request.method)
        return httpx.Response(201, json={})

    order: list[str] = []
    with Program(kind, "https://api.example", transport=httpx.MockTransport(answer)) as program:
        program.say(before_first_byte=lambda: order.append("hook"))

    assert order == ["hook", "POST"]


@both
def test_an_exception_of_the_hook_keeps_a_transport_of_the_users_own_from_being_called(kind: str) -> None:
    def hook() -> None:
        raise error

    def answer(request: httpx.Request) -> httpx.Response:
        calls.append(request)
        return httpx.Response(201, json={})

    error = RuntimeError("the ledger is full")
    calls: list[httpx.Request] = []
    with (
        Program(kind, "https://api.example", transport=httpx.MockTransport(answer)) as program,
        pytest.raises(RuntimeError) as raised,
    ):
        program.say(before_first_byte=hook)

    assert raised.value is error
    assert calls == []


# Hooks that take their time


async def until_called(called: threading.Event, task: asyncio.Task[Any]) -> None:
    while not called.is_set() and not task.done():
        await asyncio.sleep(0.001)


@pytest.mark.parametrize("own", [False, True], ids=["connection", "own transport"])
def test_a_plain_hook_that_blocks_does_not_block_the_event_loop(own: bool) -> None:
    called, went_on = threading.Event(), threading.Event()
    results: list[bool] = []

    def hook() -> None:
        called.set()
        results.append(went_on.wait(2))

    async def main() -> None:
        transport = httpx.MockTransport(lambda _: httpx.Response(201, json={})) if own else None
        async with client_for("asyncio", server.url, transport=transport) as client:
            send = client.send(ORDER, "confirmOrderDetails", text=TEXT, before_first_byte=hook)
            task = asyncio.create_task(send)
            await until_called(called, task)
            went_on.set()
            await task

    with Server() as server:
        asyncio.run(main())

    assert results == [True]


def test_a_coroutine_hook_is_awaited_before_anything_is_sent() -> None:
    with Server() as server, Program("asyncio", server.url) as program:
        begun: list[int] = []

        async def hook() -> None:
            await asyncio.sleep(0.05)
            begun.append(len(server.begun))

        program.say(before_first_byte=hook)

    assert begun == [0]


def test_an_exception_of_a_coroutine_hook_reaches_the_caller_and_nothing_is_sent() -> None:
    error = RuntimeError("the ledger is full")

    async def hook() -> None:
        await asyncio.sleep(0)
        raise error

    with Server() as server, Program("asyncio", server.url) as program, pytest.raises(RuntimeError) as raised:
        program.say(before_first_byte=hook)

    assert raised.value is error
    assert server.begun == []


def test_a_coroutine_hook_is_refused_by_the_client_for_threads() -> None:
    async def hook() -> None:
        pass

    with (
        Server() as server,
        Program("threads", server.url, token_provider=None) as program,
        pytest.raises(ConfigurationError),
    ):
        program.say(before_first_byte=hook)

    assert server.connections == 0


@both
def test_a_send_that_was_given_up_while_the_hook_took_its_time_is_not_sent(kind: str) -> None:
    released = threading.Event()
    called = threading.Event()

    def hook() -> None:
        called.set()
        released.wait(3)

    with Server() as server, Program(kind, server.url, deadline=1.0) as program:
        ended = program.end_of(program.saying(before_first_byte=hook))
        released.set()
        program.linger()
        assert server.begun == []

    assert called.is_set()
    assert ended.seconds < 1.5
    assert isinstance(ended.result, NetworkError)


def test_a_send_that_was_cancelled_while_the_hook_took_its_time_is_not_sent() -> None:
    released = threading.Event()
    called = threading.Event()

    def hook() -> None:
        called.set()
        released.wait(3)

    async def main() -> None:
        async with client_for("asyncio", server.url) as client:
            send = client.send(ORDER, "confirmOrderDetails", text=TEXT, before_first_byte=hook)
            task = asyncio.create_task(send)
            await until_called(called, task)
            task.cancel()
            await asyncio.sleep(0)
            released.set()
            with pytest.raises(asyncio.CancelledError):
                await task
            await asyncio.sleep(0.1)
            assert server.begun == []

    with Server() as server:
        asyncio.run(main())


@both
def test_a_handshake_that_ends_after_the_deadline_does_not_call_the_hook(kind: str, certificate: Certificate) -> None:
    released = threading.Event()
    hook = Hook()
    verify = str(certificate.path)
    with (
        Server(certificate=certificate, before_handshake=lambda: released.wait(3)) as server,
        Program(kind, server.url, deadline=0.6, verify=verify) as program,
    ):
        ended = program.end_of(program.saying(before_first_byte=hook))
        released.set()
        program.linger()
        assert server.begun == []

    assert isinstance(ended.result, NetworkError)
    assert hook.calls == []
