"""The S3 of uploads: each way to get an upload wrong fails here as it fails at Amazon."""

from __future__ import annotations

import base64
import datetime
import hashlib
import socket
from urllib.parse import parse_qsl, quote, unquote, urlsplit
from xml.etree import ElementTree

import httpx
import pytest
from botocore.auth import S3SigV4QueryAuth  # type: ignore[import-untyped]
from botocore.awsrequest import AWSRequest  # type: ignore[import-untyped]
from botocore.credentials import Credentials  # type: ignore[import-untyped]
from hypothesis import given
from hypothesis import strategies as st

from spapi_messaging.sandbox.signing import Signer
from tests.sandbox.conftest import Caller, md5_of

DATA = b"%PDF-1.7 an invoice"


@pytest.fixture
def payload(caller: Caller) -> dict[str, object]:
    payload: dict[str, object] = caller.destination(md5_of(DATA)).json()["payload"]
    return payload


class Put:
    """A PUT that is right, to be changed in one place."""

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


def test_the_url_is_signed_as_amazon_signs_it(put: Put) -> None:
    parts = urlsplit(put.url)
    query = dict(parse_qsl(parts.query))
    assert query["X-Amz-SignedHeaders"] == "content-md5;host;x-amz-server-side-encryption"
    assert query["X-Amz-Expires"] == "900"
    assert "%2F" in parts.path
    assert put.headers == {"Content-MD5": md5_of(DATA), "x-amz-server-side-encryption": "aws:kms"}


def test_botocore_s_own_signer_signs_the_same() -> None:
    headers = {"content-md5": md5_of(DATA), "host": "127.0.0.1:1", "x-amz-server-side-encryption": "aws:kms"}
    request = AWSRequest(method="PUT", url="http://127.0.0.1:1/bucket/%2Fkey", headers=headers)
    S3SigV4QueryAuth(Credentials("A", "b"), "s3", "us-east-1", expires=900).add_auth(request)
    theirs = dict(parse_qsl(urlsplit(request.url).query))
    signed_at = datetime.datetime.strptime(f"{theirs['X-Amz-Date']}+0000", "%Y%m%dT%H%M%SZ%z")
    ours = Signer("A", "b").presign("PUT", "http://127.0.0.1:1/bucket/%2Fkey", headers, signed_at, 900)
    assert dict(parse_qsl(urlsplit(ours).query)) == theirs


def test_the_bytes_must_fit_the_digest(caller: Caller, put: Put) -> None:
    assert code(put(caller, content=DATA + b"!")) == (400, "BadDigest")


def test_a_multipart_body_does_not_fit_the_digest(caller: Caller, put: Put) -> None:
    response = caller.http.put(put.url, files={"file": DATA}, headers=put.headers)
    assert code(response) == (400, "BadDigest")


def test_a_digest_in_hex_is_none(caller: Caller) -> None:
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
    [("%2F", "/"), ("%2F", "%252F"), ("%2FNinetyDays", "%2fNinetyDays"), ("X-Amz-Expires=900", "X-Amz-Expires=9000")],
)
def test_the_url_must_come_byte_for_byte(caller: Caller, put: Put, old: str, new: str) -> None:
    assert old in put.url
    put.url = put.url.replace(old, new, 1)
    assert code(put(caller)) == (403, "SignatureDoesNotMatch")


@pytest.mark.parametrize("name", ["X-Amz-Signature", "X-Amz-Date", "X-Amz-SignedHeaders"])
def test_the_query_must_be_complete(caller: Caller, put: Put, name: str) -> None:
    base, _, query = put.url.partition("?")
    put.url = base + "?" + "&".join(pair for pair in query.split("&") if not pair.startswith(name))
    assert code(put(caller)) == (403, "AccessDenied")


def test_a_date_that_is_none_is_refused(caller: Caller, put: Put) -> None:
    put.url = put.url.replace("X-Amz-Date=", "X-Amz-Date=x")
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


def test_what_is_too_large_is_refused_unread(caller: Caller, put: Put) -> None:
    parts = urlsplit(put.url)
    head = f"PUT {parts.path}?{parts.query} HTTP/1.1\r\nhost: {parts.netloc}\r\ncontent-length: 50000000\r\n\r\n"
    with socket.create_connection((caller.sandbox.host, caller.sandbox.port)) as connection:
        connection.sendall(head.encode())
        answer = b""
        while b"</Error>" not in answer:
            answer += connection.recv(65536)
    assert b"<Code>EntityTooLarge</Code>" in answer


def test_another_key_is_not_signed(caller: Caller, put: Put) -> None:
    put.url = put.url.replace("amzn1", "amzn2")
    assert code(put(caller)) == (403, "SignatureDoesNotMatch")


def test_null_headers_leave_the_encryption_out(caller: Caller) -> None:
    caller.sandbox.faults.add("null-headers", on="uploads")
    payload = caller.destination(md5_of(DATA)).json()["payload"]
    assert payload["headers"] is None
    headers = {"Content-MD5": md5_of(DATA), "Content-Type": "application/pdf"}
    assert caller.http.put(payload["url"], content=DATA, headers=headers).status_code == 200


@given(st.binary(max_size=64))
def test_any_content_s_digest_survives_the_query(data: bytes) -> None:
    digest = md5_of(data)
    signer = Signer("A", "b")
    headers = {"content-md5": digest, "host": "h"}
    url = signer.presign("PUT", "http://h/b/%2Fk", headers, datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC), 900)
    assert signer.accepts("PUT", url, headers)
    assert not signer.accepts("PUT", url, {**headers, "content-md5": md5_of(data + b"!")})
    assert unquote(quote(digest, safe="")) == digest
    assert len(base64.b64decode(digest)) == 16
