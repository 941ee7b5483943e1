"""The clients as objects: what they are made with, what they share, what they send, how they end."""

from __future__ import annotations

import asyncio
import gc
import inspect
import logging
import re
import threading
import tracemalloc
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import datetime
from typing import Any

import httpx
import pytest

from spapi_messaging import (
    ApiError,
    AsyncMessagingClient,
    Attachment,
    ClientClosedError,
    ConfigurationError,
    Credentials,
    DeliveryUnknownError,
    InvalidMessageError,
    MessagingClient,
    RetryPolicy,
    UsagePlan,
)
from spapi_messaging._call.context import CallContext  # counted: nothing public shows what is kept
from spapi_messaging.limiters import InProcessLimiter, Unlimited
from spapi_messaging.messages import MESSAGE_TYPES, OPERATIONS
from spapi_messaging_client.api.messaging import create_confirm_order_details, get_attributes
from spapi_messaging_client.api.uploads import create_upload_destination_for_resource
from spapi_messaging_client.models import CreateConfirmOrderDetailsRequest
from tests.support.amazon import (
    API,
    CREDENTIALS,
    ORDER,
    TEXT,
    Amazon,
    Shop,
    answer,
    both,
    raw,
    refused,
    sent,
    virtual_client,
)
from tests.support.clocks import FakeClock, run_virtually
from tests.support.limiters import RecordingLimiter
from tests.support.operations import retire
from tests.support.samples import arguments_of

OTHER = Credentials("amzn1.application-oa2-client.test", "the-client-secret", "Atzr|another-seller")
DESTINATION = answer(201, {"payload": {"uploadDestinationId": "d-1", "url": "https://s3.example/k?X-Amz-Expires=900"}})


# What is sent


@both
def test_a_send_is_what_amazon_wants(kind: str) -> None:
    shop = Shop(kind, Amazon())
    shop.say()
    (seen,) = shop.amazon.calls

    assert (seen.method, str(seen.url)) == (
        "POST",
        f"{API}/messaging/v1/orders/{ORDER}/messages/confirmOrderDetails?marketplaceIds=A1PA6795UKMFR9",
    )
    assert seen.json == {"text": TEXT}
    assert seen.token == "token-1"
    assert seen.headers["content-type"] == "application/json"
    assert seen.headers["accept"] == "application/hal+json"


@both
@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (None, r"spapi-messaging/\S+ \(Language=Python/3\.\d+\.\d+\S*; Platform=\w+\)"),
        ("MyShop/1.0", r"MyShop/1\.0 \(Language=Python/3\..*\)"),
        ("MyShop/1.0 (Language=Python/3.12; Host=x)", r"MyShop/1\.0 \(Language=Python/3\.12; Host=x\)"),
    ],
)
def test_the_user_agent_says_application_and_language(kind: str, given: str | None, expected: str) -> None:
    shop = Shop(kind, Amazon(), user_agent=given)
    shop.say()

    assert re.fullmatch(expected, shop.amazon.calls[0].headers["user-agent"])


@both
def test_cookies_are_neither_kept_nor_sent(kind: str) -> None:
    shop = Shop(kind, Amazon(sent(set_cookie="session=of-one-seller; Path=/")))
    shop.say()
    shop.say()

    assert all("cookie" not in seen.headers for seen in shop.amazon.calls)


@pytest.mark.parametrize(
    ("make", "transport"),
    [(MessagingClient, httpx.AsyncHTTPTransport()), (AsyncMessagingClient, httpx.HTTPTransport())],
)
def test_a_transport_of_the_other_client_is_refused(make: Any, transport: Any) -> None:
    with pytest.raises(ConfigurationError, match="transport must be an object with the method handle_"):
        make(credentials=CREDENTIALS, marketplace="DE", transport=transport)


@both
def test_a_proxy_that_would_not_be_used_is_refused(kind: str) -> None:
    with pytest.raises(ConfigurationError, match="Give the proxy to the transport itself"):
        Shop(kind, Amazon(), proxy="http://127.0.0.1:9")


