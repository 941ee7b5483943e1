"""Which endpoint a client talks to, and that nobody writes to real buyers by mistake. Does no I/O."""

from __future__ import annotations

import re
from collections.abc import Callable

import httpx

from spapi_messaging._call.arguments import require
from spapi_messaging._call.secrets import has_port, host_of, is_safe
from spapi_messaging.errors import ConfigurationError
from spapi_messaging.marketplaces import Marketplace

_AMAZONS_HOST = re.compile(r"(?:.+\.)?amazon(?:aws)?\.[a-z]{2,3}(?:\.[a-z]{2})?\.?")
_AMAZON = re.compile(r"(sandbox\.)?sellingpartnerapi-([a-z-]+)\.amazon\.[a-z]{2,3}(?:\.[a-z]{2})?\.?")


def endpoint_of(
    marketplace: Marketplace,
    sandbox: bool | None,
    endpoint: str | None,
    sandbox_variable: Callable[[], str | None] = lambda: None,
    *,
    allow_http: bool = False,
) -> str:
    """Base URL of the API.

    Args:
        marketplace: it decides the region, if no endpoint is given.
        sandbox: whether the user wants a sandbox. None: the user does not say.
        endpoint: the user's own base URL, or None.
        sandbox_variable: names the variable with which the environment asks for a sandbox, if it does.
        allow_http: whether the base URL may be http:// on another machine.

    Raises:
        ConfigurationError: the endpoint cannot be used, or somebody wants a sandbox and would get production.
    """
    require(sandbox is None or isinstance(sandbox, bool), "sandbox is True, False or None.")
    if endpoint is None:
        base = marketplace.region.sandbox_endpoint if sandbox else marketplace.region.endpoint
    else:
        url = checked_url("endpoint", endpoint, allow_http=allow_http)
        require(not url.query and not url.fragment, "The endpoint must be a base URL, without query or fragment.")
        base = str(url).rstrip("/")
    amazon = _amazon(base)
    if amazon is None:
        return base
    if amazon[1]:
        require(
            sandbox is not False,
            f"Production was asked for, but {base} is Amazon's sandbox: messages would reach nobody.",
        )
    else:
        require(
            not sandbox,
            f"A sandbox was asked for, by sandbox=True, but the endpoint {base} is production: "
            "messages would reach real buyers.",
        )
        variable = sandbox_variable() if sandbox is None else None
        require(
            variable is None,
            f"{variable} in the environment asks for a sandbox, but this client would write to real buyers at {base}. "
            f"Unset the variable, or pass sandbox=False{'' if endpoint else ' or sandbox=True'}. "
            "For the local sandbox, use from_env() and leave out credentials= and token_provider=.",
        )
    bare = httpx.URL(base).path in ("", "/")
    require(bare, "An endpoint of Amazon's ends with its host: leave out the path behind it.")
    require(
        amazon[2] not in {"na", "eu", "fe"} - {marketplace.region},
        f"The endpoint {base} is that of another region: {marketplace.name} belongs to {marketplace.region}. "
        "Leave endpoint out, then the marketplace decides.",
    )
    return base


def is_amazon(base: str) -> bool:
    """Whether this is an endpoint of Amazon's API: production, where messages reach real buyers, or a sandbox."""
    return _amazon(base) is not None


def is_amazons_host(url: str) -> bool:
    """Whether any service of Amazon's is there: the API, its sandboxes, Login with Amazon."""
    return _AMAZONS_HOST.fullmatch(httpx.URL(url).host) is not None


def is_static_sandbox(base: str) -> bool:
    """Whether this is one of Amazon's static sandboxes."""
    found = _amazon(base)
    return found is not None and bool(found[1])


def _amazon(base: str) -> re.Match[str] | None:
    return _AMAZON.fullmatch(httpx.URL(base).host)


def checked_url(name: str, value: object, *, allow_http: bool = False) -> httpx.URL:
    """A URL that secrets may be sent to.

    Args:
        name: what the user calls it: an argument, or a variable of the environment.
        value: the URL.
        allow_http: whether it may be http:// on another machine. Never on Amazon's.
    """
    try:
        url = httpx.URL(value) if isinstance(value, str | httpx.URL) else None
    except (httpx.InvalidURL, ValueError):
        url = None
    if isinstance(value, str) and "://" not in value and re.fullmatch(r"[\w.-]+(:\d+)?(/.*)?", value):
        raise ConfigurationError(f"{name} lacks the scheme: write https:// before it, or http:// for 127.0.0.1.")
    if url is None or not host_of(url) or not has_port(url):
        # Raised out here and without the value: what stands in it may be a password.
        raise ConfigurationError(f"{name} is not a URL: give one like https://api.example.com.")
    plain = url.scheme == "http" and allow_http and not is_amazons_host(str(url))
    require(
        (is_safe(url) or plain) and not url.userinfo,
        f"{name} must be an https:// URL without a password in it; http:// is for this machine (127.0.0.1) alone, "
        "unless allow_http=True says that a sandbox runs on another one.",
    )
    return url
