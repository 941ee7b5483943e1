"""Where secrets may go, and which parts of a string from outside may be shown. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from itertools import groupby
from operator import itemgetter
from urllib.parse import quote

import httpx

from spapi_messaging.errors import HIDDEN
from spapi_messaging.local_sandbox import LOCAL_CREDENTIALS, REFRESH_TOKEN_PREFIX, is_loopback

TOKEN_HEADER = "x-amz-access-token"

# What the local sandbox accepts. The documentation shows it, so an error may show it too.
_PUBLIC = frozenset(LOCAL_CREDENTIALS.values())

# A line of this length may tell something of a text; "Hello," does not.
MIN_REDACTED_LINE = 10
# A piece of this length is hidden too: a server may quote the beginning of a text, or of a token.
MIN_REDACTED_PIECE = 12

# Characters of a string from outside that an error shows.
MAX_SHOWN = 2000

_HOST = re.compile(r"[\w-]{1,63}(?:\.[\w-]{1,63})*\.?|[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*", re.ASCII)
_SECRET = rf"""
    (?!(?-i:{re.escape(REFRESH_TOKEN_PREFIX)})(?![^\s"'&,;]))    # the token that everybody may use in the local sandbox
    Atz[a-z]\|[^\s"'&,;]+                                    # LWA access and refresh tokens
  | amzn1\.(?:oa2-cs|application-oa2-client-secret)\.[^\s"'&,;]+   # LWA client secrets
  | (?<=x-amz-access-token:\ )\S+
"""
_QUERY = re.compile(r"(?<=\?)[^\s\"'<>]+")
_SIGNED = re.compile(r"(X-Amz-[\w-]*=)[^\s\"'&<>]+", re.IGNORECASE)


def redact(shown: str, private: Iterable[str] = ()) -> str:
    """A string from outside without the private values, and without anything that looks like a secret.

    Values that the local sandbox accepts from everybody stay: they are not secret.

    Only the beginning of a long string is kept: nobody reads more, and a search in all of it would take long.
    """
    if len(shown) > MAX_SHOWN:
        shown = f"{shown[:MAX_SHOWN]}…"
    # The longest first: a value that is part of another one must not leave the rest of it behind.
    values = sorted(set(_forms_of({*private} - _PUBLIC - {""})), key=len, reverse=True)
    shown = _without_pieces_of(values, _without(values, shown))
    shown = re.sub(_SECRET, HIDDEN, shown, flags=re.VERBOSE | re.IGNORECASE)
    # The whole query of a presigned URL, and its parts where they stand alone.
    shown = _QUERY.sub(lambda query: HIDDEN if _SIGNED.search(query.group()) else query.group(), shown)
    shown = _SIGNED.sub(rf"\1{HIDDEN}", shown)
    # What could move a terminal's cursor, or pretend to be another line of a log.
    printable = "".join(letter if letter.isprintable() else " " for letter in shown)
    # Where a control character stood for a space, a private value shows only now.
    return shown if printable == shown else _without(values, printable)


def _forms_of(values: Iterable[str]) -> Iterator[str]:
    """Values as they are, and longer ones percent-encoded too, as a form or a query has them."""
    for value in values:
        yield value
        for safe in ("", "/") if len(value) >= MIN_REDACTED_LINE else ():
            encoded = quote(value, safe=safe, errors="replace")
            yield encoded
            yield encoded.replace("%20", "+")


def repeats(shown: str, private: Iterable[str]) -> bool:
    """Whether a string from outside is a private value, or has a piece in common with one."""
    values = set(private)
    return shown in values or _without_pieces_of(values, shown) != shown


def _without(values: Iterable[str], shown: str) -> str:
    """A string without private values."""
    for value in values:
        shown = shown.replace(value, HIDDEN)
    return shown


def _without_pieces_of(values: Iterable[str], shown: str) -> str:
    """A string without the pieces that it has in common with private values."""
    length = MIN_REDACTED_PIECE
    pieces = {value[start : start + length] for value in values for start in range(len(value) - length + 1)}
    hidden = bytearray(len(shown))
    for start in range(len(shown) - length + 1):
        if shown[start : start + length] in pieces:
            hidden[start : start + length] = b"\1" * length
    if not any(hidden):
        return shown
    groups = groupby(zip(hidden, shown, strict=True), key=itemgetter(0))
    return "".join(HIDDEN if private else "".join(letter for _, letter in group) for private, group in groups)


def texts_of(request: httpx.Request) -> tuple[str, ...]:
    """The buyer's text in a request, in whole and by the line, in each form in which an answer might quote it."""
    from html import escape  # seldom needed, and slow to load

    if not isinstance(request.stream, httpx.ByteStream):
        return ()
    try:
        text = json.loads(request.read()).get("text")
    except (ValueError, AttributeError):
        return ()
    if not isinstance(text, str):
        return ()
    lines = [line for line in text.splitlines() if len(line) >= MIN_REDACTED_LINE]
    return tuple(
        form
        for part in (text, *lines)
        for form in (part, escape(part), json.dumps(part)[1:-1], json.dumps(part, ensure_ascii=False)[1:-1])
    )


def host_of(url: httpx.URL) -> str:
    """The host as it goes out; empty, if the URL has no host or one that cannot be looked up."""
    try:
        url.host  # noqa: B018 - it is decoded, which may fail
    except ValueError:
        return ""
    host = url.raw_host.decode("ascii")
    return host if _HOST.fullmatch(host) else ""


def has_port(url: httpx.URL) -> bool:
    """Whether the port is left out, or between 1 and 65535."""
    return url.port is None or 0 < url.port < 65536


def is_safe(url: httpx.URL) -> bool:
    """Whether secrets may go there: over TLS, or without leaving this machine."""
    host = host_of(url)
    return bool(host) and has_port(url) and (url.scheme == "https" or (url.scheme == "http" and is_loopback(host)))
