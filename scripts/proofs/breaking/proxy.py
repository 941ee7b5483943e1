"""A TCP proxy in front of a server. It can fall silent, with its connections open, and go on later."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Self

PATIENCE = 20.0


class Proxy:
    """Forwards everything to a port of this machine, until it is told to fall silent.

    Args:
        target: the server's port.

    Attributes:
        port: its own.
    """

    def __init__(self, target: int) -> None:
        self.port = 0
        self._target = target
        self._loop = asyncio.new_event_loop()
        self._forwards = asyncio.Event()
        self._writers: set[asyncio.StreamWriter] = set()
        self._started = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def fall_silent(self) -> None:
        """Forwards nothing more. Connections stay open, and new ones are accepted."""
        self._on_loop(self._forwards.clear)

    def go_on(self) -> None:
        """Forwards again, beginning with what was sent meanwhile."""
        self._on_loop(self._forwards.set)

    def cut(self) -> None:
        """Closes all connections."""
        self._on_loop(self._close_all)

    def __enter__(self) -> Self:
        self._thread.start()
        assert self._started.wait(PATIENCE), "the proxy does not start"
        return self

    def __exit__(self, *_: object) -> None:
        self.cut()
        self._on_loop(self._loop.stop)
        self._thread.join(PATIENCE)
        self._loop.close()

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        server = self._loop.run_until_complete(asyncio.start_server(self._serve, "127.0.0.1", 0))
        self.port = server.sockets[0].getsockname()[1]
        self._forwards.set()
        self._started.set()
        self._loop.run_forever()
        server.close()
        tasks = asyncio.all_tasks(self._loop)
        for task in tasks:
            task.cancel()
        self._loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            await self._forwards.wait()
            other_reader, other_writer = await asyncio.open_connection("127.0.0.1", self._target)
            self._writers |= {writer, other_writer}
            await asyncio.gather(self._carry(reader, other_writer), self._carry(other_reader, writer))
            self._writers -= {writer, other_writer}
        writer.close()

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while data := await reader.read(65536):
                await self._forwards.wait()
                writer.write(data)
                await writer.drain()
        writer.close()

    def _close_all(self) -> None:
        for writer in self._writers:
            writer.transport.abort()

    def _on_loop(self, function: Callable[[], object]) -> None:
        """Carries it out on the proxy's loop, and waits until that is done."""
        done = threading.Event()

        def carry_out() -> None:
            function()
            done.set()

        self._loop.call_soon_threadsafe(carry_out)
        done.wait(PATIENCE)
