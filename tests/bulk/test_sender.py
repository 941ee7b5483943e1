"""What becomes of one message: sent, and what the ledger keeps of it."""

from __future__ import annotations

import asyncio
from pathlib import Path

from spapi_messaging.bulk import AsyncSender, State
from tests.support.runs import FILE_TYPE, TEXT, Shop, job, order, outcomes_of, pdf


def test_a_message_is_sent_and_its_receipt_is_kept(any_shop: Shop) -> None:
    any_shop.add(job(1))

    (outcome,) = any_shop.run()

    assert (outcome.state, outcome.job.order_id, outcome.error) == (State.SENT, order(1), None)
    assert outcome.receipt is not None and outcome.receipt.request_id == any_shop.sandbox.inbox[0].request_id
    assert any_shop.sandbox.inbox[0].text == TEXT
    kept = any_shop.recorded()
    assert (kept.state, kept.receipt, kept.error) == (State.SENT, outcome.receipt, None)
    assert any_shop.row().text is None
    any_shop.assert_nothing_is_held()


def test_with_asyncio(any_shop: Shop) -> None:
    any_shop.add(*(job(number) for number in range(10)))

    outcomes = asyncio.run(outcomes_of(AsyncSender(any_shop.ledger, any_shop.client())))

    assert {outcome.state for outcome in outcomes} == {State.SENT}
    assert any_shop.received() == list(range(10))
    any_shop.assert_nothing_is_held()


def test_through_a_client_for_threads(any_shop: Shop) -> None:
    any_shop.add(*(job(number) for number in range(10)))

    with any_shop.threads_client() as client:
        outcomes = any_shop.run(client)

    assert {outcome.state for outcome in outcomes} == {State.SENT}
    assert any_shop.received() == list(range(10))
    any_shop.assert_nothing_is_held()


def test_from_credentials(shop: Shop) -> None:
    shop.add(job(1))

    (outcome,) = shop.run(shop.sandbox.credentials, **shop.options())

    assert outcome.state is State.SENT


def test_files_are_uploaded(any_shop: Shop, tmp_path: Path) -> None:
    any_shop.add(job(1, message_type=FILE_TYPE, attachments=[("Rechnung.pdf", pdf(tmp_path))]))

    (outcome,) = any_shop.run()

    assert outcome.state is State.SENT
    (file,) = any_shop.sandbox.inbox[0].attachments
    assert (file.file_name, file.content) == ("Rechnung.pdf", b"%PDF-1.7 invoice")


def test_a_second_run_sends_nothing_again(shop: Shop) -> None:
    shop.add(job(1))
    shop.run()

    shop.add(job(1), job(2))
    (outcome,) = shop.run()

    assert outcome.job.order_id == order(2)
    assert shop.received() == [1, 2]


def test_an_empty_ledger_ends_at_once(any_shop: Shop) -> None:
    assert any_shop.run() == []
