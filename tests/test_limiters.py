"""Limiters: whose calls share a bucket, whose plan applies, and that nobody goes faster, through either client."""

from __future__ import annotations

import asyncio
import gc
import os
import threading
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from spapi_messaging import (
    Credentials,
    MessagingClient,
    NetworkError,
    ThrottledError,
    UsagePlan,
    UsagePlanTimeout,
)
from spapi_messaging.errors import ConfigurationError
from spapi_messaging.limiters import SHARED, BucketKey, InProcessLimiter, Ticket, Unlimited
from tests.support.amazon import CREDENTIALS, ORDER, TEXT, Amazon, Shop, answer, both, sent, throttled, virtual_client
from tests.support.clocks import FakeClock, ThreadsClock, run_virtually

KEY = BucketKey("https://api.example", "application", "seller", "sendInvoice")
PLAN = UsagePlan(1.0, 2)


def granted(limiter: InProcessLimiter, plan: UsagePlan, key: BucketKey = KEY, now: float = 0.0, **options: Any) -> int:
    """How many calls go out at once."""
    count = 0
    while limiter.reserve(key, plan, now, **options).remaining(now) <= 0:
        count += 1
    return count


# Whose plan


def test_an_explicit_plan_beats_the_published_one() -> None:
    limiter = InProcessLimiter()

    assert granted(limiter, UsagePlan(10, 20), explicit=True) == 20


def test_an_explicit_plan_holds_for_clients_that_have_none() -> None:
    limiter = InProcessLimiter()
    limiter.reserve(KEY, UsagePlan(1, 3), 0.0, explicit=True)

    assert granted(limiter, UsagePlan(1, 10)) == 2


@pytest.mark.parametrize("plans", [(UsagePlan(5, 4), UsagePlan(2, 8)), (UsagePlan(2, 8), UsagePlan(5, 4))])
def test_of_two_explicit_plans_the_smaller_applies(plans: tuple[UsagePlan, UsagePlan]) -> None:
    limiter = InProcessLimiter()
    for plan in plans:
        limiter.reserve(KEY, plan, 0.0, explicit=True).cancel(0.0)

    assert granted(limiter, plans[0], explicit=True) == 4
    assert limiter.reserve(KEY, plans[0], 0.0, explicit=True).remaining(0.0) == pytest.approx(
        1.0
    )  # second in line, 2/s


def test_an_announced_rate_replaces_the_published_one_and_retimes_who_waits() -> None:
    limiter = InProcessLimiter()
    woken: list[bool] = []
    first = limiter.reserve(KEY, PLAN, 0.0)
    limiter.reserve(KEY, PLAN, 0.0)
    waiting = limiter.reserve(KEY, PLAN, 0.0, wake=lambda: woken.append(True))
    assert waiting.remaining(0.0) == 1.0
    first.answered(0.0, announced_rate=4.0)

    assert woken
    assert waiting.remaining(0.0) == 0.25


def test_an_announced_rate_only_lowers_an_explicit_one() -> None:
    limiter = InProcessLimiter()
    for announced, wait in ((10.0, 0.5), (1.0, 1.0)):
        key = KEY._replace(operation=str(announced))
        limiter.reserve(key, UsagePlan(2, 1), 0.0, explicit=True).answered(0.0, announced_rate=announced)
        assert limiter.reserve(key, UsagePlan(2, 1), 0.0, explicit=True).remaining(0.0) == pytest.approx(wait)


def test_refusal_says_after_how_long_there_is_room_and_books_nothing() -> None:
    limiter = InProcessLimiter()
    granted(limiter, PLAN)

    for _ in range(3):
        with pytest.raises(
            UsagePlanTimeout, match=r"sendInvoice .*1 calls a second, burst 2.*Nothing was sent"
        ) as raised:
            limiter.reserve(KEY, PLAN, 0.0, within=1.5)
        assert raised.value.retry_after == 2.0


@pytest.mark.parametrize("other", [KEY._replace(**{field: "other"}) for field in KEY._fields], ids=KEY._fields)
def test_another_endpoint_application_seller_or_operation_has_a_bucket_of_its_own(other: BucketKey) -> None:
    limiter = InProcessLimiter()
    granted(limiter, PLAN)

    assert granted(limiter, PLAN, other) == 2


