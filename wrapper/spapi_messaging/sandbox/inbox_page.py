"""The inbox as a web page. A short script adds new messages; without it, the page works as well."""

from __future__ import annotations

import re
from itertools import islice, takewhile
from typing import Any
from urllib.parse import parse_qs

from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from spapi_messaging.local_sandbox import LOCAL_URL
from spapi_messaging.marketplaces import Marketplace
from spapi_messaging.sandbox import files
from spapi_messaging.sandbox.address import own_address
from spapi_messaging.sandbox.environment import posix, powershell, variables
from spapi_messaging.sandbox.guard import guarded_routes
from spapi_messaging.sandbox.inbox import Message
from spapi_messaging.sandbox.inbox_filter import Filter
from spapi_messaging.sandbox.incoming import MAX_BODY_BYTES, read_body
from spapi_messaging.sandbox.orders import State
from spapi_messaging.sandbox.rendering import asset, content_security_policy, render
from spapi_messaging.sandbox.state import SandboxState

MESSAGES_SHOWN, ORDERS_SHOWN = 25, 20
"""How many the page shows. With so few, a full inbox is painted as fast as an empty one."""
_HEADERS = {"x-content-type-options": "nosniff", "cache-control": "no-store"}
_PAGE_HEADERS = {**_HEADERS, "content-security-policy": content_security_policy()}


class InboxPage:
    """The page of one sandbox.

    Args:
        state: The state of the sandbox.
    """

    def __init__(self, state: SandboxState) -> None:
        self._state = state

    def routes(self) -> list[Route]:
        """The paths and their endpoints."""
        endpoints = {
            ("GET", "/"): self.page,
            ("GET", "/favicon.ico"): self.icon,
            ("GET", "/inbox/updates"): self.updates,
            ("POST", "/inbox/orders"): self.set_order,
            ("GET", "/inbox/{number}/{index}"): self.attachment,
        }
        return guarded_routes(endpoints, "/inbox", self._state.allowed_hosts, PlainTextResponse)

    async def page(self, request: Request) -> Response:
        """The whole page, for messages that pass the filter. With `before`, a page of older messages."""
        try:
            chosen = Filter.from_query(request.query_params, self._state.operations)
        except ValueError as unknown:
            return self._page(request, Filter(), 400, filter_problem=str(unknown))
        return self._page(request, chosen)

    async def updates(self, request: Request) -> Response:
        """The HTML of messages that the page does not show yet: the newest ones, at most as many as fit on it."""
        inbox, query = self._state.inbox, request.query_params
        try:
            chosen = Filter.from_query(query, self._state.operations)
        except ValueError as unknown:
            return PlainTextResponse(str(unknown), 400, headers=_HEADERS)
        after = _number(query.get("after", "")) or 0
        new = takewhile(lambda message: message.number > after, chosen.newest_first(inbox))
        sidebar = self._sidebar()
        return JSONResponse(
            {
                "latest": _latest(inbox),
                "size": len(inbox),
                "total": chosen.count(inbox),
                "messages": render("messages.html", messages=islice(new, MESSAGES_SHOWN)),
                "plans": render("plans.html", **sidebar),
                "orders": render("orders.html", **sidebar),
            },
            headers=_HEADERS,
        )

    async def set_order(self, request: Request) -> Response:
        """Changes an order, as the form says. What the form holds stays in it if it is refused."""
        try:
            chosen = Filter.from_query(request.query_params, self._state.operations)
        except ValueError:
            chosen = Filter()
        body, size = await read_body(request)
        if size > MAX_BODY_BYTES:
            return self._page(request, chosen, 413, order_problem="The form is too large.")
        form = {name: values[-1].strip() for name, values in parse_qs(body.decode("utf-8", "replace")).items()}
        try:
            if not form.get("order_id"):
                raise ValueError("Enter an order id.")
            self._state.orders.set(form["order_id"], **_order_settings(form))
        except ValueError as error:
            return self._page(request, chosen, 400, order_problem=str(error), entered=form)
        return RedirectResponse(chosen.address(before=_before(request)) + "#orders", 303)

    async def attachment(self, request: Request) -> Response:
        """A file that a buyer received."""
        number, index = _number(request.path_params["number"]), _number(request.path_params["index"])
        message = next((message for message in self._state.inbox if message.number == number), None)
        if message is None or index is None or index >= len(message.attachments):
            return PlainTextResponse("This attachment does not exist.", 404)
        return files.serve(message.attachments[index], download="download" in request.query_params)

    async def icon(self, request: Request) -> Response:
        """There is no icon. Browsers ask for one with each attachment, and this must not count as a call of the API."""
        return Response(status_code=204)

    def _page(self, request: Request, chosen: Filter, status: int = 200, **problem: Any) -> Response:
        state, inbox, before = self._state, self._state.inbox, _before(request)
        messages = (message for message in chosen.newest_first(inbox) if before is None or message.number < before)
        shown = list(islice(messages, MESSAGES_SHOWN))
        address = own_address(request, state.allowed_hosts)
        context: dict[str, Any] = {
            **self._sidebar(),
            "entered": {},
            **problem,
            "messages": shown,
            "filter": chosen,
            "total": chosen.count(inbox),
            "size": len(inbox),
            # A page of older messages does not change, and one that shows a problem keeps what was entered.
            "latest": None if before or problem else _latest(inbox),
            "most": MESSAGES_SHOWN,
            "older": next(messages, None) is not None,
            "before": before,
            "mode": state.mode,
            "open_to_others": state.open_to_others,
            "address": address,
            "local_url": LOCAL_URL,
            "shells": {"sh, bash, zsh": posix(variables(address)), "PowerShell": powershell(variables(address))},
            "style": Markup(asset("inbox.css")),
            "script": Markup(asset("inbox.js")),
            "states": list(State),
            "marketplaces": [marketplace.name for marketplace in Marketplace],
            "sellers": sorted({message.seller for message in inbox} - {""}),
            "message_types": list(state.operations.message_types),
        }
        return HTMLResponse(render("page.html", **context), status, _PAGE_HEADERS)

    def _sidebar(self) -> dict[str, Any]:
        names = [operation.operation_id for operation in self._state.operations]
        return {
            "levels": self._state.plans.levels(names, self._state.clock.now()),
            "orders": self._state.orders.known()[: -ORDERS_SHOWN - 1 : -1],
        }


def _order_settings(form: dict[str, str]) -> dict[str, Any]:
    return {
        "state": form.get("state", State.SHIPPED),
        "marketplace": form.get("marketplace") or None,
        "locale": form.get("locale") or None,
    }


def _before(request: Request) -> int | None:
    return _number(request.query_params.get("before", ""))


def _number(text: str) -> int | None:
    return int(text) if re.fullmatch("[0-9]{1,15}", text) else None


def _latest(inbox: list[Message]) -> int:
    return inbox[-1].number if inbox else 0
