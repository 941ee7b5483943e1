"""What a Celery app gets, and what its task does. The task is run here, without a worker."""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from celery import Celery, signals
from celery.exceptions import SoftTimeLimitExceeded
from kombu.utils import compat

from proofs import workload
from spapi_messaging import AsyncMessagingClient, Credentials, limiters
from spapi_messaging.bulk import Ledger, State
from spapi_messaging.bulk.celery import TASK_NAME, add_sender
from spapi_messaging.errors import ConfigurationError, LedgerError
from spapi_messaging.local_sandbox import local_credentials
from tests.support.senders import Shop

URL = "postgresql+psycopg://localhost/shop"


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    """Two sellers, and a ledger in a file."""
    with Shop(f"sqlite:///{tmp_path / 'ledger.db'}", tmp_path) as shop:
        yield shop


@pytest.fixture
def app() -> Celery:
    """An app whose tasks run where they are called."""
    app = Celery("shop", broker="memory://", set_as_current=False)
    app.conf.update(task_always_eager=True, task_eager_propagates=True)
    return app


def test_a_task_sends_what_is_in_the_ledger(shop: Shop, app: Celery, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "spapi_messaging.bulk")
    task = add_sender(app, ledger=shop.url, accounts=shop.accounts)
    shop.add(shop.jobs(2))

    result = task.delay()
    task.delay()

    assert result.get() is None
    assert shop.hold().arrived == 4
    assert [line for line in caplog.messages if line.startswith("A slice")] == ["A slice ended: 4 sent"]


def test_accounts_that_are_not_known_here_are_left_alone(shop: Shop, app: Celery) -> None:
    task = add_sender(app, ledger=shop.url, accounts={"shop1": shop.accounts["shop1"]}, sellers=1, patience=0)
    shop.add(shop.jobs(2))

    task.delay()

    assert shop.states() == 2 * [State.PENDING, State.SENT]


