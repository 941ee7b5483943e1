"""What a client's observer is told: each exchange, without a secret and without a text."""

from __future__ import annotations

import asyncio
import html
import json
import pickle
from collections.abc import Callable
from contextlib import suppress
from typing import Any
from urllib.parse import quote, quote_plus

import httpx
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from spapi_messaging import (
    AccessDeniedError,
    ClientClosedError,
    ConfigurationError,
    Credentials,
    DeliveryUnknownError,
    NetworkError,
    ObservedExchange,
    SpApiMessagingError,
)
from spapi_messaging._call.first_byte import DeadlinePassed
from spapi_messaging_client.api.messaging import get_attributes
from tests.support.amazon import (
    CREDENTIALS,
    EXPIRED,
    ORDER,
    TEXT,
    Amazon,
    Shop,
    answer,
    both,
    raw,
    refused,
    sent,
    throttled,
    token,
)
from tests.support.hand import SEND, call_by_hand
from tests.test_tracebacks import shown_by

PDF = b"%PDF-1.4\n%%EOF\n"
SIGNED = "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIAEXAMPLE%2F20261120&X-Amz-Signature=0123456789abcdef0123"
URL = f"https://bucket.s3.example/key%2Fof/file?{SIGNED}"
HEADERS = {"Content-MD5": "1B2M2Y8AsgTpgAmY7PhCfg==", "x-amz-server-side-encryption": "aws:kms"}
LOCALE = answer(200, {"buyer": {"locale": "de-DE"}})


def destination(url: str = URL, headers: Any = HEADERS, name: str = "d-1") -> httpx.Response:
    return answer(201, {"payload": {"uploadDestinationId": name, "url": url, "headers": headers}})


class Seen(list[ObservedExchange]):
    """An observer that keeps what it is told."""

    def __call__(self, exchange: ObservedExchange) -> None:
        self.append(exchange)


def shop_of(kind: str, *answers: Any, **arguments: Any) -> tuple[Shop, Seen]:
    seen = Seen()
    return Shop(kind, Amazon(*answers, tokens=arguments.pop("tokens", None)), observer=seen, **arguments), seen


# Each exchange


@both
def test_each_exchange_is_told_in_order(kind: str) -> None:
    shop, seen = shop_of(kind, destination(), raw(200, b"", x_amz_request_id="s3-1"), sent())
    shop.send_invoice(ORDER, attachments=[("invoice.pdf", PDF)])

    lwa, booking, put, message = seen
    assert [each.service for each in seen] == ["lwa", "api", "storage", "api"]
    assert [each.status for each in seen] == [200, 201, 200, 201]
    assert (lwa.operation, lwa.amazon_order_id, lwa.method) == (None, None, "POST")
    assert lwa.body == {
        "grant_type": "refresh_token", "refresh_token": "[hidden]", "client_id": "[hidden]",
        "client_secret": "[hidden]",
    }  # fmt: skip
    assert len({exchange.seller for exchange in (lwa, booking)}) == 1
    assert lwa.seller
    assert (booking.operation, booking.amazon_order_id) == ("createUploadDestinationForResource", ORDER)
    assert booking.url.startswith("https://sellingpartnerapi-eu.amazon.com/uploads/2020-11-01/uploadDestinations/")
    assert "marketplaceIds=A1PA6795UKMFR9" in booking.url
    assert "contentMD5=" in booking.url
    assert booking.body is None
    assert (put.method, put.url, put.body) == ("PUT", "https://bucket.s3.example/…", {"size": len(PDF)})
    assert put.request_headers["content-md5"] == HEADERS["Content-MD5"]
    assert put.request_id == "s3-1"
    assert (message.operation, message.request_id, message.error) == ("sendInvoice", "request-1", None)
    assert message.body == {"attachments": [{"uploadDestinationId": "d-1", "fileName": "invoice.pdf"}]}
    assert message.request_headers["x-amz-access-token"] == "[hidden]"
    assert message.request_headers["user-agent"].startswith("spapi-messaging/")
    assert message.response_headers["x-amzn-requestid"] == "request-1"


@both
def test_a_text_is_hidden(kind: str) -> None:
    shop, seen = shop_of(kind)
    shop.say()

    assert seen[-1].body == {"text": "[hidden]"}


