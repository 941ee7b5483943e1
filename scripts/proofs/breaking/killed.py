"""Workers that are killed."""

from __future__ import annotations

from proofs.breaking.scenarios import Scenario
from proofs.breaking.stage import Stage


class Killed(Scenario):
    """kill -9 of one worker, or of several at once."""

    def blow(self, stage: Stage) -> None:
        victims = stage.random.sample(sorted(stage.running), stage.random.randint(1, len(stage.running)))
        for number in victims:
            stage.kill(number)
