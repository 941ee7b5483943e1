"""What a support case needs, in one document without secrets."""

from __future__ import annotations

import getpass
import os
import platform
import re
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote, urlsplit

from spapi_messaging.credentials import ENVIRONMENT
from spapi_messaging.doctor.examination import Exchange
from spapi_messaging.doctor.findings import Finding, overall
from spapi_messaging.doctor.versions import versions_of_this_machine
from spapi_messaging.errors import HIDDEN

MAX_EXCHANGES = 1000
"""How many exchanges are written: the newest ones. A program may run for months."""

_REQUEST_ID = re.compile(r"[\w.+/=-]{1,128}", re.ASCII)
_NUMBER = re.compile(r"\d{1,12}(\.\d{1,6})?", re.ASCII)
_DATE = re.compile(r"[A-Za-z]{3}, \d\d [A-Za-z]{3} \d{4} [\d:]{8} GMT", re.ASCII)
_WORD = re.compile(r"[A-Za-z][\w.:/+-]{0,79}", re.ASCII)
# A digest, or a name that the program gives.
_SELLER = re.compile(r"[\w.:-]{1,80}", re.ASCII)
_HEADERS: Mapping[str, re.Pattern[str]] = {
    "content-length": _NUMBER,
    "content-type": re.compile(r"[\w.+-]{1,60}/[\w.+-]{1,60}(; ?charset=[\w-]{1,20})?", re.ASCII),
    "date": _DATE,
    "retry-after": _NUMBER,
    "server": _WORD,
    "x-amz-id-2": _REQUEST_ID,
    "x-amz-request-id": _REQUEST_ID,
    "x-amzn-errortype": _WORD,
    "x-amzn-ratelimit-limit": _NUMBER,
    "x-amzn-requestid": _REQUEST_ID,
    "x-cache": re.compile(r"[A-Za-z]{1,20} from cloudfront", re.ASCII),
}
"""The headers that are written, and what they look like. Any other header, and any other value, is left out."""

_LOOKS_SECRET = re.compile(
    r"""Atz[a-z]\|[^\s"'&,;]+|amzn1\.(?:oa2-cs|application-oa2-client)[^\s"'&,;]*|X-Amz-[\w-]+=[^\s"'&]+"""
    r"|(?<=://)[^/\s@]+@",
    re.IGNORECASE,
)
_SECRET_NAMES = re.compile("SECRET|TOKEN|PASSWORD|CREDENTIAL|_KEY", re.IGNORECASE)
_PROXY_NAMES = re.compile("proxy$", re.IGNORECASE)
MIN_SECRET = 6
"""The length of the shortest secret that is looked for, in characters. A shorter one would be found in other words."""


def support_bundle(findings: Iterable[Finding], exchanges: Iterable[Exchange] = ()) -> dict[str, Any]:
    """Everything that a support case needs, as `json.dumps` takes it.

    It shows no secret, no text of a message, no presigned query, and neither the home folder nor the names of this
    machine and its user.

    Args:
        findings: What `examine` found; may be empty.
        exchanges: What the client's observer saw: `ObservedExchange`, or anything else that has `to_dict()`. For a
            program that runs for long, let `collections.deque(maxlen=1000).append` be the observer.

    Returns:
        The document: when it was made, the overall verdict, versions, findings and the last exchanges.
    """
    found, hide = list(findings), _hider(os.environ)
    last = [_exchange(each.to_dict()) for each in list(exchanges)[-MAX_EXCHANGES:]]
    document = {
        "made_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "verdict": overall(found),
        "versions": versions_of_this_machine(),
        "findings": [finding.to_dict() for finding in found],
        "exchanges": last,
    }
    hidden: dict[str, Any] = _everywhere(document, hide)
    return hidden


def _exchange(seen: Mapping[str, Any]) -> dict[str, Any]:
    """What is written of an exchange: only what is named here, so neither bodies nor queries."""
    url = urlsplit(str(seen.get("url") or ""))
    told = {
        "service": _fitting(seen.get("service"), _WORD),
        "operation": _fitting(seen.get("operation"), _WORD),
        "seller": _fitting(seen.get("seller"), _SELLER),
        "attempt": _number(seen.get("attempt")),
        "method": _fitting(seen.get("method"), _WORD),
        "host": url.hostname,
        # The path of a presigned URL is a key of the storage, and of no use to anybody.
        "path": None if seen.get("service") == "storage" else url.path,
        "status": _number(seen.get("status")),
        "error": _fitting(seen.get("error"), _WORD),
        "seconds": _number(seen.get("seconds")),
        "request_id": _fitting(seen.get("request_id"), _REQUEST_ID),
        "request_headers": _headers(seen.get("request_headers")),
        "response_headers": _headers(seen.get("response_headers")),
    }
    return {name: value for name, value in told.items() if value not in (None, {})}


def _headers(headers: object) -> dict[str, str]:
    given = headers if isinstance(headers, Mapping) else {}
    lower = {str(name).lower(): str(value) for name, value in given.items()}
    return {name: lower[name] for name, form in _HEADERS.items() if name in lower and form.fullmatch(lower[name])}


def _fitting(value: object, form: re.Pattern[str]) -> str | None:
    return value if isinstance(value, str) and form.fullmatch(value) else None


def _number(value: object) -> int | float | None:
    return value if isinstance(value, int | float) else None


def _hider(environment: Mapping[str, str]) -> Callable[[str], str]:
    """A function that hides what is secret or personal in a string."""
    home = str(Path.home()) if _has_home() else ""
    secrets = sorted(_secrets(environment), key=len, reverse=True)
    names = [name for name in (platform.node(), _user()) if name and name != "localhost"]
    personal = re.compile("|".join(rf"(?<!\w){re.escape(name)}(?!\w)" for name in names)) if names else None

    def hide(text: str) -> str:
        for secret in secrets:
            text = text.replace(secret, HIDDEN)
        text = _LOOKS_SECRET.sub(HIDDEN, text)
        if len(home) > 1:
            text = text.replace(home, "~")
        return personal.sub(HIDDEN, text) if personal else text

    return hide


def _secrets(environment: Mapping[str, str]) -> set[str]:
    """Secrets of the environment, in each form in which an answer may quote them."""
    found = {
        value.strip().strip("\"'").strip()
        for name, value in environment.items()
        if _SECRET_NAMES.search(name) or name.startswith(ENVIRONMENT["client_id"])
    }
    for name, value in environment.items():
        if _PROXY_NAMES.search(name) and "@" in value:
            user, _, password = value.rpartition("@")[0].rpartition("//")[2].partition(":")
            found |= {user, password, unquote(password)}
    known = {value for value in found if len(value) >= MIN_SECRET}
    return known | {quote(value, safe="") for value in known}


def _has_home() -> bool:
    try:
        return bool(Path.home())
    except RuntimeError:
        return False


def _user() -> str:
    """The user's name. Empty: it is unknown, or so common that it says nothing about a person."""
    try:
        name = getpass.getuser()
    except (KeyError, OSError, ImportError):
        return ""
    return "" if name in ("root", "user", "admin", "runner") else name


def _everywhere(value: Any, hide: Callable[[str], str]) -> Any:
    """A document in which `hide` has gone over each string; the names stay."""
    if isinstance(value, str):
        return hide(value)
    if isinstance(value, Mapping):
        return {name: _everywhere(each, hide) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_everywhere(each, hide) for each in value]
    return value
