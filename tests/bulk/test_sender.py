"""What becomes of one message: sent, and what the ledger keeps of it."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path

import httpx
import pytest
from sqlalchemy import update

from spapi_messaging import AsyncMessagingClient, UsagePlan
from spapi_messaging.bulk import AsyncSender, Sender, State
from spapi_messaging.bulk.storage.schema import messages
from tests.support.runs import FILE_TYPE, TEXT, Shop, job, order, outcomes_of, pdf
from tests.support.servers import PATIENCE


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


def test_a_result_that_the_ledger_does_not_take_is_said(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A person called the message not sent while it was on its way: it may be sent twice, and somebody must know."""
    shop.add(job(1))

    async def send_meanwhile(request: httpx.Request) -> httpx.Response:
        if request.url.path.startswith("/messaging"):
            with shop.ledger.database.write() as connection:
                connection.execute(update(messages).values(state="cancelled"))
        body = {"access_token": "a", "token_type": "bearer", "expires_in": 3600}
        return httpx.Response(201 if request.url.path.startswith("/messaging") else 200, json=body)

    outcomes = shop.run(shop.client(transport=httpx.MockTransport(send_meanwhile)))

    assert [outcome.state for outcome in outcomes] == [State.SENT]
    assert "does not take this outcome" in caplog.text


def test_a_client_that_cannot_be_closed_does_not_hang_the_run(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    async def fail(self: AsyncMessagingClient) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(AsyncMessagingClient, "aclose", fail)
    shop.add(job(1))
    told: list[object] = []

    def run() -> None:
        try:
            told.extend(shop.run(shop.sandbox.credentials, **shop.options()))
        except ZeroDivisionError as error:
            told.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(PATIENCE)

    assert not thread.is_alive()
    assert shop.states() == {State.SENT: 1}


def test_a_client_that_was_closed_is_said_once(shop: Shop, caplog: pytest.LogCaptureFixture) -> None:
    shop.add(*(job(number) for number in range(30)))
    client = shop.threads_client(usage_plans={"*": UsagePlan(10.0, 1)})  # most still wait when it is closed

    for _ in Sender(shop.ledger, client).run():
        client.close()

    assert caplog.text.count("The client was closed") == 1
    shop.assert_nothing_is_held()
