"""Endpoints that control a sandbox from another process. They take as JSON what its Python objects take."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Collection
from dataclasses import asdict
from typing import Any, TypeVar

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from spapi_messaging.sandbox.call import json_object
from spapi_messaging.sandbox.faults import Fault
from spapi_messaging.sandbox.guard import Endpoint, guarded_routes
from spapi_messaging.sandbox.inbox import Attachment, Message
from spapi_messaging.sandbox.incoming import MAX_BODY_BYTES, read_body
from spapi_messaging.sandbox.state import SandboxState

PREFIX = "/_sandbox"
Result = TypeVar("Result")


class Control:
    """The control endpoints of one sandbox.

    Args:
        state: The state of the sandbox.
    """

    def __init__(self, state: SandboxState) -> None:
        self._state = state

    def routes(self) -> list[Route]:
        """The paths and their endpoints."""
        endpoints = {
            ("GET", "/inbox"): self.inbox,
            ("DELETE", "/inbox"): self.clear_inbox,
            ("GET", "/faults"): self.faults,
            ("POST", "/faults"): self.add_fault,
            ("DELETE", "/faults"): self.clear_faults,
            ("DELETE", "/faults/{number}"): self.remove_fault,
            ("POST", "/clock"): self.move_clock,
            ("POST", "/tokens"): self.end_tokens,
            ("POST", "/plans"): self.set_plan,
            ("POST", "/orders/{order_id}"): self.set_order,
        }
        answered = {(method, PREFIX + path): _with_errors(endpoint) for (method, path), endpoint in endpoints.items()}
        return guarded_routes(answered, PREFIX, self._state.allowed_hosts, _refuse)

    async def inbox(self, request: Request) -> Response:
        """Lists what buyers received, without the content of files."""
        return JSONResponse([_as_json(message) for message in self._state.inbox])

    async def clear_inbox(self, request: Request) -> Response:
        """Empties the inbox."""
        self._state.inbox.clear()
        return Response(status_code=204)

    async def faults(self, request: Request) -> Response:
        """Lists the faults that are switched on, and how many requests each one hit."""
        return JSONResponse([_fault_as_json(fault) for fault in self._state.faults.active])

    async def add_fault(self, request: Request) -> Response:
        """Switches a fault on: `{"kind", "on", "times", "every", "seconds"}`; with `{"status", "body", "headers", "on",
        "times", "every", "recorded"}` an answer of your own."""
        settings = await _settings(request)
        faults = self._state.faults
        fault = _called(faults.answer if "status" in settings else faults.add, settings)
        return JSONResponse(_fault_as_json(fault), 201)

    async def clear_faults(self, request: Request) -> Response:
        """Switches all faults off."""
        self._state.faults.clear()
        return Response(status_code=204)

    async def remove_fault(self, request: Request) -> Response:
        """Switches one fault off. Its number is in the answer that switched it on."""
        number = request.path_params["number"]
        fault = next((fault for fault in self._state.faults.active if str(fault.number) == number), None)
        if fault is None:
            return _refuse("no fault with this number is switched on", 404)
        self._state.faults.remove(fault)
        return Response(status_code=204)

    async def move_clock(self, request: Request) -> Response:
        """Moves the clock: `{"advance": seconds}`; `{}` resets it."""
        settings = await _settings(request)
        if not settings:
            self._state.clock.reset()
        elif set(settings) == {"advance"}:
            self._state.clock.advance(settings["advance"])
        else:
            raise ValueError("give only advance")
        return JSONResponse({"now": self._state.clock.today().isoformat()})

    async def end_tokens(self, request: Request) -> Response:
        """Ends all access tokens: `{"how": "expire"}` or `{"how": "revoke"}`."""
        settings = await _settings(request)
        if settings == {"how": "expire"}:
            self._state.tokens.expire()
        elif settings == {"how": "revoke"}:
            self._state.tokens.revoke()
        else:
            raise ValueError("how must be expire or revoke")
        return Response(status_code=204)

    async def set_plan(self, request: Request) -> Response:
        """Sets a usage plan: `{"operation", "rate", "burst"}`; the operation `"*"` is all."""
        _called(self._state.plans.set, await _settings(request), needs=("operation",))
        return Response(status_code=204)

    async def set_order(self, request: Request) -> Response:
        """Changes an order: `{"state", "marketplace", "locale", "feedback_removal_requested"}`."""
        order = self._state.orders.set(request.path_params["order_id"], **await _settings(request))
        return JSONResponse(asdict(order))


def _refuse(reason: str, status: int) -> Response:
    return JSONResponse({"error": reason}, status)


def _called(method: Callable[..., Result], settings: dict[str, Any], needs: Collection[str] = ()) -> Result:
    """Calls a method with settings as its arguments, and says in plain words which are missing or unknown.

    Args:
        method: The method.
        settings: Its arguments by name.
        needs: The arguments that must be among the settings although the method has a default for them.
    """
    taken = inspect.signature(method).parameters
    for name in settings:
        if name not in taken:
            raise ValueError(f"{name} is unknown here; known: {', '.join(taken)}")
    for name, parameter in taken.items():
        if name not in settings and (parameter.default is parameter.empty or name in needs):
            raise ValueError(f"{name} is missing")
    return method(**settings)


class _TooLarge(Exception):
    """Raised when a body is larger than the sandbox reads."""


async def _settings(request: Request) -> dict[str, Any]:
    body, size = await read_body(request)
    if size > MAX_BODY_BYTES:
        raise _TooLarge
    settings = json_object(body)
    if settings is None:
        raise ValueError("the body must be a JSON object, without NaN and Infinity")
    return settings


def _with_errors(endpoint: Endpoint) -> Endpoint:
    """Answers invalid settings with 400, and says what the endpoint takes."""

    async def answered(request: Request) -> Response:
        try:
            return await endpoint(request)
        except _TooLarge:
            return _refuse("the body is too large", 413)
        except (TypeError, ValueError) as error:
            return JSONResponse({"error": str(error), "endpoint": endpoint.__doc__}, 400)

    return answered


def _fault_as_json(fault: Fault) -> dict[str, Any]:
    names = ("number", "kind", "on", "times", "every", "seconds", "hits")
    return {name: getattr(fault, name) for name in names}


def _as_json(message: Message) -> dict[str, Any]:
    shown = asdict(message) | {"received_at": message.received_at.isoformat()}
    return shown | {"attachments": [_without_content(file) for file in message.attachments]}


def _without_content(file: Attachment) -> dict[str, Any]:
    shown = asdict(file) | {"size": file.size}
    del shown["content"]
    return shown
