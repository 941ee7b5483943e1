"""A client of either kind, called the same way, before a sandbox; its pauses pass at once."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
import ssl
import tempfile
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from spapi_messaging import AsyncMessagingClient, Attachment, InProcessLimiter, MessagingClient, SendReceipt, UsagePlan
from spapi_messaging._io.clock import Clock
from spapi_messaging.sandbox import Message, ReceivedRequest, Sandbox
from tests.support.operations import limit
from tests.support.sandboxes import PLAN, complete_sandbox

ORDER = "303-1234567-1234567"
PDF = b"%PDF-1.7 an invoice"
LARGE = b"%PDF-1.7" + bytes(range(256)) * 3000  # several chunks
UPLOAD = "createUploadDestinationForResource"
NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # to load certificates takes longer than a whole test


def md5_of(data: bytes) -> str:
    return base64.b64encode(hashlib.md5(data).digest()).decode()


class QuickClock(Clock):
    """The sandbox's clock. It lets every pause pass at once."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._clock = sandbox.clock

    def now(self) -> float:
        return self._clock.now()

    def wait(self, woken: threading.Event, seconds: float | None) -> None:
        if seconds is None:
            woken.wait(10)
        else:
            self._clock.advance(seconds)

    async def wait_async(self, woken: asyncio.Event, seconds: float | None) -> None:
        if seconds is None:
            await asyncio.wait_for(woken.wait(), 10)
        else:
            self._clock.advance(seconds)


class Hang:
    """What a request waits for that hangs."""

    def __init__(self) -> None:
        self.reached = threading.Event()

    async def __call__(self, _: float) -> None:
        self._loop, self._released = asyncio.get_running_loop(), asyncio.Event()
        self.reached.set()
        await self._released.wait()

    def wait(self) -> None:
        """Waits until the request hangs."""
        assert self.reached.wait(10)

    def release(self) -> None:
        self._loop.call_soon_threadsafe(self._released.set)


class Seller:
    """Uses a client of one kind, made anew for each call. ``options`` are further arguments of the client."""

    def __init__(self, kind: str, sandbox: Sandbox) -> None:
        self.kind = kind
        self.sandbox = sandbox
        self.options: dict[str, Any] = {}

    def send_invoice(self, *attachments: Any) -> SendReceipt:
        receipt: SendReceipt = self.call("send_invoice", ORDER, attachments=list(attachments))
        return receipt

    def upload(self, file: Any, **options: Any) -> Attachment:
        attachment: Attachment = self.call("upload", ORDER, "invoice", file, **options)
        return attachment

    def call(self, method: str, *arguments: Any, **keywords: Any) -> Any:
        if self.kind == "threads":
            with MessagingClient(**self.arguments()) as client:
                return getattr(client, method)(*arguments, **keywords)

        async def main() -> Any:
            async with AsyncMessagingClient(**self.arguments()) as client:
                return await getattr(client, method)(*arguments, **keywords)

        return asyncio.run(main())

    def arguments(self) -> dict[str, Any]:
        return {
            "credentials": self.sandbox.credentials,
            "marketplace": "DE",
            "endpoint": self.sandbox.url,
            "lwa_endpoint": self.sandbox.lwa_endpoint,
            "limiter": InProcessLimiter(),
            "usage_plans": {"*": UsagePlan(*PLAN)},
            "clock": QuickClock(self.sandbox),
            "verify": NO_TLS,
            **self.options,
        }

    def meanwhile(self, change: Callable[[], object], on: str = "uploads", fault: str = "delay") -> None:
        """Makes a change once, while the answer to a request for a destination, or to a PUT (``s3``), is awaited."""

        async def sleep(_: float) -> None:
            change()

        self.sandbox.sleep = sleep
        self.sandbox.faults.add(fault, on=on, seconds=1)

    def hang(self, on: str) -> Hang:
        """Lets one request hang."""
        self.sandbox.sleep = hang = Hang()
        self.sandbox.faults.add("delay", on=on, seconds=1)
        return hang

    def give_destination(self, url: object, headers: object = None, times: int = 1) -> None:
        """Lets Amazon give this destination to the next who asks."""
        payload = {"uploadDestinationId": "id", "url": url, "headers": headers}
        self.sandbox.faults.answer(201, json.dumps({"payload": payload}), on="uploads", times=times)

    def answer_puts(self, status: int, code: str, times: int | None = 1) -> None:
        """Lets the storage answer with an error."""
        self.sandbox.faults.answer(status, f"<Error><Code>{code}</Code></Error>", on="s3", times=times)

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
        """What arrived at the storage."""
        return [request for request in self.sandbox.requests if request.service == "s3"]

    @property
    def destinations(self) -> list[ReceivedRequest]:
        """The requests for an upload destination."""
        return [request for request in self.sandbox.requests if request.operation == UPLOAD]


@pytest.fixture(autouse=True)
def known_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    """These tests send up to five files, whatever Amazon takes today."""
    for message_type in ("invoice", "confirmCustomizationDetails"):
        limit(monkeypatch, message_type, "attachments", min_items=None, max_items=5)
    limit(monkeypatch, "confirmCustomizationDetails", "text", max_length=800)


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with complete_sandbox(plans={UPLOAD: (10.0, 10), "*": PLAN}) as sandbox:
        sandbox.clock.freeze()
        yield sandbox


@pytest.fixture(params=["threads", "asyncio"])
def seller(request: pytest.FixtureRequest, sandbox: Sandbox) -> Seller:
    return Seller(request.param, sandbox)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "invoice.pdf"
    path.write_bytes(LARGE)
    return path


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The files that the client opens."""
    files: list[Any] = []

    def remembering(plain: Any) -> Any:
        def opening(*arguments: Any, **keywords: Any) -> Any:
            file = plain(*arguments, **keywords)
            if not arguments or arguments[0].suffix == ".pdf":  # the sandbox opens files of its own
                files.append(file)
            return file

        return opening

    monkeypatch.setattr(Path, "open", remembering(Path.open))
    monkeypatch.setattr(tempfile, "TemporaryFile", remembering(tempfile.TemporaryFile))
    return files
