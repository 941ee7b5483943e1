"""One message on its way: what the ledger is told while it leaves."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import Enum, auto

from spapi_messaging.bulk.claiming.claims import ClaimedMessage
from spapi_messaging.bulk.claiming.transitions import Settlement
from spapi_messaging.bulk.sending.writer import Writer
from spapi_messaging.bulk.states import State

#: Seconds between the commit of ``sending`` and the first byte. When it took longer, the process may have been paused,
#: and a person may have decided something meanwhile.
MAX_HESITATION = 5.0


class Stopped(Exception):
    """The run is ending: this message stays for the next one."""


class Overtaken(Exception):
    """Another sender has taken the seller over, and with it this message."""


class Hesitated(Exception):
    """Too much time passed between the commit and the first byte. Nothing was sent."""


#: What the hooks raise: the message stays as it is, and nothing of it was sent.
NOT_BEGUN = (Stopped, Overtaken, Hesitated)


class Phase(Enum):
    """How far a message has come."""

    PREPARING = auto()  # everything slow: token, upload, asking Amazon, waiting for the plan, connecting
    ASKING = auto()  # a part of it: a language or a file is being asked for, which can always be cancelled
    BEGINNING = auto()  # its ``sending`` is being committed
    LEFT = auto()  # its first byte may have left
    STAYED = auto()  # it is known that it did not


class Attempt:
    """One message that is being sent. ``begin`` and ``take_back`` are the hooks of ``client.send``.

    Attributes:
        claimed: the sender that claimed it, and the message.
        phase: how far it has come.
        stopped: whether it must not begin any more.
        began_at: when the work on it began, by the event loop's clock.

    ``on_left`` is called when it leaves.
    """

    def __init__(
        self, writer: Writer, claimed: tuple[str, ClaimedMessage], on_left: Callable[[], None] = lambda: None
    ) -> None:
        self.sender, self.message = self.claimed = claimed
        self.phase = Phase.PREPARING
        self.stopped = False
        self.began_at = asyncio.get_running_loop().time()
        self._writer, self._on_left = writer, on_left

    @contextmanager
    def asking(self) -> Iterator[None]:
        """While Amazon is asked for the buyer's language, or a storage for a file."""
        if self.stopped:
            raise Stopped
        self.phase = Phase.ASKING
        try:
            yield
        finally:
            self.phase = Phase.PREPARING

    async def begin(self) -> None:
        """Writes ``sending`` down, and lets the first byte leave only if the ledger took it."""
        if self.stopped:
            raise Stopped
        loop = asyncio.get_running_loop()
        self.phase = Phase.BEGINNING
        try:
            begun = await self._writer.begin(self.sender, self.message)
        except BaseException:
            self.stay()  # nobody knows whether it was committed, and nothing was sent
            raise
        if not begun.ours:
            self.phase = Phase.STAYED
            raise Overtaken
        if loop.time() - begun.at > MAX_HESITATION:
            self.stay()
            raise Hesitated
        self.phase = Phase.LEFT
        self._on_left()

    async def take_back(self) -> None:
        """Writes down that Amazon did not accept the last attempt, and that another one follows."""
        self.stay()

    def settle(self, state: State, **values: object) -> asyncio.Future[bool]:
        """Writes the end of the message down."""
        return self._writer.settle(self.sender, Settlement(self.message.id, self.message.epoch, state, values))

    def stay(self) -> None:
        """Writes down that nothing of it was sent: it is as it was when it was claimed."""
        self.phase = Phase.STAYED
        self.settle(State.CLAIMED)
