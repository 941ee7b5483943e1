"""Whatever a client sends, it never gets a 500, and the log stays free of tracebacks."""

from __future__ import annotations

import logging
import socket
from collections.abc import Iterator

import httpx
import pytest

from tests.sandbox.conftest import ORDER, Caller, md5_of
from tests.sandbox.raw import FORM, MESSAGE_PATH, connect, exchange, request, status


@pytest.fixture(autouse=True)
def no_traceback(caplog: pytest.LogCaptureFixture, caller: Caller) -> Iterator[None]:
    yield
    caller.sandbox.stop()  # what is logged late is logged now
    records = [*caplog.get_records("call"), *caplog.get_records("teardown")]
    assert [record.getMessage() for record in records if record.levelno >= logging.ERROR] == []


def wait_for_end(caller: Caller, connection: socket.socket) -> None:
    """Waits until the sandbox has closed a connection."""
    connection.shutdown(socket.SHUT_WR)
    while connection.recv(65536):
        pass


@pytest.mark.parametrize(
    "method_and_path", [("POST", MESSAGE_PATH), ("POST", "/auth/o2/token"), ("POST", "/_sandbox/faults")]
)
def test_a_client_that_goes_away_in_its_request_leaves_nothing(
    caller: Caller, method_and_path: tuple[str, str]
) -> None:
    kept = len(caller.sandbox.requests)
    with connect(caller.sandbox) as connection:
        connection.sendall(request(caller, *method_and_path, b"{", content_length="100"))
        wait_for_end(caller, connection)
    assert len(caller.sandbox.requests) == kept
    assert caller.actions().status_code == 200


def test_an_upload_that_is_cut_leaves_nothing(caller: Caller) -> None:
    payload = caller.destination(md5_of(b"12345")).json()["payload"]
    path = payload["url"].removeprefix(caller.sandbox.url)
    headers = {name.replace("-", "_"): value for name, value in payload["headers"].items()}
    with connect(caller.sandbox) as connection:
        cut = request(caller, "PUT", path, b"123", content_length="5", x_amz_access_token="", **headers)
        connection.sendall(cut)
        wait_for_end(caller, connection)
    attachment = {"uploadDestinationId": payload["uploadDestinationId"], "fileName": "a.pdf"}
    assert "does not exist" in caller.send("invoice", {"attachments": [attachment]}).text


def test_a_sandbox_that_stops_in_the_middle_of_an_answer_is_quiet(caller: Caller) -> None:
    caller.sandbox.faults.add("delay", seconds=3600)
    with connect(caller.sandbox) as connection:
        connection.sendall(request(caller, "GET", MESSAGE_PATH.replace("/messages/confirmOrderDetails", "")))
        while not caller.sandbox.faults.active[0].hits:
            pass
        caller.sandbox.stop()
    assert caller.sandbox.requests[-1].status is None


@pytest.mark.parametrize("method", ["POST", "HEAD", "PUT"])
@pytest.mark.parametrize("path", [MESSAGE_PATH, "/sandbox-uploads/x", "/_sandbox/inbox", "/auth/o2/token"])
def test_a_chunk_that_cannot_be_read_ends_the_request(caller: Caller, method: str, path: str) -> None:
    start = request(caller, method, path, content_length="", transfer_encoding="chunked")
    assert exchange(caller.sandbox, start + b"5\r\nhello\r\nnonsense\r\n").startswith(b"HTTP/1.1 4")


@pytest.mark.parametrize("length", ["abc", "-1", "+5", "0x5", "1, 2", "9" * 30])
@pytest.mark.parametrize(("method", "path"), [("PUT", "/sandbox-uploads/x"), ("POST", MESSAGE_PATH)])
def test_a_length_that_is_no_number_is_refused(caller: Caller, method: str, path: str, length: str) -> None:
    assert status(exchange(caller.sandbox, request(caller, method, path, b"", content_length=length))) == 400


DEEP = b'{"text": "x", "more": ' + b"[" * 300 + b"]" * 300 + b"}"


def test_a_body_that_is_nested_too_deeply_is_refused(caller: Caller) -> None:
    assert status(exchange(caller.sandbox, request(caller, "POST", MESSAGE_PATH, DEEP))) == 400
    assert caller.http.get("/_sandbox/inbox").json() == []
    nested = b'{"text": "x", "more": ' + b"[" * 40 + b"]" * 40 + b"}"
    assert status(exchange(caller.sandbox, request(caller, "POST", MESSAGE_PATH, nested))) == 201
    assert len(caller.http.get("/_sandbox/inbox").json()) == 1
    assert caller.http.get("/").status_code == 200


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xff",
        b"[]",
        b"null",
        b"[" * 100_000,
        b'{"kind": "\\ud800"}',
        b'{"kind": NaN}',
        b'{"kind": ["error"]}',
        b'{"how": {}}',
        b'{"operation": ["x"], "rate": 1, "burst": 1}',
        b'{"state": {}}',
        b'{"marketplace": 5}',
        b'{"marketplace": false}',
        b'{"locale": 5}',
        b'{"locale": "\\u0000"}',
        b'{"feedback_removal_requested": "no"}',
        b'{"order_id": "1"}',
        b'{"advance": 1, "more": 1}',
    ],
)
@pytest.mark.parametrize("path", ["faults", "clock", "tokens", "plans", f"orders/{ORDER}"])
def test_settings_that_cannot_be_read_are_refused(caller: Caller, path: str, body: bytes) -> None:
    refused = caller.http.post(f"/_sandbox/{path}", content=body)
    assert refused.status_code == 400
    assert refused.json()["error"]


