"""`bulk metrics`: a process of its own that serves the ledger's figures until it is told to end."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx
import pytest

from spapi_messaging.bulk import Ledger
from spapi_messaging.sandbox import Sandbox
from tests.cli.bulk.conftest import Desk
from tests.cli.conftest import invoke
from tests.support import postgres
from tests.support.desks import WordDesk
from tests.support.runs import TEXT_TYPE, job


@pytest.fixture
def desk(tmp_path: Path) -> WordDesk:
    return WordDesk(f"sqlite:///{tmp_path / 'sent.db'}")


@pytest.fixture
def shop_desk(environment: pytest.MonkeyPatch, sandbox: Sandbox, tmp_path: Path) -> Desk:
    environment.setenv("PYTHONPATH", os.pathsep.join(sys.path))
    environment.setenv("PYTHONUNBUFFERED", "1")
    return Desk(tmp_path, sandbox)


@contextmanager
def serving(desk: WordDesk, *options: str) -> Iterator[subprocess.Popen[str]]:
    words = ["bulk", "metrics", "--ledger", desk.url, "--port", "0", *options]
    process = subprocess.Popen(
        [sys.executable, "-m", "spapi_messaging", *words],
        env={"PYTHONPATH": os.pathsep.join(sys.path), "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8",
    )  # fmt: skip
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_serves_until_it_is_told_to_end(desk: WordDesk, number: signal.Signals) -> None:
    desk.add("unknown", "sent")
    with serving(desk) as process:
        assert process.stdout is not None
        told = process.stdout.readline()
        url = told.removeprefix("The metrics are at ").partition(". ")[0]
        page = httpx.get(url, trust_env=False).text
        process.send_signal(number)
        _, errors = process.communicate(timeout=30)

    assert f'spapi_messaging_messages{{message_type="{TEXT_TYPE}",state="unknown"}} 1.0' in page
    assert process.returncode == 0
    assert errors == f"Ledger: {desk.url}\n"


def test_json_says_where(desk: WordDesk) -> None:
    desk.add("sent")
    with serving(desk, "--json") as process:
        assert process.stdout is not None
        lines = [process.stdout.readline() for _ in range(3)]

    assert json.loads("".join(lines))["url"].startswith("http://127.0.0.1:")


def test_begins_while_the_database_is_away(postgres_server: postgres.Server) -> None:
    desk = WordDesk(postgres_server.fresh_url())
    desk.add("unknown")
    with ExitStack() as stack:
        postgres_server.stop()
        begin_again = stack.push(ExitStack())
        begin_again.callback(postgres_server.start)
        process = stack.enter_context(serving(desk))
        assert process.stdout is not None
        url = process.stdout.readline().removeprefix("The metrics are at ").partition(". ")[0]
        away = httpx.get(url, trust_env=False, timeout=30).text
        begin_again.close()
        back = httpx.get(url, trust_env=False, timeout=30).text
        process.send_signal(signal.SIGTERM)
        _, errors = process.communicate(timeout=30)

    assert "spapi_messaging_ledger_up 0.0" in away
    assert "spapi_messaging_ledger_up 1.0" in back
    assert "no PostgreSQL server answers there" in errors
    assert process.returncode == 0


def test_a_ledger_that_does_not_exist(desk: WordDesk) -> None:
    done = desk.types("metrics")

    assert (done.exit_code, "There is no ledger at" in done.stderr) == (2, True)


def test_an_address_of_another_machine(desk: WordDesk) -> None:
    desk.add("sent")
    done = desk.types("metrics", "--host", "192.0.2.77", "--port", "0")

    assert done.exit_code == 2
    assert "The metrics cannot be served at 192.0.2.77, port 0:" in done.stderr


def test_a_worker_serves_its_own_figures(shop_desk: Desk) -> None:
    with Ledger(shop_desk.ledger_url) as ledger:
        ledger.add(job(number) for number in (1, 2))
    words = ["bulk", "work", "--ledger", shop_desk.ledger_url, "--metrics-port", "0", "--json"]
    process = subprocess.Popen(
        [sys.executable, "-m", "spapi_messaging", *words],
        env=os.environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8",
    )  # fmt: skip
    try:
        assert process.stdout is not None
        assert process.stderr is not None
        url = next(line for line in process.stderr if line.startswith("Metrics: ")).split()[1]
        for _ in range(2):
            next(line for line in process.stdout if '"outcome"' in line)
        page = httpx.get(url, trust_env=False).text
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=30)
    finally:
        process.kill()

    assert f'spapi_messaging_outcomes_total{{message_type="{TEXT_TYPE}",state="sent"}} 2.0' in page
    assert 'service="api",status="201"} 2.0' in page
    assert "spapi_messaging_messages" not in page
    assert process.returncode == 0


def test_a_worker_whose_port_is_taken_does_not_begin(shop_desk: Desk) -> None:
    with Ledger(shop_desk.ledger_url) as ledger:
        ledger.add([job(1)])
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        done = invoke("bulk", "work", "--ledger", shop_desk.ledger_url, "--once", "--metrics-port", port)

    assert done.exit_code == 2
    assert "The metrics cannot be served" in done.stderr
    assert shop_desk.received() == []


def test_ports_beyond_the_last(desk: WordDesk) -> None:
    assert invoke("bulk", "metrics", "--port", "65536").exit_code == 2
