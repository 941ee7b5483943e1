"""The network below httpx: connections that leave in few packets, and that can be dropped without a goodbye."""

from __future__ import annotations

import contextlib
import socket
import ssl
from typing import Any

import anyio
import httpcore

from spapi_messaging._call.effects import MAX_CONTENT

# Bytes. A shorter write waits for the next one: headers and body then leave in one packet. httpcore sends two.
MAX_UNSENT = 16 * 1024
# Bytes of an answer that are saved when a write fails. The storage's refusals are far shorter.
MAX_SAVED = 64 * 1024
# Bytes after a request: more than any answer has that is read to its end, chunk headers included.
MAX_RECEIVED = 2 * MAX_CONTENT


class ThreadNetwork(httpcore.SyncBackend):
    """Connections for threads, and those that are open."""

    def __init__(self) -> None:
        self.streams: set[_Stream] = set()

    def connect_tcp(self, *arguments: Any, **options: Any) -> _Stream:
        return _Stream(super().connect_tcp(*arguments, **options), self.streams)

    def drop(self) -> None:
        """Closes the descriptors of this process. A parent or child process that has them too goes on undisturbed."""
        for stream in tuple(self.streams):
            stream.close()

    def interrupt(self) -> None:
        """Ends the connections. The thread that uses them closes them: no other may get their descriptors before."""
        for stream in tuple(self.streams):
            with contextlib.suppress(OSError):
                # The plain socket's: that of an SSLSocket lets the other thread write what follows without TLS.
                socket.socket.shutdown(stream.get_extra_info("socket"), socket.SHUT_RDWR)


class _OpenStream:
    """A connection; the set holds it until it is closed."""

    def __init__(self, stream: Any, open_streams: set[Any]) -> None:
        self._stream = stream
        self._open = open_streams
        self._unsent = b""
        self._left = False  # whether something of the request left, which began with the first write after a read
        self._reading = False
        self._received = 0  # since the last write
        open_streams.add(self)

    @property
    def holds_request(self) -> bool:
        """Whether all of a request waits here for what follows."""
        return bool(self._unsent) and not self._left

    def _hold(self, buffer: bytes) -> None:
        if self._reading:
            self._reading = self._left = False
            self._received = 0
        self._unsent += buffer

    def _take_unsent(self) -> bytes:
        unsent, self._unsent, self._left = self._unsent, b"", True
        return unsent

    def _counted(self, found: bytes) -> bytes:
        """Ends an answer that goes on for ever though its content does not grow: one interim response after another."""
        self._reading = True
        self._received += len(found)
        if self._received > MAX_RECEIVED:
            raise httpcore.RemoteProtocolError("the answer does not end")
        return found

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


class _Stream(_OpenStream, httpcore.NetworkStream):
    """For threads."""

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        if self._unsent:
            # As in httpcore: a server may refuse a request before it has read all of it, and its answer counts.
            with contextlib.suppress(httpcore.WriteError):
                self._stream.write(self._take_unsent(), timeout)
        return self._counted(self._stream.read(max_bytes, timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._hold(buffer)
        if len(self._unsent) > MAX_UNSENT:
            self._stream.write(self._take_unsent(), timeout)

    def close(self) -> None:
        self._open.discard(self)
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        self._stream = self._stream.start_tls(ssl_context, server_hostname, timeout)
        return self


class LoopNetwork(httpcore.AnyIOBackend):
    """Connections for an event loop, and those that are open."""

    def __init__(self) -> None:
        self.streams: set[_LoopStream] = set()

    async def connect_tcp(self, *arguments: Any, **options: Any) -> _LoopStream:
        connected: Any = super()
        return _LoopStream(await connected.connect_tcp(*arguments, **options), self.streams)

    async def aclose(self) -> None:
        """Closes the connections, whatever state an interrupted exchange left them in."""
        with anyio.CancelScope(shield=True):  # a scope that was cancelled would cancel this as well
            for stream in tuple(self.streams):
                with contextlib.suppress(Exception):
                    await stream.aclose()

    def drop(self) -> None:
        """Closes the descriptors of this process, without the event loop, which is gone or the parent process's."""
        for stream in tuple(self.streams):
            with contextlib.suppress(Exception):
                found = stream.get_extra_info("socket")
                getattr(found, "_sock", found).close()  # asyncio wraps its sockets, and the wrapper has no close()
        self.streams.clear()


class _LoopStream(_OpenStream, httpcore.AsyncNetworkStream):
    """For an event loop."""

    def __init__(self, stream: Any, open_streams: set[Any]) -> None:
        super().__init__(stream, open_streams)
        self._lost: Exception | None = None  # why nothing can be written any more, though there is something to read
        with contextlib.suppress(AttributeError):  # of other releases, and of loops that have no socket to read from
            self._save_what_arrived(stream._stream._transport, stream._stream._protocol)

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        if self._unsent:
            with contextlib.suppress(httpcore.WriteError):
                await self._stream.write(self._take_unsent(), timeout)
        return self._counted(await self._stream.read(max_bytes, timeout))

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        if self._lost is not None:
            raise httpcore.WriteError(str(self._lost))
        self._hold(buffer)
        if len(self._unsent) > MAX_UNSENT:
            await self._stream.write(self._take_unsent(), timeout)

    async def aclose(self) -> None:
        self._open.discard(self)
        await self._stream.aclose()

    async def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.AsyncNetworkStream:
        self._stream = await self._stream.start_tls(ssl_context, server_hostname, timeout)
        return self

    def _save_what_arrived(self, transport: Any, protocol: Any) -> None:
        """Lets an answer be read that came before the server took all of the request and closed the connection.

        When a write fails, asyncio closes the socket, and what has arrived but was not read yet is gone.
        """
        sock = transport.get_extra_info("socket")._sock

        def connection_lost(error: Exception | None) -> None:
            del protocol.connection_lost
            if error is not None:
                with contextlib.suppress(OSError):
                    if arrived := sock.recv(MAX_SAVED):
                        protocol.data_received(arrived)
                        # TLS reads nothing any more once it has seen an error of a write.
                        self._lost, error = error, None
            protocol.connection_lost(error)

        protocol.connection_lost = connection_lost
