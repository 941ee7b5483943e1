"""The names by which a client reaches the sandbox: in a container, behind a mapped port, and from a hostile page."""

from __future__ import annotations

import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing, suppress
from typing import Any

import httpx
import pytest

from spapi_messaging import MessagingClient
from spapi_messaging.sandbox import Sandbox
from spapi_messaging.sandbox.hosts import reachable_url
from tests.sandbox.conftest import ORDER, Caller, md5_of
from tests.support.sandboxes import complete_sandbox

NAMES = ["Sandbox", "my_service:9000"]
DATA = b"%PDF-1.7 an invoice"
UPLOADS = f"/uploads/2020-11-01/uploadDestinations/messaging/v1/orders/{ORDER}/messages/invoice"


@pytest.fixture
def named() -> Iterator[Caller]:
    """A sandbox on all addresses, as in a container, with names that are allowed."""
    with complete_sandbox(host="0.0.0.0", allowed_hosts=NAMES) as sandbox, closing(Caller(sandbox)) as caller:
        sandbox.clock.freeze()
        yield caller


def upload_url(caller: Caller, host: str) -> tuple[str, int]:
    """The origin of the upload URL that a client gets who names this host, and how its PUT is answered."""
    payload = caller.call("POST", UPLOADS, None, {"host": host}, contentMD5=md5_of(DATA)).json()["payload"]
    origin, _, path = payload["url"].partition("/sandbox-uploads/")
    own = {"host": origin.removeprefix("http://"), **payload["headers"]}
    put = caller.http.put(f"{caller.sandbox.url}/sandbox-uploads/{path}", content=DATA, headers=own)
    return origin, put.status_code


@pytest.mark.parametrize(
    ("host", "origin"),
    [
        ("sandbox", "http://sandbox"),
        ("sandbox:80", "http://sandbox"),
        ("sandbox:8765", "http://sandbox:8765"),
        ("SANDBOX:1", "http://sandbox:1"),
        ("my_service:9000", "http://my_service:9000"),
        ("localhost", "http://localhost"),
        ("localhost:9000", "http://localhost:9000"),
        ("LocalHost:9000", "http://localhost:9000"),
        ("127.0.0.1:9000", "http://127.0.0.1:9000"),
        ("127.1.2.3:9000", "http://127.1.2.3:9000"),
        ("[::1]:9000", "http://[::1]:9000"),
    ],
)
def test_an_upload_goes_to_the_name_and_port_that_the_client_used(named: Caller, host: str, origin: str) -> None:
    assert upload_url(named, host) == (origin, 200)


@pytest.mark.parametrize(
    "host",
    [
        "my_service",
        "my_service:9001",
        "sandbox.evil.example",
        "evil.example",
        "10.9.8.7:9000",
        "[2001:db8::1]:9000",
        "",
    ],
)
def test_any_other_upload_goes_where_the_request_arrived(named: Caller, host: str) -> None:
    assert upload_url(named, host) == (named.sandbox.url, 200)


@pytest.mark.parametrize("path", ["/", "/_sandbox/inbox", "/inbox/updates"])
@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("sandbox", 200),
        ("sandbox:1234", 200),
        ("my_service:9000", 200),
        ("my_service:9001", 403),
        ("my_service", 403),
        ("evil.example", 403),
        ("sandbox.evil.example", 403),
    ],
)
def test_the_inbox_answers_to_the_names_that_are_allowed(named: Caller, path: str, host: str, status: int) -> None:
    answer = named.http.get(path, headers={"host": host})
    assert answer.status_code == status
    assert status == 200 or "--allow-host" in answer.text


def test_another_page_gets_nothing_under_a_name_that_is_allowed(named: Caller) -> None:
    for origin, status in (("http://sandbox:9000", 201), ("http://sandbox", 403), ("https://evil.example", 403)):
        headers = {"host": "sandbox:9000", "origin": origin}
        assert named.http.post("/_sandbox/faults", json={"kind": "error"}, headers=headers).status_code == status


