"""Send messages to Amazon buyers through the Selling Partner API for Messaging (v1).

The public names are loaded on first use, so that ``import spapi_messaging`` costs next to nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from spapi_messaging._retry import RetryPolicy
    from spapi_messaging.client import AsyncMessagingClient, MessagingClient
    from spapi_messaging.credentials import Credentials
    from spapi_messaging.errors import (
        AccessDeniedError,
        ApiError,
        AuthorizationError,
        BadRequestError,
        ConfigurationError,
        DeliveryUnknownError,
        InvalidMessageError,
        MalformedResponseError,
        MessageNotAvailableError,
        NetworkError,
        NotFoundError,
        PayloadTooLargeError,
        Problem,
        SandboxMismatchError,
        ServerError,
        SpApiMessagingError,
        ThrottledError,
        UnsupportedMediaTypeError,
        UploadError,
        UsagePlanTimeout,
    )
    from spapi_messaging.limiters import InProcessLimiter, Unlimited, UsagePlan
    from spapi_messaging.marketplaces import Marketplace, Region
    from spapi_messaging.results import (
        Attachment,
        AvailableAction,
        AvailableActions,
        OrderAttributes,
        SendReceipt,
    )

__version__ = "0.1.0"

_NAMES = {
    "client": ("AsyncMessagingClient", "MessagingClient"),
    "credentials": ("Credentials",),
    "errors": (
        "AccessDeniedError",
        "ApiError",
        "AuthorizationError",
        "BadRequestError",
        "ConfigurationError",
        "DeliveryUnknownError",
        "InvalidMessageError",
        "MalformedResponseError",
        "MessageNotAvailableError",
        "NetworkError",
        "NotFoundError",
        "PayloadTooLargeError",
        "Problem",
        "SandboxMismatchError",
        "ServerError",
        "SpApiMessagingError",
        "ThrottledError",
        "UnsupportedMediaTypeError",
        "UploadError",
        "UsagePlanTimeout",
    ),
    "limiters": ("InProcessLimiter", "Unlimited", "UsagePlan"),
    "marketplaces": ("Marketplace", "Region"),
    "results": (
        "Attachment",
        "AvailableAction",
        "AvailableActions",
        "OrderAttributes",
        "SendReceipt",
    ),
    "_retry": ("RetryPolicy",),
}
_MODULES = {name: module for module, names in _NAMES.items() for name in names}

__all__ = [
    "AccessDeniedError",
    "ApiError",
    "AsyncMessagingClient",
    "Attachment",
    "AuthorizationError",
    "AvailableAction",
    "AvailableActions",
    "BadRequestError",
    "ConfigurationError",
    "Credentials",
    "DeliveryUnknownError",
    "InProcessLimiter",
    "InvalidMessageError",
    "MalformedResponseError",
    "Marketplace",
    "MessageNotAvailableError",
    "MessagingClient",
    "NetworkError",
    "NotFoundError",
    "OrderAttributes",
    "PayloadTooLargeError",
    "Problem",
    "Region",
    "RetryPolicy",
    "SandboxMismatchError",
    "SendReceipt",
    "ServerError",
    "SpApiMessagingError",
    "ThrottledError",
    "Unlimited",
    "UnsupportedMediaTypeError",
    "UploadError",
    "UsagePlan",
    "UsagePlanTimeout",
    "__version__",
]


def __getattr__(name: str) -> Any:
    module = _MODULES.get(name)
    if module is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{module}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
