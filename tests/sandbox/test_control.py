"""The control endpoints do what the Python objects do, and answer no other web site."""

from __future__ import annotations

import pytest

from spapi_messaging.sandbox.answers import JSON
from tests.sandbox.conftest import ORDER, Caller


def test_faults_are_switched_on_and_off(caller: Caller) -> None:
    made = caller.http.post("/_sandbox/faults", json={"kind": "error", "on": "reads", "every": 2})
    described = {"number": 1, "kind": "error", "on": "reads", "times": None, "every": 2, "seconds": 0.0, "hits": 0}
    assert (made.status_code, made.json()) == (201, described)
    assert [caller.attributes().status_code for _ in range(4)] == [200, 500, 200, 500]
    assert caller.http.get("/_sandbox/faults").json() == [{**described, "hits": 2}]
    assert caller.http.delete("/_sandbox/faults").status_code == 204
    assert caller.sandbox.faults.active == []


def test_one_fault_is_switched_off(caller: Caller) -> None:
    numbers = [caller.http.post("/_sandbox/faults", json={"kind": "error"}).json()["number"] for _ in range(3)]
    assert caller.http.delete(f"/_sandbox/faults/{numbers[1]}").status_code == 204
    assert [fault.number for fault in caller.sandbox.faults.active] == [numbers[0], numbers[2]]
    for number in (numbers[1], 0, "x"):
        assert caller.http.delete(f"/_sandbox/faults/{number}").status_code == 404


def test_an_answer_of_one_s_own_is_given(caller: Caller) -> None:
    answer = {"status": 418, "body": "tea", "headers": {"x": "y"}, "on": "confirmOrderDetails", "recorded": True}
    assert caller.http.post("/_sandbox/faults", json=answer).json()["on"] == "createConfirmOrderDetails"
    sent = caller.send("confirmOrderDetails", {"text": "Hallo"})
    assert (sent.status_code, sent.text, sent.headers["x"]) == (418, "tea", "y")
    assert len(caller.sandbox.inbox) == 1


@pytest.mark.parametrize(("body", "kind"), [({"errors": []}, JSON), ([1], JSON), ("{}", "")])
def test_an_answer_of_one_s_own_can_be_json(caller: Caller, body: object, kind: str) -> None:
    caller.http.post("/_sandbox/faults", json={"status": 400, "body": body})
    answer = caller.actions()
    assert (answer.status_code, answer.headers.get("content-type", "")) == (400, kind)
    assert answer.json() == (body if kind else {})


def test_json_can_have_another_content_type(caller: Caller) -> None:
    caller.sandbox.faults.answer(400, {"errors": []}, {"Content-Type": "application/problem+json"})
    assert caller.actions().headers["content-type"] == "application/problem+json"


def test_the_clock_is_moved(caller: Caller) -> None:
    before = caller.sandbox.clock.now()
    caller.http.post("/_sandbox/clock", json={"advance": 5000})
    assert caller.sandbox.clock.now() == before + 5000
    assert caller.actions().status_code == 403
    caller.http.post("/_sandbox/clock", json={})
    assert caller.sandbox.clock.now() < before + 5000


@pytest.mark.parametrize(("how", "word"), [("expire", "expired"), ("revoke", "revoked")])
def test_tokens_are_ended(caller: Caller, how: str, word: str) -> None:
    assert caller.http.post("/_sandbox/tokens", json={"how": how}).status_code == 204
    assert word in caller.actions().text


def test_a_plan_is_set(caller: Caller) -> None:
    caller.http.post("/_sandbox/plans", json={"operation": "GetAttributes", "rate": 9, "burst": 2})
    assert [caller.attributes().status_code for _ in range(3)] == [200, 200, 429]
    assert caller.actions().headers["x-amzn-RateLimit-Limit"] == "1.0"


def test_an_order_is_set(caller: Caller) -> None:
    made = caller.http.post(f"/_sandbox/orders/{ORDER}", json={"state": "cancelled", "marketplace": "DE"})
    assert made.json()["state"] == "cancelled"
    assert caller.send("confirmOrderDetails", {"text": "Hallo"}).status_code == 403


def test_the_inbox_is_listed_and_emptied(caller: Caller) -> None:
    upload_id = caller.upload(b"%PDF-1.7")
    caller.send("invoice", {"attachments": [{"uploadDestinationId": upload_id, "fileName": "a.pdf"}]})
    [message] = caller.http.get("/_sandbox/inbox").json()
    assert (message["operation"], message["order_id"]) == ("sendInvoice", ORDER)
    [file] = message["attachments"]
    assert (file["file_name"], file["size"], "content" in file) == ("a.pdf", 8, False)
    assert caller.http.delete("/_sandbox/inbox").status_code == 204
    assert caller.sandbox.inbox == []


@pytest.mark.parametrize(
    ("path", "settings"),
    [
        ("faults", {"kind": "earthquake"}),
        ("faults", {"what": "error"}),
        ("faults", {"kind": "error", "on": "bogus"}),
        ("faults", {"status": 500, "on": "bogus"}),
        ("faults", {"status": 500, "kind": "error"}),
        ("plans", {"operation": "bogus", "rate": 1, "burst": 1}),
        ("clock", {"jump": 1}),
        ("tokens", {"how": "eat"}),
        ("orders/1", {"state": "lost"}),
        ("orders/1", {"marketplace": "XX"}),
        ("plans", {"rate": 1}),
    ],
)
def test_invalid_settings_are_refused(caller: Caller, path: str, settings: dict[str, object]) -> None:
    refused = caller.http.post(f"/_sandbox/{path}", json=settings)
    assert refused.status_code == 400
    assert refused.json()["error"]
    assert '`{"' in refused.json()["endpoint"]  # it says what it takes


