"""A sender that is killed while a child that it forked lives on: the child is not a sender."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from proofs.programs import Program
from spapi_messaging.bulk import State
from tests.support.senders import Shop
from tests.support.servers import PATIENCE


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_child_that_was_forked_does_not_keep_its_dead_parent_alive(ledger_url: str, tmp_path: Path) -> None:
    shop = Shop(ledger_url, tmp_path, sellers=1)
    shop.add(shop.jobs(1))
    with Program("tests.bulk.forking", ledger_url) as program:
        assert program.line() == "ready"
        assert shop.states() == [State.CLAIMED]
        os.kill(program.id, 9)
        assert program.wait(20)
        end = time.monotonic() + PATIENCE
        with shop:
            while shop.states() != [State.PENDING] and time.monotonic() < end:  # a server needs a moment to notice
                shop.bury()
        states = shop.states()

    assert states == [State.PENDING]
