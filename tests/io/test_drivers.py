"""Both drivers carry out every effect: by blocking a thread, or by suspending a task."""

from __future__ import annotations

import asyncio
import contextvars
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, TypeVar

import httpx
import pytest

from spapi_messaging._call.effects import Bell, Exchange, Flow, Invoke, Together, Wait
from spapi_messaging._call.first_byte import DeadlinePassed, FirstByte, HookFailed
from spapi_messaging._io.clock import Clock
from spapi_messaging._io.event_loop import LoopDriver
from spapi_messaging._io.loop_connections import GivenLoopTransport
from spapi_messaging._io.signal import Signal
from spapi_messaging._io.threads import GivenTransport, ThreadDriver
from tests.support.amazon import Amazon, Trickle, both, sent
from tests.support.clocks import FakeClock
from tests.support.hand import a_request

T = TypeVar("T")

PAST = 0.0  # a deadline that has passed on the machine's clock and on FakeClock
in_time = pytest.mark.parametrize("seconds", [None, 60.0])  # until the deadline


def run(kind: str, flow: Flow[T], amazon: Amazon | None = None, clock: Clock | None = None) -> T:
    """Runs a flow with the driver for threads or with the one for asyncio."""
    amazon, clock = amazon or Amazon(), clock or Clock()
    if kind == "threads":
        return ThreadDriver(GivenTransport(amazon), clock).run(flow)
    return asyncio.run(LoopDriver(GivenLoopTransport(amazon), clock).run(flow))


def only(effect: Any) -> Flow[Any]:
    """A flow of one effect."""
    return (yield effect)


def after(seconds: float | None) -> float | None:
    return None if seconds is None else Clock().now() + seconds


# Exchange


@both
def test_an_exchange_gives_the_answer_read_to_its_end_and_closed(kind: str) -> None:
    stream = Trickle([b'{"a":', b" 1}"])
    found = run(kind, only(Exchange(a_request())), Amazon(httpx.Response(201, stream=stream)))

    assert (found.status_code, found.json()) == (201, {"a": 1})
    assert stream.closed


@both
def test_an_answer_that_breaks_off_is_an_error_and_closed_as_well(kind: str) -> None:
    stream = Trickle([b'{"a":', httpx.RemoteProtocolError("cut")])
    with pytest.raises(httpx.RemoteProtocolError):
        run(kind, only(Exchange(a_request())), Amazon(httpx.Response(201, stream=stream)))

    assert stream.closed


# Wait


@both
def test_a_wait_ends_when_nothing_remains(kind: str) -> None:
    clock = FakeClock()
    end = clock.now() + 7.0
    run(kind, only(Wait(lambda now: end - now, Bell())), clock=clock)
    run(kind, only(Wait(lambda now: end - now, Bell())), clock=clock)

    assert clock.waits == [7.0]


@both
@pytest.mark.parametrize("remaining", [1000.0, None])
def test_a_bell_that_rings_in_another_thread_makes_the_wait_look_again(kind: str, remaining: float | None) -> None:
    bell, asked, done = Bell(), threading.Event(), threading.Event()

    def look(now: float) -> float | None:
        asked.set()
        return 0.0 if done.is_set() else remaining

    def ring() -> None:
        asked.wait(10)
        done.set()
        bell.ring()

    thread = threading.Thread(target=ring)
    thread.start()
    run(kind, only(Wait(look, bell)))
    thread.join(10)


@both
def test_a_wait_that_is_not_a_number_ends(kind: str) -> None:
    run(kind, only(Wait(lambda now: float("nan"), Bell())))


def test_a_signal_is_set_until_it_is_cleared_like_any_event() -> None:
    signal = Signal()
    assert not signal.is_set()
    assert not signal.wait(0.001)
    for _ in range(2):
        signal.set()
        signal.set()
        assert signal.wait(10)
        assert signal.is_set()
        assert signal.wait(10)
        signal.clear()
        assert not signal.is_set()
        assert not signal.wait(0.001)
    threading.Timer(0.01, signal.set).start()

    assert signal.wait(10)
    assert "set" in repr(signal)


# Invoke

variable = contextvars.ContextVar("variable", default="none")


@both
@in_time
def test_a_function_gives_its_result_or_its_error_and_sees_the_callers_context(
    kind: str, seconds: float | None
) -> None:
    def fail() -> None:
        raise TimeoutError("its own")

    variable.set("of-the-caller")
    assert run(kind, only(Invoke(variable.get, after(seconds)))) == "of-the-caller"
    with pytest.raises(TimeoutError, match="its own"):
        run(kind, only(Invoke(fail, after(seconds))))


@both
def test_a_function_that_takes_longer_than_its_deadline_is_left_behind(kind: str) -> None:
    release, ended = threading.Event(), threading.Event()

    def slow() -> None:
        release.wait(10)
        ended.set()

    with pytest.raises(DeadlinePassed):
        run(kind, only(Invoke(slow, PAST)))
    assert not ended.is_set()
    release.set()
    assert ended.wait(10)