def test_the_name_that_it_listens_on_is_allowed() -> None:
    with complete_sandbox(host="localhost") as sandbox, closing(Caller(sandbox)) as caller:
        assert caller.http.get("/_sandbox/inbox").status_code == 200


@pytest.mark.parametrize("hosts", ["sandbox", b"sandbox", None, 5, [5], [None]])
def test_allowed_hosts_are_a_list_of_names(hosts: Any) -> None:
    with pytest.raises(TypeError, match="allowed_hosts"):
        Sandbox(allowed_hosts=hosts)


@pytest.mark.parametrize(
    "host", ["", "*", "*.example", "http://sandbox", "sandbox:", "sandbox:x", "sandbox:99999", "a b"]
)
def test_what_is_no_host_cannot_be_allowed(host: str) -> None:
    with pytest.raises(ValueError, match="allowed_hosts: expected a name"):
        Sandbox(allowed_hosts=[host])


class MappedPort:
    """Another port that leads to a sandbox, as a container's port is mapped."""

    def __init__(self, target: int) -> None:
        self._target = target
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self._listener.close()

    def _accept(self) -> None:
        with suppress(OSError):  # closed
            while True:
                client, _ = self._listener.accept()
                server = socket.create_connection(("127.0.0.1", self._target))
                for source, target in ((client, server), (server, client)):
                    threading.Thread(target=self._copy, args=(source, target), daemon=True).start()

    @staticmethod
    def _copy(source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError), source:
            while data := source.recv(65536):
                target.sendall(data)
            target.shutdown(socket.SHUT_WR)


def test_a_client_behind_a_mapped_port_uploads_through_it() -> None:
    with complete_sandbox(host="0.0.0.0") as sandbox, closing(MappedPort(sandbox.port)) as mapped:
        url = f"http://localhost:{mapped.port}"
        with MessagingClient(
            credentials=sandbox.credentials, marketplace="DE", endpoint=url, lwa_endpoint=f"{url}/auth/o2/token"
        ) as client:
            client.send_invoice(ORDER, attachments=[("invoice.pdf", DATA)])
        assert sandbox.inbox[0].attachments[0].content == DATA
        [put] = [request for request in sandbox.requests if request.service == "s3"]
        assert put.headers["host"] == f"localhost:{mapped.port}"
        assert httpx.get(url, trust_env=False).status_code == 200


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("127.0.0.1", "http://127.0.0.1:8765"),
        ("0.0.0.0", "http://127.0.0.1:8765"),
        ("::", "http://[::1]:8765"),
        ("::ffff:0.0.0.0", "http://127.0.0.1:8765"),
        ("2001:db8::1", "http://[2001:db8::1]:8765"),
        ("10.9.8.7", "http://10.9.8.7:8765"),
        ("sandbox", "http://sandbox:8765"),
    ],
)
def test_clients_on_this_machine_reach_what_listens_there(host: str, url: str) -> None:
    assert reachable_url(host, 8765) == url
    assert Sandbox(host=host, port=8765).url == url


def test_port_80_is_left_out_as_clients_leave_it_out() -> None:
    assert reachable_url("sandbox", 80) == "http://sandbox"


@pytest.mark.parametrize("host", ["", "http://127.0.0.1", "127.0.0.1:8765", "[::1]", "a b", "a/b", "a@b"])
def test_what_nobody_can_listen_on_has_no_url(host: str) -> None:
    with pytest.raises(ValueError, match=r"^host must be"):
        reachable_url(host, 8765)


@pytest.mark.parametrize("port", [0, -1, 65536, "8765", True, None])
def test_a_port_that_there_is_not_has_no_url(port: Any) -> None:
    with pytest.raises((TypeError, ValueError), match=r"^port must be"):
        reachable_url("127.0.0.1", port)


def test_the_url_needs_no_extra() -> None:
    code = (
        "import sys; from spapi_messaging.sandbox.hosts import reachable_url; "
        "print({'starlette', 'jinja2', 'uvicorn', 'h11'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"
