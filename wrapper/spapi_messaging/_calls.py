"""What a send, a read and an upload consist of: flows over the generated functions, which a driver runs."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import cache, partial
from importlib import import_module
from typing import TYPE_CHECKING, Any

import httpx

from spapi_messaging._effects import Invoke, Together, blocking
from spapi_messaging._engine import Engine
from spapi_messaging._flow import Flow
from spapi_messaging._judge import ORIGINAL_STATUS, REQUEST_ID
from spapi_messaging.errors import (
    BadRequestError,
    ConfigurationError,
    MalformedResponseError,
    Problem,
    SandboxMismatchError,
)
from spapi_messaging.marketplaces import Marketplace
from spapi_messaging.messages import (
    MESSAGE_TYPES,
    Operation,
    body_model,
    check_body,
    endpoint,
    explain_mismatch,
    invalid,
    operation_for,
    order_problems,
)

# Loaded on first use, as attrs takes its time.
if TYPE_CHECKING:
    from spapi_messaging.attachments import AttachmentSource
    from spapi_messaging.results import Attachment, SendReceipt

# Amazon's action names are operationIds here and path segments there.
_ACTION_NAMES = {name: kind for kind, op in MESSAGE_TYPES.items() for name in (kind, op.operation_id)}
_ATTACHMENTS = "spapi_messaging.attachments"


class Calls:
    """The calls of one seller.

    Args:
        engine: paces, authorizes and judges them.
        http: the httpx client above the engine.
        low_level: the generated client around it.
        marketplace: where the orders are, if a call does not name another marketplace of the region.
    """

    def __init__(self, engine: Engine, http: Any, low_level: Any, marketplace: Marketplace) -> None:
        self._engine = engine
        self._http = http
        self._low_level = low_level
        self._marketplace = marketplace

    def send(
        self,
        operation: Operation,
        order_id: str,
        body: Mapping[str, Any] | None,
        parameters: Mapping[str, Any],
        marketplace: str | None,
    ) -> Flow[SendReceipt]:
        """One message, its attachments included; ``body`` is keyed by wire name."""
        marketplace_id = self._marketplace_id(marketplace)
        wire, problems = check_body(operation, body or {})
        problems = order_problems(order_id) + problems
        uploaded: list[Attachment] = []
        field = next((field.wire_name for field in operation.fields if field.kind == "attachments"), None)
        if problems and not wire.get(field or ""):
            raise invalid(problems)
        if field in wire:
            uploaded = yield from self._upload_all(operation, order_id, marketplace_id, wire[field], problems)
            wire[field] = [{"uploadDestinationId": a.upload_destination_id, "fileName": a.file_name} for a in uploaded]
        arguments = dict(parameters)
        if operation.body_model is not None:
            arguments["body"] = body_model(operation.body_model).from_dict(wire)
        try:
            response = yield from self._exchange(operation, order_id, marketplace_id, arguments, wire)
        except BadRequestError as refused:
            if uploaded:
                from spapi_messaging.attachments import explain_missing

                explain_missing(refused, uploaded)
            raise
        from spapi_messaging.results import SendReceipt

        return SendReceipt(
            operation=operation.operation_id,
            amazon_order_id=order_id,
            marketplace_id=marketplace_id,
            request_id=response.headers.get(REQUEST_ID),
            status_code=response.extensions.get(ORIGINAL_STATUS, response.status_code),
            attachments=tuple(uploaded),
            sent_at=datetime.now(UTC),
        )

    def read(
        self, operation: Operation, order_id: str, parameters: Mapping[str, Any], marketplace: str | None
    ) -> Flow[Any]:
        """One read."""
        marketplace_id = self._marketplace_id(marketplace)
        if problems := order_problems(order_id):
            raise invalid(problems)
        response = yield from self._exchange(operation, order_id, marketplace_id, dict(parameters))
        if make := _read_results().get(operation.operation_id):
            return make(json.loads(response.content))
        try:
            return endpoint(operation)._build_response(client=self._low_level, response=response).parsed
        except (AttributeError, KeyError, TypeError, ValueError) as unreadable:
            # The generated parser is as strict as the model; Amazon's answers are not.
            raise MalformedResponseError(
                f"Amazon's answer to {operation.operation_id} for order {order_id} has an unexpected shape. "
                "Look for a newer release of spapi-messaging.",
                operation=operation.operation_id,
                amazon_order_id=order_id,
                request_id=response.headers.get(REQUEST_ID),
            ) from unreadable

    def upload(
        self,
        order_id: str,
        message_type: str,
        file: AttachmentSource,
        file_name: str | None,
        content_type: str | None,
    ) -> Flow[Attachment]:
        """One file, without a message."""
        operation = operation_for(message_type)
        problems = order_problems(order_id)
        if not any(field.kind == "attachments" for field in operation.fields):
            problems.append(Problem("message_type", f"{operation.operation_id} takes no attachments."))
        if problems:
            raise invalid(problems)
        yield from _load_attachments()
        from spapi_messaging.attachments import renamed

        source = renamed(file, file_name, content_type)
        (uploaded,) = yield from self._upload_all(operation, order_id, self._marketplace.value, [source])
        return uploaded

    def _upload_all(
        self,
        operation: Operation,
        order_id: str,
        marketplace_id: str,
        sources: Sequence[AttachmentSource],
        problems: Sequence[Problem] = (),
    ) -> Flow[list[Attachment]]:
        yield from _load_attachments()
        from spapi_messaging import attachments
        from spapi_messaging.results import Attachment

        if all(isinstance(source, Attachment) for source in sources):
            prepared = attachments.prepare(sources, problems)  # names alone are checked: nothing is read
        else:
            prepared = yield Invoke(
                lambda: attachments.prepare(sources, problems),
                lambda: attachments.prepare_async(sources, problems),
            )
        try:
            uploads = [
                attachments.upload_flow(self._engine, self._low_level, operation, order_id, marketplace_id, file)
                for file in prepared
            ]
            uploaded: list[Attachment] = yield Together(uploads)
            return uploaded
        finally:
            attachments.close_all(prepared)

    def _exchange(
        self,
        operation: Operation,
        order_id: str,
        marketplace_id: str,
        arguments: dict[str, Any],
        wire: Mapping[str, Any] | None = None,
    ) -> Flow[httpx.Response]:
        """The request and its answer; when the static sandbox knows no such request, with the one that it knows."""
        try:
            response: httpx.Response = yield self._request(operation, order_id, marketplace_id, arguments)
            return response
        except SandboxMismatchError as mismatch:
            mismatch.args = (f"{mismatch} {explain_mismatch(operation, order_id, wire)}",)
            raise

    def _request(self, operation: Operation, order_id: str, marketplace_id: str, arguments: dict[str, Any]) -> Invoke:
        """The generated request. Parsing the answer is left out, because these results are made from what came."""
        arguments["marketplace_ids"] = [marketplace_id]
        request = endpoint(operation)._get_kwargs(order_id, **arguments)
        # One whole URL, because httpx would parse a relative one and its parameters three times.
        query = httpx.QueryParams(request.pop("params", None))
        request["url"] = f"{self._engine.settings.endpoint}{request['url']}{'?' if query else ''}{query}"
        call = partial(self._http.request, **request)
        return Invoke(call, call)

    def _marketplace_id(self, marketplace: str | None) -> str:
        if marketplace is None:
            return self._marketplace.value
        other = Marketplace.parse(marketplace)
        if other.region is not self._marketplace.region:
            raise ConfigurationError(
                f"Marketplace {other.name} is in region {other.region.value}, this client in "
                f"{self._marketplace.region.value}: a refresh token authorises one region. "
                "Use a client with that region's credentials."
            )
        return other.value


def _load_attachments() -> Flow[None]:
    """The first time takes long enough to hold an event loop; later ones need no thread."""
    if _ATTACHMENTS not in sys.modules:
        yield blocking(partial(import_module, _ATTACHMENTS))


@cache
def _read_results() -> Mapping[str, Callable[[Mapping[str, Any]], object]]:
    """What is made of the answers to the reads; any other read gives the generated model."""
    from spapi_messaging.results import AvailableActions, OrderAttributes

    return {
        "getMessagingActionsForOrder": lambda raw: AvailableActions.from_raw(raw, _ACTION_NAMES),
        "GetAttributes": OrderAttributes.from_raw,
    }