def test_on_an_event_loop_a_plain_function_runs_beside_it_and_a_coroutine_function_on_it() -> None:
    class Provider:
        async def __call__(self) -> threading.Thread:
            return threading.current_thread()

    async def coroutine() -> threading.Thread:
        return threading.current_thread()

    own = threading.current_thread()
    assert run("asyncio", only(Invoke(threading.current_thread))) is not own
    assert run("asyncio", only(Invoke(coroutine))) is own
    assert run("asyncio", only(Invoke(Provider()))) is own  # made beside the loop, awaited on it


def test_a_coroutine_is_cancelled_at_its_deadline() -> None:
    cancelled: list[bool] = []

    async def endless() -> None:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            cancelled.append(True)
            raise

    with pytest.raises(DeadlinePassed):
        run("asyncio", only(Invoke(endless, PAST)))
    assert cancelled


def test_in_a_thread_a_function_without_a_deadline_runs_right_there() -> None:
    assert run("threads", only(Invoke(threading.current_thread))) is threading.current_thread()


# Together


@both
def test_flows_run_together_and_their_results_come_in_order(kind: str) -> None:
    flows = [only(Invoke(lambda n=n: n)) for n in range(3)]  # type: ignore[misc]

    assert run(kind, only(Together(flows))) == [0, 1, 2]


@both
def test_if_one_of_them_fails_the_others_are_ended(kind: str) -> None:
    ended: list[str] = []

    def patient() -> Flow[None]:
        try:
            yield Wait(lambda now: None, Bell())
        finally:
            ended.append("patient")

    def failing() -> Flow[None]:
        yield Wait(lambda now: 0.0, Bell())
        raise LookupError

    # Threads run one flow after the other, so there the second one does not begin.
    flows = [failing(), patient()] if kind == "threads" else [patient(), failing()]
    with pytest.raises(LookupError):
        run(kind, only(Together(flows)))
    assert ended == ([] if kind == "threads" else ["patient"])


def test_flows_that_are_thrown_away_together_end_quietly() -> None:
    async def main() -> None:
        driver = LoopDriver(GivenLoopTransport(Amazon()), Clock())
        both_wait = Together([only(Wait(lambda now: 100.0, Bell())) for _ in range(2)])
        running = driver.run(only(both_wait))
        running.__await__().send(None)
        running.close()  # as the garbage collector does with a loop that nobody runs any more

    asyncio.run(main())


# Deadlines of an exchange


@both
def test_no_phase_of_a_request_may_take_longer_than_what_is_left(kind: str) -> None:
    clock, amazon = FakeClock(), Amazon()
    for seconds in (5.0, 3600.0):
        request = a_request()
        request.extensions["timeout"] = {"connect": 10.0, "read": 30.0, "write": None}
        run(kind, only(Exchange(request, clock.now() + seconds)), amazon, clock)

    assert amazon.calls[0].timeout == {"connect": 5.0, "read": 5.0, "write": 5.0}
    assert amazon.calls[1].timeout == {"connect": 10.0, "read": 30.0, "write": 3600.0}


@both
def test_an_exchange_whose_deadline_has_passed_does_not_begin(kind: str) -> None:
    amazon = Amazon()
    with pytest.raises(DeadlinePassed):
        run(kind, only(Exchange(a_request(), PAST)), amazon)

    assert amazon.calls == []


class Held(httpx.BaseTransport, httpx.AsyncBaseTransport):
    """A transport that answers when the test says."""

    def __init__(self) -> None:
        self.release, self.ended = threading.Event(), threading.Event()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self.release.wait(10)
        self.ended.set()
        return sent()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        try:
            await asyncio.Event().wait()
        finally:
            self.ended.set()
        raise AssertionError


class AlmostOver(Clock):
    """A clock on which a deadline is a moment away."""

    def now(self) -> float:
        return -0.3


@both
def test_an_exchange_is_given_up_at_its_deadline_and_nobody_knows_what_happened_to_it(kind: str) -> None:
    held: Any = Held()
    with pytest.raises(httpx.ReadTimeout):
        run(kind, only(Exchange(a_request(), PAST)), held, AlmostOver())

    held.release.set()
    assert held.ended.wait(10)


