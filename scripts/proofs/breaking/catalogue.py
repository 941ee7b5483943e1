"""All scenarios, by name."""

from __future__ import annotations

from proofs.breaking.brokers import Brokers
from proofs.breaking.clocks import Clocks
from proofs.breaking.databases import Postgres
from proofs.breaking.killed import Killed
from proofs.breaking.plans import Plans
from proofs.breaking.poolers import Poolers
from proofs.breaking.scenarios import Scenario
from proofs.breaking.sleepers import Sleepers
from proofs.breaking.ticks import Ticks

SCENARIOS: dict[str, type[Scenario]] = {
    "killed": Killed,
    "postgres": Postgres,
    "redis": Plans,
    "ticks": Ticks,
    "clocks": Clocks,
    "asleep": Sleepers,
    "pooler": Poolers,
    "celery": Brokers,
}
