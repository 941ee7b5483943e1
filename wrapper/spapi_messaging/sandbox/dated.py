"""The `Date` of each answer, by the sandbox's clock."""

from __future__ import annotations

from email.utils import formatdate

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from spapi_messaging.sandbox.clock import Clock


class DatedAnswers:
    """ASGI middleware that adds a `Date` to each answer without one.

    Clients compare their clock with it, so a test that moves the sandbox's clock moves the `Date` too.

    Args:
        app: The application.
        clock: The sandbox's clock.
    """

    def __init__(self, app: ASGIApp, clock: Clock) -> None:
        self._app = app
        self._clock = clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request."""

        async def dated(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = list(message.get("headers", ()))
                if not any(name.lower() == b"date" for name, _ in headers):
                    headers.append((b"date", formatdate(self._clock.now(), usegmt=True).encode("ascii")))
                message = {**message, "headers": headers}
            await send(message)

        await self._app(scope, receive, dated)
