"""How a run ends: by itself, by a word, by time, by leaving the loop, by Ctrl-C. Nothing stays claimed."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import aclosing
from typing import Any

import pytest
from sqlalchemy import update

from spapi_messaging import UsagePlan
from spapi_messaging.bulk import AsyncSender, Ledger, Outcome, Sender, State, work
from spapi_messaging.bulk import sender as sender_module
from spapi_messaging.bulk.sending import run as run_module
from spapi_messaging.bulk.storage.schema import messages
from spapi_messaging.sandbox import Sandbox
from tests.support import postgres
from tests.support.runs import HastyLoop, Shop, job, number_of, outcomes_of
from tests.support.servers import PATIENCE
from tests.support.slow import SlowAmazon
from tests.support.thorough import on_a_database

#: One message after the other, so that a test can stop between them.
ONE_BY_ONE = {"*": UsagePlan(40.0, 1)}


def assert_each_was_sent_once(shop: Shop, number: int) -> None:
    """What the ledger says was sent is what buyers received, and everything is sent in the end."""
    shop.assert_nothing_is_held()
    sent = sorted(number_of(outcome.job.order_id) for outcome in shop.ledger.outcomes(state="sent"))
    assert shop.received() == sent
    shop.run()
    assert shop.received() == list(range(number))
    assert shop.states() == {State.SENT: number}


@on_a_database("kind", ["asyncio", "threads"])
def test_stop(any_shop: Shop, kind: str) -> None:
    any_shop.add(*(job(number) for number in range(12)))
    client = (any_shop.client if kind == "asyncio" else any_shop.threads_client)(usage_plans=ONE_BY_ONE)
    sender = Sender(any_shop.ledger, client)

    for outcome in sender.run():
        assert outcome.state is State.SENT
        sender.stop()

    assert State.PENDING in any_shop.states()
    assert_each_was_sent_once(any_shop, 12)


def test_stop_from_another_thread(shop: Shop) -> None:
    shop.add(*(job(number) for number in range(12)))
    sender = Sender(shop.ledger, shop.client(usage_plans=ONE_BY_ONE))

    for _ in sender.run():
        stopping = threading.Thread(target=sender.stop)
        stopping.start()
        stopping.join()

    assert State.PENDING in shop.states()
    assert_each_was_sent_once(shop, 12)


def test_a_sender_can_run_again(shop: Shop) -> None:
    shop.add(*(job(number) for number in range(5)))
    sender = Sender(shop.ledger, shop.client(usage_plans=ONE_BY_ONE))
    for _ in sender.run():
        sender.stop()

    list(sender.run())

    assert shop.states() == {State.SENT: 5}


def test_leaving_the_loop(any_shop: Shop) -> None:
    any_shop.add(*(job(number) for number in range(12)))

    for _ in Sender(any_shop.ledger, any_shop.client(usage_plans=ONE_BY_ONE)).run():
        break

    assert State.PENDING in any_shop.states()
    assert_each_was_sent_once(any_shop, 12)


def test_an_error_in_the_loop(shop: Shop) -> None:
    shop.add(*(job(number) for number in range(12)))

    with pytest.raises(ZeroDivisionError):
        for _ in Sender(shop.ledger, shop.client(usage_plans=ONE_BY_ONE)).run():
            1 / 0  # noqa: B018

    assert_each_was_sent_once(shop, 12)


def test_leaving_the_loop_of_asyncio(shop: Shop) -> None:
    shop.add(*(job(number) for number in range(12)))

    async def main() -> None:
        async with aclosing(AsyncSender(shop.ledger, shop.client(usage_plans=ONE_BY_ONE)).run()) as outcomes:
            async for _ in outcomes:
                break

    asyncio.run(main())

    assert State.PENDING in shop.states()
    assert_each_was_sent_once(shop, 12)


def test_what_has_left_is_answered_before_the_run_ends(any_shop: Shop) -> None:
    """The loop is left while a message is on its way: its answer is waited for and written down."""
    any_shop.add(job(1), job(2))
    any_shop.sandbox.faults.add("delay", "sends", seconds=0.5, every=2)

    for _ in Sender(any_shop.ledger, any_shop.client()).run():
        break

    assert any_shop.received() == [1, 2]
    assert any_shop.states() == {State.SENT: 2}
    any_shop.assert_nothing_is_held()


@pytest.fixture
def slow() -> Iterator[SlowAmazon]:
    amazon = SlowAmazon()
    with amazon.server:
        yield amazon
        amazon.answer_now.set()


def slow_client(shop: Shop, slow: SlowAmazon, *, threads: bool = False) -> Any:
    url = {"endpoint": slow.server.url, "lwa_endpoint": f"{slow.server.url}/auth/o2/token"}
    return (shop.threads_client if threads else shop.client)(**url)


def test_cancelling_an_async_run_waits_for_what_has_left(shop: Shop, slow: SlowAmazon) -> None:
    shop.add(job(1))

    async def main() -> None:
        running = asyncio.create_task(outcomes_of(AsyncSender(shop.ledger, slow_client(shop, slow))))
        assert await asyncio.to_thread(slow.arrived.wait, PATIENCE)
        running.cancel()
        await asyncio.sleep(0)
        assert not running.done()
        slow.answer_now.set()
        with contextlib.suppress(asyncio.CancelledError):
            await running

    asyncio.run(main())

    assert shop.states() == {State.SENT: 1}
    shop.assert_nothing_is_held()


@pytest.mark.parametrize("threads", [False, True])
def test_cancelling_twice_ends_at_once(shop: Shop, slow: SlowAmazon, threads: bool) -> None:
    shop.add(job(1))

    async def main() -> None:
        client = slow_client(shop, slow, threads=threads)
        running = asyncio.create_task(outcomes_of(AsyncSender(shop.ledger, client)))
        assert await asyncio.to_thread(slow.arrived.wait, PATIENCE)
        running.cancel()
        for _ in range(10):
            await asyncio.sleep(0)
        running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            async with asyncio.timeout(PATIENCE):
                await running
        assert not slow.answer_now.is_set()

    asyncio.run(main())

    assert shop.states() == {State.UNKNOWN: 1}
    shop.assert_nothing_is_held()


def test_an_aborted_run_leaves_what_had_not_begun_pending(shop: Shop) -> None:
    """Its token was still being fetched: nothing was sent, so nothing is unknown."""
    fetching = asyncio.Event()

    async def provide() -> str:
        fetching.set()
        await asyncio.sleep(3600)
        raise AssertionError

    shop.add(*(job(number) for number in range(5)))

    async def main() -> None:
        client = shop.client(credentials=None, token_provider=provide)
        running = asyncio.create_task(outcomes_of(AsyncSender(shop.ledger, client)))
        await fetching.wait()
        running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await running

    asyncio.run(main())

    assert shop.states() == {State.PENDING: 5}
    shop.assert_nothing_is_held()


def test_a_run_for_some_seconds(any_shop: Shop) -> None:
    any_shop.add(*(job(number) for number in range(80)))

    done = work(any_shop.ledger, any_shop.client(usage_plans=ONE_BY_ONE), seconds=2)

    states = any_shop.states()
    assert states[State.SENT] and states[State.PENDING]
    assert done.states == {State.SENT: states[State.SENT]}
    assert len(any_shop.received()) == states[State.SENT]
    any_shop.assert_nothing_is_held()


def test_a_run_for_some_seconds_does_not_wait_for_longer(shop: Shop) -> None:
    """A message that may go in an hour is not waited for, whatever the patience."""
    now = 1_800_000_000.0
    shop.ledger.close()
    shop.ledger = type(shop.ledger)(shop.ledger.database.url_shown, clock=lambda: now)
    shop.add(job(1, not_before="2027-01-15T09:00:00Z"))  # an hour after the clock
    loop_time = []

    async def main() -> list[Outcome]:
        loop = asyncio.get_running_loop()
        begin = loop.time()
        outcomes = await outcomes_of(AsyncSender(shop.ledger, shop.client(), seconds=5, patience=7200))
        loop_time.append(loop.time() - begin)
        return outcomes

    with asyncio.Runner(loop_factory=HastyLoop) as runner:
        assert runner.run(main()) == []

    assert loop_time[0] < 3000
    assert shop.states() == {State.PENDING: 1}


def test_what_is_added_during_a_run_is_sent_by_it(any_shop: Shop) -> None:
    any_shop.add(job(0))
    accounts = {"a": any_shop.client(), "": any_shop.client()}

    for outcome in Sender(any_shop.ledger, accounts).run():
        if number_of(outcome.job.order_id) == 0:
            any_shop.add(*(job(number, account="a" if number % 2 else None) for number in range(1, 10)))

    any_shop.run(accounts)
    assert any_shop.received() == list(range(10))
    assert any_shop.states() == {State.SENT: 10}


def test_what_becomes_due_within_the_patience_is_waited_for(shop: Shop) -> None:
    shop.add(job(1), job(2))
    with shop.ledger.database.write() as connection:
        later = shop.ledger.database.now + 1000
        connection.execute(update(messages).where(messages.c.id == shop.row(2).id).values(not_before=later))

    shop.run(patience=30)

    assert shop.states() == {State.SENT: 2}


def test_what_becomes_due_later_is_left(shop: Shop) -> None:
    shop.add(job(1), job(2, not_before="2999-01-01"))

    shop.run()

    assert shop.states() == {State.SENT: 1, State.PENDING: 1}


def test_a_slow_consumer_stops_new_messages_and_loses_none(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_module, "MAX_BACKLOG", 5)
    monkeypatch.setattr(sender_module, "MAX_BACKLOG", 5)
    shop.add(*(job(number) for number in range(200)))
    looked = threading.Event()

    outcomes: list[Outcome] = []
    for outcome in Sender(shop.ledger, shop.client()).run():
        if not outcomes:
            looked.wait(0.3)
            in_the_meantime = len(shop.received())
        outcomes.append(outcome)

    assert in_the_meantime < 150
    assert len(outcomes) == 200 and shop.states() == {State.SENT: 200}


def test_a_slow_consumer_that_leaves_does_not_wait_for_ever(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_module, "MAX_BACKLOG", 5)
    monkeypatch.setattr(sender_module, "MAX_BACKLOG", 5)
    shop.add(*(job(number) for number in range(80)))

    def consume() -> None:
        for _ in Sender(shop.ledger, shop.client()).run():
            threading.Event().wait(0.3)
            break

    consumer = threading.Thread(target=consume, daemon=True)
    consumer.start()
    consumer.join(PATIENCE)

    assert not consumer.is_alive()
    assert_each_was_sent_once(shop, 80)


@on_a_database("kind", ["asyncio", "threads"])
def test_progress(any_shop: Shop, kind: str) -> None:
    any_shop.add(*(job(number, account="a") for number in range(5)))
    told: list[Any] = []
    accounts = {"a": any_shop.client()}

    if kind == "threads":
        any_shop.run(accounts, on_progress=told.append)
    else:
        asyncio.run(outcomes_of(AsyncSender(any_shop.ledger, accounts, on_progress=told.append)))

    assert [progress.states for progress in told] == [{State.SENT: number} for number in range(1, 6)]
    assert {progress.account for progress in told} == {"a"}


def test_progress_that_raises_changes_nothing(any_shop: Shop, caplog: pytest.LogCaptureFixture) -> None:
    """Messages of people must not depend on a progress bar."""

    def fail(progress: Any) -> None:
        raise ZeroDivisionError

    any_shop.add(*(job(number) for number in range(30)))
    any_shop.sandbox.faults.answer(400, {"errors": [{"code": "InvalidInput"}]}, on="sends", times=None)

    any_shop.run(on_progress=fail)

    assert any_shop.states() == {State.WAITING: 30}
    assert caplog.text.count("on_progress raised ZeroDivisionError") == 1


def test_two_runs_of_one_sender_at_once(shop: Shop) -> None:
    """The second one is refused, and the first one goes on."""
    shop.add(*(job(number) for number in range(20)))
    sender = Sender(shop.ledger, shop.client(usage_plans=ONE_BY_ONE))
    first = sender.run()
    outcomes = [next(first)]

    with pytest.raises(Exception, match="running already"):
        list(sender.run())

    outcomes += first
    assert [outcome.state for outcome in outcomes] == [State.SENT] * 20


PROGRAM = """
import os, signal, sys
from spapi_messaging import MessagingClient, AsyncMessagingClient, Credentials, UsagePlan
from spapi_messaging.bulk import Ledger, Sender

