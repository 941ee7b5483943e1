"""Keeps other web sites away from the inbox and the controls: they answer on loopback, to pages of their own only."""

from __future__ import annotations

import ipaddress
from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

Endpoint = Callable[[Request], Awaitable[Response]]


def guarded(endpoint: Endpoint) -> Endpoint:
    """Refuses requests that another site made a browser send, by a link, a script or a name that leads here."""

    async def checked(request: Request) -> Response:
        if not _ours(request):
            return PlainTextResponse("This address answers to its own pages only.", 403)
        return await endpoint(request)

    return checked


def _ours(request: Request) -> bool:
    origin = request.headers.get("origin")
    own = f"{request.url.scheme}://{request.headers.get('host', '')}"
    reading = request.method in ("GET", "HEAD")
    return _is_address(request.url.hostname or "") and (reading or origin in (None, own))


def _is_address(host: str) -> bool:
    """A name could be made to point here by whoever owns it; an address, or localhost, could not."""
    try:
        ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return host == "localhost"
    return True
