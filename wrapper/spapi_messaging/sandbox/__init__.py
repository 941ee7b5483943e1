"""A local sandbox that answers like Amazon's Messaging API. Its inbox shows what buyers received.

    from spapi_messaging import MessagingClient
    from spapi_messaging.sandbox import Sandbox

    with Sandbox() as sandbox, MessagingClient(
        credentials=sandbox.credentials, marketplace="DE", endpoint=sandbox.url, lwa_endpoint=sandbox.lwa_endpoint
    ) as client:
        client.create_confirm_order_details("303-1234567-1234567", text="Danke!")
        assert sandbox.inbox[0].text == "Danke!"

This package can be imported without an extra. `Sandbox` loads its server when it is used, and the server needs
`spapi-messaging[sandbox]`.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from spapi_messaging.local_sandbox import DEFAULT_HOST, DEFAULT_PORT, LOCAL_CREDENTIALS, LOCAL_LWA_ENDPOINT, LOCAL_URL

if TYPE_CHECKING:
    from spapi_messaging.sandbox.clock import Clock
    from spapi_messaging.sandbox.faults import Fault, Faults
    from spapi_messaging.sandbox.inbox import Attachment, Message
    from spapi_messaging.sandbox.orders import Order
    from spapi_messaging.sandbox.requests import ReceivedRequest
    from spapi_messaging.sandbox.server import Sandbox

__all__ = [
    "DEFAULT_HOST",
    "DEFAULT_PORT",
    "LOCAL_CREDENTIALS",
    "LOCAL_LWA_ENDPOINT",
    "LOCAL_URL",
    "Attachment",
    "Clock",
    "Fault",
    "Faults",
    "Message",
    "Order",
    "ReceivedRequest",
    "Sandbox",
]

_HOMES = {
    "Attachment": "inbox",
    "Clock": "clock",
    "Fault": "faults",
    "Faults": "faults",
    "Message": "inbox",
    "Order": "orders",
    "ReceivedRequest": "requests",
    "Sandbox": "server",
}
_EXTRA = {"jinja2", "jsonschema", "starlette", "uvicorn", "yaml"}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    try:
        return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
    except ModuleNotFoundError as error:
        missing = str(error.name).partition(".")[0]
        if missing in _EXTRA:
            message = f"the sandbox needs {missing}: pip install 'spapi-messaging[sandbox]'"
            raise ModuleNotFoundError(message, name=missing) from error
        raise


def __dir__() -> list[str]:
    return sorted(__all__)
