"""Faults: each one does what it says, where it should and as often as it should."""

from __future__ import annotations

import re

import httpx
import pytest

from spapi_messaging import AccessDeniedError, MessagingClient
from spapi_messaging.sandbox import Fault, Sandbox
from tests.sandbox.conftest import ORDER, Caller, md5_of
from tests.support.sandboxes import complete_sandbox

TEXT = {"text": "Hallo"}


def send(caller: Caller, **headers: str) -> httpx.Response:
    return caller.send("confirmOrderDetails", TEXT, headers=headers)


async def skip(seconds: float) -> None:
    """A pause that passes at once."""


@pytest.mark.parametrize(
    ("fault_kind", "status", "content", "delivered"),
    [
        ("throttle", 429, "QuotaExceeded", 0),
        ("error", 500, "InternalFailure", 0),
        ("error-recorded", 500, "InternalFailure", 1),
        ("unavailable", 503, "<html>", 0),
        ("unavailable-recorded", 503, "<html>", 1),
        ("expired-token", 403, "The access token you provided has expired.", 0),
        ("revoked-token", 403, "revoked", 0),
        ("denied", 403, '"Access to requested resource is denied.", "details": ""', 0),
    ],
)
def test_a_fault_answers_once(caller: Caller, fault_kind: str, status: int, content: str, delivered: int) -> None:
    fault = caller.sandbox.faults.add(fault_kind, on="createConfirmOrderDetails")
    assert caller.attributes().status_code == 200
    response = send(caller)
    assert response.status_code == status
    assert content in response.text
    assert len(caller.sandbox.inbox) == delivered
    assert fault.hits == 1
    caller.token = caller.fresh_token()
    assert send(caller).status_code == 201


@pytest.mark.parametrize(("fault_kind", "delivered"), [("reset", 0), ("reset-recorded", 1)])
def test_a_connection_is_reset(caller: Caller, fault_kind: str, delivered: int) -> None:
    caller.sandbox.faults.add(fault_kind, on="sends")
    with pytest.raises(httpx.ReadError, match="reset"):
        send(caller)
    assert len(caller.sandbox.inbox) == delivered
    assert caller.sandbox.requests[-1].status is None


@pytest.mark.parametrize(("fault_kind", "delivered"), [("cut", 0), ("cut-recorded", 1)])
def test_an_answer_is_cut(caller: Caller, fault_kind: str, delivered: int) -> None:
    caller.sandbox.faults.add(fault_kind, on="sends")
    with pytest.raises(httpx.RemoteProtocolError):
        send(caller)
    assert len(caller.sandbox.inbox) == delivered


def test_a_delay_is_slept(caller: Caller) -> None:
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    caller.sandbox.sleep = sleep
    caller.sandbox.faults.add("delay", seconds=3.5)
    assert send(caller).status_code == 201
    assert slept == [3.5]


def test_any_answer_can_be_given(caller: Caller) -> None:
    caller.sandbox.faults.answer(204, on="sends", recorded=True)
    caller.sandbox.faults.answer(302, headers={"location": "http://127.0.0.1:1/"}, on="reads")
    assert send(caller).status_code == 204
    assert len(caller.sandbox.inbox) == 1
    assert caller.attributes().headers["location"] == "http://127.0.0.1:1/"


def test_every_tenth_is_hit_without_end(caller: Caller) -> None:
    caller.sandbox.plans.set("*", rate=1000, burst=1000)
    fault = caller.sandbox.faults.add("error-recorded", on="sends", every=10)
    statuses = [send(caller).status_code for _ in range(30)]
    assert [index for index, status in enumerate(statuses, 1) if status == 500] == [10, 20, 30]
    assert fault.hits == 3
    assert len(caller.sandbox.inbox) == 30
    caller.sandbox.faults.clear()
    assert send(caller).status_code == 201


def test_a_request_that_is_refused_gets_its_own_error(caller: Caller) -> None:
    caller.sandbox.faults.add("error-recorded", on="sends")
    assert caller.send("confirmOrderDetails", {"text": ""}).status_code == 400


def test_a_request_can_ask_for_its_own_fault(caller: Caller) -> None:
    assert send(caller, **{"x-sandbox-fault": "error-recorded"}).status_code == 500
    assert send(caller).status_code == 201
    caller.sandbox.sleep = skip
    assert send(caller, **{"x-sandbox-fault": "delay=1"}).status_code == 201
    refused = send(caller, **{"x-sandbox-fault": "earthquake"})
    assert refused.status_code == 400
    assert "unknown fault 'earthquake'" in refused.text


