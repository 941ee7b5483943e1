"""What each trouble means for its message: its state, and the error that the ledger keeps."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import update

from spapi_messaging import AsyncMessagingClient, RetryPolicy
from spapi_messaging.bulk import Outcome, State
from spapi_messaging.bulk.storage.schema import messages
from tests.support.runs import FILE_TYPE, TEXT, Shop, by_order, job, pdf
from tests.support.thorough import on_a_database

TEMPLATE = "Invalid amazonOrderId and template combination."


def errors(code: str, message: str) -> dict[str, Any]:
    return {"errors": [{"code": code, "message": message, "details": ""}]}


def told_and_kept(shop: Shop, outcomes: list[Outcome]) -> Outcome:
    """The only outcome of a run, if the ledger has it in the same words."""
    (outcome,) = outcomes
    kept = shop.recorded()
    assert (kept.state, kept.receipt) == (outcome.state, outcome.receipt)
    assert outcome.error is not None and kept.error is not None
    assert kept.error.to_dict()["type"] == outcome.error.to_dict()["type"]
    assert (str(kept.error), kept.error.outcome) == (str(outcome.error), outcome.error.outcome)
    assert kept.error.request_id == outcome.error.request_id
    shop.assert_nothing_is_held()
    return outcome


@on_a_database(
    ("status", "body", "error"),
    [
        (400, errors("InvalidInput", "No."), "BadRequestError"),
        (403, errors("Unauthorized", TEMPLATE), "MessageNotAvailableError"),
        (403, errors("Unauthorized", "Access to requested resource is denied."), "AccessDeniedError"),
        (404, errors("NotFound", "No."), "NotFoundError"),
        (413, errors("RequestTooLarge", "No."), "PayloadTooLargeError"),
        (415, errors("UnsupportedMediaType", "No."), "UnsupportedMediaTypeError"),
    ],
)
def test_amazon_refuses_the_message(any_shop: Shop, status: int, body: dict[str, Any], error: str) -> None:
    any_shop.add(job())
    any_shop.sandbox.faults.answer(status, body, {"x-amzn-requestid": "request-17"}, on="sends")

    outcome = told_and_kept(any_shop, any_shop.run())

    assert (outcome.state, outcome.error and outcome.error.to_dict()["type"]) == (State.REJECTED, error)
    row = any_shop.row()
    assert (row.status_code, row.text, row.attempts) == (status, TEXT, 1)
    assert row.request_id == "request-17" and row.finished_at


def test_amazon_takes_it_after_a_429(any_shop: Shop) -> None:
    any_shop.add(job())
    any_shop.sandbox.faults.add("throttle", "sends", times=2)

    (outcome,) = any_shop.run(any_shop.client(retry=RetryPolicy(base=0.001)))

    assert outcome.state is State.SENT
    assert (any_shop.row().attempts, any_shop.received()) == (3, [1])


def test_a_429_that_lasts_is_tried_again_later(any_shop: Shop) -> None:
    any_shop.add(job())
    any_shop.sandbox.faults.add("throttle", "sends", times=2)

    (outcome,) = any_shop.run_hastily()

    assert outcome.state is State.SENT
    assert any_shop.received() == [1]


@on_a_database("fault", ["error", "error-recorded", "unavailable", "reset", "reset-recorded", "cut-recorded"])
def test_nobody_knows_whether_it_was_sent(any_shop: Shop, fault: str) -> None:
    any_shop.add(job())
    any_shop.sandbox.faults.add(fault, "sends")

    outcome = told_and_kept(any_shop, any_shop.run_hastily())

    assert (outcome.state, outcome.error and outcome.error.outcome) == (State.UNKNOWN, "unknown")
    assert any_shop.row().text == TEXT
    received = any_shop.received()
    assert any_shop.run() == []
    assert any_shop.received() == received == [1] * fault.endswith("recorded")


def test_amazon_does_not_answer_in_time(shop: Shop) -> None:
    shop.add(job())
    shop.sandbox.faults.add("delay", "sends", seconds=30)

    outcome = told_and_kept(shop, shop.run(shop.client(timeout=0.2)))

    assert outcome.state is State.UNKNOWN


def test_an_access_token_that_expired_is_renewed(any_shop: Shop) -> None:
    any_shop.add(job())
    any_shop.sandbox.faults.add("expired-token", "sends")

    (outcome,) = any_shop.run()

    assert outcome.state is State.SENT
    assert (any_shop.row().attempts, any_shop.received()) == (2, [1])


def test_a_revoked_token_parks_the_account(any_shop: Shop) -> None:
    any_shop.add(job(1), job(2), job(3))
    fault = any_shop.sandbox.faults.add("invalid_grant", times=None)

    (outcome,) = any_shop.run()

    assert (outcome.state, outcome.account) == (State.PARKED, None)
    assert outcome.error is not None and outcome.error.to_dict()["error"] == "invalid_grant"
    assert any_shop.states() == {State.PARKED: 3}
    assert str(any_shop.recorded().error) == str(outcome.error)
    assert any_shop.run() == []
    any_shop.assert_nothing_is_held()

    any_shop.sandbox.faults.remove(fault)
    any_shop.resume()

    assert {each.state for each in any_shop.run()} == {State.SENT}
    assert any_shop.received() == [1, 2, 3]


def test_login_with_amazon_is_down_for_a_while(any_shop: Shop) -> None:
    any_shop.add(job(1), job(2))
    any_shop.sandbox.faults.add("unavailable", "token", times=3)

    outcomes = any_shop.run_hastily()

    assert by_order(outcomes) == {1: [State.SENT], 2: [State.SENT]}


def test_login_with_amazon_is_down_for_longer_than_the_run_waits(
    any_shop: Shop, caplog: pytest.LogCaptureFixture
) -> None:
    """Nothing was sent, and nothing is wrong with the messages."""
    any_shop.add(*(job(number) for number in range(100)))
    any_shop.sandbox.faults.add("unavailable", "token", times=None)

    outcomes = any_shop.run_hastily(patience=20.0)

    assert {outcome.state for outcome in outcomes} <= {State.PENDING}
    assert any_shop.states() == {State.PENDING: 100}
    assert "left for later" in caplog.text
    any_shop.assert_nothing_is_held()


@pytest.mark.parametrize("fault", ["throttle", "error", "unavailable", "reset", "expired-url"])
def test_the_storage_of_files_fails_once(shop: Shop, tmp_path: Path, fault: str) -> None:
    shop.add(job(message_type=FILE_TYPE, attachments=[pdf(tmp_path)]))
    shop.sandbox.faults.add(fault, "s3")

    (outcome,) = shop.run_hastily()

    assert outcome.state is State.SENT
    assert [len(message.attachments) for message in shop.sandbox.inbox] == [1]


def test_the_storage_of_files_fails_for_long(shop: Shop, tmp_path: Path) -> None:
    shop.add(job(message_type=FILE_TYPE, attachments=[pdf(tmp_path)]))
    shop.sandbox.faults.add("error", "s3", times=None)

    (outcome,) = shop.run_hastily()

    assert outcome.state is State.PENDING
    assert shop.recorded().state is State.PENDING
    assert shop.received() == []


def test_a_file_that_changed_is_not_sent(any_shop: Shop, tmp_path: Path) -> None:
    any_shop.add(job(message_type=FILE_TYPE, attachments=[pdf(tmp_path)]))
    pdf(tmp_path, content=b"%PDF-1.7 another")

    outcome = told_and_kept(any_shop, any_shop.run())

    assert outcome.state is State.REJECTED
    assert "R-17.pdf" in str(outcome.error) or "attachments" in str(outcome.error)
    assert any_shop.received() == []


def test_a_file_that_is_gone_is_not_sent_and_the_others_are(any_shop: Shop, tmp_path: Path) -> None:
    gone = pdf(tmp_path, "gone.pdf")
    any_shop.add(
        job(1, message_type=FILE_TYPE, attachments=[gone]),
        job(2, message_type=FILE_TYPE, attachments=[pdf(tmp_path)]),
    )
    gone.unlink()

    outcomes = any_shop.run()

    assert by_order(outcomes) == {1: [State.REJECTED], 2: [State.SENT]}
    assert any_shop.received() == [2]


class CentralTokens:
    """A token service of the user's own that fails a few times."""

    def __init__(self, failures: int) -> None:
        self.failures = failures

    async def __call__(self) -> str:
        if self.failures:
            self.failures -= 1
            raise ConnectionRefusedError("https://tokens.example?secret=hunter2")
        return "a-token"


