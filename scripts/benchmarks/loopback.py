"""Keeps every request on this machine, also those of libraries that call Amazon by default."""

from __future__ import annotations

import ipaddress
import socket
from typing import Any


def enforce() -> None:
    """From now on, this process can reach only loopback addresses. (pip runs in other processes.)"""
    connect, resolve = socket.socket.connect, socket.getaddrinfo

    def connect_here(self: socket.socket, address: Any) -> None:
        if self.family in (socket.AF_INET, socket.AF_INET6):
            _check(address[0])
        connect(self, address)

    def resolve_here(host: Any, *others: Any, **more: Any) -> Any:
        _check(host)
        return resolve(host, *others, **more)

    socket.socket.connect = connect_here  # type: ignore[assignment,method-assign]
    socket.getaddrinfo = resolve_here


def _check(host: Any) -> None:
    name = host.decode() if isinstance(host, bytes) else str(host)
    try:
        here = ipaddress.ip_address(name).is_loopback
    except ValueError:
        here = name == "localhost"
    if not here:
        raise RuntimeError(f"The benchmark tried to reach {name}, which is not this machine.")
