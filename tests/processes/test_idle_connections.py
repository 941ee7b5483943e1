"""Idle connections: one that may be about to be closed by the server is not used for another call."""

from __future__ import annotations

import time

import pytest

from spapi_messaging import DeliveryUnknownError, RetryPolicy
from tests.support.amazon import both
from tests.support.programs import ORDER, Program
from tests.support.servers import CAN_COUNT, Answer, Request, Server, amazon


def move_time(monkeypatch: pytest.MonkeyPatch, seconds: float) -> None:
    """Makes the machine's clock say that this much time has passed."""
    now = time.monotonic
    monkeypatch.setattr(time, "monotonic", lambda: now() + seconds)


@both
@pytest.mark.parametrize(("seconds", "connections"), [(0.5, 1), (2.5, 2)])
def test_a_connection_that_was_idle_for_two_seconds_is_given_up(
    kind: str, seconds: float, connections: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Server() as server, Program(kind, server.url) as program:
        program.read()
        move_time(monkeypatch, seconds)
        program.say()

    assert server.connections == connections


@both
@pytest.mark.parametrize(("seconds", "connections"), [(2.5, 1), (12.0, 2)])
def test_the_client_may_say_how_long_a_connection_may_be_idle(
    kind: str, seconds: float, connections: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Server() as server, Program(kind, server.url, keepalive_expiry=10) as program:
        program.read()
        move_time(monkeypatch, seconds)
        program.say()

    assert server.connections == connections


@both
@pytest.mark.skipif(not CAN_COUNT, reason="needs /proc")
def test_connections_that_were_given_up_are_closed(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with Server() as server, Program(kind, server.url) as program:
        for _ in range(3):
            program.read()
            move_time(monkeypatch, 2.5)
        assert server.connected() == 1

    assert server.connections == 3


@both
def test_a_send_after_the_server_closed_the_idle_connection_goes_out_once_on_a_new_one(kind: str) -> None:
    with Server() as server, Program(kind, server.url) as program:
        program.read()
        server.hang_up()
        receipt = program.say()

    assert receipt.status_code == 201
    assert [request.order for request in server.sends] == [ORDER]
    assert server.connections == 2


@both
def test_a_send_on_a_connection_that_the_server_closes_just_then_is_unknown_and_not_repeated(kind: str) -> None:
    def answer(request: Request) -> Answer:
        return None if request.is_send else amazon(request)

    with Server(answer) as server, Program(kind, server.url, retry=RetryPolicy(base=0)) as program:
        program.read()
        with pytest.raises(DeliveryUnknownError):
            program.say()

    assert [request.connection for request in server.sends] == [1]
    assert server.connections == 1
