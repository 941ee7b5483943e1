"""Senders: they send what is in a ledger, each message at most once, however often they are killed."""

from __future__ import annotations

import asyncio
import queue
import threading
from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any, Literal

from spapi_messaging._safeguards.tracebacks import hidden_variables, methods_without_variables
from spapi_messaging.bulk.outcomes import Outcome
from spapi_messaging.bulk.sending.accounts import Accounts, AccountSource
from spapi_messaging.bulk.sending.options import Options, Progress, check_options
from spapi_messaging.bulk.sending.run import MAX_BACKLOG, Run
from spapi_messaging.bulk.sending.sellers import Sellers
from spapi_messaging.errors import ConfigurationError

if TYPE_CHECKING:
    from spapi_messaging.bulk.ledger import Ledger

__all__ = ["AsyncSender", "Progress", "Sender"]


@methods_without_variables
class AsyncSender:
    """Sends what is in a ledger, from asyncio.

    Args:
        ledger: the ledger.
        accounts: finds the client, or the Credentials, of an account by its name: a mapping, or a function (it returns
            None for an account that is not served here), or the function's name as a string: ``"shop.accounts:find"``.
            With a string, the environment says where messages go: ``SP_API_SANDBOX``, ``SP_API_ENDPOINT``. If there is
            only one account, its client or Credentials may be given directly. None: the profiles of
            ``credentials.yml`` and the environment, as ``from_env`` reads them.
        check: True or "strict" asks Amazon about each message just before it goes, as ``send(…, check=…)`` does. A
            message that Amazon does not offer for its order now waits, and is looked at again. Needs the extra
            ``preflight``.
        sellers: how many sellers are served side by side.
        patience: seconds that a run waits for what may get better by itself: a network that is down, a ledger that
            cannot be written, a message that may not be sent yet. After that, it stops waiting for it.
        seconds: for how long the run begins messages; None: until nothing is left that can be done now.
        stay: whether the run waits for more messages when nothing is left, until it is stopped: for a process that runs
            all the time. It then also survives a ledger that is out of reach for longer than ``patience``.
        batch: only messages that were added with it last are sent; see ``Ledger.add``. None: all.
        on_progress: called with a Progress after each outcome, on the event loop. It must return at once.
        **client_options: arguments of the clients that are made from Credentials, such as ``sandbox``, ``endpoint``,
            ``usage_plans`` or ``timeout``.

    Raises:
        ConfigurationError: an argument cannot be used.
    """

    def __init__(
        self,
        ledger: Ledger,
        accounts: AccountSource = None,
        *,
        check: bool | Literal["strict"] = False,
        sellers: int = 200,
        patience: float = 60.0,
        seconds: float | None = None,
        stay: bool = False,
        batch: str | None = None,
        on_progress: Callable[[Progress], object] | None = None,
        **client_options: Any,
    ) -> None:
        if not hasattr(ledger, "database"):
            raise ConfigurationError(f"ledger is a {type(ledger).__name__}. Give a Ledger, such as Ledger(url).")
        self._ledger, self._accounts, self._client_options = ledger, accounts, client_options
        self._options = Options(check, sellers, patience, seconds, on_progress, batch, stay)
        check_options(self._options)
        Accounts(accounts, client_options)  # says now what is wrong with them
        self._run: Run | None = None
        self._has_run = self._stopped_early = False

    async def run(self) -> AsyncGenerator[Outcome, None]:
        """Sends what can be sent now, and gives the outcome of each message.

        It returns when nothing is left that can be done now. Messages that wait, and those of parked sellers, stay in
        the ledger. Whoever leaves the loop early waits until the messages that have left are answered, if the loop is
        inside ``async with contextlib.aclosing(sender.run()) as outcomes``.

        Raises:
            ConfigurationError: the ledger is for another purpose, or a copy; or an argument of the clients is wrong.
            LedgerError: the ledger cannot be written, for longer than ``patience``.
        """
        if self._run is not None:
            raise ConfigurationError("This sender is running already. Make another one.")
        accounts = Accounts(self._accounts, self._client_options)
        self._run = Run(self._ledger, accounts, self._options)
        if self._stopped_early:
            self._run.stop()
        self._has_run, self._stopped_early = True, False
        sellers = Sellers(self._run, accounts, self._options.sellers)
        outcomes = self._run.outcomes(partial(sellers.serve, self._options.seconds))
        with hidden_variables():
            try:
                async for outcome in outcomes:
                    yield outcome
            finally:
                await outcomes.aclose()
                self._run = None

    def stop(self) -> None:
        """Ends the run, on its event loop: no more messages begin, and those that have left are answered first.

        Before the first run, it ends that one as soon as it begins.
        """
        if self._run is not None:
            self._run.stop()
        elif not self._has_run:
            self._stopped_early = True

    def abort(self) -> None:
        """Ends the run at once, on its event loop. Messages that have left are unknown then."""
        if self._run is not None:
            self._run.abort()


