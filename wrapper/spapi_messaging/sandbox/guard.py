"""Protects the inbox and the control endpoints from other web sites that are open in the same browser."""

from __future__ import annotations

import ipaddress
from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

Endpoint = Callable[[Request], Awaitable[Response]]


def guarded(endpoint: Endpoint) -> Endpoint:
    """Refuses what another web site makes a browser send: a form, a script's request, a host name that points here."""

    async def checked(request: Request) -> Response:
        if not _allowed(request):
            return PlainTextResponse("This address only answers requests from its own pages.", 403)
        return await endpoint(request)

    return checked


def own_origin(request: Request) -> str:
    """The address under which the client reaches the sandbox."""
    return f"{request.url.scheme}://{request.headers.get('host', '')}"


def _allowed(request: Request) -> bool:
    reading = request.method in ("GET", "HEAD")
    own_page = request.headers.get("origin") in (None, own_origin(request))
    return _is_address(request.url.hostname or "") and (reading or own_page)


def _is_address(host: str) -> bool:
    """Whether the host is an IP address or localhost. The owner of any other name could let it point here."""
    try:
        ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return host == "localhost"
    return True
