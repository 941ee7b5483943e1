"""Connections for exchanges: each borrows a channel of its own, so none ever waits for a connection.

Below that, httpx's own pool serves one exchange at a time. With many at a time each call looks at all idle connections
several times (17 ms of processor time a call at 200 of them), and a cancelled one may leave a connection occupied.
"""

from __future__ import annotations

import math
import os
import ssl
import threading
import time
import weakref
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import httpx

from spapi_messaging.errors import ConfigurationError, quoted
from spapi_messaging.proxies import Proxies, ProxyTypes, url_of

# httpx reads these where verify is True.
_CERTIFICATES = ("SSL_CERT_FILE", "SSL_CERT_DIR")

VerifyTypes = bool | str | ssl.SSLContext


class Channel:
    """An httpx transport for one exchange at a time, and the network below it. It keeps a connection to each host."""

    def __init__(self, transport: Any, network: Any, proxy: ProxyTypes | None) -> None:
        self.transport = transport
        self.network = network
        self.proxy = proxy
        self.idle_since = 0.0


def check_sent(streams: Iterable[Any]) -> None:
    """Raises httpx.ConnectError if there is an answer, or an error, although nothing of the request left.

    Such an answer came after the answer to an earlier request, and belongs to no request.
    """
    for stream in streams:
        if stream.holds_request:
            raise httpx.ConnectError("nothing of the request left this machine")


class Connector:
    """Makes channels from httpx's transport class and a network for it."""

    def __init__(
        self,
        transport_class: type[httpx.HTTPTransport] | type[httpx.AsyncHTTPTransport],
        network_class: Callable[[], Any],
        verify: VerifyTypes,
        proxies: Proxies,
        keepalive_expiry: float | None,
    ) -> None:
        self._transport_class = transport_class
        self._network_class = network_class
        # One context for all connections: to make one takes longer than everything else here.
        self._ssl_context = _ssl_context(verify)
        self.proxies = proxies
        self.expiry = math.inf if keepalive_expiry is None else keepalive_expiry
        self._limits = httpx.Limits(keepalive_expiry=keepalive_expiry)
        if proxies.explicit is not None:
            self.make(proxies.explicit)  # one that cannot be used is refused at once

    def make(self, proxy: ProxyTypes | None) -> Channel:
        try:
            if proxy is not None:
                url_of(proxy)  # or why it cannot be used
            transport = self._transport_class(verify=self._ssl_context, limits=self._limits, proxy=proxy)
            network = transport._pool._network_backend = self._network_class()
            return Channel(transport, network, proxy)
        except (AttributeError, ImportError, TypeError, ValueError, httpx.InvalidURL) as unusable:
            wrong = type(unusable).__name__
        # Raised out here, where the error has no context: a proxy's URL may hold a password.
        raise ConfigurationError(
            f"The proxy cannot be used ({wrong}): give a URL like http://proxy.example:8080; "
            "socks5:// needs pip install 'httpx[socks]'."
        )


class Pool:
    """The channels of one process, or of one event loop in it."""

    def __init__(self, connector: Connector) -> None:
        self._connector = connector
        self._idle: dict[ProxyTypes | None, deque[Channel]] = {}
        self._channels: weakref.WeakSet[Channel] = weakref.WeakSet()
        self._lock = threading.RLock()
        self._closed = False

    def borrow(self, url: httpx.URL) -> tuple[Channel, Sequence[Channel]]:
        """The channel that was used last, or a new one; and those that were idle too long, for the caller to close."""
        proxy = self._connector.proxies.choose(url)
        with self._lock:
            idle = self._idle.get(proxy)
            if not idle:
                channel = self._connector.make(proxy)
                self._channels.add(channel)
                return channel, ()
            channel, surplus = idle.pop(), []
            oldest = time.monotonic() - self._connector.expiry
            while idle and idle[0].idle_since < oldest:
                surplus.append(idle.popleft())
            return channel, surplus

    def give_back(self, channel: Channel) -> bool:
        """Keeps a channel for the next exchange. False: it is for the caller to close."""
        channel.idle_since = time.monotonic()
        with self._lock:
            if not self._closed:
                self._idle.setdefault(channel.proxy, deque()).append(channel)
            return not self._closed

    def close(self) -> list[Channel]:
        """Keeps nothing any more. Returns the idle channels, for the caller to close."""
        with self._lock:
            self._closed = True
            found = [channel for idle in self._idle.values() for channel in idle]
            self._idle.clear()
            return found

    def drop(self) -> None:
        """Closes every descriptor of this process, without a TLS shutdown. Takes no lock: its holder may be gone."""
        self._closed = True
        for channel in list(self._channels):
            channel.network.drop()


def _ssl_context(verify: VerifyTypes) -> ssl.SSLContext:
    try:
        if isinstance(verify, bool | ssl.SSLContext):
            return httpx.create_ssl_context(verify=verify)
        # httpx takes no path any more, but a path is what people behind a company's proxy have.
        where = "capath" if Path(verify).is_dir() else "cafile"
        return ssl.create_default_context(**{where: verify})  # type: ignore[arg-type]
    except (AttributeError, OSError, TypeError, ValueError) as unusable:
        if verify is True and (named := [name for name in _CERTIFICATES if os.environ.get(name)]):
            raise ConfigurationError(
                f"The certificates that {' or '.join(named)} in the environment names cannot be used "
                f"({type(unusable).__name__}): unset the variable, or name a file of certificates."
            ) from None
        raise ConfigurationError(
            f"verify={quoted(Path(verify).name if isinstance(verify, str) else verify)} cannot be used "
            f"({type(unusable).__name__}): give True, an ssl.SSLContext, or the path of certificates."
        ) from None
