"""Four workers on one PostgreSQL ledger with many sellers: what a message costs, and how soon each seller has its turn.

This part has a thousand sellers. The part ``workers_full`` has ten thousand, and takes minutes.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from benchmarks.fleet import WORKERS, Fleet, Load, run_fleet
from benchmarks.table import Figure, seen_as
from tests.support.postgres import Server, find_programs

SELLERS, EACH, HEAVY = 1_000, 3, 5_000
COST = (
    "The published usage plan, 1/s burst 5, so that the messages of a seller go at once; a token for each seller. CPU "
    "of the workers, PostgreSQL and the other side is counted apart. A commit waits for the disk (in brackets: "
    "`fsync` off)."
)
FAIR = "2.0 is a queue in which each seller has its turn once. The seller with the long queue was added first."


def figures() -> list[Figure]:
    """The rows for a thousand sellers."""
    return measured(SELLERS)


def measured(sellers: int) -> list[Figure]:
    """The rows for this many sellers. Without PostgreSQL there are no rows, and a line on stderr says so."""
    if find_programs() is None:
        print("There is no PostgreSQL on this machine.", file=sys.stderr)
        return []
    with new_server(fsync="off") as server:
        quick, heavy = run_fleet(server, Load(sellers, EACH)), run_fleet(server, Load(sellers, EACH, heavy=HEAVY))
    with new_server(fsync="on") as server:
        durable = run_fleet(server, Load(sellers, EACH))
    assert quick.sent == durable.sent == sellers * EACH
    assert len(heavy.first) == sellers + 1
    name = f"{sellers:,} sellers × {EACH} messages, {WORKERS} workers, PostgreSQL"
    return [
        Figure(
            f"{name}: messages per second and core of the workers; CPU of PostgreSQL for a message; commits for a "
            "message",
            "≥ 300; ≤ 1 ms; ≤ 0.5",
            f"{_cost(durable)} ({_cost(quick)})",
            note=COST,
        ),
        Figure(
            f"the same: the last seller's first message ÷ the median's; beside a seller with {HEAVY:,} messages",
            "≤ 2.5; ≤ 2.5",
            f"{seen_as(durable.last_to_median, '.2f', most=2.5)}; {seen_as(heavy.last_to_median, '.2f', most=2.5)}",
            note=FAIR,
        ),
    ]


def _cost(fleet: Fleet) -> str:
    return (
        f"{seen_as(fleet.sent / fleet.cpu.workers, '.0f', least=300)}; "
        f"{seen_as(fleet.cpu.postgres / fleet.sent * 1000, '.2f', ' ms', most=1)}; "
        f"{seen_as(fleet.commits / fleet.sent, '.2f', most=0.5)}"
    )


@contextmanager
def new_server(**settings: str) -> Iterator[Server]:
    """A PostgreSQL server, removed afterwards. It is on this machine, as ``find_programs`` says."""
    programs = find_programs()
    assert programs is not None
    server = Server(programs, **settings)
    try:
        yield server
    finally:
        server.remove()
