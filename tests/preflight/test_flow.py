"""How a message is checked before it goes out: step by step, with both clients, against the sandbox."""

from __future__ import annotations

import io
import logging
import os
import pickle
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, Literal

import pytest

from spapi_messaging import (
    Attachment,
    AuthorizationError,
    BadRequestError,
    ClientClosedError,
    ConfigurationError,
    DeliveryUnknownError,
    InvalidMessageError,
    MalformedResponseError,
    MessageNotAvailableError,
    NetworkError,
    NotFoundError,
    RetryPolicy,
    ServerError,
    SpApiMessagingError,
    ThrottledError,
    Unlimited,
    UsagePlanTimeout,
)
from spapi_messaging.errors import Problem
from spapi_messaging.limiters import InProcessLimiter, UsagePlan
from spapi_messaging.local_sandbox import local_credentials
from spapi_messaging.messages import MESSAGE_TYPES, OPERATIONS
from spapi_messaging.preflight import texts
from spapi_messaging.sandbox import Sandbox
from tests.support.amazon import ORDER, TEXT, Amazon, Shop, both
from tests.support.operations import ACTIONS, ATTRIBUTES, field_of, retire, too_much
from tests.support.rules import HTML, LINK, LOCKED, PDF, Rules, rules
from tests.support.samples import arguments_of
from tests.support.sandboxes import complete_sandbox
from tests.support.thorough import by_turns, combined

__all__ = ["rules"]  # a fixture

TYPE: Literal["confirmOrderDetails"] = "confirmOrderDetails"
DENIED = {"errors": [{"code": "Unauthorized", "message": "Access to requested resource is denied."}]}
FREE = {"*": (1000.0, 1000)}


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with complete_sandbox(plans=FREE) as running:
        yield running


OpenShop = Callable[..., Shop]


@pytest.fixture
def open_shop(rules: Rules) -> Iterator[OpenShop]:
    """Makes clients of a sandbox, which are closed after the test."""
    opened: list[tuple[Shop, Any]] = []

    def make(kind: str, running: Sandbox, **arguments: Any) -> Shop:
        given = {
            "transport": None,
            "credentials": running.credentials,
            "endpoint": running.url,
            "lwa_endpoint": running.lwa_endpoint,
            "limiter": Unlimited(),
            **arguments,
        }
        shop = Shop(kind, Amazon(), **given)
        opened.append((shop, shop.client))
        return shop

    yield make
    for shop, client in opened:
        shop.client = client  # a test may have given it another one
        shop.close()


@pytest.fixture(params=["threads", "asyncio"])
def shop(request: pytest.FixtureRequest, sandbox: Sandbox, open_shop: OpenShop) -> Shop:
    return open_shop(request.param, sandbox)


def asked(sandbox: Sandbox) -> list[str | None]:
    """The operations that were called, one after the other."""
    return [request.operation for request in sandbox.requests if request.service == "api"]


def named(problems: Any) -> list[tuple[str, str, str]]:
    return [(each.severity, each.field, each.rule) for each in problems]


def listing(*names: str, **schema: Any) -> dict[str, Any]:
    """An answer that lists these actions."""
    actions = [{"name": name, "_embedded": {"schema": {"name": name, **schema}}} for name in names]
    return {"_embedded": {"actions": actions}}


def test_a_message_that_is_right_has_no_problems(shop: Shop, sandbox: Sandbox, rules: Rules) -> None:
    assert shop.preflight(ORDER, TYPE, text=TEXT) == []

    assert asked(sandbox) == [ACTIONS.operation_id]
    assert sandbox.inbox == []
    assert rules.looked[0] == (TEXT, TYPE, "DE", None)


def test_every_type_is_known_by_each_of_its_names(shop: Shop, sandbox: Sandbox) -> None:
    sandbox.orders.set(ORDER, state="shipped")
    for operation in MESSAGE_TYPES.values():
        given = arguments_of(operation, [("a.pdf", PDF)])
        for name in (operation.message_type, operation.operation_id):
            assert shop.preflight(ORDER, name, **given) == [], name

    assert sandbox.inbox == []
    assert asked(sandbox) == [ACTIONS.operation_id]  # of one order, within a minute


def test_all_problems_come_at_once(shop: Shop, sandbox: Sandbox, rules: Rules) -> None:
    sandbox.orders.set(ORDER, state="cancelled")
    files = [("a.exe", b"MZ"), ("locked.pdf", LOCKED), ("b.pdf", b"text")]
    old = datetime.now(UTC) - timedelta(days=31, hours=1)

    found = shop.preflight(ORDER, "digitalAccessKey", text=HTML + LINK, attachments=files, order_date=old, subject="x")

    assert named(found) == [
        ("error", "subject", "unknown-field"),
        ("error", "attachments", "file-type"),
        ("error", "attachments", "file-content"),
        ("error", "message_type", "not-available"),
        ("error", "text", "html"),
        ("warning", "attachments", "pdf-encrypted"),
        ("warning", "text", "link"),
        ("warning", "order_date", "order-age"),
    ]
    assert rules.files == [("locked.pdf", LOCKED)]
    assert sandbox.inbox == []
    assert all(each.advice for each in found)


