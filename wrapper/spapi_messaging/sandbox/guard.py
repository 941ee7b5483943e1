"""Protects the inbox and the control endpoints from other web sites that are open in the same browser."""

from __future__ import annotations

import ipaddress
import re
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

Endpoint = Callable[[Request], Awaitable[Response]]

ANY_METHOD = ["DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"]
_HOST = re.compile(r"(?:\[(?P<ipv6>[0-9A-Fa-f:.]+)\]|(?P<name>[0-9A-Za-z.-]+))(?::[0-9]{1,5})?")


def guarded_routes(endpoints: Mapping[tuple[str, str], Endpoint], rest: str) -> list[Route]:
    """Routes of the sandbox itself. Other methods get 405 and other paths 404: they are no calls of Amazon's API.

    Args:
        endpoints: The endpoints by method and path.
        rest: The prefix of the paths that get 404 if they are not among the endpoints.
    """
    by_path: dict[str, dict[str, Endpoint]] = defaultdict(dict)
    for (method, path), endpoint in endpoints.items():
        by_path[path][method] = endpoint
    known = ", ".join(" ".join(key) for key in endpoints)

    async def not_found(request: Request) -> Response:
        return PlainTextResponse(f"The sandbox has no such address. It has: {known}", 404)

    chosen = {path: _by_method(methods) for path, methods in by_path.items()} | {rest + "{rest:path}": not_found}
    return [Route(path, _guarded(endpoint), methods=ANY_METHOD) for path, endpoint in chosen.items()]


def _by_method(endpoints: Mapping[str, Endpoint]) -> Endpoint:
    allowed = ", ".join(endpoints)

    async def chosen(request: Request) -> Response:
        endpoint = endpoints.get("GET" if request.method == "HEAD" else request.method)
        if endpoint is None:
            return PlainTextResponse(f"This address only takes {allowed}.", 405, {"allow": allowed})
        return await endpoint(request)

    return chosen


def _guarded(endpoint: Endpoint) -> Endpoint:
    """Refuses what another web site makes a browser send: a form, a script's request, a host name that points here."""

    async def checked(request: Request) -> Response:
        if not _allowed(request):
            return PlainTextResponse("This address only answers requests from its own pages.", 403)
        return await endpoint(request)

    return checked


def _allowed(request: Request) -> bool:
    host = request.headers.get("host", "")
    reading = request.method in ("GET", "HEAD")
    own_page = request.headers.get("origin") in (None, f"http://{host}")
    return _is_address(host) and (reading or own_page)


def _is_address(host: str) -> bool:
    """Whether the host is an IP address or localhost. The owner of any other name could let it point here."""
    parts = _HOST.fullmatch(host)
    if parts is None:
        return False
    try:
        ipaddress.ip_address(parts["ipv6"] or parts["name"])
    except ValueError:
        return parts["name"] is not None and parts["name"].lower() == "localhost"
    return True
