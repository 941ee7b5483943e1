"""kill -9 at random moments: what the buyers received is held against the ledger after every kill.

With THOROUGH=1 there are more kills, and a sender that is alone.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from proofs.killing import FAULTS, Killing, Settings
from proofs.programs import Peer
from tests.support.thorough import choose, select

KILLS = choose(2, 4)


@pytest.mark.parametrize("senders", select([2], [1]))
def test_senders_that_are_killed_send_everything_once(ledger_url: str, tmp_path: Path, senders: int) -> None:
    settings = Settings(
        ledger_url, sellers=4, messages=12, times=KILLS, senders=senders, seed=senders, plan=(20.0, 5), longest=0.4
    )
    with Peer(settings.plan, FAULTS) as peer:
        figures = Killing(settings, tmp_path, peer).run()

    found = dict(figures.rows())
    assert figures.kills == KILLS
    assert (found["twice"], found["lost"]) == (0, 0)
    assert found["sent"] == found["messages"]
    assert figures.report is not None
    assert figures.report.messages >= 48