@pytest.mark.parametrize(
    ("path", "settings", "reason"),
    [
        ("faults", {"on": "api"}, "kind is missing"),
        ("faults", {}, "kind is missing"),
        ("faults", {"status": 500, "kind": "error"}, "kind is unknown here; known: status, body, headers, on, "),
        ("faults", {"kind": "error", "time": 1}, "time is unknown here; known: kind, on, times, every, seconds"),
        ("plans", {"rate": 1, "burst": 1}, "operation is missing"),
        ("plans", {"operation": "*", "rate": 1}, "burst is missing"),
        ("plans", {"operation": "*", "burst": 1}, "rate is missing"),
        ("plans", {"operation": "*", "rate": 1, "burst": 1, "self": 1}, "self is unknown here; known: operation, "),
        ("plans", {"operation": None, "rate": 1, "burst": 1}, "operation must be a string"),
    ],
)
def test_a_refusal_says_in_plain_words_which_setting_is_wrong(
    caller: Caller, path: str, settings: dict[str, object], reason: str
) -> None:
    refused = caller.http.post(f"/_sandbox/{path}", json=settings)
    assert (refused.status_code, refused.json()["error"][: len(reason)]) == (400, reason)
    assert caller.attributes().headers["x-amzn-RateLimit-Limit"] == "1.0"


@pytest.mark.parametrize(
    ("method", "path", "headers", "status"),
    [
        ("GET", "/_sandbox/inbox", {"host": "evil.example"}, 403),
        ("DELETE", "/_sandbox/inbox", {"origin": "https://evil.example"}, 403),
        ("GET", "/_sandbox", {}, 404),
        ("DELETE", "/_sandbox/faults/7", {}, 404),
        ("PUT", "/_sandbox/faults", {}, 405),
        ("POST", "/_sandbox/faults", {}, 400),
    ],
)
def test_every_refusal_of_the_control_is_json(
    caller: Caller, method: str, path: str, headers: dict[str, str], status: int
) -> None:
    refused = caller.http.request(method, path, headers=headers)
    large = caller.http.post("/_sandbox/faults", content=bytes(1024 * 1024 + 1))
    assert (large.status_code, large.json()) == (413, {"error": "the body is too large"})
    assert (refused.status_code, refused.headers["content-type"]) == (status, "application/json")
    assert isinstance(refused.json()["error"], str)


@pytest.mark.parametrize("path", ["/", "/_sandbox/inbox", "/inbox/updates"])
def test_a_host_name_that_points_here_is_refused(caller: Caller, path: str) -> None:
    assert caller.http.get(path).status_code == 200
    assert caller.http.get(path, headers={"host": "evil.example"}).status_code == 403
    assert caller.http.get(path, headers={"host": f"localhost:{caller.sandbox.port}"}).status_code == 200


@pytest.mark.parametrize(
    "host",
    [
        "evil.example:99999",
        "evil.example:",
        "evil.example:x",
        "evil.example,127.0.0.1",
        "a@127.0.0.1",
        "127.1",
        "[",
        "",
    ],
)
def test_a_host_that_cannot_be_read_is_refused(caller: Caller, host: str) -> None:
    assert caller.http.get("/_sandbox/inbox", headers={"host": host}).status_code == 403


@pytest.mark.parametrize("host", ["127.0.0.1", "[::1]:80", "LOCALHOST", "localhost:8765"])
def test_a_host_on_this_machine_is_answered(caller: Caller, host: str) -> None:
    assert caller.http.get("/_sandbox/inbox", headers={"host": host}).status_code == 200


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("PUT", "/_sandbox/faults", "GET, POST, DELETE"),
        ("GET", "/_sandbox/faults/1", "DELETE"),
        ("PUT", "/_sandbox/inbox", "GET, DELETE"),
        ("OPTIONS", "/_sandbox/clock", "POST"),
        ("GET", f"/_sandbox/orders/{ORDER}", "POST"),
        ("POST", "/", "GET"),
        ("GET", "/inbox/orders", "POST"),
        ("DELETE", "/inbox/1/0", "GET"),
    ],
)
def test_another_method_is_refused_in_plain_words(caller: Caller, method: str, path: str, allowed: str) -> None:
    refused = caller.http.request(method, path)
    assert (refused.status_code, refused.headers["allow"]) == (405, allowed)
    reason = f"This address only takes {allowed}."
    assert (refused.json() == {"error": reason}) if path.startswith("/_sandbox") else (refused.text == reason)
    assert [request.service for request in caller.sandbox.requests] == ["token"]


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
@pytest.mark.parametrize("path", ["/_sandbox", "/_sandbox/", "/_sandbox/x", "/_sandbox/inbox/", "/inbox", "/inbox/1"])
def test_another_path_is_refused_in_plain_words(caller: Caller, method: str, path: str) -> None:
    refused = caller.http.request(method, path)
    assert refused.status_code == 404
    assert "no such address" in refused.text
    assert caller.http.request(method, path, headers={"host": "evil.example"}).status_code == 403


@pytest.mark.parametrize("path", ["/_sandbox/faults", "/inbox/orders"])
def test_another_site_s_page_is_refused(caller: Caller, path: str) -> None:
    headers = {"origin": "https://evil.example", "content-type": "text/plain"}
    assert caller.http.post(path, content=b'{"kind": "error"}', headers=headers).status_code == 403
    assert caller.sandbox.faults.active == []
