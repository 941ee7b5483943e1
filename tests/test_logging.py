"""What is logged and traced: one line per attempt, and never a secret or a text."""

from __future__ import annotations

import asyncio
import logging
import re
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from spapi_messaging import (
    AsyncMessagingClient,
    DeliveryUnknownError,
    MessagingClient,
    RetryPolicy,
    SpApiMessagingError,
)
from spapi_messaging.limiters import InProcessLimiter
from spapi_messaging.sandbox import Sandbox
from tests.support.amazon import EXPIRED, ORDER, TEXT, Amazon, Shop, answer, both, raw, refused, sent, throttled


@pytest.fixture
def lines(caplog: pytest.LogCaptureFixture) -> Iterator[list[str]]:
    caplog.set_level(logging.DEBUG, "spapi_messaging")
    found: list[str] = []

    class Collector(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            assert (record.name, record.levelno) == ("spapi_messaging", logging.DEBUG)
            found.append(record.getMessage())

    handler = Collector()
    logging.getLogger("spapi_messaging").addHandler(handler)
    yield found
    logging.getLogger("spapi_messaging").removeHandler(handler)


@both
def test_each_attempt_has_one_line(kind: str, lines: list[str]) -> None:
    shop = Shop(kind, Amazon(raw(503, b""), throttled(), answer(200, {"buyer": {"locale": "de-DE"}})))
    shop.read()

    assert [re.sub(r"waited=[\d.]+", "waited=…", line) for line in lines] == [
        f"GetAttributes order={ORDER} status=503 request_id=None waited=… attempt=1",
        f"GetAttributes order={ORDER} status=429 request_id=request-1 waited=… attempt=2",
        f"GetAttributes order={ORDER} status=200 request_id=request-1 waited=… attempt=3",
    ]


@both
def test_the_line_says_how_long_the_call_waited_for_its_turn(kind: str, lines: list[str]) -> None:
    shop = Shop(kind, Amazon())
    for _ in range(6):
        shop.say()

    assert [re.findall(r"waited=([\d.]+)", line)[0] for line in lines] == ["0.000"] * 5 + ["1.000"]


@both
def test_a_lost_connection_has_a_line_too(kind: str, lines: list[str]) -> None:
    with pytest.raises(DeliveryUnknownError):
        Shop(kind, Amazon(httpx.ReadTimeout("slow"))).say()

    assert lines == [
        f"createConfirmOrderDetails order={ORDER} status=ReadTimeout request_id=None waited=0.000 attempt=1"
    ]


@both
def test_no_line_shows_a_text_or_a_token(kind: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    for response in (sent(), refused(403, f"{TEXT} token-1"), raw(500, TEXT.encode()), refused(403, EXPIRED)):
        try:
            Shop(kind, Amazon(response)).say()
        except SpApiMessagingError as error:
            logging.getLogger("of.the.user").exception("failed", exc_info=error)

    for secret in (TEXT, "token-1", "token-2", "the-client-secret", "the-refresh-token"):
        assert secret not in caplog.text


@both
def test_nothing_is_logged_above_debug(kind: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "spapi_messaging")
    Shop(kind, Amazon()).say()

    assert [record for record in caplog.records if record.name.startswith("spapi_messaging")] == []


def test_importing_configures_nothing() -> None:
    program = """
import logging
import spapi_messaging
from spapi_messaging import AsyncMessagingClient, MessagingClient
for name in ("", "spapi_messaging", "httpx"):
    logger = logging.getLogger(name)
    assert logger.handlers == [], name
    assert logger.level == (logging.WARNING if name == "" else logging.NOTSET), name
    assert logger.propagate and not logger.disabled
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)

    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.fixture
def spans() -> Iterator[Any]:
    """OpenTelemetry's httpx instrumentation, as a user switches it on, and the spans that it finished."""
    instrumentation = pytest.importorskip("opentelemetry.instrumentation.httpx")
    trace = pytest.importorskip("opentelemetry.sdk.trace")
    export = pytest.importorskip("opentelemetry.sdk.trace.export")
    memory = pytest.importorskip("opentelemetry.sdk.trace.export.in_memory_span_exporter")
    exporter = memory.InMemorySpanExporter()
    provider = trace.TracerProvider()
    provider.add_span_processor(export.SimpleSpanProcessor(exporter))
    instrumentor = instrumentation.HTTPXClientInstrumentor()
    instrumentor.instrument(tracer_provider=provider)
    yield exporter
    instrumentor.uninstrument()


def send_a_file(kind: str, **arguments: Any) -> None:
    files = [("note.txt", b"hello")]

    async def main() -> None:
        async with AsyncMessagingClient(**arguments) as client:
            await client.send_invoice(ORDER, attachments=files)

    if kind == "asyncio":
        asyncio.run(main())
    else:
        with MessagingClient(**arguments) as client:
            client.send_invoice(ORDER, attachments=files)


@both
def test_each_attempt_to_store_a_file_has_one_line(kind: str, lines: list[str]) -> None:
    with Sandbox() as sandbox:
        sandbox.faults.add("reset", on="s3")
        sandbox.faults.add("error", on="s3")
        send_a_file(
            kind,
            credentials=sandbox.credentials,
            marketplace="DE",
            endpoint=sandbox.url,
            lwa_endpoint=sandbox.lwa_endpoint,
            limiter=InProcessLimiter(),
            retry=RetryPolicy(base=0.0),
        )

    assert [re.sub(r"=\w+Error\b", "=…Error", line, count=1) for line in lines if line.startswith("PUT")] == [
        f"PUT order={ORDER} status=…Error code=None attempt=1",
        f"PUT order={ORDER} status=500 code=…Error attempt=2",
        f"PUT order={ORDER} status=200 code=None attempt=3",
    ]


@both
def test_opentelemetry_sees_each_request_and_no_secret(kind: str, spans: Any, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)  # of httpx and httpcore as well
    with Sandbox() as sandbox:
        send_a_file(
            kind,
            credentials=sandbox.credentials,
            marketplace="DE",
            endpoint=sandbox.url,
            lwa_endpoint=sandbox.lwa_endpoint,
            limiter=InProcessLimiter(),
        )
    finished = spans.get_finished_spans()
    shown = "\n".join([*(span.to_json() for span in finished), caplog.text])

    assert sorted(str(span.attributes["http.method"]) for span in finished) == ["POST", "POST", "POST", "PUT"]
    assert "/messages/invoice" in shown
    assert "X-Amz-" not in shown
    for secret in (sandbox.credentials.client_secret, sandbox.credentials.refresh_token, "Atza|"):
        assert secret not in shown
