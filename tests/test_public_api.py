"""Names that users type: `__all__` of every public module says which."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from pathlib import Path

import pytest

import spapi_messaging
from spapi_messaging import AsyncMessagingClient, MessagingClient, errors
from spapi_messaging._operation.order_answers import KEPT_SECONDS
from spapi_messaging.messages import OPERATIONS

ROOT = Path(__file__).parents[1]
CONTRACT = {
    "ApiError", "AccessDeniedError", "AsyncMessagingClient", "Attachment", "AuthorizationError", "AvailableAction",
    "AvailableActions", "BadRequestError", "ConfigurationError", "Credentials", "DeliveryUnknownError",
    "InvalidMessageError", "MalformedResponseError", "Marketplace", "MessageNotAvailableError", "MessagingClient",
    "NetworkError", "NotFoundError", "OrderAttributes", "PayloadTooLargeError", "RetryPolicy", "SandboxMismatchError",
    "SendReceipt", "ServerError", "SpApiMessagingError", "ThrottledError", "UnsupportedMediaTypeError", "UploadError",
    "UsagePlan", "UsagePlanTimeout",
}  # fmt: skip


def modules_with_all() -> list[str]:
    found = [info.name for info in pkgutil.walk_packages(spapi_messaging.__path__, "spapi_messaging.")]
    return [name for name in ["spapi_messaging", *found] if hasattr(importlib.import_module(name), "__all__")]


def test_every_public_module_says_what_is_public() -> None:
    modules = [info.name for info in pkgutil.iter_modules(spapi_messaging.__path__, "spapi_messaging.")]
    public = [name for name in modules if "._" not in name]

    assert len(public) >= 9
    assert [name for name in public if not hasattr(importlib.import_module(name), "__all__")] == []


def test_package_exports_what_the_contract_promises() -> None:
    assert set(spapi_messaging.__all__) >= CONTRACT


def test_every_error_can_be_caught_by_its_name_in_the_package() -> None:
    defined = {name for name, value in vars(errors).items() if isinstance(value, type) and issubclass(value, Exception)}

    assert defined <= set(spapi_messaging.__all__)


@pytest.mark.parametrize("name", modules_with_all())
def test_names_in_all_exist_once(name: str) -> None:
    module = importlib.import_module(name)

    assert len(module.__all__) == len(set(module.__all__))
    assert [exported for exported in module.__all__ if not hasattr(module, exported)] == []


def test_everything_that_is_exported_is_documented() -> None:
    exported = {name: getattr(spapi_messaging, name) for name in spapi_messaging.__all__}
    documentable = {
        name: value for name, value in exported.items() if inspect.isclass(value) or inspect.isroutine(value)
    }

    assert [name for name, value in documentable.items() if not inspect.getdoc(value)] == []


@pytest.mark.parametrize("kind", [MessagingClient, AsyncMessagingClient])
def test_what_a_client_does_at_amazon_is_documented_in_full(kind: type) -> None:
    for name in [
        "send",
        "preflight",
        "upload",
        *(operation.name for operation in OPERATIONS.values() if operation.kind != "upload"),
    ]:
        described = inspect.getdoc(getattr(kind, name)) or ""
        parts = (
            "Args:\n    order_id: ",
            "Returns:\n",
            "Raises:\n",
            "usage plan",
            "Source: `",
            "https://developer-docs",
        )
        assert [part for part in parts if part.lower() not in described.lower()] == [], name
        assert "see MessagingClient" not in described


def test_both_clients_are_described_alike() -> None:
    for name in ("send", "preflight", "upload", "authorize"):
        assert getattr(MessagingClient, name).__doc__ == getattr(AsyncMessagingClient, name).__doc__


def test_how_long_amazons_answers_are_kept_is_documented() -> None:
    told = f"What Amazon answers about an order is kept for {KEPT_SECONDS:.0f} seconds"

    for page in (str(MessagingClient.preflight.__doc__), (ROOT / "docs" / "check.md").read_text()):
        assert told in " ".join(page.split())


def test_names_are_listed_before_they_are_loaded() -> None:
    assert set(spapi_messaging.__all__) <= set(dir(spapi_messaging))


def test_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'Nothing'"):
        spapi_messaging.Nothing  # noqa: B018
