"""The metrics of a ledger, as Prometheus reads them."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import bindparam, update

from spapi_messaging import ConfigurationError
from spapi_messaging.bulk import Ledger, Sender, State
from spapi_messaging.bulk.claiming.liveness import DEAD_AFTER, count_living
from spapi_messaging.bulk.claiming.session import Session
from spapi_messaging.bulk.metrics import LedgerCollector, collector, start_metrics_server
from spapi_messaging.bulk.metrics.collector import KEPT_SECONDS, MAX_SHARE
from spapi_messaging.bulk.storage.schema import sellers
from tests.support import postgres
from tests.support.ledgers import NOON, Clock, a_text, in_every_state, order, park, set_columns
from tests.support.tables import lose

DAY = 86_400


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def ledger(ledger_url: str, clock: Clock) -> Iterator[Ledger]:
    with Ledger(ledger_url, clock=clock) as made:
        yield made


def scraped(ledger: Ledger, **options: Any) -> dict[str, float]:
    """What a scrape gives: by name and labels, as Prometheus writes them."""
    return scrape(registry_of(ledger, **options))


def registry_of(ledger: Ledger, **options: Any) -> CollectorRegistry:
    registry = CollectorRegistry()
    registry.register(LedgerCollector(ledger, **options))
    return registry


def scrape(registry: CollectorRegistry) -> dict[str, float]:
    families = text_string_to_metric_families(generate_latest(registry).decode())
    samples = [sample for family in families for sample in family.samples]
    return {f"{each.name}{sorted(each.labels.values()) or ''}": each.value for each in samples}


def by_state(figures: dict[str, float], message_type: str = "confirmOrderDetails") -> dict[str, float]:
    names = {state.value: f"spapi_messaging_messages{sorted([state.value, message_type])}" for state in State}
    return {state: figures[name] for state, name in names.items() if name in figures}


def test_counts_every_state_as_status_does(ledger: Ledger) -> None:
    in_every_state(ledger, account="shop-de")
    ledger.add([a_text(order(100 + number), account="shop-fr") for number in range(3)])
    park(ledger, "shop-fr")
    told = scraped(ledger)

    set_columns(ledger, sender="gone")  # `status` looks after the senders, so they are asked first
    assert by_state(told) == {state.value: count for state, count in ledger.status().states.items()}
    assert by_state(told)["parked"] == 3
    assert told["spapi_messaging_parked_accounts"] == 1
    assert told["spapi_messaging_ledger_up"] == 1


def test_empty_ledger(ledger: Ledger) -> None:
    told = scraped(ledger)

    assert by_state(told) == {}
    assert [told[f"spapi_messaging_{name}"] for name in ("oldest_pending_seconds", "late_messages", "senders")] == [
        0
    ] * 3


def test_the_oldest_is_one_that_could_be_sent_now(ledger: Ledger, clock: Clock) -> None:
    """Not one of a parked account, nor one whose time has not come."""
    ledger.add([a_text(order(1), account="parked"), a_text(order(2), account="shop", not_before="2026-12-24")])
    park(ledger, "parked")
    clock.now += 50
    ledger.add([a_text(order(3), account="shop")])
    clock.now += 30.5

    assert scraped(ledger)["spapi_messaging_oldest_pending_seconds"] == 30.5


def test_who_waits_for_a_sender_longest(ledger: Ledger, clock: Clock) -> None:
    """Not a seller that is served, nor one that is parked, nor one whose messages were for later."""
    name = "spapi_messaging_longest_unserved_seconds"
    accounts = ("alone", "served", "parked", "just-served")
    ledger.add([a_text(order(number), account=account) for number, account in enumerate(accounts)])
    ledger.add([a_text(order(9), account="later", not_before="2026-12-24")])
    park(ledger, "parked")
    of_account = update(sellers).where(sellers.c.account == bindparam("which"))
    clock.now += 100
    with ledger.database.write() as connection:
        connection.execute(of_account.values(owner="a sender"), {"which": "served"})
        connection.execute(of_account.values(last_served_at=round(clock.now * 1000)), {"which": "just-served"})
    assert scraped(ledger)[name] == 100

    ledger.cancel(account="alone")
    clock.now += 7
    assert scraped(ledger)[name] == 7
    ledger.cancel(account="just-served")
    assert scraped(ledger)[name] == 0


def test_senders_of_short_slices_are_counted(postgres_server: postgres.Server) -> None:
    """Such as those that found only accounts without credentials: each is gone before anybody looks."""
    name = "spapi_messaging_senders_started_total"
    with Ledger(postgres_server.fresh_url()) as ledger:
        ledger.add([a_text(order(1), account="stranger")])
        before = scraped(ledger)
        for _ in range(3):
            assert list(Sender(ledger, {}).run()) == []
        deadline = time.monotonic() + 30  # PostgreSQL counts when the connection has ended
        while (told := scraped(ledger))[name] < 3 and time.monotonic() < deadline:
            time.sleep(0.05)

    assert (before[name], told[name], told["spapi_messaging_senders"]) == (0, 3, 0)


@pytest.mark.parametrize(("state", "late"), [("pending", 1), ("waiting", 1), ("claimed", 1), ("sent", 0)])
def test_late_is_what_is_not_finished(ledger: Ledger, clock: Clock, state: str, late: int) -> None:
    ledger.add([a_text(order(1), due="2026-11-23"), a_text(order(2))])
    set_columns(ledger, order(1), state=state)
    before = scraped(ledger)["spapi_messaging_late_messages"]
    clock.now = NOON + 2 * DAY

    assert (before, scraped(ledger)["spapi_messaging_late_messages"]) == (0, late)


def test_senders_that_are_gone_do_not_count_and_stay_for_others(ledger: Ledger) -> None:
    """An exporter writes nothing, so what a dead sender was sending stays with it until a sender or a person asks."""
    ledger.add([a_text(order(1))])
    alive, dead = Session(ledger.database), Session(ledger.database)
    lose(dead)
    set_columns(ledger, state="sending", sender=dead.id)
    told = scraped(ledger)

    assert told["spapi_messaging_senders"] == 1
    assert by_state(told) == {"sending": 1}
    alive.close()
    assert ledger.status().states == {State.UNKNOWN: 1}


def test_senders_behind_a_pooler_count_by_their_heartbeats(postgres_server: postgres.Server, clock: Clock) -> None:
    with Ledger(postgres_server.fresh_url(), clock=clock, pooler=True) as ledger:
        session = Session(ledger.database)
        began = scraped(ledger)["spapi_messaging_senders"]
        clock.now += DEAD_AFTER + 1
        silent = scraped(ledger)["spapi_messaging_senders"]
        session.close()

    assert (began, silent) == (1, 0)


def test_a_look_keeps_no_sender_from_its_lock(postgres_server: postgres.Server) -> None:
    """One that lost its connection, and makes it anew while the figures are read, finds its lock free."""
    with Ledger(postgres_server.fresh_url()) as ledger:
        session = Session(ledger.database)
        lose(session)
        with ledger.database.read() as connection:
            assert count_living(connection, ledger.database) == 0
            with session.transaction():
                pass
        session.close()


def test_scrapes_read_the_ledger_only_now_and_then(ledger: Ledger) -> None:
    seconds = [100.0]
    registry = registry_of(ledger, now=lambda: seconds[0])
    first = scrape(registry)
    ledger.add([a_text()])
    seconds[0] += KEPT_SECONDS - 0.1
    second = scrape(registry)
    seconds[0] += 0.2
    third = scrape(registry)

    assert [by_state(each) for each in (first, second, third)] == [{}, {}, {"pending": 1}]


def test_what_takes_long_to_read_is_read_less_often(ledger: Ledger) -> None:
    """Each look at this clock takes a second, so each of the two readings does."""
    seconds = [0.0]

    def now() -> float:
        seconds[0] += 1
        return seconds[0]

    registry = registry_of(ledger, now=now)
    assert scrape(registry)["spapi_messaging_ledger_read_seconds"] == 2
    ledger.add([a_text()])
    seconds[0] += 1 / MAX_SHARE - 10
    assert by_state(scrape(registry)) == {}
    seconds[0] += 10
    assert by_state(scrape(registry)) == {"pending": 1}


def test_labels_hold_nothing_private(ledger: Ledger) -> None:
    ledger.add([a_text("303-7654321-7654321", account="shop-of-jane", text="Dear Jane", document="R-17", key="k-99")])
    park(ledger, "shop-of-jane", reason="Jane's token was revoked")
    told = generate_latest(registry_of(ledger)).decode()

    assert "confirmOrderDetails" in told
    assert not [private for private in ("303-", "ane", "R-17", "k-99", "revoked") if private in told]


def test_a_ledger_that_cannot_be_reached(postgres_server: postgres.Server) -> None:
    """The rest is left out: what was true once must not look true now."""
    with Ledger(postgres_server.fresh_url()) as ledger:
        seconds = [100.0]
        registry = registry_of(ledger, now=lambda: seconds[0])
        assert scrape(registry)["spapi_messaging_ledger_up"] == 1
        seconds[0] += KEPT_SECONDS
        postgres_server.stop()
        try:
            assert scrape(registry) == {"spapi_messaging_ledger_up": 0}
        finally:
            postgres_server.start()
        assert scrape(registry)["spapi_messaging_senders"] == 0


def test_a_database_that_hangs_holds_one_scrape_alone(
    postgres_server: postgres.Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(collector, "PATIENCE", 0.2)
    name = postgres_server.fresh_database()
    with Ledger(postgres_server.url(name)) as ledger, ThreadPoolExecutor(1) as pool:
        ledger.add([a_text()])
        registry, reading = CollectorRegistry(), LedgerCollector(ledger)
        registry.register(reading)
        with postgres_server.connect(name) as connection, connection.transaction():
            connection.execute("LOCK TABLE spapi_messages IN ACCESS EXCLUSIVE MODE")
            hanging = pool.submit(scrape, registry)
            while not reading._lock.locked():
                time.sleep(0.01)
            assert scrape(registry) == {"spapi_messaging_ledger_up": 0}
            assert not hanging.done()
        assert by_state(hanging.result(30)) == {"pending": 1}
        assert scrape(registry)["spapi_messaging_ledger_up"] == 1


def test_the_right_to_read_is_enough(postgres_server: postgres.Server) -> None:
    name = postgres_server.fresh_database()
    with Ledger(postgres_server.url(name)) as ledger:
        ledger.add([a_text()])
        session = Session(ledger.database)
        with postgres_server.connect(name) as connection:
            connection.execute(f"CREATE ROLE reader_{name} LOGIN")
            connection.execute(f"GRANT SELECT ON ALL TABLES IN SCHEMA public TO reader_{name}")
        url = postgres_server.url(name).replace("postgres@", f"reader_{name}@")
        with Ledger(url, create=False) as read:
            told = scraped(read)
        session.close()

    assert (by_state(told), told["spapi_messaging_senders"]) == ({"pending": 1}, 1)


def test_a_right_that_is_missing_is_told_when_the_server_starts(postgres_server: postgres.Server) -> None:
    """Prometheus would only see that the ledger is down."""
    name = postgres_server.fresh_database()
    with Ledger(postgres_server.url(name)), postgres_server.connect(name) as connection:
        connection.execute(f"CREATE ROLE half_{name} LOGIN")
        connection.execute(f"GRANT SELECT ON spapi_meta TO half_{name}")
    with Ledger(postgres_server.url(name).replace("postgres@", f"half_{name}@"), create=False) as ledger:
        with pytest.raises(ConfigurationError, match="the database's user lacks a right"):
            start_metrics_server(0, ledger)
        assert scraped(ledger) == {"spapi_messaging_ledger_up": 0}


def test_says_what_to_install() -> None:
    code = "import sys; sys.modules['prometheus_client'] = None; import spapi_messaging.bulk.metrics"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)

    assert done.stderr.strip().endswith("metrics need prometheus-client: pip install 'spapi-messaging[metrics]'")
