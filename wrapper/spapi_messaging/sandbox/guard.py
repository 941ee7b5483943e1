"""Protects the inbox and the control endpoints from other web sites that are open in the same browser."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from spapi_messaging.sandbox import hosts
from spapi_messaging.sandbox.hosts import AllowedHosts

Endpoint = Callable[[Request], Awaitable[Response]]
Refuse = Callable[[str, int], Response]
"""Makes the answer to a request that is refused, from the reason and the status."""

ANY_METHOD = ["DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"]


def guarded_routes(
    endpoints: Mapping[tuple[str, str], Endpoint], rest: str, allowed: AllowedHosts, refuse: Refuse
) -> list[Route]:
    """Routes of the sandbox itself. Other methods get 405 and other paths 404: they are not calls of Amazon's API.

    Args:
        endpoints: The endpoints by method and path.
        rest: The prefix of the paths that get 404 if they are not among the endpoints.
        allowed: The host names that are allowed.
        refuse: Makes the answer to a request that is refused.
    """
    by_path: dict[str, dict[str, Endpoint]] = defaultdict(dict)
    for (method, path), endpoint in endpoints.items():
        by_path[path][method] = endpoint
    known = ", ".join(" ".join(key) for key in endpoints)

    async def not_found(request: Request) -> Response:
        return refuse(f"The sandbox has no such address. It has: {known}", 404)

    chosen = {path: _by_method(methods, refuse) for path, methods in by_path.items()}
    chosen[rest + "{rest:path}"] = not_found
    return [Route(path, _guarded(endpoint, allowed, refuse), methods=ANY_METHOD) for path, endpoint in chosen.items()]


def _by_method(endpoints: Mapping[str, Endpoint], refuse: Refuse) -> Endpoint:
    allowed = ", ".join(endpoints)

    async def chosen(request: Request) -> Response:
        endpoint = endpoints.get("GET" if request.method == "HEAD" else request.method)
        if endpoint is None:
            refused = refuse(f"This address only takes {allowed}.", 405)
            refused.headers["allow"] = allowed
            return refused
        return await endpoint(request)

    return chosen


def _guarded(endpoint: Endpoint, allowed: AllowedHosts, refuse: Refuse) -> Endpoint:
    """Refuses what another web site makes a browser send: a form, a script's request, a host name that points here."""

    async def checked(request: Request) -> Response:
        if not _is_ours(request.headers.get("host", ""), allowed):
            return refuse(_NOT_OURS, 403)
        if not _from_own_page(request):
            return refuse("This address only answers requests from its own pages.", 403)
        return await endpoint(request)

    return checked


_NOT_OURS = (
    "The sandbox does not answer to this host name. Use its IP address or localhost, or start the sandbox with "
    "allowed_hosts=[...]; on the command line, --allow-host NAME."
)


def _is_ours(header: str, allowed: AllowedHosts) -> bool:
    """Whether a name leads here because somebody here wants it. The owner of any other name could let it point here."""
    host = hosts.parse(header)
    return host is not None and (host.address is not None or host.is_loopback or host in allowed)


def _from_own_page(request: Request) -> bool:
    own = f"http://{request.headers.get('host', '')}"
    return request.method in ("GET", "HEAD") or request.headers.get("origin") in (None, own)