@methods_without_variables
class Sender:
    """Sends what is in a ledger. Takes the arguments of AsyncSender.

    It has a thread with an event loop of its own, so it goes on while you look at an outcome.
    ``on_progress`` is called in that thread.
    """

    def __init__(self, ledger: Ledger, accounts: AccountSource = None, **options: Any) -> None:
        self._sender = AsyncSender(ledger, accounts, **options)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._leaving = self._running = self._has_run = False

    def run(self) -> Generator[Outcome, None, None]:
        """Sends what can be sent now, and gives the outcome of each message; see AsyncSender.run.

        Whoever leaves the loop early, by Ctrl-C too, waits until the messages that have left are answered. A second
        Ctrl-C ends at once: those messages are unknown then.
        """
        if self._running:
            raise ConfigurationError("This sender is running already. Make another one.")
        self._loop, self._running, self._has_run = None, True, True
        outcomes: queue.SimpleQueue[Outcome | BaseException | None] = queue.SimpleQueue()
        ended = threading.Event()
        given = (outcomes, ended)
        threading.Thread(target=self._serve, args=given, name="spapi-messaging-sender", daemon=True).start()
        try:
            while (outcome := outcomes.get()) is not None:
                if isinstance(outcome, BaseException):
                    raise outcome
                yield outcome
        finally:
            try:
                self._leave(ended)
            finally:
                self._running = self._leaving = False

    def stop(self) -> None:
        """Ends the run, from any thread: no more messages begin, and those that have left are answered first.

        Before the first run, it ends that one as soon as it begins.
        """
        self._leaving = self._running or not self._has_run
        self._on_loop(self._sender.stop)

    def abort(self) -> None:
        """Ends the run at once, from any thread. Messages that have left are unknown then."""
        self._leaving = self._running or not self._has_run
        self._on_loop(self._sender.abort)

    def _serve(self, outcomes: queue.SimpleQueue[Outcome | BaseException | None], ended: threading.Event) -> None:
        async def main() -> None:
            self._loop = asyncio.get_running_loop()
            if self._leaving:  # before there was a loop to be told on
                return
            async for outcome in self._sender.run():
                outcomes.put(outcome)
                while outcomes.qsize() > MAX_BACKLOG and not self._leaving:  # whoever takes them is slow
                    await asyncio.sleep(0.05)

        try:
            asyncio.run(main())
        except BaseException as error:
            outcomes.put(error)
        else:
            outcomes.put(None)
        finally:
            ended.set()

    def _leave(self, ended: threading.Event) -> None:
        """Waits for the end of the run. An interruption meanwhile ends it at once."""
        try:
            self.stop()
            ended.wait()  # join() of a thread takes it for ended once it was interrupted
        except KeyboardInterrupt:
            self.abort()
            ended.wait()
            raise

    def _on_loop(self, function: Callable[[], None]) -> None:
        loop = self._loop
        if loop is not None:
            with suppress(RuntimeError):  # it is closed: the run has ended
                loop.call_soon_threadsafe(function)