@pytest.mark.parametrize(("name", "value"), [("order_id", "303"), ("marketplace", "US"), ("marketplace", "XX")])
def test_amazon_is_not_asked_where_the_order_or_the_marketplace_is_wrong(
    shop: Shop, sandbox: Sandbox, name: str, value: str
) -> None:
    found = shop.preflight(**{"order_id": ORDER, "message_type": TYPE, "text": HTML, name: value})

    assert [each.field for each in found] == [name, "text"]
    assert sandbox.requests == []
    assert sandbox.token_requests == []


def test_of_an_unknown_type_nothing_else_is_checked(shop: Shop, sandbox: Sandbox, rules: Rules) -> None:
    found = shop.preflight("303", "birthdayCard", text=HTML, order_date=date(2020, 1, 1))

    assert [each.field for each in found] == ["order_id", "message_type", "order_date"]
    assert sandbox.requests == []
    assert rules.looked == []


@pytest.mark.parametrize(("days", "rule"), [(0, []), (30, []), (31, ["order-age"]), (4000, ["order-age"]), (-1, [])])
def test_an_order_may_be_too_old(shop: Shop, days: int, rule: list[str]) -> None:
    placed = datetime.now(UTC) - timedelta(days=days)
    for given in (placed, placed.replace(tzinfo=None), placed.date()):
        found = shop.preflight(ORDER, TYPE, text=TEXT, order_date=given)
        assert [each.rule for each in found] == rule
        assert all(each.severity == "warning" for each in found)


def test_an_invalid_order_date(shop: Shop) -> None:
    (problem,) = shop.preflight(ORDER, TYPE, text=TEXT, order_date="2026-11-01")

    assert (problem.severity, problem.field, problem.rule) == ("error", "order_date", "type")


def test_what_the_order_itself_allows_is_known(shop: Shop, sandbox: Sandbox, rules: Rules) -> None:
    narrow = {"rawMessageBody": {"type": "string", "maxLength": 5}}
    sandbox.faults.answer(200, listing(TYPE, properties=narrow), on="reads")

    assert named(shop.preflight(ORDER, TYPE, text=TEXT)) == [("error", "text", "schema")]
    assert rules.bodies == [{"text": TEXT}]


def test_what_is_wrong_with_a_field_is_said_once(shop: Shop, sandbox: Sandbox) -> None:
    sandbox.faults.answer(200, listing(TYPE, properties={"rawMessageBody": {"maxLength": 5}}), on="reads")

    found = shop.preflight(ORDER, TYPE, text="x" * too_much(TYPE, "text"))

    assert named(found) == [("error", "text", "text-length")]


def test_of_a_file_given_for_the_text_the_beginning_is_looked_at(shop: Shop, rules: Rules) -> None:
    found = shop.preflight(ORDER, TYPE, text=f"{HTML}{'x' * 1_000_000}{LINK}")

    assert named(found) == [("error", "text", "text-length"), ("error", "text", "html")]
    assert len(rules.looked[0].text) <= max(10_000, too_much(TYPE, "text"))


def test_a_schema_sees_as_many_files_as_would_be_sent(shop: Shop, rules: Rules) -> None:
    field = field_of("legalDisclosure", "attachments")
    files = [("a.pdf", PDF), Attachment("id", "b.pdf"), ("c.pdf", io.BytesIO(PDF))]
    shop.preflight(ORDER, "legalDisclosure", attachments=files)

    (body,) = rules.bodies
    ids = [each["uploadDestinationId"] for each in body[field.wire_name]]
    assert len(set(ids)) == 3
    assert [name for name, _ in rules.files] == ["a.pdf", "c.pdf"]


def test_a_message_that_is_disabled(shop: Shop, sandbox: Sandbox) -> None:
    answer = listing(TYPE, disabled=True, disabledReason="Ask later.")
    sandbox.faults.answer(200, answer, on="reads", times=2)

    (problem,) = shop.preflight(ORDER, TYPE, text=TEXT)
    assert (problem.field, problem.rule) == ("message_type", "disabled")
    assert "Ask later." in problem.message


