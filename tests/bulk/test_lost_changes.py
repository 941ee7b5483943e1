"""A commit whose answer was lost, and one that failed: what they were about is not forgotten until the run ends."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from types import ModuleType
from typing import Any

import pytest
from sqlalchemy import Connection

from spapi_messaging.bulk import State
from spapi_messaging.bulk.claiming import claims, giving_back
from spapi_messaging.bulk.claiming.session import SenderGone, Session
from spapi_messaging.bulk.claiming.transitions import Settlement
from spapi_messaging.bulk.sending.writer import Writer
from spapi_messaging.bulk.storage.database import Database
from spapi_messaging.errors import LedgerError
from tests.support.runs import Shop, job, run_hastily

LOST = "the connection was lost"


@pytest.mark.parametrize(
    ("module", "lost"), [(claims, "claim_sellers"), (claims, "claim_messages"), (giving_back, "give_back")]
)
def test_a_change_that_was_committed_without_an_answer(
    any_shop: Shop, monkeypatch: pytest.MonkeyPatch, module: ModuleType, lost: str
) -> None:
    carry_out, write, done = getattr(module, lost), Writer._write, []

    def note(*arguments: Any) -> Any:
        done.append(lost)
        return carry_out(*arguments)

    def commit(writer: Writer, *entries: Any) -> list[Any]:
        before = len(done)
        answers = write(writer, *entries)
        if before == 0 and done:
            raise LedgerError(LOST, retryable=True)
        return answers

    monkeypatch.setattr(module, lost, note)
    monkeypatch.setattr(Writer, "_write", commit)
    any_shop.add(*(job(number) for number in range(3)))

    any_shop.run_hastily()

    assert any_shop.states() == {State.SENT: 3}
    assert any_shop.received() == [0, 1, 2]
    any_shop.assert_nothing_is_held()


def test_a_seller_that_could_not_be_given_back_is_served_again_by_the_same_run(
    any_shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    give_back = giving_back.give_back
    failed: list[bool] = []

    def fail(*arguments: Any) -> None:
        if not failed:
            failed.append(True)
            raise LedgerError(LOST, retryable=True)
        give_back(*arguments)

    monkeypatch.setattr(giving_back, "give_back", fail)
    any_shop.add(job(1), job(2, not_before=datetime.now(UTC) + timedelta(seconds=1)))

    any_shop.run()

    assert failed

    assert any_shop.states() == {State.SENT: 2}
    any_shop.assert_nothing_is_held()


def test_results_are_written_by_the_next_sender_after_this_one_was_taken_for_dead(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many transactions failed before: the pauses between them have grown by then."""
    transaction = Session.transaction
    failures: list[LedgerError] = []

    @contextmanager
    def failing(session: Session) -> Iterator[Connection]:
        if failures:
            raise failures.pop(0)
        with transaction(session) as connection:
            yield connection

    async def main() -> bool:
        writer = Writer(database, keep_texts=False)
        await writer.open()
        failures.extend([LedgerError(LOST, retryable=True)] * 6 + [SenderGone(LOST)])
        done = writer.settle("somebody", Settlement(1, 1, State.SENT, {}))
        await writer.close(patience=600.0)
        return done.done()

    monkeypatch.setattr(Session, "transaction", failing)
    assert run_hastily(main())
