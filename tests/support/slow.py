"""A server that keeps those who send waiting."""

from __future__ import annotations

import threading

from tests.support.servers import PATIENCE, Request, Server, reply


class SlowAmazon:
    """A server that holds the answers to sends back until it is told."""

    def __init__(self) -> None:
        self.arrived = threading.Event()
        self.answer_now = threading.Event()
        self.server = Server(self._answer)

    def _answer(self, request: Request) -> bytes:
        if not request.is_send:
            return reply(200, {"access_token": "a-token", "token_type": "bearer", "expires_in": 3600})
        self.arrived.set()
        assert self.answer_now.wait(PATIENCE)
        return reply(201, {})