@pytest.mark.parametrize(
    "body", [b"order_id=\xff%00", b"order_id=%00", b"order_id=1&locale=%ed%a0%80", b"order_id=1&locale=%00"]
)
def test_a_form_that_cannot_be_read_is_refused(caller: Caller, body: bytes) -> None:
    assert caller.http.post("/inbox/orders", content=body, headers={"content-type": FORM}).status_code == 400
    assert caller.http.get("/").status_code == 200


def test_an_order_without_a_printable_id_is_refused(caller: Caller) -> None:
    assert caller.http.post("/_sandbox/orders/%00", json={}).status_code == 400
    assert caller.http.post("/_sandbox/orders/%20", json={}).status_code == 400


@pytest.mark.parametrize("number", ["9" * 5000, "²", "-1", "%00"])
def test_a_number_that_cannot_be_read_is_no_error(caller: Caller, number: str) -> None:
    assert caller.http.get(f"/inbox/{number}/0").status_code == 404
    assert caller.http.get(f"/inbox/1/{number}").status_code == 404
    assert caller.http.get(f"/?before={number}").status_code == 200
    assert caller.http.get(f"/inbox/updates?after={number}").status_code == 200


@pytest.mark.parametrize("file_name", ["//[x.pdf", "data:x", "a\0b.pdf", "..", "/"])
def test_any_file_name_is_delivered(caller: Caller, file_name: str) -> None:
    upload_id = caller.upload(b"x")
    sent = caller.send("invoice", {"attachments": [{"uploadDestinationId": upload_id, "fileName": file_name}]})
    assert sent.status_code == 201
    assert caller.http.get("/").status_code == caller.http.get("/inbox/1/0").status_code == 200


def test_an_error_of_s3_is_always_xml(caller: Caller) -> None:
    caller.sandbox.faults.add("expired-url", on="s3")
    answer = caller.http.put("/sandbox-uploads/x?X-Amz-Expires=%00%01", content=b"")
    assert "<X-Amz-Expires></X-Amz-Expires>" in answer.text


def test_the_body_that_is_waited_for_comes_after_100_continue(caller: Caller) -> None:
    with connect(caller.sandbox) as connection:
        connection.sendall(request(caller, "POST", MESSAGE_PATH, content_length="17", expect="100-continue"))
        assert connection.recv(65536).startswith(b"HTTP/1.1 100 ")
        connection.sendall(b'{"text": "Hallo"}')
        assert connection.recv(65536).startswith(b"HTTP/1.1 201 ")


def test_a_body_that_is_too_large_is_refused_instead_of_100_continue(caller: Caller) -> None:
    with connect(caller.sandbox) as connection:
        connection.sendall(request(caller, "POST", MESSAGE_PATH, content_length="5000000", expect="100-continue"))
        assert connection.recv(65536).startswith(b"HTTP/1.1 413 ")


def test_requests_in_a_row_are_answered_in_order(caller: Caller) -> None:
    large = request(caller, "POST", MESSAGE_PATH, b" " * 2_000_000)
    small = request(caller, "POST", MESSAGE_PATH, b'{"text": "Hallo"}')
    answers = exchange(caller.sandbox, large + small + large + small)
    assert [int(part[:3]) for part in answers.split(b"HTTP/1.1 ")[1:]] == [413, 201, 413, 201]


def test_another_protocol_is_refused(caller: Caller) -> None:
    for start in (
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"\0" * 100_000,
    ):
        assert exchange(caller.sandbox, start + b"\r\n\r\n").startswith(b"HTTP/1.1 4")


def test_any_method_and_any_target_is_answered(caller: Caller) -> None:
    for method in ("TRACE", "PROPFIND", "get", "CONNECT"):
        for target in ("/", "/_sandbox/inbox", "*", "http://evil.example/", MESSAGE_PATH):
            assert 200 <= status(exchange(caller.sandbox, request(caller, method, target))) < 500


def test_a_request_without_a_query_of_its_own_is_answered(caller: Caller) -> None:
    answer: httpx.Response = caller.http.get(
        f"/messaging/v1/orders/{ORDER}?%ff=%ff&&;=", headers={"x-amz-access-token": caller.token}
    )
    assert answer.status_code == 400