def test_unlimited_waits_for_nothing_but_429s() -> None:
    limiter = Unlimited()

    assert all(limiter.reserve(KEY, PLAN, 0.0).remaining(0.0) <= 0 for _ in range(100))
    assert limiter.reserve(KEY, PLAN, 0.0, push_back=3.0).remaining(0.0) == 3.0
    with pytest.raises(UsagePlanTimeout):
        limiter.reserve(KEY, PLAN, 0.0, push_back=3.0, within=1.0)


def test_a_bucket_without_waiters_is_small() -> None:
    tracemalloc = pytest.importorskip("tracemalloc")
    limiter = InProcessLimiter()
    gc.collect()
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        for seller in range(1000):
            key = KEY._replace(seller=str(seller))
            limiter.reserve(key, PLAN, 0.0).answered(0.1)
        used = tracemalloc.get_traced_memory()[0] - before
    finally:
        tracemalloc.stop()

    assert used / 1000 <= 1024


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_forked_process_does_not_wait_for_the_callers_of_its_parent() -> None:
    limiter = InProcessLimiter()
    granted(limiter, PLAN)
    holding, done = threading.Event(), threading.Event()

    def hold() -> None:
        with limiter._lock:
            holding.set()
            done.wait(10)

    thread = threading.Thread(target=hold)
    thread.start()
    holding.wait(10)
    child = os.fork()
    if child == 0:
        os._exit(0 if limiter.reserve(KEY, PLAN, 0.0).remaining(0.0) <= 0 else 1)
    done.set()
    thread.join()
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


# Through the clients


@both
def test_messages_go_out_at_the_published_pace(kind: str) -> None:
    shop = Shop(kind, Amazon())
    for _ in range(8):
        shop.say()

    assert shop.clock.waits == pytest.approx([1.0, 1.0, 1.0])


@both
def test_amazons_announcement_speeds_up_those_who_follow(kind: str) -> None:
    shop = Shop(kind, Amazon(sent(x_amzn_ratelimit_limit="4.0")))
    for _ in range(8):
        shop.say()

    assert shop.clock.waits == pytest.approx([0.25, 0.25, 0.25])


@both
@pytest.mark.parametrize("announced", ["", "fast", "0", "-1", "nan", "inf"])
def test_an_announcement_that_makes_no_sense_changes_nothing(kind: str, announced: str) -> None:
    shop = Shop(kind, Amazon(sent(x_amzn_ratelimit_limit=announced)))
    for _ in range(6):
        shop.say()

    assert shop.clock.waits == pytest.approx([1.0])


@both
def test_max_wait_refuses_at_once_and_books_nothing(kind: str) -> None:
    shop = Shop(kind, Amazon(), max_wait=0.5)
    for _ in range(5):
        shop.say()
    for _ in range(3):
        with pytest.raises(UsagePlanTimeout) as raised:
            shop.say()
        assert raised.value.retry_after == pytest.approx(1.0)

    assert shop.clock.waits == []
    assert len(shop.amazon.calls) == 5
    shop.clock.time += 1.0
    shop.say()


@both
def test_a_turn_that_is_put_off_beyond_max_wait_is_given_up(kind: str) -> None:
    limiter, clock = InProcessLimiter(), FakeClock()
    shop = Shop(kind, Amazon(), clock, limiter=limiter, max_wait=5.0)
    for _ in range(5):
        shop.say()
    bucket = next(iter(limiter._paces.values())).bucket
    clock.after(0.5, lambda: bucket.push_back(clock.time, 60.0))

    with pytest.raises(UsagePlanTimeout, match="put off while it waited") as raised:
        shop.say()
    assert sum(clock.waits) == pytest.approx(5.0)
    assert raised.value.retry_after == pytest.approx(55.5)
    assert len(shop.amazon.calls) == 5
    assert not bucket._queue


@both
def test_429_pushes_the_bucket_back_for_everyone(kind: str) -> None:
    limiter, clock = InProcessLimiter(), FakeClock()
    first = Shop(kind, Amazon(throttled(retry_after="9")), clock, limiter=limiter, max_wait=3.0)
    with pytest.raises(ThrottledError):
        first.say()
    second = Shop(kind, Amazon(), clock, limiter=limiter)
    second.say()

    assert clock.waits == pytest.approx([9.0])


