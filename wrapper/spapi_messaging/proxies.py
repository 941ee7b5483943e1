"""Which proxy a request goes through. httpx answers that only where it makes the transport itself."""

from __future__ import annotations

from functools import cache
from urllib.request import getproxies, proxy_bypass

import httpx

from spapi_messaging.local_sandbox import is_loopback

__all__ = ["Proxies", "ProxyTypes", "url_of"]

#: What a client takes as its ``proxy``.
ProxyTypes = str | httpx.URL | httpx.Proxy


def url_of(proxy: ProxyTypes) -> httpx.URL:
    """The URL of a proxy.

    Raises:
        httpx.InvalidURL: it is not a URL.
        ValueError: its host cannot even be looked up, because a part of the name is empty or too long; or its password
            has a "/" that is not written as %2F, so that a piece of it stands where the port belongs.
    """
    url = proxy.url if isinstance(proxy, httpx.Proxy) else httpx.URL(proxy)
    name = url.raw_host.decode("ascii").encode("idna")  # as the system's look-up does it
    if not name or "@" in url.path:
        raise ValueError("no URL of a proxy")
    return url


class Proxies:
    """Chooses a proxy for each host, as the environment says (``HTTPS_PROXY``, ``NO_PROXY``), by urllib's rules.

    Args:
        explicit: a proxy for all requests, instead of those of the environment.
    """

    def __init__(self, explicit: ProxyTypes | None) -> None:
        self.explicit = explicit
        found = {} if explicit is not None else getproxies()
        self._by_scheme = {name: proxy for name in ("http", "https", "all") if (proxy := found.get(name))}
        self._by_origin = cache(self._choose)
        self.are_there = explicit is not None or bool(self._by_scheme)

    def choose(self, url: httpx.URL) -> ProxyTypes | None:
        """The proxy for a request. None: a direct connection."""
        if not self._by_scheme:
            return self.explicit
        return self._by_origin(url.scheme, url.host, url.netloc)

    def _choose(self, scheme: str, host: str, netloc: bytes) -> str | None:
        # A proxy cannot reach this machine's loopback, whatever the environment forgot to exempt.
        if is_loopback(host) or proxy_bypass(netloc.decode("ascii")):
            return None
        proxy = self._by_scheme.get(scheme) or self._by_scheme.get("all")
        return f"http://{proxy}" if proxy and "://" not in proxy else proxy