# Endpoints


@pytest.mark.parametrize("name", ["endpoint", "lwa_endpoint"])
@pytest.mark.parametrize(
    "url",
    [
        *("http://sellingpartnerapi-eu.amazon.com", "http://127.0.0.1@evil.example", "ftp://127.0.0.1", "//127.0.0.1"),
        *("https://user:password@api.example", "https://user:password@api.example:port", "https://", "", "no url"),
        *("http://[", 7),
    ],
)
def test_an_endpoint_that_would_show_secrets_to_others_is_refused(name: str, url: Any) -> None:
    with pytest.raises(ConfigurationError, match=name) as raised:
        Shop("threads", Amazon(), **{name: url})
    assert "password" not in str(raised.value).replace("without a password", "")
    assert raised.value.__context__ is None


@pytest.mark.parametrize("url", ["https://api.example/?a=b", "https://api.example/#here"])
def test_an_endpoint_is_a_base_url(url: str) -> None:
    with pytest.raises(ConfigurationError, match="without query or fragment"):
        Shop("threads", Amazon(), endpoint=url)


@both
def test_an_endpoint_may_have_a_path(kind: str) -> None:
    limiter = RecordingLimiter()
    shop = Shop(kind, Amazon(refused(404)), endpoint="https://gateway.example/amazon/", limiter=limiter)
    with pytest.raises(ApiError) as raised:
        shop.say()

    assert shop.amazon.calls[0].url.path == f"/amazon/messaging/v1/orders/{ORDER}/messages/confirmOrderDetails"
    assert (raised.value.operation, raised.value.amazon_order_id) == ("createConfirmOrderDetails", ORDER)
    assert [key.operation for key in limiter.keys] == ["createConfirmOrderDetails"]


@both
@pytest.mark.parametrize(
    ("marketplace", "sandbox", "host"),
    [
        ("US", False, "sellingpartnerapi-na.amazon.com"),
        ("JP", False, "sellingpartnerapi-fe.amazon.com"),
        ("DE", True, "sandbox.sellingpartnerapi-eu.amazon.com"),
    ],
)
def test_the_marketplace_decides_the_endpoint(kind: str, marketplace: str, sandbox: bool, host: str) -> None:
    shop = Shop(kind, Amazon(), marketplace=marketplace, sandbox=sandbox)
    shop.say()

    assert shop.amazon.calls[0].url.host == host


# Other sellers


def seller_of(shop: Shop, **arguments: Any) -> Shop:
    """A shop whose client is made from another one's."""
    other = Shop("threads" if isinstance(shop.client, MessagingClient) else "asyncio", shop.amazon, shop.clock)
    other.client = shop.client.for_seller(**{"credentials": OTHER, **arguments})
    return other


@both
def test_for_seller_shares_connections_and_limiter_but_not_the_token(kind: str) -> None:
    limiter = RecordingLimiter()
    shop = Shop(kind, Amazon(), limiter=limiter)
    other = seller_of(shop, marketplace="FR")
    shop.say()
    other.say()

    assert [seen.token for seen in shop.amazon.calls] == ["token-1", "token-2"]
    assert [seen.url.params["marketplaceIds"] for seen in shop.amazon.calls] == ["A1PA6795UKMFR9", "A13V1IB3VIYZZH"]
    assert b"another-seller" in shop.amazon.token_calls[1].content
    assert len({key.seller for key in limiter.keys}) == 2
    assert len({key.application for key in limiter.keys}) == 1


@both
def test_for_seller_shares_the_token_of_the_same_seller(kind: str) -> None:
    shop = Shop(kind, Amazon())
    twin = seller_of(shop, credentials=CREDENTIALS)
    shop.say()
    twin.say()

    assert [seen.token for seen in shop.amazon.calls] == ["token-1", "token-1"]


