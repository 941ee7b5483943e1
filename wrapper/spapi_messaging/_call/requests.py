"""From the generated description of a request to its answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from json import JSONEncoder
from types import SimpleNamespace
from typing import Any, NamedTuple

import httpx

from spapi_messaging._call.context import CallContext
from spapi_messaging._call.effects import Flow
from spapi_messaging._call.flow import call
from spapi_messaging._call.outcome import Answer, as_documented
from spapi_messaging.errors import ConfigurationError, Problem, SandboxMismatchError
from spapi_messaging.marketplaces import Marketplace
from spapi_messaging.messages import Operation, checked_order_id, endpoint, explain_mismatch

# What the generated parsers want to know of their client.
_PARSING = SimpleNamespace(raise_on_unexpected_status=False)
_to_json = JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode


class OrderScope(NamedTuple):
    """What all calls of one method share: the order, the marketplace, the deadline, and what is wrong with these."""

    context: CallContext
    order_id: str
    marketplace_id: str
    until: float | None
    problems: list[Problem]

    @classmethod
    def begin(cls, context: CallContext, order_id: str, marketplace: str | None = None) -> OrderScope:
        """The scope of a method that is called now, for the client's marketplace or another one of its region."""
        context.check_open()
        settings = context.settings
        order_id, problems = checked_order_id(order_id, settings.order_ids)
        chosen = settings.marketplace
        if marketplace is not None:
            chosen, wrong = _marketplace_near(chosen, marketplace)
            problems += wrong
        return cls(context, order_id, chosen.value, context.until(), problems)


def _marketplace_near(own: Marketplace, name: str) -> tuple[Marketplace, list[Problem]]:
    """The marketplace that a call names, and what is wrong with it."""
    try:
        other = Marketplace.parse(name)
    except ConfigurationError as unknown:
        return own, [Problem("marketplace", f"{unknown}", rule="marketplace")]
    if other.region is own.region:
        return other, []
    wrong = (
        f"{other.name} is in region {other.region.value}, this client in {own.region.value}, and a refresh token "
        "authorises one region."
    )
    remedy = "Use a client with that region's credentials."
    return own, [Problem("marketplace", wrong, rule="marketplace", remedy=remedy)]


def build_request(scope: OrderScope, operation: Operation, arguments: Mapping[str, Any]) -> httpx.Request:
    """The request of an operation, as its generated function describes it."""
    described = endpoint(operation)._get_kwargs(scope.order_id, marketplace_ids=[scope.marketplace_id], **arguments)
    settings = scope.context.settings
    url = _url(settings.base_url, described["url"], str(httpx.QueryParams(described.get("params"))))
    body = described.get("json")
    content = b"" if body is None else _to_json(body).encode()
    # Complete as it is: httpx takes twice the time to find out what is missing.
    headers = {
        "host": url.netloc.decode("ascii"),
        "accept": operation.accept,
        "accept-encoding": "gzip, deflate",
        "user-agent": settings.user_agent,
        **described.get("headers", {}),
    }
    method = described["method"].upper()
    if content or method != "GET":
        headers["content-length"] = str(len(content))
    stream, extensions = httpx.ByteStream(content), {"timeout": settings.timeouts}
    request = httpx.Request(method, url, headers=headers, stream=stream, extensions=extensions)
    request.headers.encoding = "ascii"  # which httpx would find out
    return request


def _url(base: httpx.URL, path: str, query: str) -> httpx.URL:
    """Joins parts that are quoted already. If httpx parsed them once more, that would cost as much as all the rest."""
    try:
        parts = base._uri_reference
        url = httpx.URL(base)
        url._uri_reference = parts._replace(path=parts.path.rstrip("/") + path, query=query or None)
    except AttributeError:  # another release of httpx
        return httpx.URL(f"{str(base).rstrip('/')}{path}{'?' if query else ''}{query}")
    return url


def perform(
    scope: OrderScope,
    operation: Operation,
    arguments: Mapping[str, Any],
    body: Mapping[str, Any] | None = None,
    before_first_byte: Callable[[], Any] | None = None,
    after_refusal: Callable[[], Any] | None = None,
) -> Flow[Answer]:
    """Calls an operation. If Amazon's static sandbox does not know the request, the error names one that it knows."""
    request = build_request(scope, operation, arguments)
    try:
        hooks = before_first_byte, after_refusal
        return (yield from call(scope.context, operation, scope.order_id, request, scope.until, *hooks))
    except SandboxMismatchError as mismatch:
        mismatch.args = (f"{mismatch} {explain_mismatch(operation, scope.order_id, body)}",)
        raise


def parsed(operation: Operation, answer: Answer) -> Any:
    """The answer, read by the generated parser, which may raise almost anything if the answer has another shape."""
    return endpoint(operation)._build_response(client=_PARSING, response=as_documented(answer, operation)).parsed
