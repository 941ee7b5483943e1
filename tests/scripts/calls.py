"""Calls every operation of a regenerated package with both clients. The package must be the first on PYTHONPATH.

The server is the static sandbox, which takes its operations from the same package.
"""

from __future__ import annotations

import asyncio
import importlib
import inspect
import pkgutil
import sys
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import spapi_messaging_client
from spapi_messaging import AsyncMessagingClient, Attachment, MessagingClient
from spapi_messaging.limiters import Unlimited
from spapi_messaging.messages import OPERATIONS, Field, Operation, sandbox_cases
from spapi_messaging.sandbox import Sandbox

# A value of each type, for parameters that are in no published case.
SAMPLES = {"str": "x", "int": 1, "float": 1.5, "bool": True, "list[str]": ["x"], "list[int]": [1], "Any": "x"}


def import_everything() -> None:
    """Import every module of the package. Some of them are loaded by no call."""
    for module in pkgutil.walk_packages(spapi_messaging_client.__path__, "spapi_messaging_client."):
        importlib.import_module(module.name)


def arguments(operation: Operation, method: Callable[..., Any]) -> tuple[str, dict[str, Any]] | None:
    """The order and the keyword arguments of the published success. None: no success is published."""
    cases = [case for case in sandbox_cases()[operation.operation_id] if case.status < 300]
    if not cases:
        return None
    body = cases[0].body if isinstance(cases[0].body, dict) else {}
    given = {field.name: value(field, body[field.wire_name]) for field in operation.fields if field.wire_name in body}
    for name, parameter in inspect.signature(method).parameters.items():
        if parameter.default is parameter.empty and name not in {"self", "order_id", *given}:
            given[name] = next((missing(field) for field in operation.fields if field.name == name), None) or sample(
                str(parameter.annotation)
            )
    return cases[0].order_id or "123-1234567-1234567", given


def value(field: Field, wire: Any) -> Any:
    """What a caller gives so that this value is sent."""
    if field.kind != "attachments":
        return wire
    return [Attachment(item["uploadDestinationId"], item["fileName"]) for item in wire]


def missing(field: Field) -> Any:
    """A value for a required field that is not in the published case."""
    if field.kind == "attachments":
        return [Attachment("id", "file.pdf")] * (field.min_items or 1)
    return "x" * (field.min_length or 1) if field.kind == "text" else None


def sample(annotation: str) -> Any:
    """A value of this type."""
    if "Literal[" in annotation:
        return eval(annotation.partition("Literal[")[2].partition("]")[0].partition(",")[0])
    return SAMPLES[annotation.removeprefix("<class '").removesuffix("'>")]


def every(client: Any) -> Iterator[tuple[Operation, Callable[..., Any], str, dict[str, Any]]]:
    """Each method of a client with the arguments of its published success."""
    for operation in OPERATIONS.values():
        if operation.kind != "upload":
            method = getattr(client, operation.name)
            found = arguments(operation, method)
            if found is not None:
                yield operation, method, *found


def check(operation: Operation, result: Any) -> None:
    """Check that the sandbox accepted the call."""
    if operation.kind == "send":
        assert (result.operation, result.status_code) == (operation.operation_id, operation.success_status)


def settings(sandbox: Sandbox) -> dict[str, Any]:
    """The arguments of a client that calls the sandbox."""
    return {
        "credentials": sandbox.credentials,
        "marketplace": "US",
        "endpoint": sandbox.url,
        "lwa_endpoint": sandbox.lwa_endpoint,
        "limiter": Unlimited(),
    }


def call_all() -> list[str]:
    """Call all operations with the client for threads. Returns their names."""
    called = []
    with Sandbox("static") as sandbox, MessagingClient(**settings(sandbox)) as client:
        for operation, method, order_id, given in every(client):
            check(operation, method(order_id, **given))
            called.append(operation.operation_id)
    return sorted(called)


async def await_all() -> list[str]:
    """Call all operations with the client for asyncio. Returns their names."""
    called = []
    with Sandbox("static") as sandbox:
        async with AsyncMessagingClient(**settings(sandbox)) as client:
            for operation, method, order_id, given in every(client):
                check(operation, await method(order_id, **given))
                called.append(operation.operation_id)
    return sorted(called)


if __name__ == "__main__":
    warnings.simplefilter("ignore", DeprecationWarning)
    assert Path(sys.argv[1]) in Path(spapi_messaging_client.__file__).parents
    import_everything()
    called = call_all()
    assert called == asyncio.run(await_all())
    print(*called)
