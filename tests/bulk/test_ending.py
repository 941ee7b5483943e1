"""A run that is ended at an unlucky moment ends all the same."""

from __future__ import annotations

from pathlib import Path

from spapi_messaging.bulk import State
from tests.support.senders import Shop


def test_a_run_that_is_stopped_before_a_message_has_taken_its_first_step_ends(tmp_path: Path) -> None:
    with Shop(f"sqlite:///{tmp_path / 'ledger.db'}", tmp_path, sellers=1) as shop:
        shop.add(shop.jobs(1))
        with shop.program("tests.bulk.ending") as program:
            assert program.line(seconds=5.0) == "done"
        assert shop.states() == [State.PENDING]