def test_the_buyers_language_is_asked_for_where_it_helps(shop: Shop, sandbox: Sandbox, rules: Rules) -> None:
    rules.detector = True

    assert shop.preflight(ORDER, "invoice", attachments=[("a.pdf", PDF)]) == []
    assert asked(sandbox) == [ACTIONS.operation_id]
    found = shop.preflight(ORDER, TYPE, text=TEXT)
    assert asked(sandbox) == [ACTIONS.operation_id, ATTRIBUTES.operation_id]
    assert named(found) == [("warning", "text", "language")]
    assert rules.looked[-1].locale == "de-DE"


@pytest.mark.parametrize("status", [403, 404, 500])
def test_without_the_buyers_language_the_rest_is_checked(
    shop: Shop, sandbox: Sandbox, rules: Rules, status: int, caplog: pytest.LogCaptureFixture
) -> None:
    rules.detector = True
    sandbox.faults.answer(status, {}, on=ATTRIBUTES.operation_id, times=None)
    caplog.set_level(logging.DEBUG, "spapi_messaging")

    assert named(shop.preflight(ORDER, TYPE, text=f"{TEXT} {LINK}")) == [("warning", "text", "link")]
    assert any("language" in record.getMessage() for record in caplog.records if record.levelno == logging.DEBUG)
    assert TEXT not in caplog.text


def test_a_refused_read_is_one_warning(shop: Shop, sandbox: Sandbox) -> None:
    sandbox.faults.answer(403, DENIED, on=ACTIONS.operation_id)

    (problem,) = shop.preflight(ORDER, TYPE, text=TEXT)
    assert (problem.severity, problem.field, problem.rule) == ("warning", "message_type", "availability-unknown")
    assert "403" in problem.message
    assert "Buyer Communication" in problem.remedy


FAILURES: list[tuple[type[SpApiMessagingError], bool, Any]] = [
    (NotFoundError, False, lambda faults: faults.answer(404, {}, on="reads", times=None)),
    (ServerError, True, lambda faults: faults.add("error", "reads", times=None)),
    (NetworkError, True, lambda faults: faults.add("reset", "reads", times=None)),
    (MalformedResponseError, True, lambda faults: faults.answer(200, "<html>", on="reads", times=None)),
    (BadRequestError, False, lambda faults: faults.answer(400, {}, on="reads", times=None)),
    (ThrottledError, True, lambda faults: faults.add("throttle", "reads", times=None)),
    (AuthorizationError, False, lambda faults: faults.add("invalid_grant", times=None)),
]


@pytest.mark.parametrize(("error", "retryable", "break_it"), FAILURES, ids=[each[0].__name__ for each in FAILURES])
def test_when_amazon_cannot_be_asked_nothing_is_sent(
    shop: Shop, sandbox: Sandbox, error: type[SpApiMessagingError], retryable: bool, break_it: Any
) -> None:
    break_it(sandbox.faults)
    calls: list[Any] = [
        lambda: shop.preflight(ORDER, TYPE, text=TEXT),
        lambda: shop.send(ORDER, TYPE, text=TEXT, check=True),
        lambda: shop.send_invoice(ORDER, attachments=[("a.pdf", PDF)], check="strict"),
    ]
    for call in calls:
        with pytest.raises(error) as raised:
            call()
        assert "check of" in str(raised.value)
        assert "no message was sent" in str(raised.value)
        assert (raised.value.outcome, raised.value.retryable) == ("not_sent", retryable)
        assert raised.value.amazon_order_id == ORDER
        assert raised.value.operation
    assert sandbox.inbox == []
    assert set(asked(sandbox)) <= {ACTIONS.operation_id}


def test_a_usage_plan_without_room_stops_the_check(open_shop: OpenShop, sandbox: Sandbox) -> None:
    plans = {"*": UsagePlan(0.1, 1)}
    shop = open_shop("threads", sandbox, limiter=InProcessLimiter(), usage_plans=plans, max_wait=1)
    shop.get_messaging_actions_for_order(ORDER)

    with pytest.raises(UsagePlanTimeout, match="no message was sent"):
        shop.preflight(ORDER, TYPE, text=TEXT)


# A send with check=


def test_a_message_that_is_right_is_sent_once(shop: Shop, sandbox: Sandbox, tmp_path: Path) -> None:
    (tmp_path / "invoice.pdf").write_bytes(PDF)

    for check in (True, "strict"):
        shop.send_invoice(ORDER, attachments=[tmp_path / "invoice.pdf"], check=check)
        shop.send(ORDER, TYPE, text=TEXT, check=check)

    assert [message.text for message in sandbox.inbox] == [None, TEXT] * 2
    assert sandbox.inbox[0].attachments[0].content == PDF
    # What was asked before each message is asked again after it.
    assert asked(sandbox).count(ACTIONS.operation_id) == 4


