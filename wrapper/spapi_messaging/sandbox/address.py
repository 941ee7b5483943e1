"""The address of the sandbox itself. No URL that it hands out leads to a machine that nobody meant."""

from __future__ import annotations

from ipaddress import ip_address

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
    return base_url(name, port)


def base_url(name: str, port: int | None) -> str:
    """The URL of a host and a port. Where a server listens on all addresses, a client uses that of its own machine."""
    host = Host(name, port)
    address = host.address
    if address:
        address = getattr(address, "ipv4_mapped", None) or address
        if address.is_unspecified:
            address = ip_address("127.0.0.1" if address.version == 4 else "::1")
        host = Host(str(address), port)
    return host.url