@both
def test_for_seller_takes_over_all_settings_but_the_token_provider_and_the_region(kind: str) -> None:
    arguments: dict[str, Any] = {"user_agent": "MyShop/1.0", "timeout": 3, "token_provider": lambda: "of-the-first"}
    shop = Shop(kind, Amazon(), **arguments)
    seller_of(shop, marketplace="US").say()
    (seen,) = shop.amazon.calls

    assert seen.headers["user-agent"].startswith("MyShop/1.0 ")
    assert set(seen.timeout.values()) == {3}
    assert (seen.token, seen.url.host) == ("token-1", "sellingpartnerapi-na.amazon.com")


@both
def test_closing_a_sellers_client_leaves_the_others_open(kind: str) -> None:
    shop = Shop(kind, Amazon())
    other, third = seller_of(shop), seller_of(shop)
    other.close()

    with pytest.raises(ClientClosedError, match="client was closed"):
        other.say()
    shop.say()
    third.say()


@both
def test_closing_a_client_ends_those_that_were_made_from_it(kind: str) -> None:
    shop = Shop(kind, Amazon(), usage_plans={"*": UsagePlan(0.001, 1)})
    middle = seller_of(shop)
    other = seller_of(middle)
    other.say()
    shop.clock.after(1.0, middle.close_meanwhile)

    with pytest.raises(ClientClosedError, match="client was closed"):
        other.say()
    assert shop.clock.waits == [1.0]
    shop.say()


def test_clients_that_are_made_from_each_other_are_not_kept() -> None:
    def count_kept() -> int:
        gc.collect()
        return sum(type(found) is CallContext for found in gc.get_objects())

    client = first = Shop("threads", Amazon()).client
    before = count_kept()
    for n in range(2000):
        client = client.for_seller(credentials=Credentials("client", "secret", f"Atzr|{n}"))
    client.create_confirm_order_details(ORDER, text=TEXT)

    assert count_kept() - before < 100
    first.close()
    with pytest.raises(ClientClosedError, match="client was closed"):
        client.create_confirm_order_details(ORDER, text=TEXT)


@both
def test_a_client_that_is_closed_between_two_attempts_ends_the_call(kind: str) -> None:
    shop = Shop(kind, Amazon(raw(503, b"")), retry=RetryPolicy(base=1000, cap=1000))
    shop.clock.after(0.001, shop.close_meanwhile)

    with pytest.raises(ClientClosedError, match="client was closed"):
        shop.read()
    assert len(shop.amazon.calls) == 1


def test_a_cancelled_message_says_that_its_outcome_is_unknown() -> None:
    class Slow(httpx.AsyncBaseTransport):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            await asyncio.sleep(60)
            return sent()

    async def main() -> None:
        client = virtual_client(Slow())
        task = asyncio.create_task(client.create_confirm_order_details(ORDER, text=TEXT))
        await asyncio.sleep(1)
        task.cancel()
        with pytest.raises(asyncio.CancelledError) as raised:
            await task
        assert "whether it reached the buyer is unknown" in raised.value.__notes__[0]

    run_virtually(main())


# The end


@both
def test_a_transport_that_was_passed_in_is_not_closed(kind: str) -> None:
    shop = Shop(kind, Amazon())
    shop.close()

    assert not shop.amazon.closed


@both
def test_a_closed_client_says_so(kind: str) -> None:
    shop = Shop(kind, Amazon())
    shop.close()
    shop.close()

    for act in (shop.say, shop.read, lambda: shop.upload(ORDER, "invoice", ("note.txt", b"hello"))):
        with pytest.raises(ClientClosedError, match="client was closed, so nothing was sent"):
            act()
    assert shop.amazon.calls == shop.amazon.token_calls == []


@both
def test_context_managers_close(kind: str) -> None:
    shop = Shop(kind, Amazon())

    async def main() -> None:
        async with shop.client as inside:
            assert inside is shop.client

    if kind == "asyncio":
        asyncio.run(main())
    else:
        with shop.client as inside:
            assert inside is shop.client
    with pytest.raises(ClientClosedError, match="client was closed"):
        shop.say()


# The generated client