def interrupted(*_):
    os.write(1, b"interrupted\\n")
    raise KeyboardInterrupt

signal.signal(signal.SIGINT, interrupted)
ledger, url, kind, where = sys.argv[1:]
client = {"threads": MessagingClient, "asyncio": AsyncMessagingClient}[kind](
    credentials=Credentials("application", "secret", "Atzr|a"), marketplace="DE", endpoint=url,
    lwa_endpoint=url + "/auth/o2/token", usage_plans={"*": UsagePlan(1000.0, 1)},
)
with Ledger(ledger) as ledger:
    for outcome in Sender(ledger, client).run():
        print(outcome.state, flush=True)
        if where == "body":
            sys.stdin.read()
"""


@contextlib.contextmanager
def program(shop: Shop, slow: SlowAmazon, kind: str, where: str = "run") -> Iterator[subprocess.Popen[str]]:
    url = str(shop.ledger.database.url_shown)
    arguments = [sys.executable, "-c", PROGRAM, url, slow.server.url, kind, where]
    with subprocess.Popen(
        arguments, stdout=subprocess.PIPE, stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def interrupt(process: subprocess.Popen[str], slow: SlowAmazon) -> None:
    """Ctrl-C, once a message has left. The program goes on, because it waits for the answer."""
    assert slow.arrived.wait(PATIENCE)
    process.send_signal(signal.SIGINT)
    assert process.stdout is not None and process.stdout.readline() == "interrupted\n"
    with pytest.raises(subprocess.TimeoutExpired):
        process.wait(0.3)


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
@pytest.mark.parametrize("kind", ["asyncio", "threads"])
def test_ctrl_c_waits_for_what_has_left(shop: Shop, slow: SlowAmazon, kind: str) -> None:
    shop.add(job(1), job(2))

    with program(shop, slow, kind) as process:
        interrupt(process, slow)
        slow.answer_now.set()
        _, errors = process.communicate(timeout=PATIENCE)

    assert "KeyboardInterrupt" in errors
    assert shop.states()[State.SENT] == len(slow.server.sends)
    assert State.UNKNOWN not in shop.states()
    shop.assert_nothing_is_held()


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
@pytest.mark.parametrize("kind", ["asyncio", "threads"])
def test_a_second_ctrl_c_ends_at_once(shop: Shop, slow: SlowAmazon, kind: str) -> None:
    shop.add(job(1), job(2))

    with program(shop, slow, kind) as process:
        interrupt(process, slow)
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=PATIENCE / 2)

    assert shop.states()[State.UNKNOWN] == len(slow.server.sends)
    shop.assert_nothing_is_held()


def test_ctrl_c_while_a_run_is_told_to_end(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second one comes before the run knows of the first one."""
    shop.add(*(job(number) for number in range(20)))
    sender = Sender(shop.ledger, shop.client(usage_plans=ONE_BY_ONE))
    run = sender.run()
    next(run)

    def interrupted() -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(sender, "stop", interrupted)
    with pytest.raises(KeyboardInterrupt):
        run.close()

    shop.assert_nothing_is_held()
    assert shop.states()[State.PENDING] > 0


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_ctrl_c_in_the_body_of_the_loop(shop: Shop, slow: SlowAmazon) -> None:
    slow.answer_now.set()
    shop.add(*(job(number) for number in range(50)))

    with program(shop, slow, "asyncio", "body") as process:
        assert process.stdout is not None and process.stdout.readline().strip() == "sent"
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=PATIENCE)

    assert shop.states()[State.SENT] == len(slow.server.sends)
    assert State.UNKNOWN not in shop.states()
    shop.assert_nothing_is_held()


