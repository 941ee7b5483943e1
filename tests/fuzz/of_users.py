"""What users say: messages, times, URLs, variables of the environment, command lines."""

from __future__ import annotations

import os
import tempfile
from contextlib import chdir, suppress
from functools import cache
from typing import Any
from unittest.mock import patch

import httpx
from click.testing import CliRunner

from spapi_messaging import MessagingClient, SpApiMessagingError
from spapi_messaging.bulk import Job, Ledger
from spapi_messaging.bulk.preparing.patterns import Pattern
from spapi_messaging.bulk.storage.ledger_url import ledger_url, shown
from spapi_messaging.cli.app import application
from spapi_messaging.limiters import InProcessLimiter, RedisLimiter, Unlimited
from spapi_messaging.messages import OPERATIONS
from spapi_messaging.sandbox import LOCAL_CREDENTIALS
from tests.fuzz.target import Target
from tests.support.clocks import FakeClock

ORDER = "303-1234567-1234567"
DEAD = "http://127.0.0.1:1"  # nobody listens there


def message(content: bytes) -> None:
    """A message: order id, type, text, marketplace, a time, and the name of a file. Its rules need no answer."""
    lines = [line.decode("utf-8", "surrogatepass") for line in _texts(content).split(b"\n")]
    order, message_type, text, marketplace, time, name = (*lines, *[""] * 6)[:6]
    client: Any = MessagingClient(
        token_provider=lambda: "Atza|token",
        marketplace="DE",
        transport=httpx.MockTransport(lambda _: httpx.Response(201, json={})),
        limiter=Unlimited(),
        clock=FakeClock(),
    )
    with client:
        with suppress(SpApiMessagingError):
            client.send(order, message_type, text=text, marketplace=marketplace or None)
        with suppress(SpApiMessagingError):
            client.send(ORDER, "warranty", text=text, attachments=[(name, b"%PDF-")], coverage_start_date=time)
        with suppress(SpApiMessagingError):
            client.preflight(ORDER, "confirmOrderDetails", text=text, order_date=time)


def job(content: bytes) -> None:
    """A job: order id, type, text, marketplace, document, due, not_before, a file."""
    lines: list[str | None] = [line.decode("utf-8", "surrogatepass") for line in _texts(content).split(b"\n")]
    order, kind, text, marketplace, document, due, not_before, file = (*lines, *[None] * 8)[:8]
    with suppress(SpApiMessagingError):
        checked = _ledger().check(
            [
                Job(
                    order or "",
                    kind or "",
                    text=text,
                    marketplace=marketplace,
                    document=document,
                    due=due,
                    not_before=not_before,
                    attachments=[file] if file and "/" not in file else [],
                )
            ]
        )
        repr(checked)


def url(content: bytes) -> None:
    """A URL, wherever one is taken. Nothing is opened."""
    written = _texts(content).decode("utf-8", "surrogatepass")
    with suppress(SpApiMessagingError):
        shown(ledger_url(written))
    with suppress(SpApiMessagingError):
        RedisLimiter(written)
    for argument in ("endpoint", "lwa_endpoint", "proxy"):
        given: dict[str, Any] = {"marketplace": "DE", "limiter": InProcessLimiter(), "verify": False, argument: written}
        with suppress(SpApiMessagingError):
            MessagingClient(token_provider=lambda: "Atza|token", **given).close()
    with suppress(SpApiMessagingError):
        _ledger().check([Job(ORDER, "invoice", attachments=[written], marketplace="DE")]) if ":/" in written else None
    with suppress(SpApiMessagingError):
        Pattern(written).match(["a", "b.pdf"])


def environment(content: bytes) -> None:
    """The variables of the environment that a client reads, one in each line."""
    names = (
        "SP_API_REFRESH_TOKEN", "LWA_APP_ID", "LWA_CLIENT_SECRET", "SP_API_DEFAULT_MARKETPLACE", "SP_API_ENDPOINT",
        "LWA_ENDPOINT", "SP_API_SANDBOX", "AWS_ENV", "HTTPS_PROXY", "NO_PROXY", "PYTHON-SP-APIDIR",
    )  # fmt: skip
    lines = _texts(content).replace(b"\0", b"").split(b"\n")
    given = {name: os.fsdecode(line) for name, line in zip(names, lines, strict=False)}
    with patch.dict(os.environ, given), suppress(SpApiMessagingError):
        MessagingClient.from_env(limiter=InProcessLimiter(), verify=False).close()


