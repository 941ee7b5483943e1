"""A client that was used before its process forked: parent and children go on, each with connections of its own."""

from __future__ import annotations

import contextlib
import json
import logging
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import httpx
import pytest

from spapi_messaging import DeliveryUnknownError
from tests.support.amazon import both
from tests.support.programs import ORDER, TEXT, Program
from tests.support.servers import PATIENCE, Answer, Certificate, Request, Server, amazon

ROOT = Path(__file__).parents[2]

needs_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")


def forked(kind: str, server: Server, certificate: Certificate | None) -> dict[str, Any]:
    """Runs the program that forks, and returns what its processes report, by their names."""
    command = [sys.executable, "-W", "ignore", "-m", "tests.processes.forking", kind, server.url]
    with subprocess.Popen(
        [*command, str(certificate.path) if certificate else ""],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        try:
            output, _ = process.communicate(timeout=3 * PATIENCE)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)  # its children, too
            raise
    assert process.returncode == 0
    return {line["name"]: line for line in map(json.loads, output.splitlines())}


@needs_fork
@both
@pytest.mark.parametrize("tls", [False, True], ids=["plain", "tls"])
def test_parent_and_children_get_their_own_answers_on_their_own_connections(
    kind: str, tls: bool, certificate: Certificate
) -> None:
    def answer(request: Request) -> Answer:
        if request.order.endswith(("-then-read-0", "child-1-read-0", "child-2-read-0")):
            with contextlib.suppress(threading.BrokenBarrierError):
                at_the_same_time.wait(2)
        if request.order == "held":
            arrived.set()
            released.wait(PATIENCE)
        elif request.order == "parent-after-held":
            arrived.wait(PATIENCE)
        elif request.order == "parent-release":
            released.set()
        return amazon(request)

    used = certificate if tls else None
    with Server(answer, certificate=used) as server:
        at_the_same_time = server.barrier(3)
        arrived, released = server.event(), server.event()
        reports = forked(kind, server, used)

    def connections(*names: str) -> set[int]:
        return {request.connection for request in server.requests if request.order.startswith(names)}

    assert {name: report["wrong"] for name, report in reports.items()} == {
        "parent": [],
        "child-1": [],
        "child-2": [],
        "closer": [],
    }
    # The children closed what they inherited, and the parent did not notice: it went on with what it had before.
    assert {name: report["inherited"] for name, report in reports.items()} == dict.fromkeys(reports, 0)
    assert connections("parent") <= connections("parent-first", "parent-after-held", "held")
    assert [len(connections(name)) for name in ("child-1", "child-2")] == [1, 1]
    assert not connections("parent", "held") & connections("child-1", "child-2")
    assert connections("child-1") != connections("child-2")


# An answer that belongs to another operation


def sending(kind: str, body: Any) -> Program:
    """A program whose sends are all answered with this body."""
    return Program(kind, "https://api.example", transport=httpx.MockTransport(lambda _: httpx.Response(201, json=body)))


@both
@pytest.mark.parametrize(
    "body",
    [
        {"buyer": {"locale": "de-DE"}},
        {"_links": {"actions": []}, "_embedded": {"actions": []}},
        {"_links": {"self": {"href": "/x"}}},
        {"_embedded": {}},
        {"payload": {"uploadDestinationId": "d-1", "url": "https://s3.example/k"}},
    ],
)
def test_an_answer_of_another_operation_is_no_receipt(kind: str, body: Any) -> None:
    with sending(kind, body) as program, pytest.raises(DeliveryUnknownError) as raised:
        program.say()

    assert raised.value.amazon_order_id == ORDER


@both
@pytest.mark.parametrize("body", [{"status": "ACCEPTED", "notes": {"buyer": TEXT}}, {"warnings": [TEXT]}])
def test_an_answer_with_unknown_fields_is_a_receipt_and_a_warning(
    kind: str, body: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING, "spapi_messaging")
    with sending(kind, body) as program:
        receipt = program.say()

    assert receipt.status_code == 201
    (warned,) = [record for record in caplog.records if record.name.partition(".")[0] == "spapi_messaging"]
    assert warned.levelno == logging.WARNING
    assert all(name in warned.getMessage() for name in body)
    assert TEXT not in warned.getMessage()


@both
@pytest.mark.parametrize("body", [{}, {"errors": None}])
def test_an_empty_answer_is_a_receipt_without_a_warning(
    kind: str, body: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING, "spapi_messaging")
    with sending(kind, body) as program:
        program.say()

    assert caplog.records == []
