"""Where secrets may go. Pure."""

from __future__ import annotations

import re

import httpx

_LOOPBACK = re.compile(r"127(?:\.\d{1,3}){3}")


def is_safe(url: httpx.URL) -> bool:
    """Whether secrets may go there: over TLS, or without leaving this machine."""
    if url.scheme == "https":
        return bool(url.host)
    return url.scheme == "http" and is_loopback(url.host)


def is_loopback(host: str) -> bool:
    """Whether a host is this machine itself."""
    return host in ("localhost", "::1") or host.endswith(".localhost") or bool(_LOOPBACK.fullmatch(host))