def test_without_a_check_nothing_is_loaded_or_asked(shop: Shop, sandbox: Sandbox, rules: Rules) -> None:
    shop.send(ORDER, TYPE, text=HTML)
    shop.create_confirm_order_details(ORDER, text=HTML, check=False)

    assert rules.looked == []
    assert ACTIONS.operation_id not in asked(sandbox)


@pytest.mark.parametrize("check", [True, "strict"])
def test_what_is_known_here_stops_it_without_traffic(shop: Shop, sandbox: Sandbox, check: Any) -> None:
    for text in (HTML, f"{HTML} {LINK}", "", "x" * too_much(TYPE, "text")):
        with pytest.raises(InvalidMessageError) as raised:
            shop.create_confirm_order_details(ORDER, text=text, check=check)
        assert raised.value.problems[0].severity == "error"
        assert not raised.value.retryable
    assert sandbox.requests == []
    assert sandbox.token_requests == []


def test_the_refusal_has_all_problems_and_names_those_that_stopped_it(shop: Shop) -> None:
    with pytest.raises(InvalidMessageError) as raised:
        shop.send(ORDER, "digitalAccessKey", text=HTML + LINK, attachments=[("a.exe", b"MZ")], check=True)

    assert [each.rule for each in raised.value.problems] == ["file-type", "html", "link"]
    assert "there is HTML at line 1, character 1, and Amazon takes none. Write plain text." in str(raised.value)
    assert "link" not in str(raised.value)


def test_what_the_order_does_not_allow_is_not_sent(shop: Shop, sandbox: Sandbox) -> None:
    sandbox.orders.set(ORDER, state="cancelled")

    with pytest.raises(MessageNotAvailableError, match=f"Amazon does not list {TYPE}") as raised:
        shop.send(ORDER, TYPE, text=f"{TEXT} {LINK}", check=True)
    error = raised.value
    assert (error.status_code, error.outcome, error.retryable) == (0, "not_sent", False)
    assert (error.operation, error.amazon_order_id) == (MESSAGE_TYPES[TYPE].operation_id, ORDER)
    assert [each.rule for each in error.problems] == ["not-available", "link"]
    assert asked(sandbox) == [ACTIONS.operation_id]
    assert pickle.loads(pickle.dumps(error)).problems == error.problems
    assert [each["rule"] for each in error.to_dict()["problems"]] == ["not-available", "link"]


@pytest.mark.parametrize("listed", [["attributes"], ["brandNew", "attributes"]], ids=["a read", "unknown"])
def test_amazon_fills_a_list_without_messages_later(shop: Shop, sandbox: Sandbox, listed: list[str]) -> None:
    sandbox.faults.answer(200, listing(*listed), on=ACTIONS.operation_id)
    with pytest.raises(MessageNotAvailableError) as raised:
        shop.send(ORDER, TYPE, text=TEXT, check=True)
    assert raised.value.retryable

    shop.send(ORDER, TYPE, text=TEXT, check=True)  # at once
    assert len(sandbox.inbox) == 1


@pytest.mark.parametrize("check", [True, "strict"])
def test_without_a_library_no_file_passes_unseen(
    shop: Shop, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, check: Any
) -> None:
    uploaded = shop.upload(ORDER, "invoice", ("a.pdf", PDF))
    monkeypatch.setitem(sys.modules, "filetype", None)
    missing = pytest.raises(ModuleNotFoundError, match=r"filetype: pip install 'spapi-messaging\[preflight\]'")
    with missing:
        shop.preflight(ORDER, "invoice", attachments=[("a.pdf", PDF)])
    with missing:
        shop.send_invoice(ORDER, attachments=[("a.pdf", PDF)], check=check)
    assert sandbox.inbox == []

    shop.send_invoice(ORDER, attachments=[("a.pdf", PDF)])
    shop.send_invoice(ORDER, attachments=[uploaded], check=check)


def test_amazon_fills_an_empty_list_later(shop: Shop, sandbox: Sandbox) -> None:
    sandbox.faults.answer(200, {"_links": {}}, on="reads")

    with pytest.raises(MessageNotAvailableError) as raised:
        shop.send(ORDER, TYPE, text=TEXT, check=True)
    assert raised.value.retryable
    assert raised.value.possible_causes == ("not-available",)
    shop.send(ORDER, TYPE, text=TEXT, check=True)  # it was not kept
    assert len(sandbox.inbox) == 1


def test_what_cannot_succeed_later_is_not_tried_again(shop: Shop, sandbox: Sandbox) -> None:
    """A warning stops this message, whatever Amazon lists later."""
    sandbox.faults.answer(200, {"_links": {}}, on="reads")

    with pytest.raises(InvalidMessageError) as raised:
        shop.send(ORDER, TYPE, text=LINK, check="strict")
    assert [each.rule for each in raised.value.problems] == ["not-available", "link"]
    assert not raised.value.retryable