@both
def test_each_attempt_is_told_and_how_it_ended(kind: str) -> None:
    shop, seen = shop_of(kind, throttled(), httpx.ConnectError("no route"), httpx.ReadTimeout("slow"), tokens=None)
    with pytest.raises(DeliveryUnknownError):
        shop.say()

    api = [each for each in seen if each.service == "api"]
    assert [(each.attempt, each.status, each.error) for each in api] == [
        (1, 429, None), (2, None, "ConnectError"), (3, None, "ReadTimeout"),
    ]  # fmt: skip
    assert api[1].response_headers == {}


@both
def test_login_with_amazon_is_told_when_it_fails(kind: str) -> None:
    shop, seen = shop_of(kind, tokens=[httpx.ReadError("gone"), raw(302, b"", location=f"https://x/?{TEXT}"), sent()])
    with pytest.raises(NetworkError):
        shop.say()

    assert [(each.attempt, each.status, each.error) for each in seen] == [(1, None, "ReadError"), (2, 302, None)]
    assert seen[1].response_headers["location"] == "[hidden]"


@both
def test_the_repetition_with_a_renewed_token_has_the_same_number(kind: str) -> None:
    shop, seen = shop_of(kind, refused(403, EXPIRED), sent())
    shop.say()

    assert [(each.service, each.attempt, each.status) for each in seen] == [
        ("lwa", 1, 200), ("api", 1, 403), ("lwa", 1, 200), ("api", 1, 201),
    ]  # fmt: skip


@both
def test_the_time_is_that_of_the_clients_clock(kind: str) -> None:
    def slow(_: httpx.Request) -> httpx.Response:
        shop.clock.time += 2.5
        return sent()

    shop, seen = shop_of(kind, slow)
    shop.say()

    assert seen[-1].seconds == 2.5


@both
def test_a_provider_is_no_exchange(kind: str) -> None:
    shop, seen = shop_of(kind, token_provider=lambda: "opaque-provider-token")
    shop.say()

    assert [each.service for each in seen] == ["api"]
    assert "opaque" not in repr(seen)


@both
def test_a_redirect_is_told_and_not_followed(kind: str) -> None:
    shop, seen = shop_of(kind, raw(307, b"", location="https://elsewhere.example/?path=1"))
    with pytest.raises(NetworkError):
        shop.say()

    assert [each.status for each in seen if each.service == "api"] == [307]


def test_low_level_calls_are_told_too() -> None:
    shop, seen = shop_of("threads", LOCALE)
    get_attributes.sync_detailed(ORDER, client=shop.client.low_level, marketplace_ids=["A1PA6795UKMFR9"])
    shop.client.low_level.get_httpx_client().post("/other/v1/Frau%20Schmidt", json={"say": TEXT}, params={"q": TEXT})

    known, unknown = (each for each in seen if each.service == "api")
    assert (known.operation, known.amazon_order_id) == ("GetAttributes", ORDER)
    assert unknown.url == "https://sellingpartnerapi-eu.amazon.com/other/v1/…"
    assert unknown.body == {"size": len(json.dumps({"say": TEXT}, separators=(",", ":")))}


@both
def test_clients_that_were_made_from_it_are_observed_too(kind: str) -> None:
    shop, seen = shop_of(kind)
    own = shop.client
    for client in (own.with_options(deadline=60), own.for_seller(refresh_token="Atzr|another-one")):
        shop.client = client
        seen.clear()
        shop.say()
        assert seen[-1].status == 201


def test_a_cancelled_exchange_is_told() -> None:
    class Never(httpx.AsyncBaseTransport):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            await asyncio.Event().wait()
            raise AssertionError

    async def main(seen: Seen) -> None:
        from tests.support.amazon import virtual_client

        async with virtual_client(Never(), observer=seen) as client:
            task = asyncio.ensure_future(client.create_confirm_order_details(ORDER, text=TEXT))
            for _ in range(20):
                await asyncio.sleep(0)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task

    seen = Seen()
    asyncio.run(main(seen))
    assert [(each.operation, each.status, each.error) for each in seen] == [
        ("createConfirmOrderDetails", None, "CancelledError")
    ]