def low_level(shop: Shop, function: Any, order_id: str = ORDER, **arguments: Any) -> Any:
    arguments |= {"client": shop.client.low_level, "marketplace_ids": ["A1PA6795UKMFR9"]}
    if isinstance(shop.client, MessagingClient):
        return function.sync_detailed(order_id, **arguments)
    return asyncio.run(function.asyncio_detailed(order_id, **arguments))


@both
def test_low_level_is_authorized_paced_and_judged(kind: str) -> None:
    shop = Shop(kind, Amazon())
    for _ in range(7):
        found = low_level(shop, create_confirm_order_details, body=CreateConfirmOrderDetailsRequest(text=TEXT))
        assert found.status_code == 201

    assert shop.clock.waits == pytest.approx([1.0, 1.0])
    assert [seen.token for seen in shop.amazon.calls] == ["token-1"] * 7
    assert shop.amazon.calls[0].headers["accept"] == "application/hal+json"


@both
def test_what_is_done_to_low_level_stays_with_it(kind: str) -> None:
    shop = Shop(kind, Amazon(answer(200, {"buyer": {}}, set_cookie="session=of-one-seller; Path=/")))
    made = shop.client.low_level.with_timeout(httpx.Timeout(3)).with_headers({"x-of-the-user": "yes"})
    made = made.with_cookies({"of": "the-user"})

    async def main() -> None:
        async with made:
            for _ in range(6):
                await get_attributes.asyncio_detailed(ORDER, client=made, marketplace_ids=["A1PA6795UKMFR9"])

    if kind == "asyncio":
        asyncio.run(main())
    else:
        with made:
            for _ in range(6):
                get_attributes.sync_detailed(ORDER, client=made, marketplace_ids=["A1PA6795UKMFR9"])
    assert shop.clock.waits == pytest.approx([1.0])
    seen = shop.amazon.calls[-1]
    assert (seen.token, seen.headers["accept"]) == ("token-1", "application/hal+json")
    assert (seen.headers["x-of-the-user"], seen.headers["cookie"]) == ("yes", "of=the-user; session=of-one-seller")
    assert set(seen.timeout.values()) == {3}

    # Closing it closed nothing else, and nobody else has its headers and cookies.
    for use in (shop.read, seller_of(shop).read, lambda: low_level(shop, get_attributes)):
        use()
        seen = shop.amazon.calls[-1]
        assert "x-of-the-user" not in seen.headers
        assert "cookie" not in seen.headers
        assert seen.timeout["read"] == 30


@both
def test_low_level_knows_its_operations_below_any_endpoint(kind: str) -> None:
    limiter = RecordingLimiter()
    shop = Shop(kind, Amazon(DESTINATION), endpoint="https://gateway.example/amazon/", limiter=limiter)
    found = low_level(
        shop,
        create_upload_destination_for_resource,
        message_type="invoice",
        content_md5="md5",
        content_type="application/pdf",
    )

    assert found.parsed.payload.upload_destination_id == "d-1"
    assert shop.amazon.calls[0].headers["accept"] == "application/json"
    assert [key.operation for key in limiter.keys] == ["createUploadDestinationForResource"]


@both
def test_low_level_never_sends_twice(kind: str) -> None:
    shop = Shop(kind, Amazon(raw(503, b"<html>")))
    with pytest.raises(DeliveryUnknownError):
        low_level(shop, create_confirm_order_details, body=CreateConfirmOrderDetailsRequest(text=TEXT))

    assert len(shop.amazon.calls) == 1


@both
def test_a_request_to_an_unknown_path_is_never_sent_twice(kind: str) -> None:
    shop = Shop(kind, Amazon(raw(500, b"")))
    client = shop.client.low_level
    with pytest.raises(DeliveryUnknownError, match="/messaging/v2/letters"):
        if kind == "threads":
            client.get_httpx_client().post("/messaging/v2/letters")
        else:
            asyncio.run(client.get_async_httpx_client().post("/messaging/v2/letters"))

    assert len(shop.amazon.calls) == 1


