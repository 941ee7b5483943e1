"""The figures of ``workers`` with ten thousand sellers, and turns. It takes minutes: it is measured only when named."""

from __future__ import annotations

from benchmarks.fleet import Load, run_fleet
from benchmarks.table import Figure, seen_as
from benchmarks.workers import measured, new_server

SELLERS = 10_000
# More sellers with long queues than one worker serves side by side: the others wait for a turn, which lasts 30 s.
QUEUES, PLACES, SECONDS = 250, 200, 45.0


def figures() -> list[Figure]:
    """The rows for ten thousand sellers, and one for turns."""
    rows = measured(SELLERS)
    return [*rows, _turns()] if rows else []


def _turns() -> Figure:
    with new_server(fsync="off") as server:
        fleet = run_fleet(server, Load(QUEUES, 100), workers=1, sellers=PLACES, seconds=SECONDS)
    assert len(fleet.first) == QUEUES
    return Figure(
        f"{QUEUES} sellers with long queues, one worker that serves {PLACES} side by side, turns of 30 s: first "
        f"message of the {PLACES}th seller; of the last",
        "≤ 5 s; ≤ 40 s",
        f"{seen_as(fleet.first[PLACES - 1], '.1f', ' s', most=5)}; {seen_as(fleet.first[-1], '.1f', ' s', most=40)}",
    )
