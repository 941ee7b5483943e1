"""A PostgreSQL that is restarted, and connections that are cut: a sender goes on, and no message goes twice."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from spapi_messaging.bulk import Ledger, Sender
from tests.support.postgres import Postgres
from tests.support.senders import Shop

MESSAGES = 8


@pytest.fixture
def shop(postgres_url: str, tmp_path: Path) -> Iterator[Shop]:
    with Shop(postgres_url, tmp_path) as shop:
        shop.add(shop.jobs(MESSAGES))
        yield shop


@pytest.fixture(params=["restart", "cut_connections"])
def trouble(request: pytest.FixtureRequest, postgres: Postgres) -> Callable[[], None]:
    made: Callable[[], None] = getattr(postgres, request.param)
    return made


def test_a_sender_goes_on_when_it_happens_between_messages(shop: Shop, trouble: Callable[[], None]) -> None:
    with Ledger(shop.url) as ledger:
        for number, _ in enumerate(Sender(ledger, shop.accounts).run()):
            if number == MESSAGES // 2:
                trouble()

    shop.hold()


def test_a_sender_goes_on_when_it_happens_while_messages_are_in_the_air(
    shop: Shop, trouble: Callable[[], None]
) -> None:
    shop.sends.on_send = lambda number: trouble() if number == 3 else None
    shop.run()

    shop.hold()


def test_what_was_in_the_air_is_sent_even_if_another_sender_buried_its_sender_meanwhile(
    shop: Shop, postgres: Postgres
) -> None:
    def take_over(number: int) -> None:
        if number == 3:
            postgres.cut_connections()
            shop.bury()

    shop.sends.on_send = take_over
    shop.run()
    shop.run()

    shop.hold()