@pytest.mark.parametrize(
    ("fault_kind", "status", "content"),
    [
        ("error", 500, "server_error"),
        ("unavailable", 503, "<html>"),
        ("throttle", 429, "<html>"),
        ("temporarily_unavailable", 503, "temporarily_unavailable"),
        ("invalid_grant", 400, "invalid_grant"),
        ("unauthorized_client", 400, "unauthorized_client"),
    ],
)
def test_the_token_endpoint_fails(caller: Caller, fault_kind: str, status: int, content: str) -> None:
    caller.sandbox.faults.add(fault_kind, on="token")
    response = caller.ask_for_token()
    assert response.status_code == status
    assert content in response.text
    assert caller.ask_for_token().status_code == 200


@pytest.mark.parametrize(
    ("fault_kind", "status", "code"),
    [
        ("error", 500, "InternalError"),
        ("error-recorded", 500, "InternalError"),
        ("unavailable", 503, "ServiceUnavailable"),
        ("throttle", 503, "SlowDown"),
        ("expired-url", 403, "AccessDenied"),
    ],
)
def test_s3_fails(caller: Caller, fault_kind: str, status: int, code: str) -> None:
    payload = caller.destination(md5_of(b"x")).json()["payload"]
    caller.sandbox.faults.add(fault_kind, on="s3")
    answers = [caller.http.put(payload["url"], content=b"x", headers=payload["headers"]) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [status, 200]
    assert re.search("<Code>(.*)</Code>", answers[0].text)[1] == code  # type: ignore[index]


def test_s3_resets_the_connection(caller: Caller) -> None:
    payload = caller.destination(md5_of(b"x")).json()["payload"]
    caller.sandbox.faults.add("reset", on="s3")
    with pytest.raises(httpx.ReadError):
        caller.http.put(payload["url"], content=b"x", headers=payload["headers"])


def test_an_unknown_fault_is_refused() -> None:
    with pytest.raises(ValueError, match=r"unknown fault 'throttel'; known: .*throttle"):
        Fault("throttel")
    with pytest.raises(ValueError, match="at least 1"):
        Fault("throttle", every=0)


@pytest.mark.parametrize("times", [2, 1])
def test_times_ends_what_every_repeats(caller: Caller, times: int) -> None:
    caller.sandbox.plans.set("*", rate=1000, burst=1000)
    caller.sandbox.faults.answer(500, on="sends", every=3, times=times)
    assert [send(caller).status_code for _ in range(9)].count(500) == times


def test_every_repeats_an_answer_of_your_own_too(caller: Caller) -> None:
    caller.sandbox.plans.set("*", rate=1000, burst=1000)
    caller.sandbox.faults.answer(500, on="sends", every=1)
    assert [send(caller).status_code for _ in range(9)] == [500] * 9


def test_one_fault_is_removed_and_the_others_stay(caller: Caller) -> None:
    faults = caller.sandbox.faults
    first, second, third = (faults.add("error", on="sends", times=None) for _ in range(3))
    faults.remove(second)
    assert faults.active == [first, third]
    with pytest.raises(ValueError, match="not switched on"):
        faults.remove(second)
    faults.remove(third)
    assert send(caller).status_code == 500
    faults.remove(first)
    assert send(caller).status_code == 201


@pytest.mark.parametrize("name", ["confirmOrderDetails", "createConfirmOrderDetails"])
def test_a_message_type_stands_for_its_operation(caller: Caller, name: str) -> None:
    fault = caller.sandbox.faults.add("error", on=name)
    assert fault.on == "createConfirmOrderDetails"
    assert [caller.attributes().status_code, send(caller).status_code] == [200, 500]


@pytest.mark.parametrize("on", ["bogus", "", "Sends", "send", "sendinvoice", "API", "*", "tokens"])
def test_an_unknown_place_is_refused_with_those_that_there_are(caller: Caller, on: str) -> None:
    known = r"known: api, sends, reads, uploads, token, s3, .*invoice.*sendInvoice"
    with pytest.raises(ValueError, match=known):
        caller.sandbox.faults.add("error", on=on)
    with pytest.raises(ValueError, match=known):
        caller.sandbox.faults.answer(500, on=on)
    refused = caller.http.post("/_sandbox/faults", json={"kind": "error", "on": on})
    assert (refused.status_code, "known: api, sends" in refused.json()["error"]) == (400, True)
    assert caller.sandbox.faults.active == []


@pytest.mark.parametrize("retired", [False])
@pytest.mark.parametrize("on", ["amazonMotors", "CreateAmazonMotors", "createNegativeFeedbackRemoval"])
def test_a_retired_type_that_is_not_served_cannot_fail(caller: Caller, on: str) -> None:
    with pytest.raises(ValueError, match=r"Sandbox\(retired=True\)"):
        caller.sandbox.faults.add("error", on=on)
    with pytest.raises(ValueError, match=r"Sandbox\(retired=True\)"):
        caller.sandbox.plans.set(on, rate=1, burst=1)
    with pytest.raises(ValueError, match=r"Sandbox\(retired=True\)"):
        caller.sandbox.plans.plan(on)
    assert Sandbox("static").faults.add("error", on=on).number == 1


@pytest.mark.parametrize(
    ("kind", "on"),
    [
        ("expired-url", "sends"),
        ("expired-url", "uploads"),
        ("expired-url", "token"),
        ("null-headers", "api"),
        ("null-headers", "invoice"),
        ("null-headers", "s3"),
        ("expired-token", "token"),
        ("revoked-token", "s3"),
        ("denied", "s3"),
        ("denied", "token"),
        ("invalid_grant", "api"),
        ("server_error", "s3"),
    ],
)
def test_a_fault_that_never_happens_there_is_refused(caller: Caller, kind: str, on: str) -> None:
    with pytest.raises(ValueError, match=f"{kind} never happens on"):
        caller.sandbox.faults.add(kind, on=on)
    with pytest.raises(ValueError, match="a delay needs seconds"):
        caller.sandbox.faults.add("delay", on=on)
    assert caller.sandbox.faults.active == []


@pytest.mark.parametrize(
    ("kind", "on"),
    [
        ("expired-url", "s3"),
        ("null-headers", "uploads"),
        ("invalid_grant", "token"),
        ("revoked-token", "api"),
        ("denied", "api"),
        ("error", "api"),
    ],
)
def test_a_fault_is_on_where_it_can_happen(caller: Caller, kind: str, on: str) -> None:
    assert caller.sandbox.faults.add(kind).on == on


def test_an_operation_that_uploads_is_a_place_for_what_happens_to_uploads(caller: Caller) -> None:
    caller.sandbox.faults.add("null-headers", on="createUploadDestinationForResource")
    assert caller.destination(md5_of(b"x")).json()["payload"]["headers"] is None


@pytest.mark.parametrize("kind", ["expired-url", "invalid_grant", "null-headers", "delay", "delay=0"])
def test_a_request_cannot_ask_for_what_never_happens_to_it(caller: Caller, kind: str) -> None:
    assert send(caller, **{"x-sandbox-fault": kind}).status_code == 400
    assert caller.sandbox.inbox == []


@pytest.mark.parametrize("kind", ["earthquake", "expired-url"])
def test_static_mode_refuses_such_a_request_too(static_caller: Caller, kind: str) -> None:
    headers = {"x-sandbox-fault": kind}
    refused = static_caller.call("GET", "/messaging/v1/orders/123-1234567-1234567", None, headers)
    assert (refused.status_code, kind in refused.text) == (400, True)
    headers["x-sandbox-fault"] = "error"
    assert static_caller.call("GET", "/messaging/v1/orders/123-1234567-1234567", None, headers).status_code == 500


def test_a_request_can_ask_for_what_happens_to_uploads(caller: Caller) -> None:
    path = f"/uploads/2020-11-01/uploadDestinations/messaging/v1/orders/{ORDER}/messages/invoice"
    headers = {"x-sandbox-fault": "null-headers"}
    answer = caller.call("POST", path, None, headers, contentMD5=md5_of(b"x"))
    assert answer.json()["payload"]["headers"] is None


@pytest.mark.parametrize(
    ("kind", "on"),
    [
        ("null-headers", None),
        ("null-headers", "uploads"),
        ("expired-url", None),
        ("error", "s3"),
        ("error", "uploads"),
        ("delay", "uploads"),
        ("expired-token", "uploads"),
        ("throttle", "createUploadDestinationForResource"),
    ],
)
def test_static_mode_has_no_uploads_that_could_fail(static_caller: Caller, kind: str, on: str | None) -> None:
    faults = static_caller.sandbox.faults
    with pytest.raises(ValueError, match=r"never happens on .* in static mode: no upload is published"):
        faults.add(kind, on=on, seconds=float(kind == "delay"))
    with pytest.raises(ValueError, match="in static mode"):
        faults.answer(500, on="s3")
    assert static_caller.http.post("/_sandbox/faults", json={"kind": "error", "on": "s3"}).status_code == 400
    assert faults.active == []


def test_in_static_mode_no_request_can_ask_for_what_happens_to_uploads(static_caller: Caller) -> None:
    path = f"/uploads/2020-11-01/uploadDestinations/messaging/v1/orders/{ORDER}/messages/invoice"
    headers = {"x-sandbox-fault": "null-headers"}
    refused = static_caller.call("POST", path, None, headers, contentMD5=md5_of(b"x"))
    assert (refused.status_code, "never happens" in refused.text) == (400, True)
    refused = static_caller.http.put("/sandbox-uploads/x", headers={"x-sandbox-fault": "expired-url"})
    assert (refused.status_code, "never happens" in refused.text) == (400, True)


@pytest.mark.parametrize("mode", ["simulated", "static"])
@pytest.mark.parametrize("on", ["api", "reads", "sends", "token", "invoice", "getAttributes"])
def test_all_else_can_fail_in_both_modes(mode: str, on: str) -> None:
    on = "GetAttributes" if on == "getAttributes" else on
    assert complete_sandbox(mode).faults.add("error-recorded", on=on).number == 1


@pytest.mark.parametrize("kind", ["error-recorded", "reset-recorded", "cut-recorded", "unavailable-recorded"])
def test_a_fault_that_did_not_happen_stays_for_the_next_request(caller: Caller, kind: str) -> None:
    caller.sandbox.orders.set(ORDER, state="cancelled")
    fault = caller.sandbox.faults.add(kind, on="sends")
    assert [send(caller).status_code, fault.hits] == [403, 0]
    caller.sandbox.orders.set(ORDER, state="shipped")
    try:
        assert send(caller).status_code >= 500
    except httpx.TransportError as broken:
        assert kind.startswith(("reset", "cut")), broken
    assert fault.hits == 1
    assert [send(caller).status_code, fault.hits] == [201, 1]


def test_an_answer_of_your_own_that_was_not_given_stays_too(caller: Caller) -> None:
    fault = caller.sandbox.faults.answer(418, on="sends", recorded=True)
    assert caller.send("confirmOrderDetails", {"text": ""}).status_code == 400
    assert [send(caller).status_code, fault.hits] == [418, 1]


def test_one_that_is_due_at_every_third_happens_to_the_next_that_works(caller: Caller) -> None:
    caller.sandbox.plans.set("*", rate=1000, burst=1000)
    fault = caller.sandbox.faults.add("error-recorded", on="sends", every=3)
    texts = ["x", "x", "", "", "x", "x", "x", "x", "x"]
    statuses = [caller.send("confirmOrderDetails", {"text": text}).status_code for text in texts]
    assert statuses == [201, 201, 400, 400, 500, 201, 201, 500, 201]
    assert fault.hits == 2


def test_headers_are_missing_where_there_is_a_destination(caller: Caller) -> None:
    fault = caller.sandbox.faults.add("null-headers")
    assert [caller.destination("").status_code, fault.hits] == [400, 0]
    assert caller.destination(md5_of(b"x")).json()["payload"]["headers"] is None
    assert fault.hits == 1


@pytest.mark.parametrize("kind", ["expired-token", "revoked-token"])
def test_a_token_that_is_refused_anyway_is_not_ended(caller: Caller, kind: str) -> None:
    fault = caller.sandbox.faults.add(kind)
    good, caller.token = caller.token, "Atza|invented"
    assert [caller.actions().status_code, fault.hits] == [403, 0]
    caller.token = caller.fresh_token()
    caller.sandbox.tokens.expire(caller.token)
    assert [caller.actions().status_code, fault.hits] == [403, 0]
    caller.token = good
    assert [caller.actions().status_code, fault.hits] == [403, 1]


@pytest.mark.parametrize("kind", ["error", "throttle", "reset", "cut", "delay", "expired-url"])
def test_what_replaces_the_answer_always_happens(caller: Caller, kind: str) -> None:
    caller.sandbox.sleep = skip
    on = "s3" if kind == "expired-url" else "sends"
    fault = caller.sandbox.faults.add(kind, on=on, seconds=float(kind == "delay"))
    caller.sandbox.orders.set(ORDER, state="cancelled")
    try:
        if on == "s3":
            caller.http.put("/sandbox-uploads/x", content=b"x")
        else:
            send(caller)
    except httpx.TransportError as broken:
        assert kind in ("reset", "cut"), broken
    assert fault.hits == 1


def test_denied_looks_to_a_client_as_if_the_role_were_missing(caller: Caller) -> None:
    sandbox = caller.sandbox
    sandbox.faults.add("denied", on="uploads", times=None)
    with MessagingClient(
        credentials=sandbox.credentials, marketplace="DE", endpoint=sandbox.url, lwa_endpoint=sandbox.lwa_endpoint
    ) as client:
        with pytest.raises(AccessDeniedError, match="Buyer Communication role") as raised:
            client.send_invoice(ORDER, attachments=[("a.pdf", b"%PDF-1.4\n%%EOF\n")])
        assert raised.value.possible_causes[0] == "role"
        assert raised.value.request_id
        client.get_attributes(ORDER)
    assert sandbox.inbox == []
