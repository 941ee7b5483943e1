"""`bulk metrics`: a process of its own that serves the ledger's figures until it is told to end."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from tests.cli.conftest import invoke
from tests.support.desks import WordDesk
from tests.support.runs import TEXT_TYPE


@pytest.fixture
def desk(tmp_path: Path) -> WordDesk:
    return WordDesk(f"sqlite:///{tmp_path / 'sent.db'}")


@contextmanager
def serving(desk: WordDesk, *options: str) -> Iterator[subprocess.Popen[str]]:
    words = ["bulk", "metrics", "--ledger", desk.url, "--port", "0", *options]
    process = subprocess.Popen(
        [sys.executable, "-m", "spapi_messaging", *words],
        env={"PYTHONPATH": ":".join(sys.path), "PYTHONUNBUFFERED": "1"},
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


def test_a_ledger_that_does_not_exist(desk: WordDesk) -> None:
    done = desk.types("metrics")

    assert (done.exit_code, "There is no ledger at" in done.stderr) == (2, True)


def test_an_address_of_another_machine(desk: WordDesk) -> None:
    desk.add("sent")
    done = desk.types("metrics", "--host", "192.0.2.77", "--port", "0")

    assert done.exit_code == 2
    assert "The metrics cannot be served at 192.0.2.77, port 0:" in done.stderr


def test_ports_beyond_the_last(desk: WordDesk) -> None:
    assert invoke("bulk", "metrics", "--port", "65536").exit_code == 2
