"""Send messages to Amazon buyers through the Selling Partner API for Messaging (v1).

The public names are loaded on first use, so that ``import spapi_messaging`` costs next to nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from spapi_messaging import errors

if TYPE_CHECKING:
    from spapi_messaging._call.context import Observer, TokenProvider
    from spapi_messaging._call.observing import ObservedExchange
    from spapi_messaging._io.clock import Clock
    from spapi_messaging.attachments import Attachment, AttachmentSource, ExpectedFile
    from spapi_messaging.client import AsyncMessagingClient, MessagingClient
    from spapi_messaging.credentials import Credentials
    from spapi_messaging.errors import *
    from spapi_messaging.limiters import BucketKey, InProcessLimiter, Limiter, Unlimited, UsagePlan
    from spapi_messaging.marketplaces import Marketplace, Region
    from spapi_messaging.messages import MessageType
    from spapi_messaging.results import AvailableAction, AvailableActions, OrderAttributes, SendReceipt
    from spapi_messaging.retry import RetryPolicy

__version__ = "0.1.0"

__all__ = [
    "AsyncMessagingClient",
    "Attachment",
    "AttachmentSource",
    "AvailableAction",
    "AvailableActions",
    "BucketKey",
    "Clock",
    "Credentials",
    "ExpectedFile",
    "InProcessLimiter",
    "Limiter",
    "Marketplace",
    "MessageType",
    "MessagingClient",
    "ObservedExchange",
    "Observer",
    "OrderAttributes",
    "Region",
    "RetryPolicy",
    "SendReceipt",
    "TokenProvider",
    "Unlimited",
    "UsagePlan",
    "__version__",
]
__all__ += errors.__all__

_NAMES = {
    "_call.context": ["Observer", "TokenProvider"],
    "_call.observing": ["ObservedExchange"],
    "_io.clock": ["Clock"],
    "attachments": ["Attachment", "AttachmentSource", "ExpectedFile"],
    "client": ["AsyncMessagingClient", "MessagingClient"],
    "credentials": ["Credentials"],
    "errors": errors.__all__,
    "limiters": ["BucketKey", "InProcessLimiter", "Limiter", "Unlimited", "UsagePlan"],
    "marketplaces": ["Marketplace", "Region"],
    "messages": ["MessageType"],
    "results": ["AvailableAction", "AvailableActions", "OrderAttributes", "SendReceipt"],
    "retry": ["RetryPolicy"],
}
_MODULES = {name: module for module, names in _NAMES.items() for name in names}


def __getattr__(name: str) -> Any:
    module = _MODULES.get(name)
    if module is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{module}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
