"""Checks a client's arguments, and turns them into what the client works with. Does no I/O."""

from __future__ import annotations

import math
import re
import sys
from collections.abc import Mapping
from inspect import iscoroutinefunction
from typing import Any

import httpx

from spapi_messaging import __version__
from spapi_messaging._call.limiting import Limiter
from spapi_messaging._call.usage_plan import UsagePlan
from spapi_messaging.errors import ConfigurationError, quoted
from spapi_messaging.marketplaces import Marketplace
from spapi_messaging.messages import (
    MESSAGE_TYPES,
    OPERATIONS,
    ORDER_ID_PATTERN,
    Operation,
    OrderIds,
    find_operation,
    sandbox_order_ids,
)
from spapi_messaging.retry import RetryPolicy

#: Amazon's static sandbox has one plan over all operations.
SANDBOX_PLAN = UsagePlan(5.0, 15)
DEFAULT_TIMEOUT = httpx.Timeout(30.0, connect=10.0)

MAX_USER_AGENT_LENGTH = 500


def require(valid: object, message: str) -> None:
    """Raises ConfigurationError with this message if something is not valid."""
    if not valid:
        raise ConfigurationError(message)


def marketplace_of(marketplace: str | None) -> Marketplace:
    """The client's marketplace: there is no default, because messages to a wrong one reach nobody."""
    if marketplace is None:
        raise ConfigurationError(
            'Which marketplace? Pass marketplace="DE", say, or set SP_API_DEFAULT_MARKETPLACE. '
            f"There are {', '.join(Marketplace.__members__)}.",
            argument="marketplace",
        )
    wrong_type = f'marketplace is one country code or id, such as "DE", not {type(marketplace).__name__}.'
    require(isinstance(marketplace, str), wrong_type)
    return Marketplace.parse(marketplace)


def usage_plans_of(plans: object) -> dict[str, UsagePlan]:
    """The user's plans by operationId; ``*`` is for all others."""
    if plans is None:
        return {}
    if not isinstance(plans, Mapping):
        raise ConfigurationError('usage_plans is a mapping, like {"sendInvoice": UsagePlan(rate=2, burst=10)}.')
    found: dict[str, UsagePlan] = {}
    for name, plan in plans.items():
        operation = name if name == "*" else getattr(find_operation(name), "operation_id", None)
        if operation is None:
            raise ConfigurationError(f"usage_plans names {quoted(name)}; there are *, {_known_operations()}.")
        require(isinstance(plan, UsagePlan), f"usage_plans[{quoted(name)}] must be a UsagePlan(rate=…, burst=…).")
        usable = is_number(plan.rate) and plan.rate > 0 and is_whole_number(plan.burst) and plan.burst >= 1
        require(usable, f"The plan of {name} cannot be kept: rate is a number above 0, burst a whole one from 1 on.")
        twice = f"usage_plans has two plans for {operation}: by this name and by its message type."
        require(operation not in found, twice)
        found[operation] = UsagePlan(plan.rate, int(plan.burst))
    return found


def operation_of(name: str) -> Operation:
    """The operation with this operationId or message type: a message, a read or the upload."""
    operation = find_operation(name)
    if operation is None:
        raise ConfigurationError(f"There is no operation {quoted(name)}; there are {_known_operations()}.")
    return operation


def _known_operations() -> str:
    return f"{', '.join(OPERATIONS)}, and the message types {', '.join(MESSAGE_TYPES)}"


def observer_of(observer: Any) -> Any:
    """The observer. It is called like a logging handler, so it cannot be a coroutine function."""
    require(observer is None or callable(observer), "observer is a function that takes an ObservedExchange.")
    waits = iscoroutinefunction(observer) or iscoroutinefunction(getattr(observer, "__call__", None))  # noqa: B004
    require(not waits, "observer must be a plain function: it is called as a logging handler is, and not awaited.")
    return observer


def flag_of(name: str, value: object) -> bool:
    """True or False. Anything else is refused: Python would take the string "false" for True."""
    if not isinstance(value, bool):
        raise ConfigurationError(f"{name} is True or False.")
    return value


def retry_of(retry: RetryPolicy | None) -> RetryPolicy:
    """How often to try again."""
    if retry is None:
        return RetryPolicy()
    require(isinstance(retry, RetryPolicy), f"retry must be a RetryPolicy(attempts=…), not {quoted(retry)}.")
    usable = is_whole_number(retry.attempts) and retry.attempts >= 1 and is_number(retry.base) and is_number(retry.cap)
    require(usable, "The RetryPolicy makes no sense: attempts is a whole number from 1 on, base and cap are 0 or more.")
    return retry


def seller_of(name: str | None) -> str | None:
    """The name of the seller whose usage plans apply."""
    require(name is None or (isinstance(name, str) and name.strip()), "seller is a name: a string that is not empty.")
    return name


def check_of(value: Any) -> None:
    """Raises ConfigurationError if this does not say whether a message is checked before it is sent."""
    if value is not False and value is not True and not (isinstance(value, str) and value == "strict"):
        raise ConfigurationError(f'check is True, False or "strict", not {quoted(value)}. Nothing was sent.')


