"""The names by which clients reach a sandbox, as the header `Host` has them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from contextlib import suppress
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import NamedTuple

from spapi_messaging.sandbox.checks import check_count, check_text

MAX_PORT = 65_535
_NAME = "[0-9A-Za-z_]([0-9A-Za-z_.-]*[0-9A-Za-z_.])?"
_HOST = re.compile(rf"(?:\[(?P<ipv6>[0-9A-Fa-f:.]+)\]|(?P<name>{_NAME}))(?::(?P<port>[0-9]{{1,5}}))?")
_DEFAULT_PORT = 80


class Host(NamedTuple):
    """A name or an address without brackets, in lower case, and a port. None: it has no port."""

    name: str
    port: int | None

    @property
    def address(self) -> IPv4Address | IPv6Address | None:
        """The IP address. None: it is a name."""
        with suppress(ValueError):
            return ip_address(self.name)
        return None

    @property
    def is_loopback(self) -> bool:
        """Whether it means the machine of whoever uses it."""
        address = self.address
        return self.name == "localhost" if address is None else address.is_loopback

    @property
    def url(self) -> str:
        """Its URL. Port 80 is left out, as clients leave it out of the header `Host`."""
        name = f"[{self.name}]" if ":" in self.name else self.name
        return f"http://{name}" if self.port in (None, _DEFAULT_PORT) else f"http://{name}:{self.port}"

    @property
    def reachable(self) -> Host:
        """The host at which a client on the same machine reaches a server that listens on this one.

        A server can listen on all addresses of a machine; a client needs one of them.
        """
        address = self.address
        if address is None:
            return self
        address = getattr(address, "ipv4_mapped", None) or address
        if address.is_unspecified:
            address = ip_address("127.0.0.1" if address.version == 4 else "::1")
        return Host(str(address), self.port)


def reachable_url(host: str, port: int) -> str:
    """The URL at which clients on this machine reach a sandbox.

    Args:
        host: The address on which it listens, such as "0.0.0.0", or a name.
        port: Its port.

    Raises:
        TypeError: An argument has the wrong type.
        ValueError: The host is neither an IP address nor a name, or the port is not between 1 and 65535.
    """
    check_host(host)
    check_count("port", port, 1, MAX_PORT)
    return Host(host, port).reachable.url


def parse(text: str) -> Host | None:
    """Reads a header `Host`. None: it is not a host."""
    parts = _HOST.fullmatch(text)
    if parts is None or not 1 <= int(parts["port"] or 1) <= MAX_PORT:
        return None
    host = Host((parts["ipv6"] or parts["name"]).lower(), int(parts["port"]) if parts["port"] else None)
    return None if parts["ipv6"] and host.address is None else host


def check_host(name: str) -> None:
    """Refuses what a server cannot listen on.

    Raises:
        TypeError: The host is not a string.
        ValueError: The host is neither an IP address nor a name.
    """
    check_text("host", name)
    if not re.fullmatch(_NAME, name) and Host(name, None).address is None:
        raise ValueError("host must be an IP address such as 127.0.0.1 or a name, without a port")


class AllowedHosts:
    """The host names that are allowed besides IP addresses and localhost.

    Args:
        hosts: Names such as "sandbox", which are allowed with any port, or "sandbox:8765".

    Raises:
        TypeError: The hosts are not a list of strings.
        ValueError: One of them is not a host.
    """

    def __init__(self, hosts: Iterable[str] = ()) -> None:
        if isinstance(hosts, str) or not isinstance(hosts, Iterable):
            raise TypeError(f"allowed_hosts must be a list of names, not {type(hosts).__name__}")
        self._hosts = {_allowed(host) for host in hosts}

    def allow_name(self, name: str) -> None:
        """Allows a name, with any port. An IP address needs no permission."""
        host = Host(name.lower(), None)
        if host.address is None:
            self._hosts.add(host)

    def __contains__(self, host: Host) -> bool:
        """Whether a host is allowed, with its port or with any."""
        return host in self._hosts or Host(host.name, None) in self._hosts


def _allowed(text: str) -> Host:
    check_text("a name in allowed_hosts", text)
    host = parse(text)
    if host is None:
        raise ValueError(f"allowed_hosts: expected a name such as sandbox or sandbox:8765, not {text!r}")
    return host
