"""Several workers on one PostgreSQL: whatever breaks, each message is sent once. See also scripts/break-workers.

With THOROUGH=1, something breaks more often, and each trouble of PostgreSQL comes.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from proofs.breaking.catalogue import SCENARIOS
from proofs.breaking.killed import Killed
from proofs.breaking.scenarios import play
from proofs.breaking.stage import Settings, Stage
from tests.support import postgres
from tests.support.thorough import choose, select

#: A round that takes some seconds.
SHORT = Settings(
    seed=1,
    blows=choose(1, 2),
    workers=2,
    sellers=4,
    messages=choose(4, 6),
    plan=(30.0, 6),
    most=2,
    slice_seconds=2.0,
    longest_sleep=1.0,
)
#: How often something is broken there, where that is too little.
BLOWS = {"postgres": choose(2, 7)}


@pytest.fixture(scope="module")
def server() -> Iterator[postgres.Server]:
    """A server of its own: it is killed, and its connections are used up."""
    programs = postgres.find_programs()
    if programs is None:
        pytest.skip("no PostgreSQL server on this machine")
    made = postgres.Server(programs, max_connections="30")
    try:
        yield made
    finally:
        made.remove()


USUAL = ["killed", "postgres", "redis", "pooler", "celery"]


@pytest.mark.parametrize("name", select(USUAL, sorted(SCENARIOS.keys() - {*USUAL})))
def test_each_message_is_sent_once(name: str, server: postgres.Server, tmp_path: Path) -> None:
    if missing := SCENARIOS[name].missing():
        pytest.skip(missing)
    settings = SHORT._replace(blows=BLOWS.get(name, SHORT.blows))

    figures = play(SCENARIOS[name], settings, tmp_path, server)

    numbers = figures.numbers
    assert (numbers["twice"], numbers["lost"]) == (0, 0)
    assert numbers["sent"] == numbers["messages"] >= SHORT.sellers * SHORT.messages
    assert numbers["unknown"] <= numbers["may be unknown"]
    assert figures.blows.total() >= settings.blows


class Forgetful(Killed):
    """Messages that were sent are pending again, as after a fault of the ledger."""

    def blow(self, stage: Stage) -> None:
        stage.rows("UPDATE spapi_messages SET state = 'pending' WHERE state = 'sent'")


def test_a_fault_is_found(server: postgres.Server, tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match="The inbox and the ledger do not agree"):
        play(Forgetful, SHORT._replace(workers=1), tmp_path, server)