def provided(shop: Shop, tokens: Callable[..., Any]) -> AsyncMessagingClient:
    """A client whose tokens come from elsewhere, to an Amazon that takes any token."""

    async def accept(request: httpx.Request) -> httpx.Response:
        return httpx.Response(201, json={}, headers={"x-amzn-requestid": "request-1"})

    return AsyncMessagingClient(
        token_provider=tokens, marketplace="DE", transport=httpx.MockTransport(accept), seller="shop", **shop.options()
    )


def test_a_token_provider_that_fails_for_a_while_costs_no_message(
    any_shop: Shop, caplog: pytest.LogCaptureFixture
) -> None:
    """A service that is down for a second must not reject what waits to be sent."""
    caplog.set_level(logging.DEBUG)
    any_shop.add(*(job(number) for number in range(20)))

    outcomes = any_shop.run_hastily(provided(any_shop, CentralTokens(5)))

    assert {outcome.state for outcome in outcomes} == {State.SENT}
    assert any_shop.states() == {State.SENT: 20}
    assert "hunter2" not in caplog.text


def test_a_token_provider_that_fails_for_ever_leaves_the_messages(
    any_shop: Shop, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    any_shop.add(*(job(number) for number in range(20)))

    any_shop.run_hastily(provided(any_shop, CentralTokens(10_000)), patience=10)

    assert any_shop.states() == {State.PENDING: 20}
    assert "left for later" in caplog.text and "hunter2" not in caplog.text
    any_shop.assert_nothing_is_held()


class Odd(Exception):
    pass


def test_an_error_of_unknown_kind_after_the_first_byte(any_shop: Shop) -> None:
    """Nobody knows what a foreign transport did before it raised. Its words may hold anything, so they are left out."""

    async def fail(request: httpx.Request) -> httpx.Response:
        if request.url.path.startswith("/messaging"):
            raise Odd(f"{TEXT} hunter2")
        return httpx.Response(200, json={"access_token": "a", "token_type": "bearer", "expires_in": 3600})

    any_shop.add(job())

    outcome = told_and_kept(any_shop, any_shop.run_hastily(any_shop.client(transport=httpx.MockTransport(fail))))

    assert outcome.state is State.UNKNOWN
    assert "hunter2" not in str(outcome.error) and TEXT not in str(outcome.error)


def test_what_amazon_says_may_be_anything(any_shop: Shop) -> None:
    """A text that a database does not take must not keep the results of others from being written."""
    any_shop.add(job(1), job(2))
    body = b'{"errors": [{"code": "\\u0000\\ud83d", "message": "No\\u0000 \\ud83d.", "details": "\\ud83d"}]}'
    any_shop.sandbox.faults.answer(400, body, {"x-amzn-requestid": "r" * 3000}, on="sends")

    outcomes = any_shop.run()

    assert sorted(outcome.state for outcome in outcomes) == [State.REJECTED, State.SENT]
    assert any_shop.states() == {State.REJECTED: 1, State.SENT: 1}


def test_an_error_with_a_long_name_is_kept(any_shop: Shop) -> None:
    kind = type("E" * 100, (Exception,), {})

    async def fail(request: httpx.Request) -> httpx.Response:
        raise kind

    any_shop.add(job())

    outcomes = any_shop.run_hastily(
        any_shop.client(token_provider=lambda: "a", transport=httpx.MockTransport(fail), credentials=None)
    )

    assert [outcome.state for outcome in outcomes] == [State.UNKNOWN]
    assert any_shop.recorded().state is State.UNKNOWN


def test_a_type_that_this_release_does_not_know_is_rejected_alone(any_shop: Shop) -> None:
    """Amazon retires types, and an upgrade forgets them while messages of the type are in the ledger."""
    any_shop.add(job(1), job(2))
    with any_shop.ledger.database.write() as connection:
        first = messages.c.id == any_shop.row(1).id
        connection.execute(update(messages).where(first).values(message_type="forgottenType"))

    outcomes = any_shop.run()

    assert by_order(outcomes) == {1: [State.REJECTED], 2: [State.SENT]}
    assert "forgottenType" in str(any_shop.recorded(1).error)


def test_texts_stay_if_the_user_wants_it(shop: Shop) -> None:
    shop.ledger.keep_texts = True
    shop.add(job())

    shop.run()

    assert shop.recorded().job.text == TEXT
    assert shop.recorded().state is State.SENT


def accepted(request: httpx.Request) -> httpx.Response:
    """What Amazon says when all is well."""
    if request.url.path.startswith("/auth"):
        return httpx.Response(200, json={"access_token": "a", "token_type": "bearer", "expires_in": 3600})
    return httpx.Response(201, json={}, headers={"x-amzn-requestid": "request-1"})


def test_amazon_is_in_trouble_for_a_moment(shop: Shop) -> None:
    """What was in flight is unknown. That is one trouble, however many messages saw it: the others follow soon."""
    in_the_air = 0
    all_there = asyncio.Event()

    async def fail_first(request: httpx.Request) -> httpx.Response:
        nonlocal in_the_air
        if request.url.path.startswith("/messaging") and not all_there.is_set():
            in_the_air += 1
            if in_the_air == 30:
                all_there.set()
            await all_there.wait()
            raise httpx.ReadError("reset")
        return accepted(request)

    shop.add(*(job(number) for number in range(100)))

    outcomes = shop.run_hastily(shop.client(transport=httpx.MockTransport(fail_first)), patience=30)

    assert shop.states() == {State.UNKNOWN: 30, State.SENT: 70}
    assert len(outcomes) == 100