ANY_SUCCESS = [raw(201, b'{"id": 1}'), raw(200, b"[1]"), raw(204, b""), raw(202, b"text"), answer(200, {"errors": [1]})]


@both
@pytest.mark.parametrize("success", ANY_SUCCESS, ids=lambda success: repr(success.content))
@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"])
def test_the_answer_to_an_unknown_operation_stays_as_it_is(kind: str, method: str, success: httpx.Response) -> None:
    shop = Shop(kind, Amazon(success))
    client = shop.client.low_level
    if kind == "threads":
        found = client.get_httpx_client().request(method, "/shipping/v2/letters")
    else:
        found = asyncio.run(client.get_async_httpx_client().request(method, "/shipping/v2/letters"))

    assert (found.status_code, found.content) == (success.status_code, success.content)


@both
@pytest.mark.parametrize(
    "headers", [{"x-shop": "a\r\nb"}, {"x-shop": "secret\0"}, {"x-shop": "secret "}, {"x shop": "a"}]
)
def test_a_header_that_cannot_be_sent_is_refused_and_its_value_not_shown(kind: str, headers: dict[str, str]) -> None:
    shop = Shop(kind, Amazon())
    client = shop.client.low_level.with_headers(headers)
    with pytest.raises(ConfigurationError, match=r"The header .* cannot be sent\. Nothing was sent") as raised:
        if kind == "threads":
            get_attributes.sync(ORDER, client=client, marketplace_ids=["A1PA6795UKMFR9"])
        else:
            asyncio.run(get_attributes.asyncio(ORDER, client=client, marketplace_ids=["A1PA6795UKMFR9"]))

    assert "secret" not in str(raised.value)
    assert shop.amazon.token_calls == []


# Both clients alike


def test_both_clients_have_the_same_methods_and_arguments() -> None:
    for operation in OPERATIONS.values():
        if operation.kind != "upload":
            sync, asynchronous = (getattr(c, operation.name) for c in (MessagingClient, AsyncMessagingClient))
            assert inspect.signature(sync).parameters.keys() == inspect.signature(asynchronous).parameters.keys()
            assert inspect.iscoroutinefunction(asynchronous)
    for name in ("send", "upload"):
        sync, asynchronous = (inspect.signature(getattr(c, name)) for c in (MessagingClient, AsyncMessagingClient))
        assert sync.parameters == asynchronous.parameters


