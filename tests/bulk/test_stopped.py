"""A sender that is stopped between the commit of ``sending`` and the first byte, and goes on, or does not."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from proofs.programs import Program
from spapi_messaging.bulk import Ledger, State
from spapi_messaging.bulk.storage.schema import messages
from spapi_messaging.errors import SpApiMessagingError
from tests.support.postgres import Server
from tests.support.senders import Shop, rows_of

#: Longer than any sender takes for a step back, and longer than any grace time.
LONG = 3600.0


@contextmanager
def stopped_sender(shop: Shop, paused: float = LONG) -> Iterator[Program]:
    """A sender that has stopped itself just before the first byte of the only message."""
    shop.add(shop.jobs(1))
    with shop.program("tests.bulk.stopping", paused=paused) as program:
        assert program.line() == "ready"
        program.until_stopped()
        assert shop.states() == [State.SENDING]
        assert shop.inbox() == []
        yield program


@pytest.fixture
def shop(ledger_url: str, tmp_path: Path) -> Iterator[Shop]:
    with Shop(ledger_url, tmp_path, sellers=1) as shop:
        yield shop


def test_a_stopped_sender_lives_so_nobody_takes_its_message(shop: Shop) -> None:
    with stopped_sender(shop):
        assert shop.bury() == []
        with Ledger(shop.url) as ledger:
            assert ledger.resolve(False, order_id=shop.jobs(1)[0].order_id) == 0
        assert shop.states() == [State.SENDING]


def test_a_sender_that_was_stopped_steps_back_and_sends_its_message_once(shop: Shop) -> None:
    with stopped_sender(shop) as program:
        program.send_signal(signal.SIGCONT)
        assert program.rest() == ["sent", "done"]

    shop.hold()
    assert attempts(shop) == 2  # the one that it stepped back from, and the one that went


def test_a_stopped_sender_that_is_killed_leaves_a_message_that_is_unknown_for_a_while(shop: Shop) -> None:
    with stopped_sender(shop) as program:
        program.kill()
    shop.bury()
    assert shop.states() == [State.UNKNOWN]
    order = shop.jobs(1)[0].order_id
    with Ledger(shop.url) as ledger, pytest.raises(SpApiMessagingError):
        ledger.resolve(False, order_id=order)
    with Ledger(shop.url, clock=lambda: time.time() + LONG) as ledger:
        assert ledger.resolve(False, order_id=order) == 1
    shop.run()

    shop.hold()
    assert attempts(shop) == 2


@pytest.fixture
def postgres_shop(postgres_server: Server, tmp_path: Path) -> Iterator[Shop]:
    with Shop(postgres_server.fresh_url(), tmp_path, sellers=1) as shop:
        yield shop


@pytest.mark.parametrize("paused", [0.0, LONG])
def test_a_stopped_sender_that_was_taken_for_dead_still_tells_what_it_knows(
    postgres_shop: Shop, postgres_server: Server, paused: float
) -> None:
    """It lost its connection and with it its lock, so another one called its message unknown."""
    shop = postgres_shop
    with stopped_sender(shop, paused) as program:
        postgres_server.cut_connections()
        shop.bury()
        assert shop.states() == [State.UNKNOWN]
        program.send_signal(signal.SIGCONT)
        program.rest()
    shop.run()

    shop.hold()
    assert attempts(shop) == (2 if paused else 1)


def attempts(shop: Shop) -> int:
    """How often the only message became ``sending``."""
    ((number,),) = rows_of(shop.url, messages.c.attempts)
    return int(number)
