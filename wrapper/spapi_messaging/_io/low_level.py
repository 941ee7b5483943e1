"""The flow as an httpx transport: what the generated client and its relatives send their requests through."""

from __future__ import annotations

import re
from collections.abc import Callable
from inspect import iscoroutinefunction
from typing import Any

import httpx

from spapi_messaging._call.context import CallContext
from spapi_messaging._call.effects import Flow
from spapi_messaging._call.flow import call
from spapi_messaging._call.outcome import as_documented
from spapi_messaging._call.reporting import reported
from spapi_messaging._call.routes import find_operation
from spapi_messaging._safeguards.tracebacks import without_variables
from spapi_messaging.errors import ConfigurationError, quoted
from spapi_messaging.messages import invalid, is_order_id, order_problems

_HEADER_NAME = re.compile(rb"[\w!#$%&'*+.^`|~-]+")
_HEADER_VALUE = re.compile(rb"(?:[\x21-\x7e\x80-\xff](?:[\t\x20-\x7e\x80-\xff]*[\x21-\x7e\x80-\xff])?)?")


def _call(context: CallContext, request: httpx.Request) -> Flow[httpx.Response]:
    base = context.settings.base_url
    if request.url.netloc != base.netloc or request.url.scheme != base.scheme:
        raise ConfigurationError(f"low_level sends its access token to {base.host} alone. Nothing was sent.")
    for name, value in request.headers.raw:
        # Found before anything is sent. Further down, the error would quote the value.
        if not _HEADER_NAME.fullmatch(name) or not _HEADER_VALUE.fullmatch(value):
            raise ConfigurationError(f"The header {quoted(name.decode('latin-1'))} cannot be sent. Nothing was sent.")
    path, prefix = (url.raw_path.partition(b"?")[0].decode("ascii") for url in (request.url, base))
    operation, order_id = find_operation(request.method, path.removeprefix(prefix.rstrip("/")))
    if operation.module and not is_order_id(order_id, context.settings.order_ids):
        raise invalid(order_problems(order_id))
    if operation.kind == "upload":  # the generated client has one Accept header for all operations
        request.headers["accept"] = operation.accept
    settings = context.settings
    calling = call(context, operation, order_id, request, context.until())
    return as_documented(
        (yield from reported(calling, operation, order_id, settings.order_ids, settings.endpoint)), operation
    )


class FlowTransport(httpx.BaseTransport, httpx.AsyncBaseTransport):
    """Authorizes, paces, judges and retries what goes through it. Closing it closes nothing: others use the driver."""

    def __init__(self, context: CallContext, run: Callable[[Flow[Any]], Any]) -> None:
        self._context = context
        self._run = run

    @without_variables
    def handle_request(self, request: httpx.Request) -> Any:
        return self._perform(request, is_async=False)

    @without_variables
    async def handle_async_request(self, request: httpx.Request) -> Any:
        return await self._perform(request, is_async=True)

    def _perform(self, request: httpx.Request, *, is_async: bool) -> Any:
        if iscoroutinefunction(self._run) is not is_async:
            raise ConfigurationError("sync() needs MessagingClient, asyncio() AsyncMessagingClient. Nothing was sent.")
        return self._run(_call(self._context, request))
