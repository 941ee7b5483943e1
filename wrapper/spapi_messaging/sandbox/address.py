"""The address of the sandbox itself. No URL that it hands out names another one."""

from __future__ import annotations

from contextlib import suppress
from ipaddress import ip_address

from starlette.requests import Request

from spapi_messaging.local_sandbox import DEFAULT_HOST

_DEFAULT_PORT = 80


def own_address(request: Request) -> str:
    """The address at which a request arrived, such as "http://127.0.0.1:8765".

    It does not come from the header `Host`: a wrong `Host` must not lead a buyer's file to another machine.
    """
    host, port = request.scope.get("server") or (DEFAULT_HOST, None)
    return base_url(host, port)


def base_url(host: str, port: int | None) -> str:
    """The URL of a host and a port. Port 80 is left out, as clients leave it out of the header `Host`."""
    with suppress(ValueError):  # of a name
        host = str(getattr(ip_address(host), "ipv4_mapped", None) or host)
    name = f"[{host}]" if ":" in host else host
    return f"http://{name}" if port in (None, _DEFAULT_PORT) else f"http://{name}:{port}"
