"""One of the two clients at a time, called the same way, before a sandbox; its pauses pass at once."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import threading
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from spapi_messaging import AsyncMessagingClient, Attachment, MessagingClient, SendReceipt
from spapi_messaging._transport.clock import Clock
from spapi_messaging.limiters import InProcessLimiter
from spapi_messaging.sandbox import Sandbox
from spapi_messaging.sandbox.inbox import Message
from spapi_messaging.sandbox.requests import ReceivedRequest

ORDER = "303-1234567-1234567"
PDF = b"%PDF-1.7 an invoice"
Before = Callable[[httpx.Request], object]


def md5_of(data: bytes) -> str:
    return base64.b64encode(hashlib.md5(data).digest()).decode()


class QuickClock(Clock):
    """Lets every pause pass at once, here and in the sandbox."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self.on_pause: Callable[[], object] = lambda: None

    def now(self) -> float:
        return self.sandbox.clock.now()

    def wait(self, woken: threading.Event, seconds: float | None) -> None:
        if seconds is None:
            woken.wait(10)
        else:
            self._pass(seconds)

    async def wait_async(self, woken: asyncio.Event, seconds: float | None) -> None:
        if seconds is None:
            await asyncio.wait_for(woken.wait(), 10)
        else:
            self._pass(seconds)

    def _pass(self, seconds: float) -> None:
        self.on_pause()
        self.sandbox.clock.advance(seconds)


class Wire(httpx.HTTPTransport):
    """The network, with someone who looks at every request before it leaves."""

    def __init__(self, before: Before) -> None:
        super().__init__()
        self._before = before

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self._before(request)
        return super().handle_request(request)


class AsyncWire(httpx.AsyncHTTPTransport):
    """The same for asyncio."""

    def __init__(self, before: Before) -> None:
        super().__init__()
        self._before = before

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self._before(request)
        return await super().handle_async_request(request)


class Seller:
    """Uses a client of one kind, made anew for each call.

    Attributes:
        before: is called with each request before it leaves.
        options: further arguments of the client.
    """

    def __init__(self, kind: str, sandbox: Sandbox) -> None:
        self.kind = kind
        self.sandbox = sandbox
        self.clock = QuickClock(sandbox)
        self.before: Before = lambda request: None
        self.options: dict[str, Any] = {}

    def send_invoice(self, *attachments: Any, **fields: Any) -> SendReceipt:
        receipt: SendReceipt = self.call("send_invoice", ORDER, attachments=list(attachments), **fields)
        return receipt

    def send(self, message_type: str, *attachments: Any, **fields: Any) -> SendReceipt:
        receipt: SendReceipt = self.call("send", ORDER, message_type, attachments=list(attachments), **fields)
        return receipt

    def upload(self, file: Any, **options: Any) -> Attachment:
        attachment: Attachment = self.call("upload", ORDER, "invoice", file, **options)
        return attachment

    def call(self, method: str, *arguments: Any, **keywords: Any) -> Any:
        if self.kind == "sync":
            wire = Wire(lambda request: self.before(request))
            with wire, MessagingClient(**self.arguments(wire)) as client:
                return getattr(client, method)(*arguments, **keywords)

        async def main() -> Any:
            wire = AsyncWire(lambda request: self.before(request))
            async with wire, AsyncMessagingClient(**self.arguments(wire)) as client:
                return await getattr(client, method)(*arguments, **keywords)

        return asyncio.run(main())

    def arguments(self, wire: Wire | AsyncWire) -> dict[str, Any]:
        """The client's arguments."""
        own = {
            "credentials": self.sandbox.credentials,
            "marketplace": "DE",
            "endpoint": self.sandbox.url,
            "lwa_endpoint": self.sandbox.lwa_endpoint,
            "limiter": InProcessLimiter(),
            "clock": self.clock,
        }
        return own | self.options if "proxy" in self.options else own | {"transport": wire} | self.options

    @property
    def message(self) -> Message:
        """The one message that the buyer got."""
        (message,) = self.sandbox.inbox
        return message

    @property
    def received(self) -> list[tuple[str, bytes]]:
        """The files that came with it."""
        return [(file.file_name, file.content) for file in self.message.attachments]

    @property
    def puts(self) -> list[ReceivedRequest]:
        """What arrived at S3."""
        return [request for request in self.sandbox.requests if request.service == "s3"]

    @property
    def destinations(self) -> list[ReceivedRequest]:
        """The requests for an upload destination."""
        return [request for request in self.sandbox.requests if request.operation == UPLOAD]


UPLOAD = "createUploadDestinationForResource"


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as sandbox:
        sandbox.clock.freeze()
        yield sandbox


@pytest.fixture(params=["sync", "async"])
def seller(request: pytest.FixtureRequest, sandbox: Sandbox) -> Seller:
    return Seller(request.param, sandbox)
