"""S3 for uploads: every wrong upload fails here like at Amazon."""

from __future__ import annotations

import hashlib
import re
import socket
import string
from collections.abc import Mapping
from contextlib import closing
from urllib.parse import parse_qsl, urlsplit
from xml.etree import ElementTree

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spapi_messaging.sandbox import Clock, s3
from spapi_messaging.sandbox.signing import REQUIRED, Signer
from spapi_messaging.sandbox.uploads import Owner, Uploads
from tests.sandbox.conftest import ORDER, Caller, md5_of
from tests.support.sandboxes import complete_sandbox

DATA = b"%PDF-1.7 an invoice"
OWNER = Owner("", ORDER, "invoice")


class Put:
    """A correct PUT. A test changes one part of it."""

    def __init__(self, caller: Caller) -> None:
        payload = caller.destination(md5_of(DATA), contentType="application/pdf").json()["payload"]
        self.url: str = payload["url"]
        self.headers: dict[str, str] = dict(payload["headers"])
        self.upload_id = payload["uploadDestinationId"]

    def __call__(self, caller: Caller, method: str = "PUT", content: object = DATA) -> httpx.Response:
        return caller.http.request(method, self.url, content=content, headers=self.headers)  # type: ignore[arg-type]


@pytest.fixture
def put(caller: Caller) -> Put:
    return Put(caller)


def code(response: httpx.Response) -> tuple[int, str | None]:
    assert response.headers["content-type"] == "application/xml"
    return response.status_code, ElementTree.fromstring(response.text).findtext("Code")


def test_a_put_that_follows_the_rules_is_taken(caller: Caller, put: Put) -> None:
    response = put(caller)
    assert (response.status_code, response.content) == (200, b"")
    assert response.headers["etag"] == f'"{hashlib.md5(DATA).hexdigest()}"'
    assert put(caller).status_code == 200


def test_the_url_looks_like_that_of_s3(caller: Caller, put: Put) -> None:
    parts = urlsplit(put.url)
    query = dict(parse_qsl(parts.query))
    signature = query.pop("X-Amz-Signature")
    today = caller.sandbox.clock.today()
    assert query == {
        "X-Amz-Algorithm": "AWS4-HMAC-SHA256",
        "X-Amz-Credential": f"AKIASANDBOX/{today:%Y%m%d}/us-east-1/s3/aws4_request",
        "X-Amz-Date": f"{today:%Y%m%dT%H%M%SZ}",
        "X-Amz-Expires": "900",
        "X-Amz-SignedHeaders": "content-md5;host;x-amz-server-side-encryption",
    }
    assert re.fullmatch("[0-9a-f]{64}", signature)
    assert "%2F" in parts.path
    assert put.headers == {"Content-MD5": md5_of(DATA), "x-amz-server-side-encryption": "aws:kms"}


def test_the_bytes_must_fit_the_digest(caller: Caller, put: Put) -> None:
    assert code(put(caller, content=DATA + b"!")) == (400, "BadDigest")


def test_a_multipart_body_does_not_fit_the_digest(caller: Caller, put: Put) -> None:
    response = caller.http.put(put.url, files={"file": DATA}, headers=put.headers)
    assert code(response) == (400, "BadDigest")


def test_a_digest_in_hex_is_refused(caller: Caller) -> None:
    digest = hashlib.md5(DATA).hexdigest()
    payload = caller.destination(digest).json()["payload"]
    assert code(caller.http.put(payload["url"], content=DATA, headers=payload["headers"])) == (400, "InvalidDigest")


@pytest.mark.parametrize("name", ["Content-MD5", "x-amz-server-side-encryption"])
def test_a_header_that_was_signed_must_come(caller: Caller, put: Put, name: str) -> None:
    del put.headers[name]
    assert code(put(caller)) == (403, "SignatureDoesNotMatch")


def test_a_header_that_was_signed_must_come_unchanged(caller: Caller, put: Put) -> None:
    put.headers["Content-MD5"] = md5_of(b"other")
    assert code(put(caller, content=b"other")) == (403, "SignatureDoesNotMatch")


