"""The sandbox reads and keeps no more of a request than it needs."""

from __future__ import annotations

import pytest

from spapi_messaging.sandbox import ReceivedRequest, Sandbox, requests
from tests.sandbox.conftest import Caller
from tests.sandbox.held import LARGE, held
from tests.sandbox.raw import FORM, MESSAGE_PATH, connect, exchange, request, status


@pytest.mark.parametrize(
    ("path", "headers", "expected"),
    [
        (MESSAGE_PATH, {}, 413),
        (MESSAGE_PATH, {"x_amz_access_token": ""}, 403),
        ("/auth/o2/token", {"content_type": FORM}, 413),
        ("/_sandbox/faults", {}, 413),
        ("/inbox/orders", {"content_type": FORM}, 413),
    ],
)
@pytest.mark.parametrize("announced", [True, False])
def test_a_body_that_is_too_large_is_not_kept(
    caller: Caller, path: str, headers: dict[str, str], expected: int, announced: bool
) -> None:
    chunk = b"x" * LARGE
    if announced:
        parts = [request(caller, "POST", path, b"", content_length=str(3 * LARGE), **headers), *[chunk] * 3]
    else:
        start = request(caller, "POST", path, b"", content_length="", transfer_encoding="chunked", **headers)
        parts = [start, *[b"%x\r\n%b\r\n" % (LARGE, chunk)] * 3, b"0\r\n\r\n"]
    kept = len(caller.sandbox.requests)
    assert status(exchange(caller.sandbox, *parts)) == expected
    assert [request.body for request in caller.sandbox.requests[kept:]] == (
        [] if "_sandbox" in path or "inbox" in path else [b""]
    )
    assert held(caller.sandbox) == 0
    assert all(request.body_size > LARGE for request in caller.sandbox.requests[kept:])


@pytest.mark.parametrize("path", [MESSAGE_PATH, "/auth/o2/token", "/sandbox-uploads/x", "/_sandbox/faults", "/nowhere"])
def test_a_body_without_end_is_cut_off(caller: Caller, path: str) -> None:
    method = "PUT" if "uploads" in path else "POST"
    start = request(caller, method, path, content_length="", transfer_encoding="chunked", x_amz_access_token="")
    chunk = b"%x\r\n%b\r\n" % (LARGE, b"x" * LARGE)
    with connect(caller.sandbox) as connection:
        connection.sendall(start)
        with pytest.raises(OSError, match=r"reset|Broken pipe|aborted"):
            for _ in range(1000):
                connection.sendall(chunk)
    assert held(caller.sandbox) == 0


def test_a_connection_that_stops_sending_is_closed(caller: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("spapi_messaging.sandbox.unread.MAX_SECONDS", 0)
    answer = b""
    with connect(caller.sandbox) as connection:
        connection.sendall(request(caller, "POST", MESSAGE_PATH, content_length="150000000"))
        while received := connection.recv(65536):
            answer += received
    assert status(answer) == 413


def test_the_requests_together_have_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(requests, "MAX_REQUEST_BYTES", 10_000)
    sandbox = Sandbox()
    for number in range(1000):
        sandbox.record(ReceivedRequest("api", "POST", f"/{number}", headers={"x": "y" * 50}, body=b"z" * 100))
        assert sum(request.size for request in sandbox.requests) <= 10_000
        assert sandbox.requests[-1].path == f"/{number}"
    assert len(sandbox.requests) >= 20
    sandbox.requests.clear()
    sandbox.record(ReceivedRequest("api", "POST", "/large", body=b"z" * 20_000))
    assert [request.path for request in sandbox.requests] == ["/large"]
