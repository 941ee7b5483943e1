"""The public interface as a type checker sees it. Checked by mypy and pyright, never run."""

# pyright: reportUnnecessaryTypeIgnoreComment=true

from __future__ import annotations

import datetime
import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal, assert_type

import httpx

from spapi_messaging import (
    AsyncMessagingClient,
    Attachment,
    AttachmentSource,
    AvailableAction,
    AvailableActions,
    BucketKey,
    Clock,
    Credentials,
    DeliveryUnknownError,
    ExpectedFile,
    InvalidMessageError,
    Limiter,
    Marketplace,
    MessageNotAvailableError,
    MessageType,
    MessagingClient,
    OrderAttributes,
    Problem,
    RetryPolicy,
    SendReceipt,
    SpApiMessagingError,
    TokenProvider,
    UsagePlan,
)
from spapi_messaging.limiters import InProcessLimiter, RedisLimiter, Unlimited
from spapi_messaging.messages import is_message_type

CREDENTIALS = Credentials(client_id="i", client_secret="s", refresh_token="r")
DATE = datetime.datetime(2026, 11, 20, tzinfo=datetime.UTC)


def every_option() -> MessagingClient:
    return MessagingClient(
        credentials=CREDENTIALS,
        marketplace=Marketplace.DE,
        sandbox=False,
        endpoint="https://example.com",
        lwa_endpoint="https://example.com/token",
        seller="shop",
        limiter=RedisLimiter("redis://localhost/0", share_without_redis=0.25, timeout=1.0),
        retry=RetryPolicy(attempts=4),
        token_provider=lambda: "token",
        observer=lambda exchange: print(exchange.service, exchange.status),
        timeout=httpx.Timeout(10.0),
        usage_plans={"sendInvoice": UsagePlan(rate=2, burst=10), "*": UsagePlan(rate=1, burst=5)},
        max_wait=10.0,
        deadline=60.0,
        max_connections=None,
        keepalive_expiry=1.5,
        proxy="http://127.0.0.1:3128",
        verify=True,
        transport=httpx.HTTPTransport(),
        user_agent="shop/1.0",
        order_id_pattern=r"\d+",
        allow_http=False,
        clock=Clock(),
    )


def sync() -> None:
    with MessagingClient.for_local_sandbox(limiter=InProcessLimiter()) as local:
        assert_type(local, MessagingClient)
    with MessagingClient.from_env(profile="shop-de", marketplace="A1PA6795UKMFR9", limiter=Unlimited()) as client:
        assert_type(client, MessagingClient)
        actions = client.get_messaging_actions_for_order("o")
        assert_type(actions, AvailableActions)
        assert_type([action for action in actions], list[AvailableAction])  # noqa: C416 - the loop is what is typed
        assert_type(client.get_attributes("o", marketplace="FR"), OrderAttributes)
        assert_type(client.get_attributes("o").locale, str | None)
        file = client.upload("o", "invoice", Path("a.pdf"), file_name="b.pdf", content_type="application/pdf")
        assert_type(file, Attachment)
        receipt = client.send_invoice("o", attachments=[file, Path("a"), "a.pdf", ("a.pdf", b""), io.BytesIO(b"")])
        assert_type(receipt, SendReceipt)
        assert_type(client.send_invoice("o", attachments=[Path("a.pdf")], marketplace=Marketplace.DE), SendReceipt)
        assert_type(client.create_confirm_order_details("o", text="t"), SendReceipt)
        assert_type(client.confirm_customization_details("o", text="t"), SendReceipt)
        assert_type(
            client.create_warranty(
                "o", attachments=[file], coverage_start_date=DATE, coverage_end_date="2028-01-01T00:00Z"
            ),
            SendReceipt,
        )
        assert_type(client.create_negative_feedback_removal("o"), SendReceipt)
        assert_type(client.send("o", "invoice", attachments=[file]), SendReceipt)
        expected = ExpectedFile(Path("a.pdf"), "0" * 64, file_name="b.pdf")
        client.send("o", "invoice", attachments=[expected], before_first_byte=print, after_refusal=print)
        assert_type(client.limiter, Limiter)
        assert_type(client.bucket_key("invoice"), BucketKey)
        assert_type(client.usage_plan("sendInvoice"), UsagePlan)
        assert_type(client.marketplace.time_zone, str)
        assert_type(client.send("o", "invoice", attachments=[file], check="strict"), SendReceipt)
        assert_type(client.send_invoice("o", attachments=[file], check=True), SendReceipt)
        problems = client.preflight("o", "invoice", attachments=["a.pdf"], order_date=DATE.date(), marketplace="FR")
        assert_type(problems, list[Problem])
        assert_type(client.preflight("o", "confirmOrderDetails", text="t", order_date=DATE)[0].advice, str)
        assert_type(client.for_seller(credentials=CREDENTIALS, marketplace="FR"), MessagingClient)
        assert_type(client.for_seller(refresh_token="Atzr|x"), MessagingClient)
        assert_type(client.with_options(deadline=None, timeout=5), MessagingClient)
        assert_type(client.authorize(), float | None)
        assert_type(client.endpoint, str)
        assert_type(MessagingClient.for_local_sandbox(endpoint="http://127.0.0.1:9000"), MessagingClient)
        assert_type(actions.allows("invoice"), bool)
        assert_type(actions["invoice"], AvailableAction)
        assert_type(SendReceipt.from_dict(receipt.to_dict()), SendReceipt)
        assert_type(receipt.to_dict(), dict[str, Any])


