"""The benchmark: which servers the clients call, and how the table is written."""

from __future__ import annotations

import subprocess
import sys

import pytest

from benchmarks.clients import OTHERS, Other, peer
from benchmarks.table import Figure, markdown
from tests.scripts.published import ROOT

CALLS = """
import asyncio
from benchmarks import clients, loopback

loopback.enforce()
to = clients.Peer("{url}")
client = clients.{other}(to)
client.get(), client.post()

async def main():
    client = clients.{other}(to, tasks=True)
    await client.get(), await client.post()

asyncio.run(main())
"""


@pytest.mark.parametrize("other", OTHERS)
def test_other_clients_talk_to_the_peer_and_to_nobody_else(other: type[Other]) -> None:
    with peer() as to:
        run(CALLS.format(url=to.url, other=other.__name__))
        counters = to.counters()
    assert (counters["tokens"], counters["calls"]) == (2, 4)


@pytest.mark.parametrize("url", ["http://192.0.2.1", "http://benchmark.invalid"])
@pytest.mark.parametrize("library", ["httpx", "httpx2"])
def test_whatever_would_leave_the_machine_is_refused(library: str, url: str) -> None:
    with pytest.raises(subprocess.CalledProcessError) as failed:
        run(f"from benchmarks import loopback; loopback.enforce(); import {library}; {library}.get({url!r})")
    assert "which is not this machine" in failed.value.stderr


def run(code: str) -> None:
    """In its own process, because some of these clients cannot be closed."""
    path = {"PYTHONPATH": str(ROOT / "scripts")}
    subprocess.run([sys.executable, "-c", code], env=path, check=True, capture_output=True, text=True)


def test_notes_are_numbered_and_stand_once_below_the_table() -> None:
    rows = [Figure("a", "1", "1", note="One."), Figure("b", "1", "1"), Figure("c", "1", "1", "2", "Two.")]

    assert markdown([*rows, rows[0]]).splitlines()[2:] == [
        "| a | 1 | 1 | –¹ |",
        "| b | 1 | 1 | – |",
        "| c | 1 | 1 | 2² |",
        "| a | 1 | 1 | –¹ |",
        "",
        "¹ One.",
        "",
        "² Two.",
    ]
