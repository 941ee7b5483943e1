"""Exactly S3's terms. The sandbox checks signature, digest and headers as S3 does; these tests look at the bytes, too.

Each of the traps that users of other clients report has a test here that fails when the client steps into it.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import logging
import re
import socket
import threading
from typing import Any
from urllib.parse import quote, unquote

import httpx
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from spapi_messaging import AsyncMessagingClient, MessagingClient
from spapi_messaging._storage import put_request, read_destination
from spapi_messaging.errors import UploadError
from tests.attachments.conftest import ORDER, PDF, AsyncWire, Seller, Wire, md5_of

LARGE = b"%PDF-1.7" + bytes(range(256)) * 3000


def content_with(*characters: str) -> bytes:
    """A PDF whose digest holds these characters."""
    return next(
        content
        for number in range(100_000)
        if all(character in md5_of(content := PDF + b" %d" % number) for character in characters)
    )


PLUS_AND_SLASH = content_with("+", "/")


def answer_with(seller: Seller, url: str, headers: object = None) -> None:
    """Amazon gives this destination to the next who asks."""
    payload = {"uploadDestinationId": "id", "url": url, "headers": headers}
    seller.sandbox.faults.answer(201, json.dumps({"payload": payload}), on="uploads")


def test_the_digest_is_base64_of_the_raw_bytes_encoded_once(seller: Seller) -> None:
    seller.upload(("a.pdf", PLUS_AND_SLASH))
    (asked,) = seller.destinations
    raw = dict(pair.split("=", 1) for pair in asked.query.split("&"))
    digest = md5_of(PLUS_AND_SLASH)
    assert len(digest) == 24  # hex would have 32
    assert unquote(raw["contentMD5"]) == digest
    assert not re.search(r"\+|%25", raw["contentMD5"])


def test_the_resource_has_plain_slashes_and_no_double_one(seller: Seller) -> None:
    seller.upload(("a.pdf", PDF))
    (asked,) = seller.destinations
    assert asked.method == "POST"
    assert asked.path == (f"/uploads/2020-11-01/uploadDestinations/messaging/v1/orders/{ORDER}/messages/invoice")
    assert asked.parameters == {
        "marketplaceIds": "A1PA6795UKMFR9",
        "contentMD5": md5_of(PDF),
        "contentType": "application/pdf",
    }
    assert asked.headers["accept"] == "application/json"


def test_the_resource_is_the_path_segment_and_not_the_action_s_name(seller: Seller) -> None:
    seller.call("upload", ORDER, "sendInvoice", ("a.pdf", PDF))
    assert seller.destinations[0].path.endswith("/messages/invoice")


def test_the_put_carries_what_was_signed_and_nothing_else(seller: Seller) -> None:
    seller.send_invoice(("a.pdf", LARGE))
    (put,) = seller.puts
    assert put.method == "PUT"
    assert put.headers == {
        "host": seller.sandbox.url.removeprefix("http://"),
        "content-md5": md5_of(LARGE),
        "x-amz-server-side-encryption": "aws:kms",
        "content-length": str(len(LARGE)),
    }
    assert put.body_size == len(LARGE)
    assert seller.received == [("a.pdf", LARGE)]


def test_null_headers(seller: Seller) -> None:
    seller.sandbox.faults.add("null-headers", on="uploads")
    seller.send_invoice(("a.pdf", PLUS_AND_SLASH))
    (put,) = seller.puts
    assert put.headers.keys() == {"host", "content-md5", "content-type", "content-length"}
    assert (put.headers["content-md5"], put.headers["content-type"]) == (md5_of(PLUS_AND_SLASH), "application/pdf")
    assert seller.received == [("a.pdf", PLUS_AND_SLASH)]


def test_headers_go_out_verbatim(seller: Seller) -> None:
    given_headers = {"X-Amz-Tagging": "a=b&c=%2F", "Content-MD5": md5_of(PDF), "Host": "elsewhere.example"}
    answer_with(seller, f"{seller.sandbox.url}/sandbox-uploads/%2Fa", given_headers)
    seller.sandbox.faults.answer(200, on="s3")
    seller.upload(("a.pdf", PDF))
    (put,) = seller.puts
    assert put.headers == {
        "host": "elsewhere.example",
        "x-amz-tagging": "a=b&c=%2F",
        "content-md5": md5_of(PDF),
        "content-length": str(len(PDF)),
    }


@pytest.mark.parametrize(
    "target",
    [
        "/sandbox-uploads/%2FNinetyDays%2Famzn1.tortuga.3.a?X-Amz-Signature=a%2Bb&X-Amz-Expires=900",
        "/sandbox-uploads/a/../b/./c//d?X-Amz-Signature=a+b/c=&x=%2f%7e~",
        "/sandbox-uploads/a;b=1'()*!$&,@:|^`{}\"<>?x=%zz&y='{}|^`\"<>&&z",
        "/sandbox-uploads/a?",
        "/sandbox-uploads/a??b?c",
    ],
)
def test_the_url_goes_out_byte_for_byte(seller: Seller, target: str) -> None:
    arrived: list[bytes] = []
    answers = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"
    with listener(arrived, answers) as origin:
        answer_with(seller, origin + target)
        seller.upload(("a.pdf", PDF))
    assert arrived[0].split(b"\r\n")[0] == f"PUT {target} HTTP/1.1".encode()


@pytest.mark.parametrize(
    "url", ["", "ftp://a/b", "http://elsewhere.example/a", "https:///a", "https://a", "https://a/ü", "https://a/b c", "https://a:x/"]
)  # fmt: skip
def test_a_destination_that_is_no_https_url(seller: Seller, url: str) -> None:
    for _ in range(4):  # without a URL, the answer makes no sense and is asked for again
        answer_with(seller, url or "x")
    with pytest.raises(UploadError, match=r"a destination for a\.pdf that is no https URL"):
        seller.send_invoice(("a.pdf", PDF))
    assert not seller.puts
    assert not seller.sandbox.inbox


@pytest.mark.parametrize("status", [301, 303, 307, 308])
def test_redirects_are_not_followed(seller: Seller, status: int) -> None:
    elsewhere: list[bytes] = []
    with listener(elsewhere, b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n") as origin:
        seller.sandbox.faults.answer(status, headers={"location": f"{origin}/stolen"}, on="s3")
        with pytest.raises(UploadError, match=rf"a\.pdf did not reach.*redirected elsewhere \({status}\)"):
            seller.send_invoice(("a.pdf", PDF))
    assert (len(seller.puts), elsewhere, seller.sandbox.inbox) == (1, [], [])


def test_no_secret_shows_in_logs_or_errors(seller: Seller, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    seller.sandbox.faults.add("error", on="s3")
    seller.sandbox.faults.answer(403, "<Code>AccessDenied</Code>", on="s3")
    shown: list[str] = []
    seller.before = lambda request: shown.append(f"{request!r} {request.url} {httpx.URL(request.url)}")
    with pytest.raises(UploadError) as refused:
        seller.upload(("a.pdf", PDF))
    assert "PUT order=303-1234567-1234567 status=500 code=InternalError attempt=1" in caplog.text
    logged = [record.getMessage() for record in caplog.records if not record.name.startswith("uvicorn")]
    everything = f"{logged} {refused.value!r} {refused.value.__cause__!r} {shown}"
    signature = seller.puts[0].parameters["X-Amz-Signature"]
    assert signature not in everything
    assert "X-Amz-" not in everything


class listener:
    """A server that takes down the heads of the requests that arrive, and answers them all alike."""

    def __init__(self, arrived: list[bytes], answer: bytes) -> None:
        self._arrived, self._answer = arrived, answer
        self._socket = socket.create_server(("127.0.0.1", 0))

    def __enter__(self) -> str:
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        return f"http://127.0.0.1:{self._socket.getsockname()[1]}"

    def __exit__(self, *_: object) -> None:
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self._thread.join()

    def _run(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            with connection, connection.makefile("rb") as file:
                head = b"".join(iter(file.readline, b"\r\n"))
                length = re.search(rb"content-length: (\d+)", head, re.IGNORECASE)
                file.read(int(length.group(1)) if length else 0)
                self._arrived.append(head)
                connection.sendall(self._answer)


def test_the_url_goes_through_a_forwarding_proxy_unchanged() -> None:
    arrived: list[bytes] = []
    target = "/sandbox-uploads/%2Fa/../b?X-Amz-Signature=a%2Bb+c"
    with listener(arrived, b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n") as proxy:
        destination = read_destination({"uploadDestinationId": "id", "url": f"http://localhost:9{target}"}, "", "", 0)
        request = put_request(destination, 0, httpx.ByteStream(b""), httpx.Timeout(5))
        with httpx.HTTPTransport(proxy=proxy) as transport:
            assert transport.handle_request(request).status_code == 200
    assert arrived[0].split(b"\r\n")[0] == f"PUT http://localhost:9{target} HTTP/1.1".encode()


def test_a_tunnelling_proxy_sees_the_host_alone() -> None:
    arrived: list[bytes] = []
    with listener(arrived, b"HTTP/1.1 502 no\r\ncontent-length: 0\r\nconnection: close\r\n\r\n") as proxy:
        url = "https://storage.example/%2Fa?X-Amz-Signature=secret"
        destination = read_destination({"uploadDestinationId": "id", "url": url}, "", "", 0)
        request = put_request(destination, 0, httpx.ByteStream(b""), httpx.Timeout(5))
        with httpx.HTTPTransport(proxy=proxy) as transport, pytest.raises(httpx.ProxyError):
            transport.handle_request(request)
    assert arrived[0].startswith(b"CONNECT storage.example:443 HTTP/1.1\r\n")
    assert b"secret" not in arrived[0]


@given(
    path=st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E, exclude_characters="?#")),
    query=st.none() | st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E, exclude_characters="#")),
)
def test_any_target_stays_as_it_is(path: str, query: str | None) -> None:  # fmt: skip
    target = f"/%2F{path}" + ("" if query is None else f"?{query}")
    destination = read_destination({"uploadDestinationId": "id", "url": f"https://a.example{target}"}, "", "", 0)
    request = put_request(destination, 0, httpx.ByteStream(b""), httpx.Timeout(5))
    assert request.url.raw_path == target.encode()
    assert request.url.raw_host == b"a.example"
    assert request.url.query == (query or "").encode()


class Upload:
    """One client of one kind for many uploads."""

    def __init__(self, seller: Seller) -> None:
        self.seller = seller

    def __enter__(self) -> Any:
        if self.seller.kind == "sync":
            self._wire: Any = Wire(lambda request: None)
            self._client: Any = MessagingClient(**self.seller.arguments(self._wire))
            return self._client.send_invoice
        self._runner = asyncio.Runner()
        self._wire = AsyncWire(lambda request: None)
        self._client = AsyncMessagingClient(**self.seller.arguments(self._wire))
        return lambda *a, **k: self._runner.run(self._client.send_invoice(*a, **k))

    def __exit__(self, *_: object) -> None:
        if self.seller.kind == "sync":
            self._client.close()
            self._wire.close()
        else:
            self._runner.run(self._client.aclose())
            self._runner.run(self._wire.aclose())
            self._runner.close()


def test_any_content_arrives(seller: Seller) -> None:
    with Upload(seller) as send_invoice:

        @given(st.binary(max_size=300))
        @example(PLUS_AND_SLASH)
        @example(content_with("//"))
        @example(content_with("++"))
        def arrives(content: bytes) -> None:
            content = PDF + content
            send_invoice(ORDER, attachments=[("a.pdf", content)])
            (file,) = seller.sandbox.inbox[-1].attachments
            asked, put = seller.destinations[-1], seller.puts[-1]
            assert (file.content, file.md5) == (content, hashlib.md5(content).hexdigest())
            assert f"contentMD5={quote(md5_of(content), safe='')}" in asked.query.replace("/", "%2F").split("&")
            assert put.path.startswith("/sandbox-uploads/%2FNinetyDays%2F")

        arrives()