def test_the_access_token_must_not_come(caller: Caller, put: Put) -> None:
    put.headers["x-amz-access-token"] = caller.token
    response = put(caller)
    assert code(response) == (403, "AccessDenied")
    assert "x-amz-access-token" in response.text
    assert caller.token not in response.text


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("%2F", "/"),
        ("%2F", "%252F"),
        ("%2FNinetyDays", "%2fNinetyDays"),
        ("amzn1", "amzn2"),
        ("AWS4-HMAC", "AWS5-HMAC"),
        ("AKIASANDBOX", "AKIASANDBOY"),
        ("X-Amz-Date=2", "X-Amz-Date=3"),
        ("X-Amz-Expires=900", "X-Amz-Expires=9000"),
        ("host%3B", "host%3Bdate%3B"),
        ("content-md5%3B", ""),
        ("%3Bhost", "%3bhost"),
        ("X-Amz-Signature=", "X-Amz-Signature=0"),
        ("X-Amz-Signature=", "X-Amz-Signature=%C3%A9"),
        ("?", "?more=1&"),
        ("?", "?X-Amz-Signature=1&"),
    ],
)
def test_the_url_must_come_unchanged(caller: Caller, put: Put, old: str, new: str) -> None:
    assert old in put.url
    put.url = put.url.replace(old, new, 1)
    assert code(put(caller)) == (403, "SignatureDoesNotMatch")


HOSTS = ["evil.example", "evil.example:8765", "a@evil.example", "%s@evil.example", "", "10.9.8.7", "10.9.8.7:8765"]
HOSTS += ["localhost.evil.example", "localhost:x", "localhost:0", "localhost:65536", "127.0.0.1.evil.example:80"]


@pytest.mark.parametrize("host", HOSTS)
def test_the_url_is_that_of_the_sandbox_whatever_the_host_says(caller: Caller, host: str) -> None:
    path = f"/uploads/2020-11-01/uploadDestinations/messaging/v1/orders/{ORDER}/messages/invoice"
    headers = {"host": host, "x-forwarded-proto": "https", "x-forwarded-host": host}
    answer = caller.call("POST", path, None, headers, contentMD5=md5_of(DATA))
    payload = answer.json()["payload"]
    assert payload["url"].startswith(f"{caller.sandbox.url}/sandbox-uploads/")
    assert caller.http.put(payload["url"], content=DATA, headers=payload["headers"]).status_code == 200


@pytest.mark.parametrize("host", HOSTS)
def test_a_put_for_another_host_is_refused(caller: Caller, put: Put, host: str) -> None:
    put.headers["Host"] = host
    assert code(put(caller)) == (403, "SignatureDoesNotMatch")


def test_a_sandbox_on_ipv6_hands_out_its_own_address() -> None:
    try:
        sandbox = complete_sandbox(host="::1").start()
    except OSError:
        pytest.skip("this machine has no IPv6")
    with closing(Caller(sandbox)) as caller:
        assert sandbox.url == f"http://[::1]:{sandbox.port}"
        put = Put(caller)
        assert put.url.startswith(f"{sandbox.url}/")
        assert put(caller).status_code == 200
    sandbox.stop()


def test_the_url_leads_to_the_address_that_was_called() -> None:
    with complete_sandbox(host="0.0.0.0") as sandbox, closing(Caller(sandbox)) as caller:
        put = Put(caller)
        assert put.url.startswith(f"http://127.0.0.1:{sandbox.port}/")
        assert put(caller).status_code == 200


def test_the_host_is_signed(caller: Caller, put: Put) -> None:
    put.headers["Host"] = f"localhost:{caller.sandbox.port}"
    assert code(put(caller)) == (403, "SignatureDoesNotMatch")


def test_another_sandbox_has_another_key(caller: Caller, put: Put) -> None:
    caller.sandbox.uploads.signer = Signer(b"another key")
    assert code(put(caller)) == (403, "SignatureDoesNotMatch")


def test_parameters_may_come_in_another_order(caller: Caller, put: Put) -> None:
    base, _, query = put.url.partition("?")
    put.url = f"{base}?{'&'.join(reversed(query.split('&')))}"
    assert put(caller).status_code == 200