@pytest.mark.parametrize("lost", [DeadlinePassed, KeyboardInterrupt, asyncio.CancelledError])
def test_whatever_ends_an_exchange_is_told(lost: type[BaseException]) -> None:
    seen = Seen()
    hand = call_by_hand(SEND, within=10.0, observer=seen)
    hand.go_on()
    hand.time.now += 3.0
    with suppress(lost):
        hand.answer(lost())

    assert [(each.status, each.error, each.seconds) for each in seen] == [(None, lost.__name__, 3.0)]


def test_a_call_that_nobody_drives_any_more_tells_nothing() -> None:
    """The garbage collector may end it at any time, and must not run what others wrote."""
    seen = Seen()
    hand = call_by_hand(SEND, observer=seen)
    hand.go_on()
    hand.flow.close()

    assert seen == []


def test_a_closed_client_exchanges_nothing() -> None:
    shop, seen = shop_of("threads")
    shop.close()
    with pytest.raises(ClientClosedError):
        shop.say()

    assert seen == []


# What an observer does


@both
def test_what_it_raises_changes_nothing_and_is_logged_once(kind: str, caplog: pytest.LogCaptureFixture) -> None:
    def broken(exchange: ObservedExchange) -> None:
        raise ValueError(TEXT)

    shop = Shop(kind, Amazon(), observer=broken)
    for _ in range(3):
        assert shop.say().status_code == 201

    lines = [record.getMessage() for record in caplog.records if "observer" in record.getMessage()]
    assert lines == ["The observer failed, which changes nothing for the call: ValueError"]
    assert TEXT not in caplog.text


@both
@pytest.mark.parametrize("interruption", [KeyboardInterrupt, SystemExit])
def test_an_interruption_goes_through_and_says_that_the_outcome_is_unknown(
    kind: str, interruption: type[BaseException]
) -> None:
    def stop(exchange: ObservedExchange) -> None:
        if exchange.service == "api":
            raise interruption

    with pytest.raises(interruption) as raised:
        Shop(kind, Amazon(), observer=stop).say()
    assert "unknown" in " ".join(raised.value.__notes__)
    shown = shown_by(raised.value)
    assert [each for each in (CREDENTIALS.client_secret, CREDENTIALS.refresh_token, "token-1") if each in shown] == []


async def _waits(exchange: ObservedExchange) -> None: ...


class _WaitsToo:
    async def __call__(self, exchange: ObservedExchange) -> None: ...


@both
@pytest.mark.parametrize("wrong", ["print", 1, _waits, _WaitsToo()])
def test_it_is_a_plain_function(kind: str, wrong: Any) -> None:
    with pytest.raises(ConfigurationError, match="observer"):
        Shop(kind, Amazon(), observer=wrong)


def test_an_exchange_can_be_kept() -> None:
    shop, seen = shop_of("threads")
    shop.say()

    for each in seen:
        assert pickle.loads(pickle.dumps(each)) == each
        assert json.loads(json.dumps(each.to_dict())) == each.to_dict()
        with pytest.raises(AttributeError):
            each.status = 1  # type: ignore[misc]


# What it is not told

ISSUED = "a-very-opaque-token"
PROVIDED = "an-opaque-token-of-a-provider"
FORMS: list[Callable[[str], str]] = [
    str,
    quote,
    quote_plus,
    lambda text: quote(quote(text, safe=""), safe=""),
    lambda text: json.dumps(text)[1:-1],
    lambda text: json.dumps(text, ensure_ascii=False)[1:-1],
    html.escape,
    lambda text: " ".join(text.split()),
    lambda text: f"before {text} after",
    lambda text: f"https://elsewhere.example/?q={quote(text, safe='')}",
]
HEADER_NAMES = ["x-echo", "x-amzn-requestid", "x-amz-request-id", "location", "set-cookie", "server", "via", "x-token"]


def echo(name: str, value: str, status: int) -> httpx.Response:
    body = {"errors": [{"code": "InvalidInput", "message": value}], "uploadDestinationId": value}
    header = name.encode(), value.replace("\n", " ").replace("\r", " ").encode("utf-8")
    return httpx.Response(status, json=body, headers=[header])


letters = st.characters(codec="utf-8", exclude_categories=["C", "Z"])
words = st.text(letters, min_size=4, max_size=9)
texts = st.lists(words, min_size=3, max_size=8).flatmap(
    lambda parts: st.sampled_from([" ", "\n", "\r\n", "  "]).map(lambda between: between.join(parts))
)


