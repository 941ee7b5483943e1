"""What a client's arguments must keep to, and what becomes of them. Does no I/O."""

from __future__ import annotations

import math
import sys
from collections.abc import Iterable, Mapping
from typing import Any

import httpx

from spapi_messaging import __version__
from spapi_messaging._call.usage_plan import UsagePlan
from spapi_messaging.credentials import Credentials
from spapi_messaging.errors import ConfigurationError
from spapi_messaging.marketplaces import Marketplace
from spapi_messaging.messages import OPERATIONS
from spapi_messaging.retry import RetryPolicy

#: Amazon's static sandbox has one plan over all operations.
SANDBOX_PLAN = UsagePlan(5.0, 15)
DEFAULT_TIMEOUT = httpx.Timeout(30.0, connect=10.0)

MAX_USER_AGENT_LENGTH = 500


def require(valid: object, message: str) -> None:
    """Raises ConfigurationError with this message if something is not valid."""
    if not valid:
        raise ConfigurationError(message)


def check_credentials(credentials: object) -> None:
    """A dict with secrets, say, would show them."""
    valid = isinstance(credentials, Credentials)
    require(valid, "credentials must be a Credentials(client_id=…, client_secret=…, refresh_token=…).")


def marketplace_of(marketplace: str | None) -> Marketplace:
    """The client's marketplace: there is no default, because messages to a wrong one reach nobody."""
    if marketplace is None:
        raise ConfigurationError(
            'Which marketplace? Pass marketplace=Marketplace.DE (or "DE"), or set SP_API_DEFAULT_MARKETPLACE '
            "and use from_env()."
        )
    wrong_type = f"A marketplace is a country code or an id, not {type(marketplace).__name__}."
    require(isinstance(marketplace, str), wrong_type)
    return Marketplace.parse(marketplace)


def usage_plans_of(plans: Mapping[str, Any] | None) -> dict[str, UsagePlan]:
    """The user's plans by operationId; ``*`` is for all others."""
    for name, plan in (plans or {}).items():
        known = name == "*" or name in OPERATIONS
        require(known, f"usage_plans names {name!r}; there are *, {', '.join(OPERATIONS)}.")
        require(isinstance(plan, UsagePlan), f"usage_plans[{name!r}] must be a UsagePlan(rate=…, burst=…).")
        usable = _are_numbers(plan) and plan.rate > 0 and plan.burst >= 1
        require(usable, f"{plan} allows nothing: the rate must be above zero, the burst one or more.")
    return dict(plans or {})


def retry_of(retry: RetryPolicy | None) -> RetryPolicy:
    """How often to try again."""
    if retry is None:
        return RetryPolicy()
    require(isinstance(retry, RetryPolicy), f"retry must be a RetryPolicy(attempts=…), not {retry!r}.")
    usable = _are_numbers(retry) and retry.attempts >= 1
    require(usable, f"{retry} makes no sense: attempts are one or more, base and cap not negative.")
    return retry


def _are_numbers(values: Iterable[object]) -> bool:
    return all(isinstance(value, int | float) and 0 <= value < math.inf for value in values)


def max_connections_of(given: int | None, transport: object) -> int | None:
    """How many exchanges may be in the air. None: no limit.

    With a transport of httpx's, no more than it has connections: nobody must queue for its pool.
    """
    valid = given is None or (isinstance(given, int) and given >= 1)
    require(valid, f"max_connections is a number, 1 or more, or None; not {given!r}.")
    own = getattr(getattr(transport, "_pool", None), "_max_connections", None)
    return min((most for most in (given, own) if most is not None), default=None)


def timeouts_of(timeout: Any) -> dict[str, float | None]:
    """Seconds for each phase of a request, as httpx's transports take them; none may be without a limit."""
    try:
        found = (timeout if isinstance(timeout, httpx.Timeout) else httpx.Timeout(timeout)).as_dict()
        limited = all(seconds is not None and 0 < seconds < float("inf") for seconds in found.values())
    except (TypeError, ValueError):
        found, limited = {}, False
    require(limited, "timeout must limit each phase of a request: without a limit, a call may hang for ever.")
    return found


def seconds_of(name: str, seconds: float | None) -> float | None:
    """A span of time, or None for no limit."""
    valid = seconds is None or (isinstance(seconds, int | float) and seconds >= 0)
    require(valid, f"{name} is a number of seconds, 0 or more, or None; not {seconds!r}.")
    return seconds


def user_agent_of(given: str | None) -> str:
    """``App/Version (Language=…)``, as Amazon wants it."""
    agent = (given or f"spapi-messaging/{__version__}").strip()
    if "(" not in agent:
        language = ".".join(map(str, sys.version_info[:3]))
        agent += f" (Language=Python/{language}; Platform={sys.platform})"
    valid = len(agent) <= MAX_USER_AGENT_LENGTH and agent.isascii() and agent.isprintable()
    wanted = f"printable ASCII of at most {MAX_USER_AGENT_LENGTH} characters, like MyShop/1.0"
    require(valid, f"user_agent must be {wanted}.")
    return agent