def test_results_that_cannot_be_written_at_the_end_are_kept_for_as_long_as_the_run_is_patient(
    sandbox: Sandbox, postgres_server: postgres.Server, slow: SlowAmazon
) -> None:
    """The database is restarted just when the last answer comes, which takes half a minute."""
    with Ledger(postgres_server.fresh_url()) as ledger:
        shop = Shop(sandbox, ledger)
        shop.add(job(1))

        async def main() -> list[Outcome]:
            running = asyncio.create_task(outcomes_of(AsyncSender(ledger, slow_client(shop, slow), patience=3600)))
            assert await asyncio.to_thread(slow.arrived.wait, PATIENCE)
            await asyncio.to_thread(postgres_server.stop)
            slow.answer_now.set()
            await asyncio.sleep(30)
            await asyncio.to_thread(postgres_server.start)
            return await running

        with asyncio.Runner(loop_factory=HastyLoop) as runner:
            outcomes = runner.run(main())

        assert [outcome.state for outcome in outcomes] == [State.SENT]
        assert shop.states() == {State.SENT: 1}
        shop.assert_nothing_is_held()


def test_leaving_the_loop_of_asyncio_without_a_word(shop: Shop) -> None:
    """asyncio.run cancels what is left when main() returns: whatever was in flight may be unknown, never held."""
    shop.add(*(job(number) for number in range(60)))

    async def main() -> None:
        async for _ in AsyncSender(shop.ledger, shop.client(usage_plans={"*": UsagePlan(200.0, 5)})).run():
            break

    asyncio.run(main())

    shop.assert_nothing_is_held()
    assert_received_as_the_ledger_says(shop)