def test_an_order_with_narrower_limits_is_a_matter_of_the_message(shop: Shop, sandbox: Sandbox) -> None:
    sandbox.faults.answer(200, listing(TYPE, properties={"rawMessageBody": {"maxLength": 5}}), on="reads")
    with pytest.raises(InvalidMessageError, match="this order takes up to 5 characters"):
        shop.send(ORDER, TYPE, text=TEXT, check=True)

    assert sandbox.inbox == []


def test_warnings_are_logged_and_stop_nothing(shop: Shop, sandbox: Sandbox, caplog: pytest.LogCaptureFixture) -> None:
    files = [("a.pdf", LOCKED)]
    shop.send(ORDER, "digitalAccessKey", text=f"{TEXT} {LINK}", attachments=files, check=True)

    warned = [record for record in caplog.records if record.levelno == logging.WARNING]
    operation = MESSAGE_TYPES["digitalAccessKey"].operation_id
    assert [record.getMessage() for record in warned] == [
        f"{operation} order={ORDER} warning=pdf-encrypted field=attachments",
        f"{operation} order={ORDER} warning=link field=text",
    ]
    assert [record.problem.rule for record in warned] == ["pdf-encrypted", "link"]  # type: ignore[attr-defined]
    assert len(sandbox.inbox) == 1
    assert TEXT not in caplog.text


def test_a_strict_check_stops_at_warnings(shop: Shop, sandbox: Sandbox, caplog: pytest.LogCaptureFixture) -> None:
    files = [("a.pdf", LOCKED)]
    with pytest.raises(InvalidMessageError) as raised:
        shop.send(ORDER, "digitalAccessKey", text=LINK, attachments=files, check="strict")

    assert [each.rule for each in raised.value.problems] == ["pdf-encrypted", "link"]
    assert "there is a link" in str(raised.value)
    assert [record for record in caplog.records if record.levelno == logging.WARNING] == []
    assert sandbox.inbox == []


def test_nobody_knows_whether_the_order_allows_it(shop: Shop, sandbox: Sandbox) -> None:
    sandbox.faults.answer(403, DENIED, on=ACTIONS.operation_id, times=2)

    with pytest.raises(InvalidMessageError, match="what this order allows"):
        shop.send(ORDER, TYPE, text=TEXT, check="strict")
    shop.send(ORDER, TYPE, text=TEXT, check=True)
    assert len(sandbox.inbox) == 1


def test_a_doubt_about_the_schema_stops_a_message_of_a_strict_check_alone(shop: Shop, sandbox: Sandbox) -> None:
    listed = listing(TYPE, properties={"rawMessageBody": {"pattern": "^[0-9]$"}})
    sandbox.faults.answer(200, listed, on="reads", times=2)

    with pytest.raises(InvalidMessageError, match="does not have the form that Amazon asks for"):
        shop.send(ORDER, TYPE, text=TEXT, check="strict")
    shop.send(ORDER, TYPE, text=TEXT, check=True)
    assert len(sandbox.inbox) == 1


@pytest.mark.parametrize("check", [None, 1, 0, "Strict", "yes", [True]])
def test_check_has_three_values(shop: Shop, sandbox: Sandbox, check: Any) -> None:
    calls: list[Callable[[], object]] = [
        lambda: shop.create_confirm_order_details(ORDER, text=TEXT, check=check),
        lambda: shop.send(ORDER, TYPE, text=TEXT, check=check),
    ]
    for call in calls:
        with pytest.raises(ConfigurationError, match='check is True, False or "strict"'):
            call()
    assert sandbox.requests == []


def test_the_language_counts_in_a_strict_check(shop: Shop, sandbox: Sandbox, rules: Rules) -> None:
    rules.detector = True

    with pytest.raises(InvalidMessageError) as raised:
        shop.send(ORDER, TYPE, text=TEXT, check="strict")
    assert [each.rule for each in raised.value.problems] == ["language"]
    assert shop.send(ORDER, TYPE, text=TEXT, check=True).status_code == 201


def test_the_hook_comes_after_the_check(shop: Shop, sandbox: Sandbox) -> None:
    order: list[str | None] = []
    sandbox.orders.set(ORDER, state="cancelled")
    with pytest.raises(MessageNotAvailableError):
        shop.send(ORDER, TYPE, text=TEXT, check=True, before_first_byte=lambda: order.append("hook"))
    assert order == []

    sandbox.orders.set(ORDER, state="shipped")
    shop.client._context.answers.clear()
    shop.send(ORDER, TYPE, text=TEXT, check=True, before_first_byte=lambda: order.append(asked(sandbox)[-1]))
    assert order == [ACTIONS.operation_id]


