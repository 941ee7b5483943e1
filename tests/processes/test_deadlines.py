"""A deadline in real time: a call ends within half a second of it, whatever is slow.

What was given up before the first byte never goes out. No message starts with less than half a second left.
Without its deadline, each of these calls would take seconds.
"""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections.abc import Callable, Iterator
from itertools import chain
from typing import Any

import httpx
import pytest

from spapi_messaging import (
    DeliveryUnknownError,
    NetworkError,
    RetryPolicy,
    ThrottledError,
    UploadError,
    UsagePlan,
    UsagePlanTimeout,
)
from spapi_messaging.limiters import InProcessLimiter
from tests.support.amazon import both
from tests.support.programs import ORDER, Call, Program
from tests.support.servers import Answer, Certificate, Request, Server, amazon, reply, reply_head

SHORT = 0.15  # seconds; for reads and uploads
LONG = 1.0  # for sends, which start only with half a second left
GRACE = 0.5
BLOCKED = 3.0  # so long something is blocked when nobody frees it


def error_in_time(program: Program, call: Call, deadline: float) -> BaseException:
    """The error that a call ends with, near its deadline."""
    ended = program.end_of(call)
    assert ended.seconds < deadline + GRACE, f"it ended after {ended.seconds:.2f} s with {ended.result!r}"
    assert isinstance(ended.result, BaseException), ended.result
    return ended.result


def reading(program: Program) -> Call:
    return lambda: program.client.get_attributes(ORDER)


def check_nothing_sent(error: BaseException) -> None:
    assert isinstance(error, NetworkError), repr(error)
    assert "othing was sent" in str(error)


def assert_ends_without_a_request(program: Program, server: Server, freed: threading.Event) -> None:
    """A read ends near its deadline, and sends nothing afterwards, when what blocked it goes on."""
    error = error_in_time(program, reading(program), SHORT)
    freed.set()
    program.linger()
    assert server.begun == []
    assert isinstance(error, NetworkError)


@pytest.fixture
def freed() -> Iterator[threading.Event]:
    """What is blocked waits for this."""
    event = threading.Event()
    yield event
    event.set()


# Before the first byte


def block_dns(monkeypatch: pytest.MonkeyPatch, wait: Callable[[], object]) -> None:
    """Makes looking up slow.localhost, which is this machine, wait."""
    look_up = socket.getaddrinfo

    def slow(host: Any, *arguments: Any, **options: Any) -> Any:
        if host in ("slow.localhost", b"slow.localhost"):
            wait()
            host = "127.0.0.1"
        return look_up(host, *arguments, **options)

    monkeypatch.setattr(socket, "getaddrinfo", slow)