@pytest.mark.parametrize("kind", ["asyncio", "threads"])
def test_aborted_in_the_middle_of_much_work(any_shop: Shop, kind: str) -> None:
    any_shop.add(*(job(number) for number in range(60)))
    client = any_shop.client() if kind == "asyncio" else any_shop.threads_client()

    async def main() -> None:
        running = asyncio.create_task(outcomes_of(AsyncSender(any_shop.ledger, client)))
        while len(any_shop.sandbox.inbox) < 10:
            await asyncio.sleep(0.001)
        running.cancel()
        await asyncio.sleep(0)
        running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await running

    asyncio.run(main())

    any_shop.assert_nothing_is_held()
    assert_received_as_the_ledger_says(any_shop)


def assert_received_as_the_ledger_says(shop: Shop) -> None:
    """What is sent was received, what is pending was not, and what is unknown may have been. Nothing twice."""
    received = shop.received()
    assert len(received) == len(set(received))
    states = {number_of(outcome.job.order_id): outcome.state for outcome in shop.ledger.outcomes()}
    assert set(states.values()) <= {State.SENT, State.PENDING, State.UNKNOWN}
    assert {number for number, state in states.items() if state is State.SENT} <= set(received)
    assert not {number for number, state in states.items() if state is State.PENDING} & set(received)


@pytest.mark.parametrize("stay", [True, False])
def test_stop_before_the_run_begins(shop: Shop, stay: bool) -> None:
    """A signal may come between the making of a sender and its run."""
    shop.add(job(1))
    sender = Sender(shop.ledger, shop.client(), stay=stay)
    sender.stop()

    assert list(sender.run()) == []
    assert shop.states() == {State.PENDING: 1}


def test_stop_before_the_run_begins_on_a_loop(shop: Shop) -> None:
    shop.add(job(1))

    async def main() -> None:
        sender = AsyncSender(shop.ledger, shop.client(), stay=True)
        sender.stop()
        assert await outcomes_of(sender) == []

    asyncio.run(asyncio.wait_for(main(), PATIENCE))
    assert shop.states() == {State.PENDING: 1}


def test_stop_after_a_run_does_not_end_the_next_one(shop: Shop) -> None:
    sender = Sender(shop.ledger, shop.client())
    assert list(sender.run()) == []
    sender.stop()
    shop.add(job(1))

    assert [outcome.state for outcome in sender.run()] == [State.SENT]
