"""Real workers of Celery, with Redis as their broker and PostgreSQL as the ledger. They send everything once."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from celery import Celery

from spapi_messaging.bulk import State
from spapi_messaging.bulk.celery import TASK_NAME
from tests.bulk.celery.conftest import Settings
from tests.support.celery_workers import Worker
from tests.support.senders import Shop
from tests.support.thorough import select
from tests.support.waiting import until_finished, until_sent

TWO = "--concurrency=2"


@pytest.fixture
def beat(settings: Settings, tmp_path: Path) -> Iterator[Worker]:
    """Ticks every second."""
    with Worker(tmp_path, settings(), program="beat") as beat:
        yield beat


def test_a_worker_with_beat_sends_everything_once_and_has_nothing_to_complain_about(
    shop: Shop, settings: Settings, tmp_path: Path
) -> None:
    shop.add(shop.jobs(10))

    with Worker(tmp_path, settings(), "--beat", TWO) as worker:
        until_finished(shop.url)
        worker.wait_for("A slice ended: ")
        shop.add(shop.jobs(2, batch=1))
        until_finished(shop.url)
        assert worker.warnings() == []
        worker.send_signal(signal.SIGTERM)
        worker.wait()

    report = shop.hold(finished=True)
    assert (report.messages, report.arrived) == (60, 60)
    assert worker.code == 0


@pytest.mark.parametrize(
    ("number", "conf", "pool"),
    select(
        [(signal.SIGTERM, {}, "prefork")],
        [(signal.SIGTERM, {}, "threads"), (signal.SIGQUIT, {"worker_soft_shutdown_timeout": 2}, "prefork")],
    ),
)
def test_a_worker_that_is_stopped_ends_its_slice_early_and_answers_what_has_left(
    shop: Shop, settings: Settings, tmp_path: Path, number: signal.Signals, conf: dict[str, float], pool: str
) -> None:
    shop.sends.on_send = lambda _: time.sleep(0.1)
    shop.add(shop.jobs(80))

    with Worker(tmp_path, settings(conf, seconds=30.0), "--beat", TWO, f"--pool={pool}") as worker:
        until_sent(shop.url, 5)
        worker.send_signal(number)
        seconds = worker.wait()

    states = set(shop.states())
    assert seconds < 8
    assert State.PENDING in states  # it was stopped in the middle
    assert states <= {State.PENDING, State.SENT}
    assert shop.hold(states).arrived == shop.states().count(State.SENT)
    assert "A slice ended: " in "\n".join(worker.lines)  # in good order, and not by a signal to its process


@pytest.mark.usefixtures("beat")
def test_processes_that_are_killed_lose_nothing(shop: Shop, settings: Settings, tmp_path: Path) -> None:
    shop.add(shop.jobs(40))

    with Worker(tmp_path, settings(), TWO) as worker:
        until_sent(shop.url, 20)
        for pid in worker.children():
            os.kill(pid, signal.SIGKILL)
        until_finished(shop.url)

    # In the air: a burst of each seller and type, and what was answered without being written down yet.
    report = shop.hold(finished=True, states={State.SENT, State.UNKNOWN}, most_unknown=2 * shop.sellers * 10)
    assert report.messages == 200


def test_ticks_that_come_twice_late_and_again_send_nothing_twice(
    shop: Shop, settings: Settings, tmp_path: Path
) -> None:
    conf = {
        "task_annotations": {"*": {"acks_late": True, "reject_on_worker_lost": True}},
        "broker_transport_options": {"visibility_timeout": 1, "unacked_restore_limit": 10},
    }
    shop.add(shop.jobs(40))

    with (
        Worker(tmp_path, settings(conf, every=0.2), program="beat"),
        Worker(tmp_path, settings(conf, every=0.2), program="beat"),  # nobody should have two of them
        Worker(tmp_path, settings(conf), TWO) as first,
        Worker(tmp_path, settings(conf), TWO) as second,
    ):
        until_sent(shop.url, 20)
        for pid in second.children():
            os.kill(pid, signal.SIGKILL)
        until_finished(shop.url)
        assert "acks_late" in " ".join(first.warnings())
        assert "visibility_timeout" in " ".join(first.warnings())

    report = shop.hold(finished=True, states={State.SENT, State.UNKNOWN})
    assert (report.messages, report.twice) == (200, 0)


def test_ticks_do_not_pile_up_while_there_is_no_worker(shop: Shop, settings: Settings, tmp_path: Path) -> None:
    given = settings(every=0.1, seconds=0.5)
    shop.add(shop.jobs(1))
    with Worker(tmp_path, given, program="beat") as beat:
        beat.wait_for("Sending due task", times=25)

    with Worker(tmp_path, given, "--concurrency=1") as worker:
        worker.wait_for("Discarding revoked task", times=19)
        Celery(broker=given["broker"]).send_task(TASK_NAME)
        until_finished(shop.url)

    served = sum("Sending what is in the ledger" in line for line in worker.lines)
    assert served <= 7  # the ticks of the last half second, and one more
    assert "ticks in a row were older than 0.5 s and were dropped" in " ".join(worker.warnings())
    shop.hold(finished=True)