@both
def test_429_without_retries_pushes_the_bucket_back_too(kind: str) -> None:
    from spapi_messaging import RetryPolicy

    shop = Shop(kind, Amazon(throttled(), sent()), retry=RetryPolicy(attempts=1))
    with pytest.raises(ThrottledError):
        shop.say()
    shop.say()

    assert shop.clock.waits == pytest.approx([1.0])


@both
def test_clients_of_one_seller_share_the_plan_and_other_sellers_do_not_wait(kind: str) -> None:
    limiter, clock = InProcessLimiter(), FakeClock()
    for _ in range(5):
        Shop(kind, Amazon(), clock, limiter=limiter).say()
    other = Credentials(CREDENTIALS.client_id, CREDENTIALS.client_secret, "Atzr|another-seller")
    Shop(kind, Amazon(), clock, limiter=limiter, credentials=other).say()
    assert clock.waits == []

    Shop(kind, Amazon(), clock, limiter=limiter).say()
    assert clock.waits == pytest.approx([1.0])


@both
def test_sellers_without_refresh_tokens_are_told_apart_by_name(kind: str) -> None:
    limiter, clock = InProcessLimiter(), FakeClock()
    arguments: dict[str, Any] = {"limiter": limiter, "credentials": None, "token_provider": lambda: "a-token"}
    for _ in range(5):
        Shop(kind, Amazon(), clock, seller="one", **arguments).say()
    Shop(kind, Amazon(), clock, seller="two", **arguments).say()

    assert clock.waits == []


def test_the_default_limiter_is_one_for_the_whole_process() -> None:
    clients = [
        MessagingClient(credentials=CREDENTIALS, marketplace=marketplace, transport=Amazon())
        for marketplace in ("DE", "FR")
    ]

    assert all(client._engine.settings.limiter is SHARED for client in clients)


@both
def test_operations_do_not_wait_for_each_other(kind: str) -> None:
    shop = Shop(kind, Amazon(*[sent()] * 5, answer(200, {})))
    for _ in range(5):
        shop.say()
    shop.read()

    assert shop.clock.waits == []


SANDBOX = "https://sandbox.sellingpartnerapi-eu.amazon.com"


@both
@pytest.mark.parametrize("where", [{"sandbox": True}, {"endpoint": SANDBOX}, {"endpoint": SANDBOX + "/"}])
def test_amazons_sandbox_has_one_plan_over_all_operations(kind: str, where: Any) -> None:
    shop = Shop(kind, Amazon(answer(200, {})), usage_plans={"GetAttributes": UsagePlan(1, 1)}, **where)
    for _ in range(8):
        shop.read()
        shop.say()

    assert shop.clock.waits == pytest.approx([0.2])
    assert shop.amazon.calls[0].url.host == "sandbox.sellingpartnerapi-eu.amazon.com"


@both
@pytest.mark.parametrize("name", ["createConfirmOrderDetails", "*"])
def test_a_plan_of_ones_own_is_kept_to(kind: str, name: str) -> None:
    shop = Shop(kind, Amazon(), usage_plans={name: UsagePlan(rate=10, burst=1)})
    for _ in range(3):
        shop.say()

    assert shop.clock.waits == pytest.approx([0.1, 0.1])


@pytest.mark.parametrize("plans", [{"sendLetter": PLAN}, {"*": UsagePlan(0, 1)}, {"*": (1, 5)}])
def test_a_plan_that_is_none_is_refused(plans: Any) -> None:
    with pytest.raises(ConfigurationError, match=r"sendLetter|allows nothing|must be a UsagePlan"):
        Shop("threads", Amazon(), usage_plans=plans)


@both
def test_what_did_not_connect_takes_nothing_from_the_plan(kind: str) -> None:
    shop = Shop(kind, Amazon(*[httpx.ConnectError("no route")] * 3, sent()))
    for _ in range(5):
        shop.say()

    assert len(shop.amazon.calls) == 8
    assert len(shop.clock.waits) == 3  # the pauses between attempts, and no turn


@pytest.mark.parametrize("limiter", ["redis://127.0.0.1", 5])
def test_a_limiter_that_is_none_is_refused(limiter: Any) -> None:
    with pytest.raises(ConfigurationError, match="must be a limiter"):
        Shop("threads", Amazon(), limiter=limiter)


