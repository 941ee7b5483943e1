"""What is logged and traced: outcomes, waits, retries and attempts, and never a secret or a text."""

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
    Credentials,
    DeliveryUnknownError,
    MalformedResponseError,
    MessagingClient,
    RetryPolicy,
    SpApiMessagingError,
    UsagePlan,
)
from spapi_messaging.limiters import InProcessLimiter
from tests.support.amazon import EXPIRED, ORDER, TEXT, Amazon, Shop, answer, both, raw, refused, sent, throttled
from tests.support.sandboxes import complete_sandbox


class Lines(logging.Handler):
    """What was logged, by level."""

    def __init__(self) -> None:
        super().__init__()
        self._found: list[tuple[int, str]] = []

    def emit(self, record: logging.LogRecord) -> None:
        assert record.name == "spapi_messaging"
        assert record.exc_info is None
        self._found.append((record.levelno, record.getMessage()))

    def of(self, level: int) -> list[str]:
        return [re.sub(r"=\d+\.\d+", "=…", line) for number, line in self._found if number == level]

    def raw(self, level: int) -> list[str]:
        return [line for number, line in self._found if number == level]


@pytest.fixture
def lines(caplog: pytest.LogCaptureFixture) -> Iterator[Lines]:
    caplog.set_level(logging.DEBUG, "spapi_messaging")
    handler = Lines()
    logging.getLogger("spapi_messaging").addHandler(handler)
    yield handler
    logging.getLogger("spapi_messaging").removeHandler(handler)


@both
@pytest.mark.parametrize("status", [201, 400, 403, 503])
def test_a_secret_that_comes_back_as_the_request_id_is_not_logged(kind: str, status: int, lines: Lines) -> None:
    """Client secrets used to be 64 hexadecimal digits, and a digital access key is one word."""
    secret, text = "0123456789abcdef" * 4, "KEY-WITHOUT-SPACES-1234"
    credentials = Credentials("amzn1.application-oa2-client.x", secret, "Atzr|a-refresh-token")
    for echoed in (secret, secret[:40], text):
        response = sent(status) if status == 201 else refused(status)
        response.headers["x-amzn-requestid"] = echoed
        shop = Shop(kind, Amazon(response), credentials=credentials, retry=RetryPolicy(attempts=1))
        try:
            told = shop.say(text).to_dict()
        except SpApiMessagingError as error:
            told = {**error.to_dict(), "shown": repr(error) + str(error.__cause__)}
        logged = "".join(line for level in (10, 20, 30) for line in lines.raw(level))

        assert echoed not in f"{told}{logged}"


@both
def test_a_secret_that_comes_back_with_a_nonsensical_read_is_not_told(kind: str) -> None:
    """Nothing is logged here, so only the error tells a request id."""
    secret = "0123456789abcdef" * 4
    credentials = Credentials("amzn1.application-oa2-client.x", secret, "Atzr|a-refresh-token")
    nonsense = raw(200, b"nonsense", x_amzn_requestid=secret)
    shop = Shop(kind, Amazon(nonsense), credentials=credentials, retry=RetryPolicy(attempts=1))
    with pytest.raises(MalformedResponseError) as raised:
        shop.read()

    assert secret not in f"{raised.value.to_dict()}{raised.value!r}"


@both
def test_each_attempt_has_one_line(kind: str, lines: Lines) -> None:
    shop = Shop(kind, Amazon(raw(503, b""), throttled(), answer(200, {"buyer": {"locale": "de-DE"}})))
    shop.read()

    assert lines.of(logging.DEBUG) == [
        f"GetAttributes order={ORDER} status=503 request_id=None waited=… attempt=1",
        f"GetAttributes order={ORDER} status=429 request_id=request-1 waited=… attempt=2",
        f"GetAttributes order={ORDER} status=200 request_id=request-1 waited=… attempt=3",
    ]


@both
def test_the_line_says_how_long_the_call_waited_for_its_turn(kind: str, lines: Lines) -> None:
    shop = Shop(kind, Amazon())
    for _ in range(6):
        shop.say()

    assert [re.findall(r"waited=([\d.]+)", line)[0] for line in lines.raw(logging.DEBUG)] == ["0.000"] * 5 + ["1.000"]