@pytest.mark.parametrize("name", REQUIRED)
def test_the_query_must_be_complete(caller: Caller, put: Put, name: str) -> None:
    base, _, query = put.url.partition("?")
    put.url = base + "?" + "&".join(pair for pair in query.split("&") if not pair.startswith(name))
    assert code(put(caller)) == (403, "AccessDenied")


@pytest.mark.parametrize(("name", "value"), [("Date", "x"), ("Expires", "x"), ("Expires", "9" * 400)])
def test_a_time_that_cannot_be_read_is_refused(caller: Caller, put: Put, name: str, value: str) -> None:
    put.url = put.url.replace(f"X-Amz-{name}=", f"X-Amz-{name}={value}")
    assert code(put(caller)) == (403, "AccessDenied")


def test_the_url_is_valid_for_fifteen_minutes(caller: Caller, put: Put) -> None:
    caller.sandbox.clock.advance(898)
    assert put(caller).status_code == 200
    caller.sandbox.clock.advance(3)
    response = put(caller)
    assert code(response) == (403, "AccessDenied")
    assert "Request has expired" in response.text


def test_a_chunked_body_has_no_length(caller: Caller, put: Put) -> None:
    assert code(put(caller, content=iter([DATA]))) == (411, "MissingContentLength")


@pytest.mark.parametrize("method", ["POST", "GET", "DELETE"])
def test_only_put_will_do(caller: Caller, put: Put, method: str) -> None:
    assert code(put(caller, method)) == (405, "MethodNotAllowed")


def test_a_file_that_is_too_large_is_refused_before_it_is_read(caller: Caller, put: Put) -> None:
    parts = urlsplit(put.url)
    head = f"PUT {parts.path}?{parts.query} HTTP/1.1\r\nhost: {parts.netloc}\r\ncontent-length: 50000000\r\n\r\n"
    with socket.create_connection((caller.sandbox.host, caller.sandbox.port)) as connection:
        connection.sendall(head.encode())
        answer = b""
        while b"</Error>" not in answer:
            answer += connection.recv(65536)
    assert b"<Code>EntityTooLarge</Code>" in answer


def test_null_headers_leave_the_encryption_out(caller: Caller) -> None:
    caller.sandbox.faults.add("null-headers", on="uploads")
    payload = caller.destination(md5_of(DATA)).json()["payload"]
    assert payload["headers"] is None
    headers = {"Content-MD5": md5_of(DATA), "Content-Type": "application/pdf"}
    assert caller.http.put(payload["url"], content=DATA, headers=headers).status_code == 200


def upload(data: bytes) -> tuple[Uploads, str, dict[str, str]]:
    """Uploads with one destination, its URL, and the headers of a correct PUT."""
    uploads = Uploads(Clock(lambda: 1.8e9), Signer(b"key"))
    payload = uploads.create("http://host", OWNER, md5_of(data), None, null_headers=False)
    assert isinstance(payload["headers"], Mapping)
    headers = {name.lower(): value for name, value in payload["headers"].items()}
    return uploads, str(payload["url"]), {**headers, "host": "host", "content-length": str(len(data))}


@given(st.binary(max_size=64), st.binary(max_size=64))
def test_any_other_method_or_digest_is_refused(data: bytes, other: bytes) -> None:
    uploads, url, headers = upload(data)
    assert uploads.signer.accepts("PUT", url, headers)
    assert not uploads.signer.accepts("POST", url, headers)
    assert uploads.signer.accepts("PUT", url, {**headers, "content-md5": md5_of(other)}) == (data == other)


@given(st.integers(min_value=0), st.sampled_from(string.ascii_letters + string.digits + "-_.~%&=;+/ "))
def test_any_other_character_in_path_or_query_is_refused(place: int, character: str) -> None:
    uploads, url, headers = upload(DATA)
    begin = len("http://host/")
    place = begin + place % (len(url) - begin)
    changed = url[:place] + character + url[place + 1 :]
    answer = s3.put(changed, headers, DATA, uploads, Clock(lambda: 1.8e9))
    assert answer.status == (200 if changed == url else 403)
