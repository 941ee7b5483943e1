"""Clocks that waiting goes by in tests: nobody sleeps, and the order of events is always the same."""

from __future__ import annotations

import asyncio
import contextlib
import selectors
import threading
from collections.abc import Callable, Coroutine, Iterator
from typing import Any, TypeVar

from spapi_messaging._io.clock import Clock

T = TypeVar("T")


class FakeClock(Clock):
    """For one caller: time stands still until it waits, and jumps to the end of the wait, or to a planned event."""

    def __init__(self) -> None:
        self.time = 1000.0
        self.waits: list[float] = []
        self._plans: list[tuple[float, Callable[[], object]]] = []

    def now(self) -> float:
        return self.time

    def after(self, seconds: float, action: Callable[[], object]) -> None:
        """Plans something to happen while the caller waits."""
        self._plans.append((self.time + seconds, action))
        self._plans.sort(key=lambda plan: plan[0])

    def wait(self, woken: threading.Event, seconds: float | None) -> None:
        for _ in self._wait(woken, seconds):
            pass

    async def wait_async(self, woken: asyncio.Event, seconds: float | None) -> None:
        for _ in self._wait(woken, seconds):
            for _ in range(3):
                await asyncio.sleep(0)  # what the event, or another thread, has told the loop to do

    def _wait(self, woken: threading.Event | asyncio.Event, seconds: float | None) -> Iterator[None]:
        end = float("inf") if seconds is None else self.time + seconds
        began = self.time
        try:
            while self._plans and self._plans[0][0] <= end and not woken.is_set():
                self.time, action = self._plans.pop(0)
                action()
                yield
            if woken.is_set():
                return
            assert end < float("inf"), "this would wait for ever"
            self.time = end
        finally:
            self.waits.append(self.time - began)


class CountingClock(Clock):
    """The machine's clock, which knows how many threads and tasks wait on it."""

    def __init__(self) -> None:
        self.waiting = 0
        self._lock = threading.Lock()

    def wait(self, woken: threading.Event, seconds: float | None) -> None:
        with self._counted():
            super().wait(woken, seconds)

    async def wait_async(self, woken: asyncio.Event, seconds: float | None) -> None:
        with self._counted():
            await super().wait_async(woken, seconds)

    @contextlib.contextmanager
    def _counted(self) -> Iterator[None]:
        with self._lock:
            self.waiting += 1
        try:
            yield
        finally:
            with self._lock:
                self.waiting -= 1


class _NoTime(selectors.DefaultSelector):
    """Instead of blocking until a timer is due, moves the loop's time there."""

    def __init__(self) -> None:
        super().__init__()
        self.time = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = super().select(0)
        if ready or timeout == 0:
            return ready
        assert timeout is not None, "every task waits for ever"
        self.time += timeout
        return []


class VirtualLoop(asyncio.SelectorEventLoop):
    """An event loop whose timers cost no time."""

    def __init__(self) -> None:
        self._virtual = _NoTime()
        super().__init__(self._virtual)
        self._clock_resolution = 1e-9

    def time(self) -> float:
        return self._virtual.time


class LoopClock(Clock):
    """The time of the running loop, with the real way to wait on it."""

    def now(self) -> float:
        return asyncio.get_running_loop().time()


def run_virtually(main: Coroutine[Any, Any, T]) -> T:
    """asyncio.run, on a loop whose timers cost no time."""
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(main)


class ThreadsClock(Clock):
    """For a fixed number of threads: when all of them wait, time jumps to whatever is due first."""

    def __init__(self, threads: int) -> None:
        self.time = 0.0
        self._lock = threading.Lock()
        self._running = threads
        self._sleepers: list[tuple[float, int, threading.Event]] = []
        self._count = 0

    def now(self) -> float:
        return self.time

    def sleep(self, seconds: float) -> None:
        self.wait(threading.Event(), seconds)

    def leave(self) -> None:
        """Says that the calling thread is done."""
        with self._lock:
            self._running -= 1
            self._advance()

    def wait(self, woken: threading.Event, seconds: float | None) -> None:
        with self._lock:
            self._count += 1
            sleeper = (float("inf") if seconds is None else self.time + max(0.0, seconds), self._count, woken)
            self._sleepers.append(sleeper)
            self._running -= 1
            self._advance()
        assert woken.wait(10), "every thread waits for ever"
        with self._lock:
            if sleeper in self._sleepers:  # woken by another thread, before its time
                self._sleepers.remove(sleeper)
                self._running += 1

    def _advance(self) -> None:
        if self._running or not self._sleepers or any(woken.is_set() for _, _, woken in self._sleepers):
            return
        first = min(self._sleepers, key=lambda sleeper: sleeper[:2])
        if first[0] < float("inf"):
            self._sleepers.remove(first)
            self._running += 1
            self.time = max(self.time, first[0])
            first[2].set()
