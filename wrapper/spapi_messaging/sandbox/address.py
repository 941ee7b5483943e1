"""The address of the sandbox itself. No URL that it hands out leads to a machine that nobody meant."""

from __future__ import annotations

from starlette.requests import Request

from spapi_messaging.local_sandbox import DEFAULT_HOST
from spapi_messaging.sandbox import hosts
from spapi_messaging.sandbox.hosts import AllowedHosts, Host


def own_address(request: Request, allowed: AllowedHosts) -> str:
    """The address at which a client reaches the sandbox, such as "http://127.0.0.1:8765".

    A client puts a buyer's file where this address leads. So the header `Host` counts in two cases only:

    - The host is allowed: whoever started the sandbox gave it this name.
    - The host is a loopback address, or localhost. It means the machine of the client, whatever its port, so that the
      file goes to no other machine. The port can be another one than the sandbox's: that of a container is mapped.

    In all other cases it is the address at which the request arrived.
    """
    host = hosts.parse(request.headers.get("host", ""))
    if host and (host in allowed or host.is_loopback):
        return host.url
    name, port = request.scope.get("server") or (DEFAULT_HOST, None)
    return Host(name, port).reachable.url
