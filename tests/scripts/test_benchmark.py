"""The benchmark: which servers the clients call, and how the table is written."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest

from benchmarks.__main__ import COMPARED, FIGURES
from benchmarks.clients import OTHERS, Other, peer
from benchmarks.table import Figure, comparison, markdown, seen_as
from marked import README
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
    rows = [
        Figure("a", "1", "1", note="One."),
        Figure("b", "1", "1"),
        Figure("c", "1", "1", {"x": "2", "y": "3"}, "Two."),
    ]

    assert markdown([*rows, rows[0]]).splitlines()[2:] == [
        "| a | 1 | 1 | –¹ |",
        "| b | 1 | 1 | – |",
        "| c | 1 | 1 | x: 2; y: 3² |",
        "| a | 1 | 1 | –¹ |",
        "",
        "¹ One.",
        "",
        "² Two.",
    ]


def test_a_result_that_misses_its_goal_is_marked() -> None:
    assert seen_as(0.754, ".2f", most=0.75) == "0.75"
    assert seen_as(0.756, ".2f", most=0.75) == "0.76 ✗"
    assert seen_as(25.6, ".0f", " ms", most=25) == "26 ms ✗"
    assert (seen_as(9, least=10), seen_as(10, least=10), seen_as(3)) == ("9 ✗", "10", "3")


def test_the_comparison_has_no_marks_because_it_has_no_goals() -> None:
    row = Figure("a", "≤ 0.75", "0.85 ✗ / 0.7", {"x": "2"}, plain="plainly")

    assert comparison([row], ["x"]).splitlines()[-1] == "| plainly | 0.85 / 0.7 | 2 |"


def test_the_comparison_has_the_rows_in_which_all_were_measured() -> None:
    both = {"x": "2", "y": "3"}
    rows = [
        Figure("a", "1", "1", both, plain="plainly"),
        Figure("b", "1", "1 of 2", both, "Note.", "another", "1"),
        Figure("c", "1", "1", {"x": "2"}, plain="only one of them"),
        Figure("d", "1", "1", both),
    ]

    assert comparison(rows, ["y", "x"]).splitlines() == [
        "| | spapi-messaging | y | x |",
        "|---|---|---|---|",
        "| plainly | 1 | 3 | 2 |",
        "| another | 1 | 3 | 2 |",
    ]


def test_the_readme_compares_with_figures_that_the_documentation_has() -> None:
    figures = FIGURES.read_text(encoding="utf-8").splitlines()
    (compared,) = re.findall(
        r"<!-- comparison -->\n(.*)\n<!-- /comparison -->", README.read_text(encoding="utf-8"), re.S
    )
    head, _, *rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in compared.splitlines()]

    assert head == ["", "spapi-messaging", *COMPARED]
    assert len(rows) >= 5
    for _, _, *theirs in rows:
        seen = "; ".join(f"{name}: {value}" for name, value in zip(COMPARED, theirs, strict=True))
        assert any(seen in line for line in figures), seen