async def with_asyncio() -> None:
    async with AsyncMessagingClient.from_env() as client:
        assert_type(client, AsyncMessagingClient)
        assert_type(await client.get_messaging_actions_for_order("o"), AvailableActions)
        assert_type(await client.get_attributes("o"), OrderAttributes)
        assert_type(await client.authorize(), float | None)
        assert_type(await client.upload("o", "invoice", ("a.pdf", b"")), Attachment)
        assert_type(await client.send_invoice("o", attachments=[Path("a.pdf")]), SendReceipt)
        assert_type(await client.send("o", "confirmOrderDetails", text="t"), SendReceipt)
        assert_type(await client.create_confirm_order_details("o", text="t", check=True), SendReceipt)
        assert_type(await client.preflight("o", "confirmOrderDetails", text="t"), list[Problem])
        assert_type(client.for_seller(credentials=CREDENTIALS, marketplace="FR"), AsyncMessagingClient)


def annotated(
    client: MessagingClient, sources: list[AttachmentSource], limiter: Limiter, provider: TokenProvider, clock: Clock
) -> SendReceipt:
    """What users need for annotations of their own."""
    other = MessagingClient.from_env(limiter=limiter, token_provider=provider, clock=clock)
    chosen: MessageType = "invoice"
    return other.send("o", chosen, attachments=sources)


def of_a_file(client: MessagingClient, name: str) -> None:
    """A name that is not known before the program runs."""
    if is_message_type(name):
        client.send("o", name, text="t")


def mistakes(client: MessagingClient, asynchronous: AsyncMessagingClient, name: str) -> None:
    """Each of these is an error that the type checkers find; they complain when one does not."""
    MessagingClient.from_env(marketplce="DE")  # type: ignore[call-arg]
    AsyncMessagingClient.from_env(marketplce="DE")  # type: ignore[call-arg]
    MessagingClient.for_local_sandbox(marketplce="DE")  # type: ignore[call-arg]
    MessagingClient.from_env(transport=httpx.AsyncHTTPTransport())  # type: ignore[arg-type]
    client.send("o", "invoise", attachments=[])  # type: ignore[arg-type]
    client.send("o", name, attachments=[])  # type: ignore[arg-type]
    client.send("o", "invoice", attachments=[], check="strictly")  # type: ignore[arg-type]
    client.send_invoice("o", attachments=[], check=None)  # type: ignore[arg-type]
    client.preflight("o", "invoise", attachments=[])  # type: ignore[arg-type]
    client.preflight("o", "invoice", attachments=[], order_date="2026-11-20")  # type: ignore[arg-type]
    client.get_attributes("o", check=True)  # type: ignore[call-arg]
    asynchronous.send("o", "invoise", attachments=[])  # type: ignore[arg-type, unused-coroutine]
    client.upload("o", "invoise", "a.pdf")  # type: ignore[arg-type]
    client.with_options(dedline=5)  # type: ignore[call-arg]
    client.for_seller(token="Atzr|x")  # type: ignore[call-arg]
    client.send_invoice("o")  # type: ignore[call-arg]
    client.send_invoice("o", text="t", attachments=[])  # type: ignore[call-arg]
    client.create_confirm_order_details("o", "t")  # type: ignore[call-arg]
    client.create_confirm_order_details(1, text="t")  # type: ignore[arg-type]


def errors(
    any_error: SpApiMessagingError,
    unknown: DeliveryUnknownError,
    invalid: InvalidMessageError,
    unavailable: MessageNotAvailableError,
) -> None:
    assert_type(unavailable.problems, Sequence[Problem])
    assert_type(unknown.operation, str | None)
    assert_type(unknown.amazon_order_id, str | None)
    assert_type(any_error.outcome, Literal["not_sent", "unknown"])
    assert_type(unknown.retryable, bool)
    assert_type(unknown.to_dict(), dict[str, Any])
    assert_type([str(problem) for problem in invalid.problems], list[str])
