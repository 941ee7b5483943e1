"""A client for threads gives up at its deadline, and leaves a thread behind that is in a hook or on the way to one.

What that thread writes into the ledger must not come after what the next attempt of the message does: the row would say
``claimed`` of a message that is in flight, or ``sending`` of one that never left.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from typing import Any

import pytest

from spapi_messaging.bulk.sending.posting import ThreadPost
from spapi_messaging.bulk.sending.threads import Threads
from spapi_messaging.errors import NetworkError
from tests.support.servers import PATIENCE


class Client:
    """Sends as a MessagingClient does whose deadline passes: its helper thread goes on."""

    def __init__(self, gives_up: Callable[[], object]) -> None:
        self.gives_up = gives_up
        self.gave_up = threading.Event()
        self.ended = threading.Event()
        self.refused: BaseException | None = None

    def send(self, *message: Any, before_first_byte: Callable[[], None], after_refusal: Any) -> None:
        def leave() -> None:
            try:
                before_first_byte()
            except BaseException as error:
                self.refused = error
            finally:
                self.ended.set()

        threading.Thread(target=leave, daemon=True).start()
        self.gives_up()
        self.gave_up.set()
        raise NetworkError("the deadline passed, and nothing was sent", retryable=True)


def post_of(client: Client) -> ThreadPost:
    return ThreadPost(client, Threads(1))  # type: ignore[arg-type]


async def test_a_send_that_is_given_up_ends_after_its_hook() -> None:
    began, told = threading.Event(), []

    async def begin() -> None:
        began.set()
        await asyncio.to_thread(client.gave_up.wait, PATIENCE)
        for _ in range(1000):  # the ledger is slow
            await asyncio.sleep(0)
        told.append("the hook has ended")

    client = Client(lambda: began.wait(PATIENCE))
    with pytest.raises(NetworkError):
        await post_of(client)(("order", "type"), {}, begin, begin)
    told.append("the send has ended")
    await asyncio.to_thread(client.ended.wait, PATIENCE)

    assert told == ["the hook has ended", "the send has ended"]
    assert client.refused is None


async def test_a_hook_that_comes_after_its_send_was_given_up_is_not_carried_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    given_up, begun = threading.Event(), []
    run = asyncio.run_coroutine_threadsafe

    def late(coroutine: Any, loop: asyncio.AbstractEventLoop) -> Any:
        given_up.wait(PATIENCE)
        return run(coroutine, loop)

    async def begin() -> None:
        begun.append(True)

    monkeypatch.setattr(asyncio, "run_coroutine_threadsafe", late)
    client = Client(lambda: None)
    with pytest.raises(NetworkError):
        await post_of(client)(("order", "type"), {}, begin, begin)
    given_up.set()
    await asyncio.to_thread(client.ended.wait, PATIENCE)

    assert client.refused is not None
    assert begun == []
