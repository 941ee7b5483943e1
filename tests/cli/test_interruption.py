"""A command that is ended from outside while it sends, as a real process."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import click
import pytest
from click.testing import CliRunner

from spapi_messaging import MessagingClient
from spapi_messaging.cli.app import application
from tests.cli.conftest import ORDER

SEND = ["send", "confirmOrderDetails", ORDER, "--text", "Hello"]
MAIN = [sys.executable, "-m", "spapi_messaging", "--json", *SEND]
SIGNALS = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]


@contextmanager
def waiting(
    environment: pytest.MonkeyPatch, *before: str, behind: tuple[str, ...] = ()
) -> Iterator[tuple[subprocess.Popen[str], socket.socket]]:
    """A command that has sent a request, and the connection on which it waits for the answer."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(20)
        environment.setenv("SP_API_ENDPOINT", f"http://127.0.0.1:{server.getsockname()[1]}")
        command = [*before, *MAIN, *behind]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as running:
            try:
                connection, _ = server.accept()
                with connection:
                    connection.recv(1)
                    yield running, connection
            finally:
                running.kill()


def signal_while_it_prints(running: subprocess.Popen[str], number: signal.Signals) -> None:
    assert running.stdout
    running.stdout.readline()
    with suppress(ProcessLookupError):
        running.send_signal(number)
    running.communicate(timeout=20)


@pytest.mark.parametrize("number", SIGNALS, ids=lambda number: number.name)
def test_interrupted_send_is_an_unknown_outcome(environment: pytest.MonkeyPatch, number: signal.Signals) -> None:
    with waiting(environment) as (running, _):
        running.send_signal(number)
        output, complaints = running.communicate(timeout=20)

    assert running.returncode == 3
    assert json.loads(output)["error"]["type"] == "DeliveryUnknownError"
    assert complaints.count("interrupted") == 1
    assert "Traceback" not in complaints


@pytest.mark.parametrize("number", SIGNALS, ids=lambda number: number.name)
def test_interrupted_check_has_sent_nothing(environment: pytest.MonkeyPatch, number: signal.Signals) -> None:
    """It waits for what the order allows."""
    with waiting(environment, behind=("--check",)) as (running, _):
        running.send_signal(number)
        output, complaints = running.communicate(timeout=20)

    assert running.returncode == 1
    error = json.loads(output)["error"]
    assert (error["outcome"], error["retryable"]) == ("not_sent", True)
    assert "Nothing was sent: the command was interrupted" in complaints
    assert "Traceback" not in complaints


@pytest.mark.parametrize("number", SIGNALS, ids=lambda number: number.name)
def test_a_signal_while_the_command_ends_does_not_change_what_became_of_the_message(
    environment: pytest.MonkeyPatch, number: signal.Signals
) -> None:
    with waiting(environment) as (running, connection):
        connection.sendall(b"HTTP/1.1 201 Created\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}")
        signal_while_it_prints(running, number)

    assert running.returncode == 0


@pytest.mark.parametrize("number", SIGNALS, ids=lambda number: number.name)
def test_a_second_signal_does_not_change_the_exit_code(environment: pytest.MonkeyPatch, number: signal.Signals) -> None:
    with waiting(environment) as (running, _):
        running.send_signal(number)
        signal_while_it_prints(running, number)

    assert running.returncode == 3


@pytest.mark.skipif(not hasattr(signal, "SIGHUP"), reason="needs SIGHUP")
def test_signal_that_is_ignored_stays_so(environment: pytest.MonkeyPatch) -> None:
    with waiting(environment, "sh", "-c", 'trap "" HUP; exec "$@"', "sh") as (running, connection):
        running.send_signal(signal.SIGHUP)
        connection.sendall(b"HTTP/1.1 201 Created\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}")
        output, _ = running.communicate(timeout=20)

    assert running.returncode == 0
    assert json.loads(output)["operation"] == "createConfirmOrderDetails"


@pytest.mark.parametrize("number", SIGNALS, ids=lambda number: number.name)
def test_what_became_of_a_message_is_told_without_being_interrupted_again(
    environment: pytest.MonkeyPatch, number: signal.Signals
) -> None:
    echo, before = click.echo, [signal.getsignal(each) for each in SIGNALS]

    def interrupted_send(*_: Any, before_first_byte: Callable[[], object], **__: Any) -> None:
        before_first_byte()
        signal.raise_signal(number)

    def interrupted_echo(*arguments: Any, **values: Any) -> None:
        signal.raise_signal(number)
        echo(*arguments, **values)

    environment.setattr(MessagingClient, "send", interrupted_send)
    environment.setattr(click, "echo", interrupted_echo)
    done = CliRunner().invoke(application, ["--json", *SEND])

    assert done.exit_code == 3
    assert json.loads(done.stdout)["error"]["type"] == "DeliveryUnknownError"
    assert [signal.getsignal(each) for each in SIGNALS] == before