def test_a_limiter_by_its_url_is_made_once_and_paces_the_clients(
    shop: Shop, app: Celery, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = []

    class RedisLimiter(limiters.InProcessLimiter):
        def __init__(self, url: str) -> None:
            super().__init__()
            made.append((url, self))

    monkeypatch.setattr(limiters, "RedisLimiter", RedisLimiter, raising=False)
    credentials = {name: Credentials(**local_credentials(name)) for name in workload.names(2)}
    where: dict[str, Any] = {"endpoint": shop.sandbox.url, "lwa_endpoint": shop.sandbox.lwa_endpoint}
    task = add_sender(app, ledger=shop.url, accounts=credentials, limiter="redis://127.0.0.1:1/0", **where)
    for batch in (1, 2):
        shop.add(shop.jobs(1, batch))
        task.delay()

    assert shop.hold().arrived == 4
    ((url, limiter),) = made
    assert url == "redis://127.0.0.1:1/0"
    client = AsyncMessagingClient(credentials=credentials["shop0"], marketplace="DE", **where)
    assert "createConfirmOrderDetails" in str(limiter.save(client.bucket_key("confirmOrderDetails"), 0.0))


def test_the_ledger_is_opened_once_and_again_after_it_failed(shop: Shop, app: Celery) -> None:
    opened = []

    def open_ledger() -> Ledger:
        opened.append(True)
        if len(opened) == 1:
            raise LedgerError("The database is down.")
        return Ledger(shop.url)

    task = add_sender(app, ledger=open_ledger, accounts=shop.accounts)
    with pytest.raises(LedgerError):
        task.delay()
    for batch in (1, 2):
        shop.add(shop.jobs(1, batch))
        task.delay()

    assert shop.hold().arrived == 4
    assert len(opened) == 2


def test_the_ledger_is_closed_with_the_process(shop: Shop, app: Celery, monkeypatch: pytest.MonkeyPatch) -> None:
    closed: list[Ledger] = []
    close = Ledger.close

    def note(ledger: Ledger) -> None:
        closed.append(ledger)
        close(ledger)

    monkeypatch.setattr(Ledger, "close", note)
    task = add_sender(app, ledger=shop.url, accounts=shop.accounts)

    task.delay()
    assert closed == []
    signals.worker_process_shutdown.send(sender="worker@test", pid=1, exitcode=0)

    assert len(closed) == 1


def test_a_soft_time_limit_ends_a_slice_and_answers_what_has_left(
    shop: Shop, app: Celery, caplog: pytest.LogCaptureFixture
) -> None:
    def reach_limit(*_: object) -> None:
        raise SoftTimeLimitExceeded

    def slowly(number: int) -> None:
        if number == 1:
            os.kill(os.getpid(), signal.SIGUSR1)  # as Celery does it
        time.sleep(0.1)

    task = add_sender(app, ledger=shop.url, accounts=shop.accounts)
    shop.add(shop.jobs(200))
    shop.sends.on_send = slowly
    before = signal.signal(signal.SIGUSR1, reach_limit)
    try:
        task.delay()
    finally:
        signal.signal(signal.SIGUSR1, before)

    assert "soft time limit" in caplog.text
    assert set(shop.states()) == {State.PENDING, State.SENT}
    shop.hold({State.PENDING, State.SENT})


def test_a_slice_begins_nothing_after_its_worker_was_told_to_end(shop: Shop, app: Celery) -> None:
    def slowly(number: int) -> None:
        if number == 1:
            signals.worker_shutting_down.send(sender="worker@test", sig="SIGTERM", how="Warm", exitcode=0)
        time.sleep(0.1)

    task = add_sender(app, ledger=shop.url, accounts=shop.accounts)
    shop.add(shop.jobs(200))
    shop.sends.on_send = slowly

    task.delay()

    assert set(shop.states()) == {State.PENDING, State.SENT}
    shop.hold({State.PENDING, State.SENT})


def test_beat_gets_an_entry_whose_ticks_expire(app: Celery) -> None:
    add_sender(app, ledger=URL, every=5.0, seconds=20.0)

    assert app.conf.beat_schedule[TASK_NAME] == {
        "schedule": 5.0,
        "task": TASK_NAME,
        "args": (),
        "kwargs": {},
        "options": {"expires": 20.0},
    }


def test_beat_gets_its_entry_whenever_the_app_is_configured() -> None:
    app = Celery("shop", set_as_current=False)
    add_sender(app, ledger=URL)
    app.config_from_object({"beat_schedule": {"other": {"task": "other", "schedule": 60}}})

    assert set(app.conf.beat_schedule) == {TASK_NAME, "other"}


def test_beat_gets_no_entry_if_somebody_else_makes_the_ticks(app: Celery) -> None:
    add_sender(app, ledger=URL, every=None)

    assert app.conf.beat_schedule == {}
    assert TASK_NAME in app.tasks


def test_other_tasks_of_the_app_keep_their_settings(app: Celery) -> None:
    app.conf.task_acks_late = True
    task = add_sender(app, ledger=URL)

    @app.task  # type: ignore[untyped-decorator]
    def other() -> None:
        """A task of the shop."""

    assert (other.acks_late, other.ignore_result, other.time_limit) == (True, False, None)
    assert (task.acks_late, task.ignore_result, task.soft_time_limit, task.time_limit) == (False, True, 90.0, 150.0)
    assert task.expires == 30.0


def test_one_app_serves_one_ledger(app: Celery) -> None:
    add_sender(app, ledger=URL)

    with pytest.raises(ConfigurationError, match="already"):
        add_sender(app, ledger=URL + "2")


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"every": 0}, "every must be a number of seconds"),
        ({"seconds": "30"}, "seconds must be"),
        ({"seconds": float("inf")}, "seconds must be"),
        ({"sellers": 0}, "sellers must be"),
        ({"ledger": None}, "ledger cannot be a NoneType"),
        ({"ledger": lambda: None, "attachments_root": "/srv"}, "attachments_root"),
        ({"accounts": 17}, "accounts cannot be a int"),
        ({"sandboks": True}, "no option sandboks"),
        ({"patience": -1}, "patience must be"),
        ({"check": "sometimes"}, "check must be"),
        (
            {"limiter": "redis://localhost/2", "accounts": AsyncMessagingClient.for_local_sandbox()},
            "makes itself: limiter",
        ),
        ({"should_stop": lambda: True}, "should_stop is not an option here"),
    ],
)
def test_wrong_arguments_are_refused_at_once(app: Celery, wrong: dict[str, Any], words: str) -> None:
    with pytest.raises(ConfigurationError, match=words):
        add_sender(app, **{"ledger": URL, **wrong})

    assert TASK_NAME not in app.tasks


def test_a_function_that_opens_no_ledger_is_refused(app: Celery) -> None:
    source: Any = lambda: "sqlite:///ledger.db"  # noqa: E731
    task = add_sender(app, ledger=source)

    with pytest.raises(ConfigurationError, match="returned a str, not a Ledger"):
        task.delay()


def test_green_threads_are_refused(shop: Shop, app: Celery, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compat, "_environment", "gevent")
    task = add_sender(app, ledger=shop.url, accounts=shop.accounts)
    shop.add(shop.jobs(1))

    with pytest.raises(ConfigurationError, match="--pool=prefork"):
        task.delay()

    assert shop.inbox() == []


def test_without_celery_the_error_says_what_to_install() -> None:
    program = "import sys; sys.modules['celery'] = None; import spapi_messaging.bulk.celery"

    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)

    assert "pip install 'spapi-messaging[celery]'" in done.stderr