@both
def test_a_name_that_is_not_resolved_in_time_ends_the_call(
    kind: str, freed: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    block_dns(monkeypatch, lambda: freed.wait(BLOCKED))
    with Server() as server, Program(kind, f"http://slow.localhost:{server.port}", deadline=SHORT) as program:
        assert_ends_without_a_request(program, server, freed)


@both
def test_a_handshake_that_takes_too_long_ends_the_call(
    kind: str, freed: threading.Event, certificate: Certificate
) -> None:
    verify = str(certificate.path)
    with (
        Server(certificate=certificate, before_handshake=lambda: freed.wait(BLOCKED)) as server,
        Program(kind, server.url, deadline=SHORT, verify=verify) as program,
    ):
        assert_ends_without_a_request(program, server, freed)


@both
def test_a_token_provider_that_blocks_ends_the_call(kind: str, freed: threading.Event) -> None:
    def provider() -> str:
        freed.wait(BLOCKED)
        return "a-token"

    with Server() as server, Program(kind, server.url, deadline=SHORT, token_provider=provider) as program:
        assert_ends_without_a_request(program, server, freed)


def test_a_token_coroutine_that_does_not_return_ends_the_call() -> None:
    async def provider() -> str:
        await asyncio.sleep(BLOCKED)
        return "a-token"

    with Server() as server, Program("asyncio", server.url, deadline=SHORT, token_provider=provider) as program:
        error = error_in_time(program, reading(program), SHORT)
        assert server.begun == []

    assert isinstance(error, NetworkError)


@both
def test_a_token_that_trickles_in_ends_the_call(kind: str) -> None:
    with (
        Server(lambda request: server.slowly(amazon(request))) as server,
        Program(kind, server.url, deadline=SHORT, token_provider=None) as program,
    ):
        error = error_in_time(program, reading(program), SHORT)

    assert isinstance(error, NetworkError)
    assert {request.target for request in server.requests} == {"/auth/o2/token"}


@both
def test_a_call_that_waits_for_another_one_to_end_keeps_its_deadline(kind: str, freed: threading.Event) -> None:
    def answer(request: Request) -> Answer:
        freed.wait(BLOCKED)
        return amazon(request)

    with Server(answer) as server, Program(kind, server.url, deadline=SHORT, max_connections=1) as program:
        ends = program.at_once([reading(program)] * 3)
        freed.set()

    assert all(isinstance(end.result, NetworkError) for end in ends), ends
    assert max(end.seconds for end in ends) < SHORT + GRACE


# Files


class File:
    """A binary file of the caller's own that takes its time."""

    name = "note.txt"

    def __init__(self, rewinds: bool, wait: Callable[[], object], reads: int) -> None:
        self._rewinds = rewinds
        self._wait = wait
        self._size = 10 * reads
        self._position = 0

    def seekable(self) -> bool:
        return self._rewinds

    def tell(self) -> int:
        return self._position

    def seek(self, offset: int, whence: int = 0) -> int:
        self._position = offset + (self._size if whence == 2 else self._position if whence == 1 else 0)
        return self._position

    def read(self, size: int = -1) -> bytes:
        if size == 0:
            return b""
        self._wait()
        chunk = b"0123456789"[: max(0, self._size - self._position)]
        self._position += len(chunk)
        return chunk


@both
@pytest.mark.parametrize(("how", "rewinds"), [("blocks", True), ("blocks", False), ("slow", True)])
def test_a_file_that_is_not_read_in_time_ends_the_call(
    kind: str, how: str, rewinds: bool, freed: threading.Event
) -> None:
    wait = {"blocks": lambda: freed.wait(BLOCKED), "slow": lambda: freed.wait(0.02)}[how]
    file = File(rewinds, wait, reads=1 if how == "blocks" else 150)
    with Server() as server, Program(kind, server.url, deadline=SHORT) as program:
        error = error_in_time(program, lambda: program.client.upload(ORDER, "invoice", file), SHORT)
        freed.set()
        program.linger()
        assert server.begun == []

    assert isinstance(error, NetworkError | UploadError)


@both
def test_an_upload_that_is_read_slowly_ends_the_call(kind: str) -> None:
    file = ("note.txt", b"a" * 9_000_000)
    deadline = 0.6  # long enough for each part that the socket takes at a time
    with Server(pause=0.004) as server, Program(kind, server.url, deadline=deadline) as program:
        error = error_in_time(program, lambda: program.client.upload(ORDER, "invoice", file), deadline)

    assert isinstance(error, NetworkError | UploadError)


# After the first byte


@both
def test_an_answer_that_trickles_in_leaves_the_fate_of_a_send_unknown(kind: str) -> None:
    with Server(lambda _: server.slowly(reply(201, {}))) as server, Program(kind, server.url, deadline=LONG) as program:
        error = error_in_time(program, program.saying(), LONG)

    assert isinstance(error, DeliveryUnknownError)
    assert len(server.sends) == 1


@both
@pytest.mark.parametrize("part", ["head", "body"])
def test_an_answer_that_trickles_in_ends_a_read(kind: str, part: str) -> None:
    def answer(_: Request) -> Answer:
        head, body = reply_head(200, 102), b" " * 100 + b"{}"
        return server.slowly(head) if part == "head" else chain([head], server.slowly(body))

    with Server(answer) as server, Program(kind, server.url, deadline=SHORT) as program:
        error = error_in_time(program, reading(program), SHORT)

    assert isinstance(error, NetworkError)


class Blocked(httpx.BaseTransport):
    """A transport of the user's own that does not come back in time."""

    def __init__(self, freed: threading.Event) -> None:
        self.calls = 0
        self._freed = freed

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self.calls += 1
        self._freed.wait(BLOCKED)
        return httpx.Response(201, json={})


def test_a_transport_of_the_users_own_that_blocks_ends_the_call(freed: threading.Event) -> None:
    transport = Blocked(freed)
    with Program("threads", "https://api.example", deadline=LONG, transport=transport) as program:
        error = error_in_time(program, program.saying(), LONG)
        freed.set()
        program.linger()

    assert isinstance(error, DeliveryUnknownError)
    assert transport.calls == 1


# Less than half a second left


def provider_that_takes(seconds: float, kind: str) -> Callable[[], Any]:
    def provider() -> str:
        time.sleep(seconds)
        return "a-token"

    async def coroutine() -> str:
        await asyncio.sleep(seconds)
        return "a-token"

    return provider if kind == "threads" else coroutine


@both
def test_no_message_starts_with_less_than_half_a_second_left_after_the_token(kind: str) -> None:
    provider = provider_that_takes(0.3, kind)
    with Server() as server, Program(kind, server.url, deadline=0.7, token_provider=provider) as program:
        error = error_in_time(program, program.saying(), 0.7)
        program.linger()
        assert server.begun == []
        assert program.read().locale == ORDER  # a read may

    check_nothing_sent(error)


@both
def test_no_message_starts_with_less_than_half_a_second_left_after_connecting(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    block_dns(monkeypatch, lambda: time.sleep(0.3))
    with Server() as server, Program(kind, f"http://slow.localhost:{server.port}", deadline=0.7) as program:
        error = error_in_time(program, program.saying(), 0.7)
        program.linger()

    check_nothing_sent(error)
    assert server.begun == []


@both
def test_a_429_that_leaves_less_than_half_a_second_is_raised_at_once(kind: str) -> None:
    with (
        Server(lambda _: reply(429, {"errors": [{"code": "QuotaExceeded"}]}, retry_after="0.6")) as server,
        Program(kind, server.url, deadline=1.0, retry=RetryPolicy()) as program,
    ):
        ended = program.end_of(program.saying())

    assert isinstance(ended.result, ThrottledError)
    assert ended.seconds < 0.5
    assert len(server.sends) == 1


@both
def test_a_turn_that_leaves_less_than_half_a_second_is_refused_at_once(kind: str) -> None:
    plans = {"*": UsagePlan(rate=1, burst=1)}
    with (
        Server() as server,
        Program(kind, server.url, deadline=1.3, usage_plans=plans, limiter=InProcessLimiter()) as program,
    ):
        program.say("first")
        ended = program.end_of(program.saying("second"))

    assert isinstance(ended.result, UsagePlanTimeout | NetworkError)
    assert ended.seconds < 0.5
    assert [request.order for request in server.sends] == ["first"]


def test_calls_that_end_in_time_leave_no_threads_behind() -> None:
    with Server() as server, Program("threads", server.url, deadline=5) as program:
        program.read()
        before = threading.active_count()
        for number in range(20):
            program.say(f"order-{number}")
        assert threading.active_count() <= before + 1
