"""The arguments of the clients' constructors, for type checkers. Nothing loads this at run time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Generic, TypedDict, TypeVar

import httpx

from spapi_messaging._call.context import Observer, TokenProvider
from spapi_messaging._call.limiting import Limiter
from spapi_messaging._call.usage_plan import UsagePlan
from spapi_messaging._io.clock import Clock
from spapi_messaging._io.pool import VerifyTypes
from spapi_messaging.credentials import Credentials
from spapi_messaging.proxies import ProxyTypes
from spapi_messaging.retry import RetryPolicy

Transport = TypeVar("Transport", httpx.BaseTransport, httpx.AsyncBaseTransport)


class ClientArguments(TypedDict, Generic[Transport], total=False):
    """The arguments. A test compares them with the constructor's."""

    credentials: Credentials | None
    marketplace: str | None
    sandbox: bool | None
    endpoint: str | None
    lwa_endpoint: str | None
    seller: str | None
    limiter: Limiter | None
    retry: RetryPolicy | None
    token_provider: TokenProvider | None
    timeout: float | httpx.Timeout
    usage_plans: Mapping[str, UsagePlan] | None
    max_wait: float | None
    deadline: float | None
    max_connections: int | None
    keepalive_expiry: float | None
    proxy: ProxyTypes | None
    verify: VerifyTypes
    transport: Transport | None
    user_agent: str | None
    order_id_pattern: str | None
    allow_http: bool
    observer: Observer | None
    clock: Clock | None