def holds(shown: str, private: str) -> bool:
    """Whether something that is shown holds a private value, or a line of it, in any form that can be read."""
    forms = {form(part) for form in FORMS[:8] for part in (private, *private.splitlines()) if len(part) >= 12}
    return any(form in shown for form in forms)


@given(
    text=texts,
    secret=st.sampled_from(["", CREDENTIALS.client_secret, CREDENTIALS.refresh_token, ISSUED]),
    form=st.sampled_from(FORMS),
    name=st.sampled_from(HEADER_NAMES),
    status=st.sampled_from([200, 201, 302, 400, 403, 429, 500]),
)
@example(text="Dear customer,\nyour key is ABC-DEF-123456", secret="", form=str, name="x-echo", status=400)
@example(text='Your "key" & <code>\n\nis ABC', secret="", form=FORMS[4], name="x-amzn-requestid", status=201)
def test_nothing_private_is_told_whatever_a_server_echoes(
    text: str, secret: str, form: Callable[[str], str], name: str, status: int
) -> None:
    echoed = echo(name, form(secret or text), status)
    shop, seen = shop_of("threads", echoed, tokens=[token(ISSUED)], max_wait=5)
    with suppress(SpApiMessagingError):
        shop.say(text)

    shown = repr(seen) + json.dumps([each.to_dict() for each in seen])
    assert seen
    assert not holds(shown, secret or text)


@given(
    form=st.sampled_from(FORMS),
    name=st.sampled_from(HEADER_NAMES),
    secret=st.sampled_from([CREDENTIALS.client_secret, CREDENTIALS.refresh_token, ISSUED]),
    status=st.sampled_from([200, 302, 400, 401, 500]),
)
def test_login_with_amazon_may_echo_what_it_gives(
    form: Callable[[str], str], name: str, secret: str, status: int
) -> None:
    given = httpx.Response(status, json={"access_token": ISSUED}, headers={name: form(secret)})
    shop, seen = shop_of("threads", tokens=[given])
    with suppress(SpApiMessagingError):
        shop.say()

    assert not holds(repr(seen), secret)


@given(
    name=st.sampled_from([*HEADER_NAMES, "x-amz-meta-note", "Content-Type"]),
    form=st.sampled_from(FORMS),
    part=st.sampled_from([SIGNED, "0123456789abcdef0123", "AKIAEXAMPLE/20261120", PROVIDED, CREDENTIALS.client_secret]),
    place=st.sampled_from(["header", "id", "path", "answer"]),
)
def test_no_presigned_query_is_told_and_no_secret_in_a_destination(
    name: str, form: Callable[[str], str], part: str, place: str
) -> None:
    value = form(part)
    given = destination(
        url=URL.replace("key", quote(value, safe="")) if place == "path" else URL,
        headers={**HEADERS, name: value} if place == "header" else HEADERS,
        name=value if place == "id" else "d-1",
    )
    stored = httpx.Response(200, headers={name: value} if place == "answer" else {})
    shop, seen = shop_of("threads", given, stored, sent(), token_provider=lambda: PROVIDED)
    with suppress(SpApiMessagingError):
        shop.send_invoice(ORDER, attachments=[("invoice.pdf", PDF)])
    shown = repr(seen)

    assert place == "id" or "0123456789abcdef0123" not in shown
    # Amazon's name of a destination is not secret here, unless it is a known secret.
    known = [PROVIDED, CREDENTIALS.client_secret, SIGNED]
    assert [each for each in known if holds(shown, each)] == []


def test_a_refused_call_is_told_with_the_error_type() -> None:
    shop, seen = shop_of("threads", refused(403, "no", x_amzn_errortype="AccessDeniedException"))
    with pytest.raises(AccessDeniedError):
        shop.say()

    assert seen[-1].response_headers["x-amzn-errortype"] == "AccessDeniedException"


def test_credentials_of_another_seller_are_hidden_too() -> None:
    other = Credentials("amzn1.application-oa2-client.other", "another-secret", "Atzr|yet-another")
    shop, seen = shop_of("threads", refused(400, "no", x_echo="another-secret Atzr|yet-another"))
    shop.client = shop.client.for_seller(credentials=other)
    with pytest.raises(SpApiMessagingError):
        shop.say()

    assert seen[-1].response_headers["x-echo"] == "[hidden] [hidden]"
