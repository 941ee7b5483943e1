"""The benchmark of several workers counts each message once, and knows when each seller had its turn."""

from benchmarks.fleet import Load, run_fleet
from tests.support.postgres import Server
from tests.support.thorough import only_thorough


def test_a_fleet_sends_everything(postgres_server: Server) -> None:
    seen = run_fleet(postgres_server, Load(sellers=5, each=2), workers=2)
    assert seen.sent == 10
    assert len(seen.first) == 5
    assert 0 < seen.first[0] <= seen.first[-1] <= seen.wall
    assert seen.commits > 0
    assert min(seen.cpu.workers, seen.cpu.postgres) > 0


@only_thorough
def test_a_long_queue_is_not_waited_for(postgres_server: Server) -> None:
    seen = run_fleet(postgres_server, Load(sellers=3, each=1, heavy=500), workers=1)
    assert len(seen.first) == 4
    assert 3 < seen.sent < 503
