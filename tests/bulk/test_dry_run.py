"""With dry_run, a word says what it would change, and changes nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sqlalchemy import select

from spapi_messaging import ConfigurationError
from spapi_messaging.bulk import Ledger
from spapi_messaging.bulk.storage.schema import metadata
from tests.support.ledgers import NOON, Clock, in_every_state, order, park, set_columns

WORDS: dict[str, Callable[..., int]] = {
    "retry": lambda ledger, **how: ledger.retry(note="again", **how),
    "retry of withdrawn ones": lambda ledger, **how: ledger.retry(state="cancelled", **how),
    "cancel": lambda ledger, **how: ledger.cancel(marketplace="DE", **how),
    "skip": lambda ledger, **how: ledger.skip(marketplace="DE", **how),
    "resume": lambda ledger, **how: ledger.resume(**how),
    "resolve sent": lambda ledger, **how: ledger.resolve(True, marketplace="DE", **how),
    "resolve not sent": lambda ledger, **how: ledger.resolve(False, marketplace="DE", **how),
    "forget": lambda ledger, **how: ledger.forget(order(3), **how),
    "archive": lambda ledger, **how: ledger.archive("2027-01-01", **how),
    "recover": lambda ledger, **how: ledger.recover("2026-11-01", **how),
}


@pytest.fixture
def ledger(ledger_url: str) -> Iterator[Ledger]:
    with Ledger(ledger_url, clock=Clock()) as made:
        in_every_state(made)
        set_columns(made, finished_at=NOON * 1000 - 1)
        for number in (1, 2):  # a sender would hold these
            set_columns(made, order(number), state="pending")
        park(made, "")
        yield made


def content(ledger: Ledger) -> dict[str, Any]:
    with ledger.database.read() as connection:
        return {
            table.name: sorted(map(str, connection.execute(select(table)).all())) for table in metadata.sorted_tables
        }


@pytest.mark.parametrize("name", WORDS)
def test_it_counts_what_would_change(ledger: Ledger, name: str) -> None:
    word = WORDS[name]
    before = content(ledger)
    witness = _witness(ledger)

    expected = word(ledger, dry_run=True)

    assert expected > 0
    assert content(ledger) == before
    assert _witness(ledger) == witness
    assert word(ledger) == expected
    assert content(ledger) != before


def test_it_raises_what_the_word_would(ledger: Ledger) -> None:
    with pytest.raises(ConfigurationError, match="does not touch every message"):
        ledger.cancel(dry_run=True)


def _witness(ledger: Ledger) -> bytes | None:
    if ledger.database.path is None:
        return None
    path = ledger.database.path.with_name(f"{ledger.database.path.name}.witness")
    return path.read_bytes() if path.exists() else None
