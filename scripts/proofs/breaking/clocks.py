"""Hosts whose wall clock is wrong."""

from __future__ import annotations

from typing import Any

from proofs.breaking.killed import Killed

HOUR = 3600.0


class Clocks(Killed):
    """One worker is an hour ahead, one an hour behind, and the clock of the third jumps. They are killed, too."""

    def worker_settings(self, number: int) -> dict[str, Any]:
        return ({"wrong_by": HOUR}, {"wrong_by": -HOUR}, {"jumps": HOUR})[number % 3]