class Hurrying(Clock):
    """A clock on which a second passes whenever someone looks at it."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def now(self) -> float:
        self.seconds += 1.0
        return self.seconds


@both
def test_a_request_whose_deadline_passes_just_before_its_first_byte_does_not_leave(kind: str) -> None:
    amazon = Amazon()
    with pytest.raises(DeadlinePassed):
        run(kind, only(Exchange(a_request(), 1.5)), amazon, Hurrying())

    assert amazon.calls == []


@both
def test_a_request_that_is_given_up_before_its_first_byte_does_not_leave_any_more(
    kind: str, join_helpers: Callable[[], None]
) -> None:
    amazon, release = Amazon(), threading.Event()

    def hook() -> None:
        release.wait(10)

    with pytest.raises(DeadlinePassed):
        run(kind, only(Exchange(a_request(), PAST, FirstByte(hook))), amazon, AlmostOver())
    release.set()
    join_helpers()
    assert amazon.calls == []


def test_a_request_that_is_interrupted_before_its_first_byte_does_not_leave_any_more(
    monkeypatch: pytest.MonkeyPatch,
    join_helpers: Callable[[], None],
) -> None:
    amazon, asked, interrupted = Amazon(), threading.Event(), threading.Event()

    def hook() -> None:
        asked.set()
        interrupted.wait(10)

    def interrupt(*_: object) -> None:
        asked.wait(10)
        raise KeyboardInterrupt

    monkeypatch.setattr(Future, "result", interrupt)
    with pytest.raises(KeyboardInterrupt):
        run("threads", only(Exchange(a_request(), after(60.0), FirstByte(hook))), amazon)
    interrupted.set()
    join_helpers()
    assert amazon.calls == []


def test_a_request_that_is_cancelled_before_its_first_byte_does_not_leave_any_more(
    join_helpers: Callable[[], None],
) -> None:
    amazon, asked, cancelled = Amazon(), threading.Event(), threading.Event()

    def hook() -> None:
        asked.set()
        cancelled.wait(10)

    async def main() -> None:
        driver = LoopDriver(GivenLoopTransport(amazon), Clock())
        task = asyncio.create_task(driver.run(only(Exchange(a_request(), after(60.0), FirstByte(hook)))))
        while not asked.is_set():
            await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        cancelled.set()
        await asyncio.to_thread(join_helpers)

    asyncio.run(main())
    assert amazon.calls == []


def test_no_thread_waits_longer_than_it_can(monkeypatch: pytest.MonkeyPatch) -> None:
    waits: list[float | None] = []
    result = Future.result

    def wait(future: Future[Any], seconds: float | None = None) -> Any:
        waits.append(seconds)
        return result(future)

    monkeypatch.setattr(Future, "result", wait)
    run("threads", only(Exchange(a_request(), float("inf"))))

    assert all(seconds is None or seconds <= threading.TIMEOUT_MAX for seconds in waits)


# The first byte


@both
def test_the_hook_is_called_before_the_request_leaves(kind: str) -> None:
    amazon = Amazon()
    seen: list[int] = []
    first_byte = FirstByte(lambda: seen.append(len(amazon.calls)))
    run(kind, only(Exchange(a_request(), None, first_byte)), amazon)

    assert seen == [0]
    assert first_byte.left


@both
@in_time
def test_an_error_of_the_hook_sends_nothing(kind: str, seconds: float | None) -> None:
    amazon = Amazon()

    def refuse() -> None:
        raise LookupError("the ledger cannot write")

    first_byte = FirstByte(refuse)
    with pytest.raises(HookFailed):
        run(kind, only(Exchange(a_request(), after(seconds), first_byte)), amazon)
    assert isinstance(first_byte.refusal, LookupError)
    assert not first_byte.left
    assert amazon.calls == []


@both
def test_a_request_whose_hook_takes_until_the_deadline_does_not_leave(kind: str) -> None:
    clock, amazon = FakeClock(), Amazon()

    def hook() -> None:
        clock.time += 10.0

    first_byte = FirstByte(hook, clock.now() + 10.0)
    with pytest.raises(DeadlinePassed):
        run(kind, only(Exchange(a_request(), clock.now() + 20.0, first_byte)), amazon, clock)
    assert not first_byte.left
    assert amazon.calls == []


def test_an_async_hook_needs_the_async_client() -> None:
    seen: list[str] = []

    async def hook() -> None:
        seen.append("called")

    run("asyncio", only(Exchange(a_request(), None, FirstByte(hook))))
    assert seen == ["called"]
    first_byte = FirstByte(hook)
    with pytest.raises(HookFailed):
        run("threads", only(Exchange(a_request(), None, first_byte)))
    assert "needs AsyncMessagingClient" in str(first_byte.refusal)


# The machine's clock


def test_the_machines_clock_takes_any_span_of_time_and_ends_a_wait_in_time() -> None:
    woken = threading.Event()
    woken.set()
    for seconds in (None, 0.0, 1e300, float("inf")):
        Clock().wait(woken, seconds)
    Clock().wait(threading.Event(), 0.001)

    async def main() -> None:
        woken = asyncio.Event()
        woken.set()
        for seconds in (None, 0.0, 1e300, float("inf")):
            await Clock().wait_async(woken, seconds)
        await Clock().wait_async(asyncio.Event(), 0.001)

    asyncio.run(main())