def command_line(content: bytes) -> None:
    """A command with its arguments, one in each line. It may ask no server and write no file outside its folder."""
    words = [line.decode("utf-8", "replace") for line in content.replace(b"\0", b"").split(b"\n")]
    if not _is_harmless(words):
        return
    variables = {
        "SP_API_REFRESH_TOKEN": LOCAL_CREDENTIALS["refresh_token"],
        "LWA_APP_ID": LOCAL_CREDENTIALS["client_id"],
        "LWA_CLIENT_SECRET": LOCAL_CREDENTIALS["client_secret"],
        "SP_API_ENDPOINT": DEAD,
        "LWA_ENDPOINT": f"{DEAD}/auth/o2/token",
        "HOME": _folder().name,
        "XDG_DATA_HOME": _folder().name,
    }
    with chdir(_folder().name), patch.dict(os.environ, variables):
        done = CliRunner().invoke(application, words, prog_name="spapi-messaging", input="")
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    assert 0 <= done.exit_code <= 6
    assert "Traceback" not in done.output


def _is_harmless(words: list[str]) -> bool:
    """Whether a command ends by itself, asks no server and stays in its folder."""
    asks = {"serve", "work", "metrics", "demo", "doctor", "actions", "attributes", "check", "completion"}
    sends = {"send"} & {*words} and "--dry-run" not in words
    return (
        not asks & {*words} and not sends and not any(sign in word for word in words for sign in ("/", "\\", "~", ".."))
    )


def _texts(content: bytes) -> bytes:
    """The same, as bytes of text in which half a character may stand."""
    return content.decode("utf-8", "replace").encode().replace(b"U+D800", b"\xed\xa0\x80")


@cache
def _ledger() -> Ledger:
    return Ledger(f"sqlite:///{_folder().name}/ledger.db")


@cache
def _folder() -> tempfile.TemporaryDirectory[str]:
    return tempfile.TemporaryDirectory()


_TYPES = tuple(str(operation.message_type).encode() for operation in OPERATIONS.values() if operation.kind == "send")
_TIMES = (b"2026-11-22T10:00:00.000+01:00", b"9999-12-31T23:59:59Z", b"0001-01-01", b"+99:99", b"U+D800", b"2026-02-30")
_OPTIONS = (
    b"--json", b"--marketplace", b"DE", b"--profile", b"--sandbox", b"local", b"bulk", b"add", b"prepare", b"status",
    b"export", b"resolve", b"cancel", b"retry", b"forget", b"archive", b"--ledger", b"sqlite:a.db", b"--text", b"--due",
    b"--attach", b"--columns", b"--encoding", b"utf-7", b"--older-than", b"--seconds", b"nan", b"1e999", b"--yes",
    b"--key", b"--order", b"--state", b"--format", b"--html", b"a.html", b"--pattern", b"{order}", b"--", b"-",
)  # fmt: skip

TARGETS = (
    Target(
        "message",
        message,
        (
            f"{ORDER}\nconfirmOrderDetails\nHello\nDE\n2026-11-22T10:00:00.000+01:00\ninvoice.pdf".encode(),
            f"{ORDER}\nlegalDisclosure\n\nA1PA6795UKMFR9\n2026-11-22T10:00:00Z\na.pdf".encode(),
        ),
        (*_TYPES, *_TIMES, b"https://a.example", b"<b>", b"+49 30 1234567", b"\xe2\x80\x8d", b"a@b.example", b"\r\n"),
    ),
    Target(
        "job",
        job,
        (f"{ORDER}\nconfirmOrderDetails\nHello\nDE\nR-17\n2026-11-30\n2026-11-23T10:00:00Z\na.pdf".encode(),),
        (*_TYPES, *_TIMES, b"W01", b"24:00"),
    ),
    Target(
        "url",
        url,
        (
            b"postgresql+psycopg://user:password@host:5432/db?sslmode=require",
            b"sqlite:///sent.db",
            b"redis://user:password@host:6379/0?a=1",
            b"https://user:password@host.example:8443/path",
            b"s3://bucket/folder/a.pdf",
            b"file:///nowhere/a.pdf",
            b"{marketplace}/{order}_{document}.pdf",
        ),
        (
            b"://",
            b"@",
            b":99999",
            b":\xd9\xa3",
            b"[::1",
            b"]",
            b"::",
            b"%2F",
            b"?",
            b"#",
            b"xn--a",
            b"unix:///",
            b"U+D800",
        ),
    ),
    Target(
        "environment",
        environment,
        (b"Atzr|token\nid\nsecret\nDE\nhttps://sellingpartnerapi-eu.amazon.com\n\n0", b"t\ni\ns\nUK\n\n\n1\nSANDBOX"),
        (b"local", b"http://", b"socks5://", b"[::1]", b"*", b"xn--"),
    ),
    Target(
        "command-line",
        command_line,
        (
            f"send\nwarranty\n{ORDER}\n--dry-run\n--coverage-start\n2026-01-01\n--marketplace\nDE".encode(),
            b"bulk\nadd\na.csv\n--ledger\nsqlite:a.db",
            b"bulk\nstatus\n--json",
            b"bulk\nprepare\n.\n--pattern\n{order}.pdf\n--type\ninvoice",
            b"bulk\nresolve\n--order\n303-1234567-1234567\n--yes",
        ),
        _OPTIONS,
    ),
)
