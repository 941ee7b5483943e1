"""The ASGI application: all paths and their endpoints."""

from __future__ import annotations

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import Route, request_response

from spapi_messaging.local_sandbox import LWA_PATH
from spapi_messaging.sandbox.control import Control
from spapi_messaging.sandbox.dated import DatedAnswers
from spapi_messaging.sandbox.endpoints import Endpoints
from spapi_messaging.sandbox.guard import ANY_METHOD
from spapi_messaging.sandbox.inbox_page import InboxPage
from spapi_messaging.sandbox.state import SandboxState
from spapi_messaging.sandbox.unread import DiscardUnread
from spapi_messaging.sandbox.uploads import BUCKET


def create_app(state: SandboxState) -> Starlette:
    """The sandbox as an ASGI application.

    Args:
        state: The state of the sandbox.
    """
    endpoints = Endpoints(state)
    app = Starlette(
        routes=[
            *InboxPage(state).routes(),
            *Control(state).routes(),
            Route(LWA_PATH, endpoints.token, methods=ANY_METHOD),
            Route(f"/{BUCKET}/{{key:path}}", endpoints.s3, methods=ANY_METHOD),
        ],
        middleware=[Middleware(DatedAnswers, clock=state.clock), Middleware(DiscardUnread)],
    )
    # Not as a route: a pattern does not match every path that a client can send.
    app.router.default = request_response(endpoints.api)
    app.router.redirect_slashes = False
    return app