def test_files_are_read_once_and_a_stream_too(shop: Shop, sandbox: Sandbox, rules: Rules) -> None:
    read, write = os.pipe()
    os.write(write, PDF)
    os.close(write)
    with os.fdopen(read, "rb") as stream:
        shop.send_invoice(ORDER, attachments=[("a.pdf", stream)], check=True)

    assert sandbox.inbox[0].attachments[0].content == PDF
    assert rules.files == [("a.pdf", PDF)]


def test_a_stream_is_left_alone_if_the_text_stops_the_message(shop: Shop, sandbox: Sandbox) -> None:
    read, write = os.pipe()
    os.write(write, PDF)
    os.close(write)
    with os.fdopen(read, "rb") as stream:
        files = [("a.pdf", stream)]
        with pytest.raises(InvalidMessageError) as raised:
            shop.send(ORDER, "digitalAccessKey", text=HTML, attachments=files, check=True)
        assert [each.rule for each in raised.value.problems] == ["html"]
        shop.send(ORDER, "digitalAccessKey", text=TEXT, attachments=files, check=True)

    assert sandbox.inbox[0].attachments[0].content == PDF


def test_a_stream_is_left_to_the_send(shop: Shop, sandbox: Sandbox) -> None:
    read, write = os.pipe()
    os.write(write, PDF)
    os.close(write)
    with os.fdopen(read, "rb") as stream:
        found = shop.preflight(ORDER, "invoice", attachments=[("a.pdf", stream)])
        assert named(found) == [("warning", "attachments", "file-not-checked")]
        shop.send_invoice(ORDER, attachments=[("a.pdf", stream)])

    assert sandbox.inbox[0].attachments[0].content == PDF


def test_files_that_come_once_are_left_to_the_send(shop: Shop, sandbox: Sandbox, rules: Rules) -> None:
    """Otherwise the send would find no file, and some messages may go out without files."""
    sandbox.faults.answer(200, listing("digitalAccessKey", "invoice", required=["attachments"]), on="reads", times=None)
    for message_type, given in (("digitalAccessKey", {"text": TEXT}), ("invoice", {})):
        files = (each for each in [("a.pdf", PDF)])
        found = shop.preflight(ORDER, message_type, attachments=files, **given)
        assert named(found) == [("warning", "attachments", "file-not-checked")]
        shop.send(ORDER, message_type, attachments=files, **given)

    assert [[file.content for file in message.attachments] for message in sandbox.inbox] == [[PDF], [PDF]]
    assert rules.files == []


def test_a_send_checks_files_that_come_once(shop: Shop, sandbox: Sandbox, rules: Rules) -> None:
    shop.send_invoice(ORDER, attachments=(each for each in [("a.pdf", PDF)]), check=True)

    assert rules.files == [("a.pdf", PDF)]
    assert [file.content for file in sandbox.inbox[0].attachments] == [PDF]


def test_a_file_that_is_open_stays_where_it_is(shop: Shop) -> None:
    file = io.BytesIO(b"xx" + PDF)
    file.seek(2)
    assert shop.preflight(ORDER, "invoice", attachments=[("a.pdf", file)]) == []

    assert file.tell() == 2
    assert not file.closed


@both
def test_nothing_stays_open(kind: str, open_shop: OpenShop, sandbox: Sandbox, tmp_path: Path) -> None:
    (tmp_path / "invoice.pdf").write_bytes(PDF)
    shop = open_shop(kind, sandbox)
    shop.read()
    before = len([*Path("/proc/self/fd").iterdir()]) if sys.platform == "linux" else 0
    sandbox.faults.answer(404, {}, on=ACTIONS.operation_id)
    with pytest.raises(NotFoundError):
        shop.preflight(ORDER, "invoice", attachments=[tmp_path / "invoice.pdf"])
    shop.preflight(ORDER, "invoice", attachments=[tmp_path / "invoice.pdf", tmp_path / "none.pdf"])

    if sys.platform == "linux":
        assert len([*Path("/proc/self/fd").iterdir()]) <= before + 1  # a connection to the sandbox


def test_a_message_whose_outcome_is_unknown_is_not_sent_twice(shop: Shop, sandbox: Sandbox) -> None:
    sandbox.faults.add("reset-recorded", "sends")

    with pytest.raises(DeliveryUnknownError):
        shop.send(ORDER, TYPE, text=TEXT, check=True)
    assert len(sandbox.inbox) == 1
    assert asked(sandbox).count(MESSAGE_TYPES[TYPE].operation_id) == 1


def test_a_closed_client_says_so(open_shop: OpenShop, sandbox: Sandbox) -> None:
    shop = open_shop("threads", sandbox)
    shop.close()
    with pytest.raises(ClientClosedError):
        shop.preflight(ORDER, TYPE, text=TEXT)


