"""The innermost transports: connections, TLS and proxies."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from pathlib import Path
from typing import Generic, TypeVar
from urllib.request import getproxies, proxy_bypass

import httpx

from spapi_messaging._urls import is_loopback
from spapi_messaging.errors import ConfigurationError

ProxyTypes = str | httpx.URL | httpx.Proxy
VerifyTypes = bool | str | ssl.SSLContext

_T = TypeVar("_T", httpx.HTTPTransport, httpx.AsyncHTTPTransport)
# A burst of a thousand sellers in one process must not open a thousand connections, nor wait long for one of them.
_LIMITS = httpx.Limits(max_connections=100, max_keepalive_connections=20)


def connect(proxy: ProxyTypes | None, verify: VerifyTypes) -> httpx.BaseTransport:
    """A transport that goes through the given proxy, or through that of the environment, or directly."""
    make = _maker(httpx.HTTPTransport, verify)
    if proxy is not None or not _environment_has_proxies():
        return make(proxy)
    return _ProxiesOfEnvironment(make)


def connect_async(proxy: ProxyTypes | None, verify: VerifyTypes) -> httpx.AsyncBaseTransport:
    """The same for asyncio."""
    make = _maker(httpx.AsyncHTTPTransport, verify)
    if proxy is not None or not _environment_has_proxies():
        return make(proxy)
    return _AsyncProxiesOfEnvironment(make)


def _maker(kind: type[_T], verify: VerifyTypes) -> Callable[[ProxyTypes | None], _T]:
    # One context for all connections: to make one takes longer than everything else here.
    try:
        context = _certificates(verify)
    except (OSError, TypeError, ValueError) as unusable:
        raise ConfigurationError(f"verify={verify!r} cannot be used: {unusable}.") from unusable

    def make(proxy: ProxyTypes | None) -> _T:
        try:
            return kind(verify=context, limits=_LIMITS, proxy=proxy)
        except (AttributeError, ImportError, TypeError, ValueError, httpx.InvalidURL) as unusable:
            wrong = type(unusable).__name__
        # Raised out here, where the error has no context: a proxy's URL may hold a password.
        raise ConfigurationError(
            f"The proxy cannot be used ({wrong}): give a URL like http://proxy.example:8080; "
            "socks5:// needs pip install 'httpx[socks]'."
        )

    return make


def _certificates(verify: VerifyTypes) -> ssl.SSLContext:
    if not isinstance(verify, str):
        return httpx.create_ssl_context(verify=verify)
    # httpx wants no path any more, though it is what company proxies make people pass.
    if Path(verify).is_dir():
        return ssl.create_default_context(capath=verify)
    return ssl.create_default_context(cafile=verify)


def _environment_has_proxies() -> bool:
    return any(getproxies().get(scheme) for scheme in ("http", "https", "all"))


class _Choice(Generic[_T]):
    """Picks the proxy that the environment names for a host. httpx does it only where no transport was given."""

    def __init__(self, make: Callable[[ProxyTypes | None], _T]) -> None:
        self._make: Callable[[ProxyTypes | None], _T] = make
        self.made: dict[str | None, _T] = {}

    def for_url(self, url: httpx.URL) -> _T:
        proxies = getproxies()
        # A proxy cannot reach this machine's loopback, whatever the environment forgot to exempt.
        direct = is_loopback(url.host) or proxy_bypass(url.host)
        proxy = None if direct else proxies.get(url.scheme) or proxies.get("all")
        if proxy and "://" not in proxy:
            proxy = f"http://{proxy}"
        transport = self.made.get(proxy)
        # Of two threads that make one at once, both go on with the first.
        return transport if transport is not None else self.made.setdefault(proxy, self._make(proxy))


class _ProxiesOfEnvironment(httpx.BaseTransport):
    def __init__(self, make: Callable[[ProxyTypes | None], httpx.HTTPTransport]) -> None:
        self._choice = _Choice(make)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        return self._choice.for_url(request.url).handle_request(request)

    def close(self) -> None:
        for transport in self._choice.made.values():
            transport.close()


class _AsyncProxiesOfEnvironment(httpx.AsyncBaseTransport):
    def __init__(self, make: Callable[[ProxyTypes | None], httpx.AsyncHTTPTransport]) -> None:
        self._choice = _Choice(make)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        return await self._choice.for_url(request.url).handle_async_request(request)

    async def aclose(self) -> None:
        for transport in self._choice.made.values():
            await transport.aclose()
