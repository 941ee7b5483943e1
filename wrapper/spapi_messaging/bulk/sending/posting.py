"""Sends one message through a client of either kind, from the sender's event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any, Protocol

from spapi_messaging import AsyncMessagingClient, MessagingClient, OrderAttributes, SendReceipt
from spapi_messaging.bulk.sending.accounts import Client
from spapi_messaging.bulk.sending.attempts import Stopped
from spapi_messaging.bulk.sending.threads import Threads

Hook = Callable[[], Awaitable[None]]


class Post(Protocol):
    """Sends a message. The hooks are those of ``client.send``, as coroutine functions."""

    #: Whether a send ends at once when its task is cancelled.
    can_cancel: bool

    async def __call__(self, message: tuple[Any, ...], options: dict[str, Any], begin: Hook, back: Hook) -> SendReceipt:
        """``message`` and ``options`` are the arguments of ``client.send``."""
        ...

    async def language_of(self, read: str, order_id: str, marketplace: str) -> str | None:
        """The language of the order's buyer. ``read`` is the client's method that tells it. It can be cancelled."""
        ...


class AsyncPost:
    """Through an AsyncMessagingClient."""

    can_cancel = True

    def __init__(self, client: AsyncMessagingClient) -> None:
        self._client = client

    async def __call__(self, message: tuple[Any, ...], options: dict[str, Any], begin: Hook, back: Hook) -> SendReceipt:
        return await self._client.send(*message, **options, before_first_byte=begin, after_refusal=back)

    async def language_of(self, read: str, order_id: str, marketplace: str) -> str | None:
        found: OrderAttributes = await getattr(self._client, read)(order_id, marketplace=marketplace)
        return found.locale


class ThreadPost:
    """Through a MessagingClient: each message in a thread."""

    can_cancel = False

    def __init__(self, client: MessagingClient, threads: Threads) -> None:
        self._client, self._threads = client, threads

    async def __call__(self, message: tuple[Any, ...], options: dict[str, Any], begin: Hook, back: Hook) -> SendReceipt:
        hooks = _Hooks()
        send: Callable[[], Any] = partial(
            self._client.send,
            *message,
            **options,
            before_first_byte=partial(hooks.call, begin),
            after_refusal=partial(hooks.call, back),
        )
        try:
            receipt: SendReceipt = await self._threads.run(send)
        except Exception:
            await hooks.end()
            raise
        finally:
            hooks.ended = True
        return receipt

    async def language_of(self, read: str, order_id: str, marketplace: str) -> str | None:
        ask = partial(getattr(self._client, read), order_id, marketplace=marketplace)
        found: OrderAttributes = await self._threads.run(ask)
        return found.locale


class _Hooks:
    """Carries out the hooks of one send on the event loop, for its thread.

    A send that is given up at its deadline leaves a thread behind, which may be in a hook or on the way to one. What it
    writes down must not come after what the next attempt of the same message does.
    """

    def __init__(self) -> None:
        self.ended = False
        self._loop = asyncio.get_running_loop()
        self._running: set[asyncio.Future[None]] = set()

    def call(self, hook: Hook) -> None:
        """From a thread: carries out a hook, and waits for it."""
        asyncio.run_coroutine_threadsafe(self._carry_out(hook), self._loop).result()

    async def end(self) -> None:
        """Lets no more hooks begin, and waits for those that have."""
        self.ended = True
        if self._running:
            await asyncio.wait(self._running)

    async def _carry_out(self, hook: Hook) -> None:
        if self.ended:
            raise Stopped
        done: asyncio.Future[None] = self._loop.create_future()
        self._running.add(done)
        try:
            await hook()
        finally:
            self._running.discard(done)
            done.set_result(None)


def post_of(client: Client, threads: Threads) -> Post:
    """How this client sends."""
    return AsyncPost(client) if isinstance(client, AsyncMessagingClient) else ThreadPost(client, threads)
