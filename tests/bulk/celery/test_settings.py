"""Each setting that does not do what it seems to is said when a worker starts; good settings are not."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any, NamedTuple

import pytest
from celery import Celery, signals
from kombu.utils import compat

from spapi_messaging.bulk.celery import TASK_NAME, add_sender
from tests.bulk.celery.conftest import GOOD

LEDGER = "postgresql+psycopg://shop:secret@localhost/shop"


class Worker(NamedTuple):
    """What is known of a worker that starts."""

    app: Celery
    prefetch_multiplier: int


@pytest.fixture
def said(caplog: pytest.LogCaptureFixture) -> Callable[..., list[str]]:
    """What a worker of an app with these settings says when it starts."""

    def start(conf: dict[str, Any] | None = None, **sender: Any) -> list[str]:
        app = Celery("shop", broker="redis://127.0.0.1:1/1", set_as_current=False)
        app.conf.update({**GOOD, **(conf or {})})
        add_sender(app, ledger=LEDGER, **sender)
        worker = Worker(app, app.conf.worker_prefetch_multiplier)
        signals.celeryd_after_setup.send(sender="worker@test", instance=worker, conf=app.conf)
        return [record.getMessage() for record in caplog.records]

    caplog.set_level(logging.WARNING)
    return start


def of_task(**settings: Any) -> dict[str, Any]:
    return {"task_annotations": {TASK_NAME: settings}}


@pytest.mark.parametrize(
    "good",
    [
        {},
        {"worker_prefetch_multiplier": 4, "worker_disable_prefetch": True},
        {"worker_soft_shutdown_timeout": 60},
        {"broker_transport_options": {"visibility_timeout": 3600}},
        # These are for the other tasks of the app.
        {"task_acks_late": True, "task_reject_on_worker_lost": True, "task_default_rate_limit": "1/s"},
        {"task_soft_time_limit": 5, "task_time_limit": 10, "result_backend": "redis://127.0.0.1:1/2"},
    ],
)
def test_good_settings_are_not_worth_a_word(said: Callable[..., list[str]], good: dict[str, Any]) -> None:
    assert said(good) == []


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (of_task(acks_late=True), "acks_late"),
        (of_task(reject_on_worker_lost=True), "reject_on_worker_lost"),
        (of_task(retry_on_worker_lost=True), "retry_on_worker_lost"),
        (of_task(ignore_result=False), "ignore_result=True"),
        (of_task(rate_limit="10/m"), "rate_limit"),
        (of_task(soft_time_limit=30), "soft_time_limit of spapi_messaging.serve_slice is 30 s"),
        (of_task(time_limit=89), "Set at least 90"),
        ({"broker_transport_options": {"visibility_timeout": 1}}, "visibility_timeout is 1 s"),
        ({"worker_prefetch_multiplier": 4}, "Set worker_prefetch_multiplier = 1"),
        ({"worker_soft_shutdown_timeout": 5}, "worker_soft_shutdown_timeout is 5 s"),
        ({"task_always_eager": True}, "task_always_eager"),
        (
            {"broker_url": "memory://", "worker_prefetch_multiplier": 4, "worker_disable_prefetch": True},
            "worker_prefetch_multiplier",
        ),
    ],
)
def test_a_setting_that_misleads_is_named_with_what_to_set(
    said: Callable[..., list[str]], wrong: dict[str, Any], words: str
) -> None:
    (warning,) = said(wrong)

    assert words in warning
    assert "secret" not in warning


def test_a_signal_that_became_another_one_needs_a_soft_shutdown(
    said: Callable[..., list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REMAP_SIGTERM", "SIGQUIT")

    (warning,) = said()

    assert "REMAP_SIGTERM makes SIGTERM a cold shutdown" in warning
    assert "Set 60 or more" in warning


def test_green_threads_are_named(said: Callable[..., list[str]], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compat, "_environment", "gevent")

    (warning,) = said()

    assert "--pool=prefork" in warning


def test_beat_is_warned_too(caplog: pytest.LogCaptureFixture) -> None:
    app = Celery("shop", set_as_current=False, task_always_eager=True)
    add_sender(app, ledger=LEDGER)

    signals.beat_init.send(sender=type("Service", (), {"app": app}))

    assert "task_always_eager" in caplog.text


@pytest.mark.parametrize("when", [{"countdown": 60}, {"eta": "2026-11-23T08:00:00+00:00"}])
def test_a_tick_with_an_eta_is_said_when_it_is_published(
    caplog: pytest.LogCaptureFixture, when: dict[str, Any]
) -> None:
    app = Celery("shop", broker="memory://", set_as_current=False)
    task = add_sender(app, ledger=LEDGER)

    task.apply_async()
    assert "ETA" not in caplog.text
    app.send_task(TASK_NAME, **when)

    assert "not_before" in caplog.text