@both
def test_a_lost_connection_has_a_line_too(kind: str, lines: Lines) -> None:
    with pytest.raises(DeliveryUnknownError):
        Shop(kind, Amazon(httpx.ReadTimeout("slow"))).say()

    assert lines.of(logging.DEBUG) == [
        f"createConfirmOrderDetails order={ORDER} status=ReadTimeout request_id=None waited=… attempt=1"
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


# Outcomes


@both
def test_a_send_has_a_line_with_its_outcome(kind: str, lines: Lines) -> None:
    Shop(kind, Amazon()).say()

    assert lines.of(logging.INFO)[-1] == (
        f"createConfirmOrderDetails order={ORDER} outcome=sent status=201 request_id=request-1 "
        "endpoint=https://sellingpartnerapi-eu.amazon.com"
    )
    assert lines.of(logging.WARNING) == []


@both
@pytest.mark.parametrize(
    ("response", "level", "told"),
    [
        (refused(403, "no"), logging.INFO, "outcome=not_sent error=AccessDeniedError status=403 request_id=request-1"),
        (raw(500, b""), logging.WARNING, "outcome=unknown error=DeliveryUnknownError status=500 request_id=None"),
        (
            httpx.ReadTimeout("slow"),
            logging.WARNING,
            "outcome=unknown error=DeliveryUnknownError status=None request_id=None",
        ),
    ],
)
def test_a_send_that_fails_has_one_too(kind: str, response: Any, level: int, told: str, lines: Lines) -> None:
    with pytest.raises(SpApiMessagingError):
        Shop(kind, Amazon(response)).say()

    assert lines.of(level)[-1] == f"createConfirmOrderDetails order={ORDER} {told}"


@both
def test_a_message_that_is_refused_here_has_one_too(kind: str, lines: Lines) -> None:
    with pytest.raises(SpApiMessagingError):
        Shop(kind, Amazon()).say(text="")
    with pytest.raises(SpApiMessagingError):
        Shop(kind, Amazon()).create_confirm_order_details(TEXT, text=TEXT)

    with pytest.raises(SpApiMessagingError):
        Shop(kind, Amazon()).upload(TEXT, "invoise", ("a.pdf", b"%PDF-1.7"))
    shop = Shop(kind, Amazon())
    shop.close()
    with pytest.raises(SpApiMessagingError):
        shop.create_confirm_order_details(TEXT, text=TEXT)
    assert not any(TEXT in line for line in lines.of(logging.INFO))
    told = "outcome=not_sent error=InvalidMessageError status=None request_id=None"
    assert lines.of(logging.INFO)[:2] == [f"createConfirmOrderDetails order={order} {told}" for order in (ORDER, None)]


@both
def test_a_read_has_none(kind: str, lines: Lines) -> None:
    Shop(kind, Amazon(answer(200, {}))).read()

    assert [line for line in lines.of(logging.INFO) if "outcome" in line] == []


# Retries and waits


@both
def test_a_retry_and_a_429_are_warnings(kind: str, lines: Lines) -> None:
    shop = Shop(kind, Amazon(raw(503, b""), throttled(), answer(200, {})))
    shop.read()

    assert [re.sub(r"in [\d.]+ s", "in … s", line) for line in lines.raw(logging.WARNING)] == [
        f"GetAttributes order={ORDER} attempt=1 failed (ServerError 503), trying again in … s",
        f"GetAttributes order={ORDER} attempt=2 failed (ThrottledError 429), trying again in … s",
    ]


@both
def test_the_last_429_is_a_warning_too(kind: str, lines: Lines) -> None:
    with pytest.raises(SpApiMessagingError):
        Shop(kind, Amazon(throttled()), retry=RetryPolicy(attempts=1)).read()

    assert lines.raw(logging.WARNING) == [
        f"GetAttributes order={ORDER} attempt=1 was throttled, and it was the last one"
    ]


@both
def test_a_token_that_was_renewed_because_amazon_refused_it_is_a_warning(kind: str, lines: Lines) -> None:
    Shop(kind, Amazon(refused(403, EXPIRED), sent())).say()

    assert lines.raw(logging.WARNING) == [
        f"createConfirmOrderDetails order={ORDER} attempt=1 failed (AccessDeniedError 403), trying again in 0.0 s"
    ]
    assert [re.sub(r"=[0-9a-f]{16},", "=…,", line) for line in lines.raw(logging.INFO) if "token" in line] == 2 * [
        "a new access token for seller=…, to be renewed in 3540 s"
    ]


@both
def test_a_wait_of_more_than_a_second_has_a_line(kind: str, lines: Lines) -> None:
    shop = Shop(kind, Amazon())
    for _ in range(8):
        shop.say()
    assert [line for line in lines.raw(logging.INFO) if "waits" in line] == []  # a second each, and no longer

    slow = Shop(kind, Amazon(), usage_plans={"*": UsagePlan(rate=0.5, burst=1)})
    for _ in range(2):
        slow.say()
    assert [line for line in lines.raw(logging.INFO) if "waits" in line] == [
        "createConfirmOrderDetails waits 2.0 s for its usage plan"
    ]


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
def test_each_attempt_to_store_a_file_has_one_line(kind: str, lines: Lines) -> None:
    with complete_sandbox() as sandbox:
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

    assert [re.sub(r"=\w+Error\b", "=…Error", line, count=1) for line in lines.raw(logging.DEBUG)[-4:-1]] == [
        f"PUT order={ORDER} status=…Error code=None attempt=1",
        f"PUT order={ORDER} status=500 code=…Error attempt=2",
        f"PUT order={ORDER} status=200 code=None attempt=3",
    ]


@both
def test_opentelemetry_sees_each_request_and_no_secret(kind: str, spans: Any, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)  # of httpx and httpcore as well
    with complete_sandbox() as sandbox:
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
