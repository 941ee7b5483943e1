"""S3's terms. The sandbox checks signature, digest and headers as S3 does; these tests look at the bytes, too."""

from __future__ import annotations

import re
from contextlib import closing
from urllib.parse import unquote

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spapi_messaging._upload.files import PreparedFile
from spapi_messaging._upload.sources import prepare
from spapi_messaging._upload.storage import (
    Destination,
    judge,
    judge_loss,
    put_request,
    read_destination,
)
from spapi_messaging.errors import UploadError
from tests.support.canned import canned_server
from tests.upload.conftest import LARGE, ORDER, PDF, Seller, md5_of

TIMEOUTS = httpx.Timeout(5).as_dict()
OK = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"


def content_with(*characters: str) -> bytes:
    """A PDF whose digest holds these characters."""
    contents = (PDF + b" %d" % number for number in range(100_000))
    return next(content for content in contents if all(character in md5_of(content) for character in characters))


PLUS_AND_SLASH = content_with("+", "/")


def destination(url: str, headers: object = None) -> Destination:
    payload = {"uploadDestinationId": "id", "url": url, "headers": headers}
    (file,) = prepare([("a.pdf", PDF)])
    assert isinstance(file, PreparedFile)
    with closing(file):
        found = read_destination(payload, file, now=1000.0)
    if isinstance(found, str):
        raise ValueError(found)
    return found


def put_to(url: str) -> httpx.Request:
    return put_request(destination(url), 0, httpx.ByteStream(b""), TIMEOUTS)


def test_the_destination_is_asked_for_with_plain_slashes_and_the_raw_digest_encoded_once(seller: Seller) -> None:
    seller.upload(("a.pdf", PLUS_AND_SLASH))
    (asked,) = seller.destinations
    assert asked.method == "POST"
    assert asked.path == f"/uploads/2020-11-01/uploadDestinations/messaging/v1/orders/{ORDER}/messages/invoice"
    assert asked.headers["accept"] == "application/json"
    raw = dict(pair.split("=", 1) for pair in asked.query.split("&"))
    assert raw.keys() == {"marketplaceIds", "contentMD5", "contentType"}
    assert len(unquote(raw["contentMD5"])) == 24  # hex would have 32
    assert unquote(raw["contentMD5"]) == md5_of(PLUS_AND_SLASH)
    assert not re.search(r"\+|%25", raw["contentMD5"])
    assert asked.parameters["contentType"] == "application/pdf"


@pytest.mark.parametrize(
    ("given_type", "segment", "fields"),
    [
        ("invoice", "invoice", {}),
        ("sendInvoice", "invoice", {}),  # the name that Amazon's list of actions has
        ("legalDisclosure", "legalDisclosure", {}),
        ("warranty", "warranty", {}),
        ("confirmCustomizationDetails", "confirmCustomizationDetails", {"text": "Bitte ansehen"}),
        ("digitalAccessKey", "digitalAccessKey", {"text": "ABC"}),
        ("amazonMotors", "amazonMotors", {}),
    ],
)
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_every_type_that_takes_files_has_destinations_of_its_own(
    seller: Seller, given_type: str, segment: str, fields: dict[str, str]
) -> None:
    seller.call("send", ORDER, given_type, attachments=[("a.pdf", PDF)], **fields)
    assert (seller.message.message_type, seller.received) == (segment, [("a.pdf", PDF)])
    assert seller.destinations[0].path.endswith(f"/messages/{segment}")


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


def test_without_headers_the_put_carries_digest_and_media_type(seller: Seller) -> None:
    seller.sandbox.faults.add("null-headers", on="uploads")
    seller.send_invoice(("a.pdf", PLUS_AND_SLASH))
    (put,) = seller.puts
    assert put.headers.keys() == {"host", "content-md5", "content-type", "content-length"}
    assert (put.headers["content-md5"], put.headers["content-type"]) == (md5_of(PLUS_AND_SLASH), "application/pdf")
    assert seller.received == [("a.pdf", PLUS_AND_SLASH)]


