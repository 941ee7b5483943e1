"""Sends one message through a client of either kind, from the sender's event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any, Protocol

from spapi_messaging import AsyncMessagingClient, SendReceipt
from spapi_messaging.bulk.sending.accounts import Client
from spapi_messaging.bulk.sending.threads import Threads

Hook = Callable[[], Awaitable[None]]


class Post(Protocol):
    """Sends a message. The hooks are those of ``client.send``, as coroutine functions."""

    #: Whether a send ends at once when its task is cancelled.
    can_cancel: bool

    async def __call__(self, message: tuple[Any, ...], options: dict[str, Any], begin: Hook, back: Hook) -> SendReceipt:
        """``message`` and ``options`` are the arguments of ``client.send``."""
        ...


class AsyncPost:
    """Through an AsyncMessagingClient."""

    can_cancel = True

    def __init__(self, client: AsyncMessagingClient) -> None:
        self._client = client

    async def __call__(self, message: tuple[Any, ...], options: dict[str, Any], begin: Hook, back: Hook) -> SendReceipt:
        return await self._client.send(*message, **options, before_first_byte=begin, after_refusal=back)


class ThreadPost:
    """Through a MessagingClient: each message in a thread."""

    can_cancel = False

    def __init__(self, client: Client, threads: Threads) -> None:
        self._client, self._threads = client, threads

    async def __call__(self, message: tuple[Any, ...], options: dict[str, Any], begin: Hook, back: Hook) -> SendReceipt:
        loop = asyncio.get_running_loop()

        def on_loop(hook: Hook) -> None:
            asyncio.run_coroutine_threadsafe(_awaited(hook), loop).result()

        send: Callable[[], Any] = partial(
            self._client.send,
            *message,
            **options,
            before_first_byte=partial(on_loop, begin),
            after_refusal=partial(on_loop, back),
        )
        receipt: SendReceipt = await self._threads.run(send)
        return receipt


def post_of(client: Client, threads: Threads) -> Post:
    """How this client sends."""
    return AsyncPost(client) if isinstance(client, AsyncMessagingClient) else ThreadPost(client, threads)


async def _awaited(hook: Hook) -> None:
    await hook()