def test_the_deadline_covers_the_check_too(
    open_shop: OpenShop, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = open_shop("threads", sandbox, deadline=10.0, retry=RetryPolicy(attempts=1))
    clock: Any = shop.clock
    check_text = texts.check_text

    def slow(text: str, **about: Any) -> list[Problem]:
        clock.time += 9.8
        return check_text(text, **about)

    monkeypatch.setattr(texts, "check_text", slow)
    with pytest.raises(NetworkError, match="deadline"):
        shop.send(ORDER, TYPE, text=TEXT, check=True)
    assert sandbox.inbox == []


@both
def test_amazons_static_sandbox_lists_examples(kind: str, open_shop: OpenShop) -> None:
    with Sandbox("static") as static:
        shop = open_shop(kind, static, marketplace="US", sandbox=True)
        order, files = "123-1234567-1234567", [Attachment("id", "a.pdf")]
        found = shop.preflight(order, "invoice", attachments=files)
        checks: tuple[Any, ...] = (True, "strict")
        receipts = [shop.send_invoice(order, attachments=files, check=check) for check in checks]
        shop.close()

    assert named(found) == [("warning", "message_type", "not-available")]
    assert [receipt.status_code for receipt in receipts] == [201, 201]


# What Amazon answered is kept for a short time


def test_an_answer_is_kept_for_a_minute(shop: Shop, sandbox: Sandbox) -> None:
    for _ in range(3):
        shop.preflight(ORDER, TYPE, text=TEXT)
    assert asked(sandbox) == [ACTIONS.operation_id]

    shop.clock.time += 59.9
    shop.preflight(ORDER, TYPE, text=TEXT)
    assert len(asked(sandbox)) == 1
    shop.clock.time += 0.1
    shop.preflight(ORDER, TYPE, text=TEXT)
    assert len(asked(sandbox)) == 2


def test_a_read_of_the_callers_own_always_asks(shop: Shop, sandbox: Sandbox) -> None:
    shop.preflight(ORDER, TYPE, text=TEXT)
    shop.get_messaging_actions_for_order(ORDER)
    shop.get_messaging_actions_for_order(ORDER)

    assert len(asked(sandbox)) == 3


def test_each_order_and_marketplace_is_asked_about(shop: Shop, sandbox: Sandbox) -> None:
    for order, marketplace in ((ORDER, "DE"), ("303-0000000-0000000", "DE"), (ORDER, "FR"), (ORDER, "DE")):
        shop.preflight(order, TYPE, text=TEXT, marketplace=marketplace)

    assert len(asked(sandbox)) == 3


@both
def test_derived_clients_share_what_is_kept_and_sellers_do_not(
    kind: str, open_shop: OpenShop, sandbox: Sandbox
) -> None:
    shop = open_shop(kind, sandbox)
    other = shop.client.for_seller(refresh_token=local_credentials("other")["refresh_token"])
    for client in (shop.client, shop.client.with_options(deadline=60), shop.client.with_options(max_wait=60)):
        shop.client = client
        shop.preflight(ORDER, TYPE, text=TEXT)
    assert len(asked(sandbox)) == 1

    shop.client = other
    shop.preflight(ORDER, TYPE, text=TEXT)
    assert len(asked(sandbox)) == 2


def test_a_message_makes_it_forgotten(shop: Shop, sandbox: Sandbox) -> None:
    """Whether it arrived, nobody knows, or it was refused; also one that another client of this seller sends."""
    kept = shop.client
    sends: list[Any] = [
        lambda: shop.send(ORDER, TYPE, text=TEXT),
        lambda: sandbox.faults.add("reset-recorded", "sends") and shop.send(ORDER, TYPE, text=TEXT),
        lambda: sandbox.faults.answer(400, {}, on="sends") and shop.send(ORDER, TYPE, text=TEXT),
    ]
    for count, send in enumerate(sends, 1):
        shop.client = kept
        shop.preflight(ORDER, TYPE, text=TEXT)
        assert asked(sandbox).count(ACTIONS.operation_id) == count
        shop.client = kept.with_options(deadline=100)
        with suppress(SpApiMessagingError):
            send()


def test_a_failure_is_not_kept(shop: Shop, sandbox: Sandbox) -> None:
    sandbox.faults.answer(404, {}, on="reads")
    with pytest.raises(NotFoundError):
        shop.preflight(ORDER, TYPE, text=TEXT)

    assert shop.preflight(ORDER, TYPE, text=TEXT) == []


def test_an_answer_that_is_older_than_a_message_is_not_kept(sandbox: Sandbox, open_shop: OpenShop) -> None:
    """A check that runs while a message goes out must not bring back what was true before."""
    shop = open_shop("threads", sandbox)
    plain, context = shop.client, shop.client._context

    class Slow(Unlimited):
        """Sends a message while a read waits for its turn."""

        def reserve(self, key: Any, *given: Any, **more: Any) -> Any:
            if key.operation == ACTIONS.operation_id and sandbox.inbox == []:
                plain.send(ORDER, TYPE, text=TEXT)
            return super().reserve(key, *given, **more)

    shop.client = plain._derived(limiter=Slow())
    shop.preflight(ORDER, TYPE, text=TEXT)

    assert len(sandbox.inbox) == 1
    assert context.answers == {}


def test_the_number_of_orders_is_bounded(
    open_shop: OpenShop, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("spapi_messaging._operation.order_answers.MAX_ORDERS", 3)
    shop = open_shop("threads", sandbox)
    for number in range(10):
        shop.preflight(f"303-1234567-000000{number}", TYPE, text=TEXT)
    assert len(shop.client._context.answers) == 3

    shop.clock.time += 61
    shop.preflight(ORDER, TYPE, text=TEXT)
    assert len(shop.client._context.answers) == 1


def test_many_threads_may_check_and_send_at_once(sandbox: Sandbox, rules: Rules) -> None:
    from spapi_messaging import MessagingClient

    with MessagingClient(
        credentials=sandbox.credentials,
        marketplace="DE",
        endpoint=sandbox.url,
        lwa_endpoint=sandbox.lwa_endpoint,
        limiter=Unlimited(),
    ) as client:

        def work(number: int) -> None:
            order = f"303-1234567-000000{number % 4}"
            assert client.preflight(order, TYPE, text=TEXT) == []
            client.send(order, TYPE, text=f"{number}", check=True)

        with ThreadPoolExecutor(8) as pool:
            list(pool.map(work, range(64)))

    assert sorted(int(message.text or "") for message in sandbox.inbox) == list(range(64))


PLACES = {
    "token": ["throttle", "error", "unavailable", "reset", "cut", "invalid_client"],
    "reads": ["throttle", "error", "unavailable", "reset", "cut", "expired-token", "revoked-token"],
    "uploads": ["throttle", "error-recorded", "unavailable", "reset-recorded", "cut", "null-headers"],
    "s3": ["throttle", "error-recorded", "reset", "cut-recorded", "expired-url"],
    "sends": ["throttle", "error", "error-recorded", "unavailable-recorded", "reset", "cut-recorded", "expired-token"],
}


@by_turns(
    "shop",
    ["threads", "asyncio"],
    ("times", "place", "fault"),
    combined([1, None], [(place, fault) for place, faults in PLACES.items() for fault in faults]),
    indirect=True,
)
def test_no_message_goes_out_twice_and_none_is_lost(
    shop: Shop, sandbox: Sandbox, times: int | None, place: str, fault: str
) -> None:
    sandbox.faults.add(fault, place, times=times)
    try:
        shop.send_invoice(ORDER, attachments=[("a.pdf", PDF)], check=True)
    except SpApiMessagingError as error:
        assert len(sandbox.inbox) <= (error.outcome == "unknown")
    else:
        assert len(sandbox.inbox) == 1


def test_what_costs_nothing_without_a_check(sandbox: Sandbox, open_shop: OpenShop) -> None:
    """A send asks the same of Amazon as ever, in the same order."""
    shop = open_shop("threads", sandbox)
    shop.send_invoice(ORDER, attachments=[("a.pdf", PDF)])

    upload = next(each.operation_id for each in OPERATIONS.values() if each.kind == "upload")
    assert asked(sandbox) == [upload, MESSAGE_TYPES["invoice"].operation_id]
    assert shop.client._context.answers == {}


def test_a_deprecated_type_is_warned_of_where_it_is_called(
    sandbox: Sandbox, open_shop: OpenShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    retire(monkeypatch, TYPE)
    client = open_shop("threads", sandbox).client
    calls: list[Callable[[], object]] = [
        lambda: client.send(ORDER, TYPE, text=TEXT, check=True),
        lambda: client.send(ORDER, TYPE, text=TEXT),
    ]
    for call in calls:
        with pytest.warns(DeprecationWarning) as warned:
            call()
        assert {warning.filename for warning in warned} == {__file__}


def test_a_name_that_is_mistyped_is_explained(shop: Shop) -> None:
    with pytest.raises(TypeError, match=r"Did you mean check=\?"):
        shop.create_confirm_order_details(ORDER, text=TEXT, chek=True)
    (problem,) = shop.preflight(ORDER, TYPE, text=TEXT, marketplaceIds=["A1PA6795UKMFR9"])
    assert 'marketplace="DE"' in problem.remedy
