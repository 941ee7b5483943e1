"""Runs the sandbox in a thread of the process that uses it."""

from __future__ import annotations

import asyncio
import secrets
import socket
import threading
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

import uvicorn

from spapi_messaging.credentials import Credentials
from spapi_messaging.sandbox.app import create_app
from spapi_messaging.sandbox.clock import Clock
from spapi_messaging.sandbox.connection import BreakableProtocol
from spapi_messaging.sandbox.local import DEFAULT_HOST, LOCAL_CREDENTIALS, LWA_PATH, REFRESH_TOKEN_PREFIX
from spapi_messaging.sandbox.state import SIMULATED, SandboxState


class Sandbox(SandboxState):
    """A sandbox that runs in a thread of this process while its `with` block lasts.

    Args:
        mode: "simulated", or "static" to answer only the requests that Amazon published.
        host: The address to listen on.
        port: The port; 0 takes a free one.
        orders: A YAML file or a mapping of orders; see `spapi_messaging.sandbox.Order`.
        plans: Usage plans that replace the published ones: `{"sendInvoice": (rate, burst), "*": …}`.
        clock: A clock to use instead of the system's.

    Raises:
        OSError: The port is taken.
    """

    def __init__(
        self,
        mode: str = SIMULATED,
        port: int = 0,
        *,
        host: str = DEFAULT_HOST,
        orders: str | Path | Mapping[str, Any] | None = None,
        plans: Mapping[str, tuple[float, int]] | None = None,
        clock: Clock | None = None,
    ) -> None:
        super().__init__(mode, orders, plans, clock)
        self.host = host
        self.port = port
        self.app = create_app(self)
        self._name = secrets.token_hex(4)
        self._server: _Server | None = None
        self._thread: threading.Thread | None = None

    @property
    def url(self) -> str:
        """The API's base URL: the client's `endpoint`; in a browser, the inbox."""
        return f"http://{self.host}:{self.port}"

    @property
    def lwa_endpoint(self) -> str:
        """The token endpoint's URL: the client's `lwa_endpoint`."""
        return self.url + LWA_PATH

    @property
    def credentials(self) -> Credentials:
        """Credentials that the sandbox accepts. Each sandbox has its own, so that no token is shared between them."""
        return self._credentials(self._name)

    def credentials_for(self, seller: str) -> Credentials:
        """Credentials of another seller. Each seller has separate usage plans.

        Args:
            seller: Any name.
        """
        return self._credentials(f"{self._name}-{seller}")

    def _credentials(self, name: str) -> Credentials:
        return Credentials(**{**LOCAL_CREDENTIALS, "refresh_token": f"{REFRESH_TOKEN_PREFIX}.{name}"})

    def start(self) -> Sandbox:
        """Starts the server. `with` does this for you."""
        listener = _listen(self.host, self.port)
        self.port = listener.getsockname()[1]
        self._server = _Server(self.app)
        self._thread = threading.Thread(
            target=self._server.run, args=([listener],), name="spapi-messaging-sandbox", daemon=True
        )
        self._thread.start()
        self._server.ready.wait()
        return self

    def stop(self) -> None:
        """Stops the server and closes all connections."""
        if self._server and self._thread:
            self._server.stop()
            self._thread.join()
        self._server = self._thread = None

    def __enter__(self) -> Sandbox:
        return self.start()

    def __exit__(
        self, error_type: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # The protocol is given because asyncio needs it to switch off Nagle's delay of 40 ms per answer.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(128)
    except OSError:
        listener.close()
        raise
    listener.setblocking(False)
    return listener


class _Server(uvicorn.Server):
    """A server in a thread. It stops at once; uvicorn's own server only looks every 0.1 s whether it should."""

    def __init__(self, app: Any) -> None:
        config = uvicorn.Config(
            app,
            http=BreakableProtocol,
            ws="none",
            loop="asyncio",
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_keep_alive=60,  # long enough for a client that waits for its usage plan
        )
        super().__init__(config)
        self.ready = threading.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stopped = asyncio.Event()

    async def main_loop(self) -> None:
        """Waits for `stop`."""
        self._loop = asyncio.get_running_loop()
        self.ready.set()
        await self._stopped.wait()

    def stop(self) -> None:
        """Ends the main loop, from another thread."""
        if self._loop:
            self._loop.call_soon_threadsafe(self._stopped.set)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Closes all connections, without waiting for answers."""
        for server in self.servers:
            server.close()
        for connection in list(self.server_state.connections):
            connection.transport.abort()
        for task in list(self.server_state.tasks):
            task.cancel()
        await asyncio.sleep(0)