def test_headers_go_out_verbatim(seller: Seller) -> None:
    own = {"Host": seller.sandbox.url.removeprefix("http://"), "content-length": len(PDF)}  # what goes out anyway
    headers = {"X-Amz-Tagging": "a=b&c=%2F ", "Content-MD5": md5_of(PDF), "Cache-Control": "no-cache", **own}
    seller.give_destination(f"{seller.sandbox.url}/sandbox-uploads/%2Fa", headers)
    seller.sandbox.faults.answer(200, on="s3")
    seller.upload(("a.pdf", PDF))
    (put,) = seller.puts
    assert put.headers == {
        "host": seller.sandbox.url.removeprefix("http://"),
        "x-amz-tagging": "a=b&c=%2F",
        "cache-control": "no-cache",
        "content-md5": md5_of(PDF),
        "content-length": str(len(PDF)),
    }


def test_the_digest_goes_out_even_if_the_headers_lack_it() -> None:
    """It is what shows the storage that a file changed after it was hashed."""
    headers = destination("https://a.example/b", {"x-amz-server-side-encryption": "aws:kms"}).headers
    assert headers == {"Content-MD5": md5_of(PDF), "x-amz-server-side-encryption": "aws:kms"}


ODD_VALUES: list[object] = ["ü", "a\r\nY: b", "a\0", None, [], {}, True, 1.5]
ODD_NAMES = [
    *("Authorization", "Cookie", "X", "Transfer-Encoding", "Connection", "Expect", "Range", "", "Ü", "a b"),
    *("x-amz-access-token", "X-Amz-Access-Token", "x-amz-ü", "x-amz-a b"),
]
ODD_HEADERS: list[dict[str, object]] = [
    *[dict[str, object]({name: "x"}) for name in ODD_NAMES],
    *[{"x-amz-meta": value} for value in ODD_VALUES],
    {"Content-Length": "5"},
    {"Content-Length": ""},
    {"Host": "elsewhere.example"},
    {"Content-MD5": "a", "content-md5": "b"},
]


@pytest.mark.parametrize("odd", ODD_HEADERS, ids=repr)
def test_headers_that_an_upload_cannot_have_are_an_error_that_names_them_and_the_file(
    seller: Seller, odd: dict[str, object]
) -> None:
    seller.give_destination(f"{seller.sandbox.url}/sandbox-uploads/%2Fa", odd)
    with pytest.raises(
        UploadError, match=r"a destination for a\.pdf that has headers which an upload cannot have: .*\. No"
    ):
        seller.upload(("a.pdf", PDF))
    assert seller.puts == []


@pytest.mark.parametrize(
    "url", ["https://user@a.example/b", "https://user:password@a.example/b", "http://127.0.0.1@a.b/"]
)
def test_a_url_with_a_user_name_is_refused(seller: Seller, url: str) -> None:
    seller.give_destination(url)
    with pytest.raises(UploadError, match="is not an https URL") as raised:
        seller.upload(("a.pdf", PDF))
    assert "password" not in str(raised.value)


# The URL


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
def test_the_url_goes_out_to_the_byte(seller: Seller, target: str) -> None:
    with canned_server(OK) as server:
        seller.give_destination(server.url + target)
        seller.upload(("a.pdf", PDF))
    assert server.requests[0].startswith(f"PUT {target} HTTP/1.1\r\n".encode())


VISIBLE = st.characters(min_codepoint=0x21, max_codepoint=0x7E)


@given(path=st.text(VISIBLE).filter(lambda text: not {*"?#"} & {*text}),
       query=st.none() | st.text(VISIBLE).filter(lambda text: "#" not in text))  # fmt: skip
def test_any_target_stays_as_it_is(path: str, query: str | None) -> None:
    target = f"/%2F{path}" + ("" if query is None else f"?{query}")
    url = put_to(f"https://a.example{target}").url
    assert (url.raw_host, url.raw_path, url.query) == (b"a.example", target.encode(), (query or "").encode())


@given(st.from_regex(r"(https?://)?[!-~ü]{0,12}(/[ -~]{0,8})?", fullmatch=True))
def test_any_text_is_a_url_to_put_to_or_not(text: str) -> None:
    try:
        request = put_to(text)
    except ValueError as refused:
        assert str(refused).startswith("is not an https URL")
    else:
        assert request.url.host