def check_transport(transport: object, method: str) -> None:
    """Without this method, the first message would fail half-way."""
    usable = hasattr(transport, method) and not isinstance(transport, type)
    require(usable, f"transport must be an object with the method {method}().")


def checked_clock(clock: Any) -> Any:
    """The clock that measures how long calls wait."""
    usable = all(callable(getattr(clock, name, None)) for name in ("now", "wait", "wait_async"))
    require(usable, "clock must have the methods now(), wait() and wait_async().")
    return clock


def checked_limiter(limiter: Any) -> Limiter:
    """The limiter, which keeps the usage plans."""
    valid = callable(getattr(limiter, "reserve", None)) and not isinstance(limiter, type)
    require(valid, f"limiter must be a limiter, such as InProcessLimiter(), not {quoted(limiter)}.")
    return limiter  # type: ignore[no-any-return]


def provider_hears(token_provider: object) -> bool:
    """Whether a provider has a parameter ``refused``: then it is told which token Amazon refused."""
    if token_provider is None:
        return False
    if not callable(token_provider) or isinstance(token_provider, type):
        raise ConfigurationError("token_provider must be a function that returns an access token.")
    from inspect import Parameter, signature

    try:
        own = signature(token_provider, follow_wrapped=False).parameters
        wrapped = signature(token_provider).parameters
    except (TypeError, ValueError):  # of a function that was not written in Python
        return False
    passes_on = any(parameter.kind is Parameter.VAR_KEYWORD for parameter in own.values())
    found = own.get("refused") or (wrapped.get("refused") if passes_on else None)
    optional = (Parameter.VAR_POSITIONAL, Parameter.VAR_KEYWORD)
    needed = {name for name, each in own.items() if each.default is Parameter.empty and each.kind not in optional}
    require(
        needed <= {"refused"},
        "token_provider must be a function without parameters, or with one that is called refused.",
    )
    return found is not None and found.kind is not Parameter.POSITIONAL_ONLY


def order_ids_of(pattern: str | None, static_sandbox: bool) -> OrderIds:
    """Which order ids are accepted. Amazon's static sandbox also knows ids that no real order has."""
    try:
        compiled = re.compile(pattern) if isinstance(pattern, str) else None
    except (re.error, OverflowError, RecursionError):
        compiled = None
    if compiled is None and pattern is not None:
        raise ConfigurationError("order_id_pattern must be a regular expression, as a string.")
    return OrderIds(compiled or re.compile(ORDER_ID_PATTERN), sandbox_order_ids() if static_sandbox else frozenset())


def is_number(value: object) -> bool:
    """Whether a value is a finite number, 0 or more."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    try:
        return 0 <= float(value) < math.inf
    except OverflowError:
        return False


def is_whole_number(value: object) -> bool:
    """Whether a value is a whole number, 0 or more."""
    return is_number(value) and value % 1 == 0  # type: ignore[operator]


def max_connections_of(given: int | None, transport: object) -> int | None:
    """How many exchanges may be in flight. None: no limit.

    With one of httpx's own transports, at most as many as it has connections: no request may wait for its pool.
    """
    valid = given is None or (is_whole_number(given) and given >= 1)
    require(valid, "max_connections is a whole number, 1 or more, or None.")
    own = getattr(getattr(transport, "_pool", None), "_max_connections", None)
    return min((most for most in (given, own) if most is not None), default=None)


def timeouts_of(timeout: Any) -> dict[str, float | None]:
    """Seconds for each phase of a request, as httpx's transports take them. Each phase must have a limit."""
    try:
        found = (timeout if isinstance(timeout, httpx.Timeout) else httpx.Timeout(timeout)).as_dict()
        limited = all(seconds is not None and is_number(seconds) and seconds > 0 for seconds in found.values())
    except (LookupError, TypeError, ValueError):
        found, limited = {}, False
    require(limited, "timeout is a number of seconds above 0, or an httpx.Timeout that limits each phase of a request.")
    return found


def seconds_of(name: str, seconds: float | None) -> float | None:
    """A span of time, or None for no limit."""
    if seconds is None or seconds == math.inf:
        return None
    require(is_number(seconds), f"{name} is a number of seconds, 0 or more, or None.")
    return seconds


def user_agent_of(given: str | None) -> str:
    """``App/Version (Language=…)``, as Amazon wants it."""
    require(given is None or isinstance(given, str), "user_agent is a string, like MyShop/1.0.")
    agent = (given or f"spapi-messaging/{__version__}").strip()
    if "(" not in agent:
        language = ".".join(map(str, sys.version_info[:3]))
        agent += f" (Language=Python/{language}; Platform={sys.platform})"
    valid = len(agent) <= MAX_USER_AGENT_LENGTH and agent.isascii() and agent.isprintable()
    wanted = f"printable ASCII of at most {MAX_USER_AGENT_LENGTH} characters, like MyShop/1.0"
    require(valid, f"user_agent must be {wanted}.")
    return agent
