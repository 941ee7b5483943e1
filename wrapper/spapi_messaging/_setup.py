"""Turns a client's arguments into the settings of its calls, and refuses what cannot work. Does no I/O."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from typing import Any

import httpx

from spapi_messaging import __version__, _lwa
from spapi_messaging._retry import RetryPolicy
from spapi_messaging._urls import is_safe
from spapi_messaging._usage_plan import UsagePlan
from spapi_messaging.credentials import Credentials
from spapi_messaging.errors import ConfigurationError
from spapi_messaging.limiters import SHARED, Limiter
from spapi_messaging.marketplaces import Marketplace, Region
from spapi_messaging.messages import OPERATIONS

#: Amazon's static sandbox has one plan over all operations.
SANDBOX_PLAN = UsagePlan(5.0, 15)
DEFAULT_TIMEOUT = httpx.Timeout(30.0, connect=10.0)

_USER_AGENT_LENGTH = 500


def check_credentials(credentials: object) -> None:
    """Whether they are Credentials, and not a dict with secrets, say, that would show them."""
    if not isinstance(credentials, Credentials):
        raise ConfigurationError("credentials must be a Credentials(client_id=…, client_secret=…, refresh_token=…).")


def endpoint_of(marketplace: Marketplace, sandbox: bool, endpoint: str | None) -> str:
    """Base URL of the API."""
    if endpoint is None:
        return marketplace.region.sandbox_endpoint if sandbox else marketplace.region.endpoint
    url = _checked_url("endpoint", endpoint)
    if url.query or url.fragment:
        raise ConfigurationError(f"The endpoint {endpoint!r} must be a base URL, without query or fragment.")
    return str(url).rstrip("/")


def shared_plan_of(sandbox: bool, endpoint: str) -> UsagePlan | None:
    """The one plan over all operations, where there is one."""
    amazons = any(endpoint == region.sandbox_endpoint for region in Region)
    return SANDBOX_PLAN if sandbox or amazons else None


def lwa_endpoint_of(lwa_endpoint: str | None) -> str:
    """Full URL of the token endpoint."""
    return _lwa.DEFAULT_ENDPOINT if lwa_endpoint is None else str(_checked_url("lwa_endpoint", lwa_endpoint))


def marketplace_of(marketplace: str | None) -> Marketplace:
    """The client's marketplace: there is no default, because messages to a wrong one reach nobody."""
    if marketplace is None:
        raise ConfigurationError(
            'Which marketplace? Pass marketplace=Marketplace.DE (or "DE"), or set SP_API_DEFAULT_MARKETPLACE '
            "and use from_env()."
        )
    if not isinstance(marketplace, str):
        raise ConfigurationError(f"A marketplace is a country code or an id, not {type(marketplace).__name__}.")
    return Marketplace.parse(marketplace)


def usage_plans_of(plans: Mapping[str, Any] | None) -> dict[str, UsagePlan]:
    """The user's plans by operationId; ``*`` is for all others."""
    checked = {}
    for name, plan in (plans or {}).items():
        if name != "*" and name not in OPERATIONS:
            known = ", ".join(OPERATIONS)
            raise ConfigurationError(f"usage_plans names {name!r}; there are *, {known}.")
        if not isinstance(plan, UsagePlan):
            raise ConfigurationError(f"usage_plans[{name!r}] must be a UsagePlan(rate=…, burst=…).")
        checked[name] = plan.checked()
    return checked


def policy_of(retry: RetryPolicy | None) -> RetryPolicy:
    """How often and how long to try again."""
    if retry is not None and not isinstance(retry, RetryPolicy):
        raise ConfigurationError(f"retry must be a RetryPolicy(attempts=…), not {retry!r}.")
    return (retry or RetryPolicy()).checked()


def check_transport(transport: object, method: str, proxy: object) -> None:
    """Whether a transport of the user's own suits the client: otherwise the first message would fail half-way."""
    if not hasattr(transport, method):
        raise ConfigurationError(f"transport must have {method}(); {type(transport).__name__} has not.")
    if proxy is not None:
        raise ConfigurationError("Give the proxy to the transport itself: with transport=… the client's is not used.")


def limiter_of(limiter: Limiter | None) -> Limiter:
    """The limiter: by default the one that all clients of the process share."""
    if limiter is not None and not hasattr(limiter, "reserve"):
        raise ConfigurationError(f"limiter must be a limiter, such as InProcessLimiter(), not {limiter!r}.")
    return limiter or SHARED


def timeout_of(timeout: Any) -> httpx.Timeout:
    """Time-outs as httpx has them; every request has some."""
    try:
        checked = timeout if isinstance(timeout, httpx.Timeout) else httpx.Timeout(timeout)
        limited = all(seconds is not None and 0 < seconds < float("inf") for seconds in checked.as_dict().values())
    except (TypeError, ValueError):
        limited = False
    if not limited:
        raise ConfigurationError(
            "timeout must limit every phase of a request to some seconds: a call without a limit may hang for ever."
        )
    return checked


def seconds_of(name: str, seconds: float | None) -> float | None:
    """A span of time, or None for no limit."""
    if seconds is not None and not (isinstance(seconds, int | float) and seconds >= 0):
        raise ConfigurationError(f"{name} is a number of seconds, 0 or more, or None; not {seconds!r}.")
    return seconds


def user_agent_of(given: str | None) -> str:
    """``App/Version (Language=…)``, as Amazon wants it."""
    agent = (given or f"spapi-messaging/{__version__}").strip()
    if "(" not in agent:
        language = ".".join(map(str, sys.version_info[:3]))
        agent += f" (Language=Python/{language}; Platform={sys.platform})"
    if len(agent) > _USER_AGENT_LENGTH or not agent.isascii() or not agent.isprintable():
        raise ConfigurationError(
            f"user_agent must be printable ASCII of at most {_USER_AGENT_LENGTH} characters, like MyShop/1.0."
        )
    return agent


def environment() -> dict[str, Any]:
    """The arguments that the environment gives."""
    names = {"marketplace": "SP_API_DEFAULT_MARKETPLACE", "endpoint": "SP_API_ENDPOINT", "lwa_endpoint": "LWA_ENDPOINT"}
    found: dict[str, Any] = {key: value for key, name in names.items() if (value := os.environ.get(name, "").strip())}
    if flag := os.environ.get("SP_API_SANDBOX", "").strip().lower():
        if flag not in ("1", "true", "yes", "on", "0", "false", "no", "off"):
            raise ConfigurationError(f"SP_API_SANDBOX is {flag!r}; set it to true or false.")
        found["sandbox"] = flag in ("1", "true", "yes", "on")
    return found


def _checked_url(name: str, value: str) -> httpx.URL:
    try:
        url: httpx.URL | None = httpx.URL(value)
    except (httpx.InvalidURL, TypeError):
        url = None
    if url is None:  # raised out here and without the value: what stands in it may be a password
        raise ConfigurationError(f"{name} is no URL: give one like https://api.example.com.")
    if not is_safe(url) or url.userinfo:
        raise ConfigurationError(
            f"{name} must be an https:// URL without a password in it; http:// is for this machine (127.0.0.1) alone."
        )
    return url