# Giving up


def exhaust(limiter: InProcessLimiter, client: Any) -> Ticket:
    """Uses up the plan of the client's text messages and stands in line before everyone else."""
    settings = client._engine.settings
    key = BucketKey(settings.endpoint, settings.application, settings.seller, "createConfirmOrderDetails")
    for _ in range(5):
        limiter.reserve(key, UsagePlan(1, 5), settings.now())
    return limiter.reserve(key, UsagePlan(1, 5), settings.now())


def test_an_interrupted_thread_gives_its_place_back() -> None:
    limiter, clock = InProcessLimiter(), FakeClock()
    shop = Shop("threads", Amazon(), clock, limiter=limiter)
    ticket = exhaust(limiter, shop.client)

    def interrupt() -> None:
        raise KeyboardInterrupt

    clock.after(0.5, interrupt)
    with pytest.raises(KeyboardInterrupt):
        shop.say()
    ticket.cancel(clock.time)
    shop.say()

    assert shop.clock.waits == pytest.approx([0.5, 0.5])  # the next token, not the one after


def test_a_cancelled_task_gives_its_place_back() -> None:
    amazon = Amazon()

    async def main() -> float:
        async with virtual_client(amazon) as client:
            for _ in range(5):
                await client.create_confirm_order_details(ORDER, text=TEXT)
            tasks = [asyncio.create_task(client.create_confirm_order_details(ORDER, text=TEXT)) for _ in range(20)]
            await asyncio.sleep(0.1)
            for task in tasks[:-1]:
                task.cancel()
            await tasks[-1]
            return asyncio.get_running_loop().time()

    assert run_virtually(main()) == pytest.approx(1.0)
    assert len(amazon.calls) == 6


def test_tasks_are_served_in_the_order_in_which_they_came() -> None:
    async def main() -> list[str]:
        amazon = Amazon()
        async with virtual_client(amazon) as client:
            await asyncio.gather(*[client.create_confirm_order_details(f"303-{n}", text=TEXT) for n in range(12)])
        return [seen.url.path.split("/")[4] for seen in amazon.calls]

    assert run_virtually(main()) == [f"303-{n}" for n in range(12)]


@both
def test_a_closed_client_wakes_its_waiters(kind: str) -> None:
    limiter, clock = InProcessLimiter(), FakeClock()
    shop = Shop(kind, Amazon(), clock, limiter=limiter)
    ticket = exhaust(limiter, shop.client)
    clock.after(0.25, shop.client._engine.close)

    with pytest.raises(NetworkError, match="client was closed, so nothing was sent"):
        shop.say()
    assert clock.waits == [0.25]
    assert shop.amazon.calls == []
    ticket.cancel(clock.time)
    Shop(kind, Amazon(), clock, limiter=limiter).say()
    assert sum(clock.waits) == pytest.approx(1.0)  # its place went to the next


def test_closing_from_another_thread_wakes_waiters_at_once() -> None:
    limiter = InProcessLimiter()
    client = MessagingClient(
        credentials=CREDENTIALS,
        marketplace="DE",
        limiter=limiter,
        transport=Amazon(),
        token_provider=lambda: "a-token",
        usage_plans={"*": UsagePlan(0.0001, 1)},
    )
    client.create_confirm_order_details(ORDER, text=TEXT)
    errors: list[BaseException] = []

    def say() -> None:
        try:
            client.create_confirm_order_details(ORDER, text=TEXT)
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=say) for _ in range(3)]
    for thread in threads:
        thread.start()
    while len(client._engine.waiting) < 3:
        pass
    client.close()
    for thread in threads:
        thread.join(10)

    assert [type(error) for error in errors] == [NetworkError] * 3


# Against a server that forgives nothing


class StrictServer:
    """Refuses what exceeds the plan, at the time when a request arrives."""

    def __init__(self, rate: float, burst: int) -> None:
        self.rate, self.burst = rate, burst
        self.level, self.stamp = float(burst), 0.0
        self.refused = 0
        self.arrived: list[float] = []

    def arrive(self, now: float) -> httpx.Response:
        self.level = min(self.burst, self.level + (now - self.stamp) * self.rate)
        self.stamp = now
        if self.level < 1 - 1e-6:
            self.refused += 1
            return throttled()
        self.level -= 1
        self.arrived.append(now)
        return sent(x_amzn_ratelimit_limit=str(self.rate))


