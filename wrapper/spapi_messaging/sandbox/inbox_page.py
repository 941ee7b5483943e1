"""The inbox as a web page. A short script adds new messages; without it, the page works as well."""

from __future__ import annotations

import base64
import hashlib
import re
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

from jinja2 import Environment, FileSystemLoader
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from spapi_messaging.local_sandbox import LOCAL_URL
from spapi_messaging.marketplaces import Marketplace
from spapi_messaging.sandbox import files
from spapi_messaging.sandbox.address import own_address
from spapi_messaging.sandbox.guard import guarded_routes
from spapi_messaging.sandbox.inbox import Attachment, Message
from spapi_messaging.sandbox.incoming import MAX_BODY_BYTES, read_body
from spapi_messaging.sandbox.orders import State
from spapi_messaging.sandbox.requests import media_type
from spapi_messaging.sandbox.state import SandboxState

FOLDER = Path(__file__).parent / "page"
MESSAGES_SHOWN, ORDERS_SHOWN = 25, 20
"""How many the page shows. With so few, a full inbox is painted as fast as an empty one."""
_HEADERS = {"x-content-type-options": "nosniff", "cache-control": "no-store"}


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
        return guarded_routes(endpoints, "/inbox", self._state.allowed_hosts)

    async def page(self, request: Request) -> Response:
        """The whole page. With `before`, a page of older messages."""
        state = self._state
        before = _number(request.query_params.get("before", ""))
        messages = [message for message in reversed(state.inbox) if before is None or message.number < before]
        shown = messages[:MESSAGES_SHOWN]
        content = _render(
            "page.html",
            **self._sidebar(),
            messages=shown,
            total=len(state.inbox),
            latest=None if before else _latest(state.inbox),
            older=shown[-1].number if len(messages) > len(shown) else None,
            before=before,
            mode=state.mode,
            address=own_address(request, state.allowed_hosts),
            local_url=LOCAL_URL,
            style=Markup(_asset("inbox.css")),
            script=Markup(_asset("inbox.js")),
            states=list(State),
            marketplaces=[marketplace.name for marketplace in Marketplace],
        )
        return HTMLResponse(content, headers={**_HEADERS, "content-security-policy": _policy()})

    async def updates(self, request: Request) -> Response:
        """The HTML of what the page does not show yet."""
        after = _number(request.query_params.get("after", "")) or 0
        new = [message for message in reversed(self._state.inbox) if message.number > after]
        sidebar = self._sidebar()
        return JSONResponse(
            {
                "latest": _latest(self._state.inbox),
                "total": len(self._state.inbox),
                "messages": _render("messages.html", messages=new),
                "plans": _render("plans.html", **sidebar),
                "orders": _render("orders.html", **sidebar),
            },
            headers=_HEADERS,
        )

    async def set_order(self, request: Request) -> Response:
        """Changes an order, as the form says."""
        body, size = await read_body(request)
        if size > MAX_BODY_BYTES:
            return PlainTextResponse("The form is too large.", 413, headers=_HEADERS)
        form = {name: values[-1].strip() for name, values in parse_qs(body.decode("utf-8", "replace")).items()}
        order_id = form.pop("order_id", "")
        try:
            if not order_id:
                raise ValueError("Enter an order id.")
            self._state.orders.set(order_id, **_order_settings(form))
        except ValueError as error:
            return PlainTextResponse(str(error), 400, headers=_HEADERS)
        return RedirectResponse("/#orders", 303)

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


def _number(text: str) -> int | None:
    return int(text) if re.fullmatch("[0-9]{1,15}", text) else None


def _latest(inbox: list[Message]) -> int:
    return inbox[-1].number if inbox else 0


@cache
def _asset(name: str) -> str:
    return (FOLDER / name).read_text("utf-8")


@cache
def _policy() -> str:
    """Allows the page's own style and script. They are inside the page, because loading them would delay it."""
    style, script = (
        base64.b64encode(hashlib.sha256(_asset(name).encode()).digest()).decode() for name in ("inbox.css", "inbox.js")
    )
    return (
        f"default-src 'none'; style-src 'sha256-{style}'; script-src 'sha256-{script}'; connect-src 'self'; "
        "img-src 'self' data:; frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    )


def _render(template: str, **context: Any) -> str:
    return _environment().get_template(template).render(context)


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(FOLDER), autoescape=True, trim_blocks=True, lstrip_blocks=True, auto_reload=False
    )
    environment.filters.update(breakable=_breakable, words=_words, size=_size, country=_country, media_type=media_type)
    environment.globals["shown_as"] = files.shown_as
    return environment


def _words(message_type: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", message_type).capitalize()


def _breakable(name: str) -> Markup:
    """A long operationId that can wrap before each capital letter."""
    return Markup("<wbr>").join(re.split(r"(?<=[a-z])(?=[A-Z])", name))


def _size(file: Attachment) -> str:
    return f"{file.size} bytes" if file.size < 1000 else f"{file.size / 1000:,.1f} kB"


def _country(marketplace_id: str) -> str:
    return Marketplace.parse(marketplace_id).name