def test_the_url_goes_through_a_forwarding_proxy_unchanged() -> None:
    target = "/sandbox-uploads/%2Fa/../b?X-Amz-Signature=a%2Bb+c"
    with canned_server(OK) as proxy, httpx.HTTPTransport(proxy=proxy.url) as transport:
        assert transport.handle_request(put_to(f"http://localhost:9{target}")).status_code == 200
    assert proxy.requests[0].startswith(f"PUT http://localhost:9{target} HTTP/1.1\r\n".encode())


def test_a_tunnelling_proxy_sees_the_host_alone() -> None:
    refusal = b"HTTP/1.1 502 no\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
    url = "https://storage.example/%2Fa?X-Amz-Signature=secret"
    with (
        canned_server(refusal) as proxy,
        httpx.HTTPTransport(proxy=proxy.url) as tunnel,
        pytest.raises(httpx.ProxyError),
    ):
        tunnel.handle_request(put_to(url))
    assert proxy.requests[0].startswith(b"CONNECT storage.example:443 HTTP/1.1\r\n")
    assert b"secret" not in proxy.requests[0]


def test_the_query_of_the_url_is_not_shown() -> None:
    url = "https://storage.example/%2Fa?X-Amz-Signature=secret"
    request, lost = put_to(url), judge_loss(httpx.ReadError(f"no answer from {url}"))
    assert "secret" not in f"{request!r} {request.url} {request.url!r} {httpx.URL(request.url)} {lost.happened}"


@pytest.mark.parametrize(
    "url", ["ftp://a/b", "http://elsewhere.example/a", "https:///a", "https://a", "https://a/ü", "https://a/b c", "https://a:x/",
            "https://xn--a/b", "https://a..b/c", "https://" + "a" * 64 + "/b"]
)  # fmt: skip
def test_a_destination_must_be_an_https_url(url: str) -> None:
    with pytest.raises(ValueError, match="not an https URL"):
        destination(url)


def test_a_destination_that_is_not_an_https_url_is_an_error_that_names_the_file(seller: Seller) -> None:
    seller.give_destination("http://elsewhere.example/a")
    with pytest.raises(UploadError, match=r"a destination for a\.pdf that is not an https URL\. No message was sent"):
        seller.send_invoice(("a.pdf", PDF))
    assert (seller.puts, seller.sandbox.inbox) == ([], [])


@pytest.mark.parametrize(("query", "seconds"), [("", 900), ("?X-Amz-Expires=60", 60), ("?a=b&X-Amz-Expires=7&c", 7)])
def test_a_destination_ends_when_its_url_says_so(query: str, seconds: int) -> None:
    assert destination(f"https://a.example/b{query}").expires_at == 1000 + seconds


# What an answer means


@pytest.mark.parametrize("status", [500, 503, 408, 429])
def test_a_storage_in_trouble_may_take_the_file_later(status: int) -> None:
    result = judge(httpx.Response(status, content=b"<Error><Code>Any</Code></Error>"))
    assert (result.arrived, result.again, result.code) == (False, True, "Any")


@pytest.mark.parametrize(
    ("status", "said", "again", "renew"),
    [
        (400, "RequestTimeout", True, False),
        (400, "IncompleteBody", True, False),
        (400, "ThrottlingException", True, False),
        (409, "OperationAborted", True, False),
        (403, "SignatureDoesNotMatch", False, True),
        (403, "AccessDenied</Code><Message>Request has expired</Message><Code>", False, True),
        (400, "BadDigest", False, True),
        (400, "ExpiredToken", False, True),
        (400, "InvalidDigest", False, True),
        (403, "AccessDenied", False, False),
        (404, "NoSuchKey", False, False),
        (405, "MethodNotAllowed", False, False),
        (413, "EntityTooLarge", False, False),
        (301, "", False, False),
        (307, "", False, False),
    ],
)
def test_a_refusal_says_whether_the_same_destination_or_another_one_helps(
    status: int, said: str, again: bool, renew: bool
) -> None:
    result = judge(httpx.Response(status, content=f"<Error><Code>{said}</Code></Error>"))
    assert (result.arrived, result.again, result.renew) == (False, again, renew)