LATENCIES: dict[str, Callable[[int], tuple[float, float]]] = {
    "none": lambda n: (0.0, 0.0),
    "steady": lambda n: (0.05, 0.05),
    "a slow beginning": lambda n: (0.15, 0.15) if n < 5 else (0.005, 0.005),
    "to and fro": lambda n: (0.01 + 0.06 * (n * 7 % 5), 0.02),
}


@pytest.mark.parametrize("latency", LATENCIES)
@pytest.mark.parametrize("callers", [1, 8, 30])
def test_tasks_meet_no_429_at_a_strict_server_and_lose_no_time(latency: str, callers: int) -> None:
    server = StrictServer(rate=5.0, burst=5)

    class Transport(httpx.AsyncBaseTransport):
        count = 0

        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            there, back = LATENCIES[latency](self.count)
            self.count += 1
            await asyncio.sleep(there)
            result = server.arrive(asyncio.get_running_loop().time())
            await asyncio.sleep(back)
            return result

    async def main() -> None:
        async with virtual_client(Transport()) as client:
            todo = iter(range(30))

            async def work() -> None:
                for _ in todo:
                    await client.create_confirm_order_details(ORDER, text=TEXT)

            await asyncio.gather(*[work() for _ in range(callers)])

    run_virtually(main())
    assert server.refused == 0
    assert len(server.arrived) == 30
    assert server.arrived[-1] <= 5.0 * 1.03 + 2 * max(sum(LATENCIES[latency](n)) for n in range(30))


@pytest.mark.parametrize("callers", [1, 8])
def test_threads_meet_no_429_at_a_strict_server_and_lose_no_time(callers: int) -> None:
    server = StrictServer(rate=5.0, burst=5)
    clock = ThreadsClock(callers)

    class Transport(httpx.BaseTransport):
        def handle_request(self, request: httpx.Request) -> httpx.Response:
            clock.sleep(0.02)
            result = server.arrive(clock.time)
            clock.sleep(0.02)
            return result

    client = MessagingClient(
        credentials=CREDENTIALS,
        marketplace="DE",
        transport=Transport(),
        clock=clock,
        limiter=InProcessLimiter(),
        token_provider=lambda: "a-token",
    )
    todo = iter(range(30))

    def work() -> None:
        try:
            for _ in todo:
                client.create_confirm_order_details(ORDER, text=TEXT)
        finally:
            clock.leave()

    threads = [threading.Thread(target=work) for _ in range(callers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)

    assert server.refused == 0
    assert len(server.arrived) == 30
    assert server.arrived[-1] <= 5.0 * 1.03 + 0.08


def test_one_slow_answer_does_not_stop_everyone_else_for_as_long() -> None:
    class Transport(httpx.AsyncBaseTransport):
        count = 0

        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            self.count += 1
            await asyncio.sleep(600 if self.count == 1 else 0)
            return sent()

    async def main() -> float:
        async with virtual_client(Transport()) as client:
            slow = asyncio.create_task(client.create_confirm_order_details(ORDER, text=TEXT))
            await asyncio.sleep(601)
            await slow
            for _ in range(6):
                await client.create_confirm_order_details(ORDER, text=TEXT)
            return asyncio.get_running_loop().time() - 601

    assert run_virtually(main()) <= 6.0


@both
def test_the_token_request_and_the_upload_itself_take_nothing_from_a_plan(kind: str) -> None:
    limiter = InProcessLimiter()
    destination = answer(
        201, {"payload": {"uploadDestinationId": "d-1", "url": "https://s3.example/key?X-Amz-Expires=900"}}
    )
    shop = Shop(kind, Amazon(destination, httpx.Response(200), sent()), limiter=limiter)
    shop.send_invoice(ORDER, attachments=[("note.txt", b"hello")])

    operations = {key.operation: pace.bucket.wait_for(shop.clock.time) for key, pace in limiter._paces.items()}
    assert operations.keys() == {"createUploadDestinationForResource", "sendInvoice"}
    assert len(shop.amazon.token_calls) == 1
