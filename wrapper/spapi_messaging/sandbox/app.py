"""The ASGI application: all paths and their endpoints."""

from __future__ import annotations

from starlette.applications import Starlette
from starlette.routing import Route

from spapi_messaging.sandbox.control import Control
from spapi_messaging.sandbox.endpoints import Endpoints
from spapi_messaging.sandbox.guard import ANY_METHOD
from spapi_messaging.sandbox.inbox_page import InboxPage
from spapi_messaging.sandbox.local import LWA_PATH
from spapi_messaging.sandbox.state import SandboxState
from spapi_messaging.sandbox.uploads import BUCKET


def create_app(state: SandboxState) -> Starlette:
    """The sandbox as an ASGI application.

    Args:
        state: The state of the sandbox.
    """
    endpoints = Endpoints(state)
    return Starlette(
        routes=[
            *InboxPage(state).routes(),
            *Control(state).routes(),
            Route(LWA_PATH, endpoints.token, methods=ANY_METHOD),
            Route(f"/{BUCKET}/{{key:path}}", endpoints.s3, methods=ANY_METHOD),
            Route("/{path:path}", endpoints.api, methods=ANY_METHOD),
        ]
    )
