"""Runs the sandbox in a thread of the process that uses it."""

from __future__ import annotations

import asyncio
import secrets
import socket
import threading
from collections.abc import Iterable, Mapping
from contextlib import closing, suppress
from pathlib import Path
from types import TracebackType
from typing import Any

import uvicorn

from spapi_messaging.credentials import Credentials
from spapi_messaging.local_sandbox import DEFAULT_HOST, LOCAL_CREDENTIALS, LWA_PATH, REFRESH_TOKEN_PREFIX
from spapi_messaging.sandbox.app import create_app
from spapi_messaging.sandbox.checks import check_count, check_text
from spapi_messaging.sandbox.clock import Clock
from spapi_messaging.sandbox.connection import BreakableProtocol
from spapi_messaging.sandbox.environment import variables
from spapi_messaging.sandbox.hosts import MAX_PORT, Host, check_host, reachable_url
from spapi_messaging.sandbox.state import SIMULATED, SandboxState


class Sandbox(SandboxState):
    """A sandbox that runs in a thread of this process while its `with` block lasts.

    Args:
        mode: "simulated", or "static" to answer only the requests that Amazon published.
        host: The address to listen on. "0.0.0.0" is all addresses of this machine: for a container, because everybody
            who reaches the machine can then read the inbox.
        port: The port; 0 takes a free one.
        allowed_hosts: The names by which clients may reach the sandbox besides IP addresses and localhost: "sandbox",
            with any port, or "sandbox:8765". Upload URLs lead to the name and the port that a client used.
        orders: A YAML file or a mapping of orders; see `spapi_messaging.sandbox.Order`.
        plans: Usage plans that replace the published ones: `{"sendInvoice": (rate, burst), "*": …}`.
        clock: A clock to use instead of the system's.
        retired: Whether the simulated mode knows the message types that Amazon has retired, such as the removal of
            feedback. Without it, they are answered with 403, like any path that Amazon does not have.

    Attributes:
        inbox (list[Message]): What buyers received, oldest first.
        requests (list[ReceivedRequest]): The requests to the API, the token endpoint and S3, oldest first.
        orders (Orders): The orders; `sandbox.orders.set("303-1234567-1234567", state="cancelled")` changes one.
        faults (Faults): The faults; `sandbox.faults.add("throttle", on="invoice")` switches one on.
        plans (Plans): The usage plans; `sandbox.plans.set("invoice", rate=5, burst=5)` changes one.
        tokens (Tokens): The access tokens; `sandbox.tokens.expire()` ends them.
        clock (Clock): The clock; `sandbox.clock.advance(3600)` moves it, in seconds.

    Raises:
        TypeError: An argument has the wrong type.
        ValueError: An argument has a value that the sandbox cannot use.
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
        retired: bool = False,
        allowed_hosts: Iterable[str] = (),
    ) -> None:
        check_host(host)
        check_count("port", port, 0, MAX_PORT)
        super().__init__(mode, orders, plans, clock, retired, allowed_hosts)
        self.allowed_hosts.allow_name(host)
        self.open_to_others = not Host(host.lower(), None).is_loopback
        self.host = host
        self.port = port
        self.app = create_app(self)
        self._name = secrets.token_hex(4)
        self._running: _Server | None = None

    @property
    def url(self) -> str:
        """The API's base URL: the client's `endpoint`; in a browser, the inbox.

        Raises:
            RuntimeError: The sandbox takes a free port, so it has no URL before it was started.
        """
        if self.port == 0:
            raise RuntimeError("the sandbox has no URL before it was started: use `with` or `start`")
        return reachable_url(self.host, self.port)

    @property
    def lwa_endpoint(self) -> str:
        """The token endpoint's URL: the client's `lwa_endpoint`."""
        return self.url + LWA_PATH

    @property
    def credentials(self) -> Credentials:
        """Credentials that the sandbox accepts. Each sandbox has its own, so that no token is shared between them."""
        return Credentials(**self._fields())

    def credentials_for(self, seller: str) -> Credentials:
        """Credentials of another seller. Each seller has separate usage plans.

        Args:
            seller: Any name.
        """
        check_text("seller", seller)
        return Credentials(**self._fields(f"-{seller}"))

    def environment(self, marketplace: str = "DE") -> dict[str, str]:
        """The environment variables that point any client, in any language, at this sandbox while it runs.

        `spapi_messaging.sandbox.environment` writes them for a shell.

        Args:
            marketplace: The marketplace of the orders: "DE", or "A1PA6795UKMFR9".
        """
        return variables(self.url, marketplace, self._fields())

    def _fields(self, suffix: str = "") -> dict[str, str]:
        return {**LOCAL_CREDENTIALS, "refresh_token": f"{REFRESH_TOKEN_PREFIX}.{self._name}{suffix}"}

    def start(self) -> Sandbox:
        """Starts the server. `with` does this for you. After `stop`, it starts again at the same port.

        Raises:
            OSError: The port is taken.
            RuntimeError: The sandbox runs already, or its server cannot start.
        """
        if self._running and self._running.alive:
            raise RuntimeError(f"This sandbox already runs at {self.url}. Use `with` or `start`, not both.")
        self._running = _Server.start(self.app, self.host, self.port)
        self.port = self._running.port
        return self

    def stop(self) -> None:
        """Stops the server and closes all connections. Does nothing if the sandbox does not run."""
        running, self._running = self._running, None
        if running:
            running.stop()

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
    except BaseException:
        listener.close()
        raise
    listener.setblocking(False)
    return listener


class _Server(uvicorn.Server):
    """A server in a thread. It stops at once; uvicorn's own server only looks every 0.1 s whether it should."""

    def __init__(self, app: Any, listener: socket.socket) -> None:
        config = uvicorn.Config(
            app,
            http=BreakableProtocol,
            ws="none",
            loop="asyncio",
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            date_header=False,  # the application adds one, by the sandbox's clock
            proxy_headers=False,
            timeout_keep_alive=60,  # long enough for a client that waits for its usage plan
        )
        super().__init__(config)
        self.port: int = listener.getsockname()[1]
        self._listener = listener
        self._thread = threading.Thread(target=self._work, name="spapi-messaging-sandbox", daemon=True)
        self._ready = threading.Event()
        self._failure: BaseException | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stopped = asyncio.Event()

    @classmethod
    def start(cls, app: Any, host: str, port: int) -> _Server:
        """A server that runs."""
        listener = _listen(host, port)
        try:
            server = cls(app, listener)
            server._thread.start()
        except BaseException:
            listener.close()
            raise
        try:
            server._wait_until_ready()
        except BaseException:
            server.stop()
            raise
        return server

    @property
    def alive(self) -> bool:
        """Whether the thread runs."""
        return self._thread.is_alive()

    def stop(self) -> None:
        """Ends the main loop, from another thread, and waits until the thread has ended."""
        self.should_exit = True
        if self._loop:
            with suppress(RuntimeError):  # the loop ended by itself
                self._loop.call_soon_threadsafe(self._stopped.set)
        self._thread.join()

    def _wait_until_ready(self) -> None:
        self._ready.wait()
        if self._loop is None:
            reason = f"{type(self._failure).__name__}: {self._failure}" if self._failure else "its server ended at once"
            raise RuntimeError(f"The sandbox cannot start: {reason}") from self._failure

    def _work(self) -> None:
        try:
            # The same loop on every system, because `shutdown` relies on its `remove_reader`.
            with closing(self._listener), asyncio.Runner(loop_factory=asyncio.SelectorEventLoop) as runner:
                runner.run(self.serve([self._listener]))
        except BaseException as failure:  # uvicorn raises SystemExit when it cannot start
            if self._ready.is_set():
                raise
            self._failure = failure
        finally:
            self._ready.set()

    async def main_loop(self) -> None:
        """Waits for `stop`."""
        self._loop = asyncio.get_running_loop()
        self._ready.set()
        if not self.should_exit:
            await self._stopped.wait()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Closes all connections, without waiting for answers."""
        asyncio.get_running_loop().remove_reader(self._listener)
        # asyncio needs three turns of its loop to give an accepted connection to its protocol. A server that is closed
        # in the meantime leaves the connection open.
        for _ in range(3):
            await asyncio.sleep(0)
        for connection in list(self.server_state.connections):
            connection.transport.abort()
        for task in list(self.server_state.tasks):
            task.cancel()
        while self.server_state.connections:
            await asyncio.sleep(0)
        for server in self.servers:
            server.close()