@both
@pytest.mark.parametrize("name", ["create_negative_feedback_removal", "create_amazon_motors"])
def test_retired_operations_warn_and_go_out(kind: str, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    shop = Shop(kind, Amazon())
    arguments = {} if "feedback" in name else {"attachments": [Attachment("d", "note.txt")]}
    operation = next(operation for operation in OPERATIONS.values() if operation.name == name)
    retire(monkeypatch, operation.operation_id)
    with pytest.warns(DeprecationWarning, match="left Amazon's published model on 202"):
        getattr(shop, name)(ORDER, **arguments)
    for called in (operation.message_type, operation.operation_id):
        with pytest.warns(DeprecationWarning, match="left Amazon's published model on 202"):
            shop.send(ORDER, called, **arguments)

    assert len(shop.amazon.calls) == 3


def test_the_warning_of_a_retired_operation_names_the_line_that_called_it(monkeypatch: pytest.MonkeyPatch) -> None:
    for message_type in ("amazonMotors", "negativeFeedbackRemoval"):
        retire(monkeypatch, message_type)

    async def main() -> None:
        client = virtual_client(Amazon())
        await client.send(ORDER, "amazonMotors", attachments=[Attachment("d", "note.txt")])

    with pytest.warns(DeprecationWarning) as threads:
        Shop("threads", Amazon()).client.send(ORDER, "negativeFeedbackRemoval")
    with pytest.warns(DeprecationWarning) as asynchronous:
        run_virtually(main())
    assert {warning.filename for warning in (*threads, *asynchronous)} == {__file__}


@both
@pytest.mark.filterwarnings("ignore:.*left Amazon:DeprecationWarning")
def test_every_message_goes_to_its_path(kind: str) -> None:
    shop = Shop(kind, Amazon(), limiter=Unlimited())
    for operation in MESSAGE_TYPES.values():
        receipt = getattr(shop, operation.name)(ORDER, **arguments_of(operation, [Attachment("d", "n.txt")]))
        assert receipt.operation == operation.operation_id
        assert shop.amazon.calls[-1].url.path == operation.path.format(amazonOrderId=ORDER)


# Many at once, and for long


def test_threads_share_a_client() -> None:
    amazon = Amazon()
    shop = Shop("threads", amazon, limiter=Unlimited())
    with ThreadPoolExecutor(8) as pool:
        receipts = list(
            pool.map(lambda n: shop.client.create_confirm_order_details(f"303-1234567-{n:07}", text=str(n)), range(200))
        )

    assert [receipt.amazon_order_id for receipt in receipts] == [f"303-1234567-{n:07}" for n in range(200)]
    assert {(seen.url.path.split("/")[4], seen.json["text"]) for seen in amazon.calls} == {
        (f"303-1234567-{n:07}", str(n)) for n in range(200)
    }


def test_more_callers_than_connections_wait_in_line() -> None:
    class Transport(httpx.AsyncBaseTransport):
        now = most = 0

        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            self.now += 1
            self.most = max(self.most, self.now)
            await asyncio.sleep(1.0)
            self.now -= 1
            return sent()

    async def main() -> float:
        client = virtual_client(transport, limiter=Unlimited(), max_connections=3)
        await asyncio.gather(*[client.create_confirm_order_details(ORDER, text=TEXT) for _ in range(12)])
        return asyncio.get_running_loop().time()

    transport = Transport()
    assert run_virtually(main()) == pytest.approx(4.0)
    assert transport.most == 3


@both
def test_a_limit_without_end_is_none(kind: str) -> None:
    Shop(kind, Amazon(), max_wait=float("inf"), deadline=float("inf"), keepalive_expiry=float("inf")).say()
    Shop(kind, Amazon(), usage_plans={"*": UsagePlan(2, 10.0)}).say()  # type: ignore[arg-type]


@both
def test_low_level_checks_order_ids(kind: str) -> None:
    shop = Shop(kind, Amazon())
    for order_id in ("foo", "badOrderId", "Sehr geehrte Frau / Schmidt", f" {ORDER}"):
        with pytest.raises(InvalidMessageError, match="order id") as raised:
            low_level(shop, create_confirm_order_details, order_id, body=CreateConfirmOrderDetailsRequest(text=TEXT))
        assert "Schmidt" not in str(raised.value)
    assert shop.amazon.token_calls == []


@both
@pytest.mark.parametrize("name", ["max_wait", "deadline", "keepalive_expiry", "max_connections"])
@pytest.mark.parametrize("value", [-1, float("nan"), 10**400, True, "5", [5]])
def test_invalid_limits_are_refused(kind: str, name: str, value: Any) -> None:
    with pytest.raises(ConfigurationError, match=rf"{name} is a (whole )?number"):
        Shop(kind, Amazon(), **{name: value})


NO_HOSTS = ["https://xn--a", "https://a..b", "https://.a", "https://" + "a" * 64, "https://a%2eb"]


@both
@pytest.mark.parametrize(
    ("name", "values"),
    {
        "max_connections": [0, 2.5],
        "usage_plans": [5, [], {"sendInvoice": (1, 5)}, {"send_invoice": UsagePlan(1, 5)}, {TEXT: UsagePlan(1, 5)}],
        "retry": [5, RetryPolicy, {"attempts": 4}],
        "limiter": [5, InProcessLimiter, Unlimited, object()],
        "transport": [5, httpx.HTTPTransport, httpx.AsyncHTTPTransport, httpx.Client],
        "token_provider": ["Atza|a-token", 5, lambda seller: "token", lambda refused, seller: "token"],
        "timeout": [None, 0, -1, True, "5", (), 10**400, float("inf"), httpx.Timeout(None)],
        "user_agent": [5, b"Shop/1.0", "x" * 501, "Shöp/1.0", "Shop\r\nX-Evil: 1"],
        "seller": [5, "", " "],
        "clock": [5, object(), datetime.now()],
        "verify": [5, "/no/such/file"],
        "proxy": [5, "no url", "ftp://127.0.0.1"],
        "endpoint": [5, "https://api.example:99999", "https://api .example", "https://api.example:0", *NO_HOSTS],
        "lwa_endpoint": [5, "https://api.example:99999", "\ud800"],
    }.items(),
)
def test_an_argument_that_cannot_work_is_refused_at_once(kind: str, name: str, values: list[Any]) -> None:
    for value in values:
        given = {"transport": None, name: value} if name in ("verify", "proxy") else {name: value}
        with pytest.raises(ConfigurationError, match=name.rstrip("s")) as raised:
            Shop(kind, Amazon(), **given)
        assert not isinstance(value, str) or len(value) < 9 or value not in str(raised.value)


@pytest.mark.parametrize(("rate", "burst"), [(True, 5), (0, 5), ("1", 5), (1, 1.5), (1, True), (1, 0), (1, None)])
def test_a_plan_that_allows_nothing_is_refused(rate: Any, burst: Any) -> None:
    with pytest.raises(ConfigurationError, match="The plan of sendInvoice cannot be kept"):
        Shop("threads", Amazon(), usage_plans={"sendInvoice": UsagePlan(rate, burst)})


def test_event_loops_share_a_client_and_its_plan() -> None:
    shop = Shop("asyncio", Amazon(), clock=FakeClock())
    for _ in range(6):
        shop.say()  # each in a loop of its own

    assert shop.clock.waits == pytest.approx([1.0])


def test_a_waiting_call_that_is_thrown_away_gives_its_turn_back() -> None:
    limiter = RecordingLimiter()

    async def main() -> None:
        client = virtual_client(Amazon(), limiter=limiter)
        for _ in range(5):
            await client.create_confirm_order_details(ORDER, text=TEXT)
        call = client.create_confirm_order_details(ORDER, text=TEXT)
        waiting = call.__await__()
        next(waiting)
        waiting.close()
        del call, waiting
        gc.collect()

    run_virtually(main())
    assert limiter.reserve(limiter.keys[0], UsagePlan(1.0, 5), 1.0).remaining(1.0) <= 0


@pytest.mark.parametrize("response", [sent(), raw(500, b"<html>")])
def test_calls_leave_nothing_in_memory(response: httpx.Response, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.CRITICAL, "spapi_messaging")  # pytest keeps what is logged

    class Endless(httpx.BaseTransport):
        def handle_request(self, request: httpx.Request) -> httpx.Response:
            return httpx.Response(response.status_code, content=response.content)

    client = MessagingClient(
        credentials=CREDENTIALS,
        marketplace="DE",
        transport=Endless(),
        limiter=Unlimited(),
        token_provider=lambda: "a-token",
    )

    def call(count: int) -> int:
        for n in range(count):
            with suppress(DeliveryUnknownError):
                client.create_confirm_order_details(f"303-1234567-{n:07}", text=TEXT)
        gc.collect()
        return tracemalloc.get_traced_memory()[0]

    tracemalloc.start()
    try:
        call(100)
        before = call(50)
        assert call(300) - before < 20_000
    finally:
        tracemalloc.stop()


def test_a_call_starts_no_thread() -> None:
    before = threading.active_count()
    Shop("threads", Amazon()).say()

    assert threading.active_count() == before


@pytest.mark.parametrize("kind", [MessagingClient, AsyncMessagingClient])
def test_a_client_that_is_being_made_can_be_shown(kind: type[object]) -> None:
    """A debugger shows it, and so does a tool that prints the variables of a constructor that failed."""
    assert repr(kind.__new__(kind)) == f"<{kind.__name__}>"
