"""Limiters: what each of them must do, whose calls share a plan, and that nobody goes faster, through either client."""

from __future__ import annotations

import asyncio
import gc
import os
import threading
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from spapi_messaging import ConfigurationError, Credentials, MessagingClient, ThrottledError, UsagePlan
from spapi_messaging.errors import ClientClosedError, UsagePlanTimeout
from spapi_messaging.limiters import BucketKey, InProcessLimiter, Limiter, Unlimited
from spapi_messaging.messages import OPERATIONS
from tests.support.amazon import CREDENTIALS, ORDER, TEXT, Amazon, Shop, answer, both, sent, throttled, virtual_client
from tests.support.clocks import CountingClock, FakeClock, ThreadsClock, run_virtually
from tests.support.limiter_contract import Bench, LimiterContract, TicketContract
from tests.support.limiters import HeldLimiter, RecordingLimiter, ServerLimiter

KEY = BucketKey("https://api.example", "application", "seller", "sendInvoice")
PLAN = UsagePlan(1.0, 2)
OTHER_SELLER = Credentials(CREDENTIALS.client_id, CREDENTIALS.client_secret, "Atzr|another-seller")
DESTINATION = {"uploadDestinationId": "d-1", "url": "https://s3.example/key?X-Amz-Expires=900"}


class TestInProcessLimiter(LimiterContract):
    @pytest.fixture
    def bench(self) -> Bench:
        return Bench(InProcessLimiter())


class TestALimiterOnAServer(LimiterContract):
    @pytest.fixture
    def bench(self) -> Bench:
        return Bench(ServerLimiter())


class TestUnlimited(TicketContract):
    @pytest.fixture
    def bench(self) -> Bench:
        return Bench(Unlimited())

    def test_it_paces_nothing(self, bench: Bench) -> None:
        assert [bench.remaining(bench.reserve()) for _ in range(100)] == [0.0] * 100


def test_a_bucket_without_waiters_is_small() -> None:
    tracemalloc = pytest.importorskip("tracemalloc")
    limiter = InProcessLimiter()
    gc.collect()
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        for seller in range(1000):
            limiter.reserve(KEY._replace(seller=str(seller)), PLAN, 0.0).answered(0.1)
        used = tracemalloc.get_traced_memory()[0] - before
    finally:
        tracemalloc.stop()

    assert used / 1000 <= 1024


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_forked_process_does_not_wait_for_the_callers_of_its_parent() -> None:
    limiter = InProcessLimiter()
    locked, done = threading.Event(), threading.Event()

    def hold() -> None:
        locked.set()
        done.wait(10)

    first, _ = limiter.reserve(KEY, PLAN, 0.0), limiter.reserve(KEY, PLAN, 0.0)
    limiter.reserve(KEY, PLAN, 0.0, wake=hold)  # called while the limiter is locked
    thread = threading.Thread(target=lambda: first.answered(0.0, announced_rate=4.0))
    thread.start()
    locked.wait(10)
    child = os.fork()
    if child == 0:
        os._exit(0 if limiter.reserve(KEY, PLAN, 0.0).remaining(0.0) <= 0 else 1)
    done.set()
    thread.join()
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


# The pace, through the clients


@both
@pytest.mark.parametrize("make", [InProcessLimiter, ServerLimiter])
def test_messages_go_out_at_the_published_pace(kind: str, make: Callable[[], Limiter]) -> None:
    shop = Shop(kind, Amazon(), limiter=make())
    for _ in range(8):
        shop.say()

    assert shop.clock.waits == pytest.approx([1.0, 1.0, 1.0])


@both
def test_max_wait_refuses_at_once_and_books_nothing(kind: str) -> None:
    shop = Shop(kind, Amazon(), max_wait=0.5)
    for _ in range(5):
        shop.say()
    for _ in range(3):
        with pytest.raises(UsagePlanTimeout, match=r"1 calls a second, burst 5.*Nothing was sent") as raised:
            shop.say()
        assert raised.value.retry_after == pytest.approx(1.0)

    assert shop.clock.waits == []
    assert len(shop.amazon.calls) == 5
    shop.clock.time += 1.0
    shop.say()


@both
def test_a_429_holds_back_every_client_of_the_seller(kind: str) -> None:
    limiter, clock = InProcessLimiter(), FakeClock()
    with pytest.raises(ThrottledError):
        Shop(kind, Amazon(throttled(retry_after="9")), clock, limiter=limiter, max_wait=3.0).say()
    Shop(kind, Amazon(), clock, limiter=limiter).say()

    assert clock.waits == pytest.approx([9.0])


@both
def test_the_token_request_and_the_upload_itself_take_nothing_from_a_plan(kind: str) -> None:
    limiter = RecordingLimiter()
    shop = Shop(kind, Amazon(answer(201, {"payload": DESTINATION}), httpx.Response(200), sent()), limiter=limiter)
    shop.send_invoice(ORDER, attachments=[("note.txt", b"hello")])

    assert [key.operation for key in limiter.keys] == ["createUploadDestinationForResource", "sendInvoice"]
    assert len(shop.amazon.token_calls) == 1


@both
@pytest.mark.parametrize("make", [InProcessLimiter, ServerLimiter, Unlimited])
def test_an_absurd_pause_ends_after_a_quarter_of_an_hour(kind: str, make: Callable[[], Limiter]) -> None:
    shop = Shop(kind, Amazon(throttled(retry_after="1000000000"), sent()), limiter=make())
    shop.say()
    shop.say()

    assert 890.0 <= sum(shop.clock.waits) <= 901.0


@both
@pytest.mark.parametrize("rate", ["0.000000001", "1e300"])
def test_an_absurd_announced_rate_changes_nothing(kind: str, rate: str) -> None:
    shop = Shop(kind, Amazon(sent(x_amzn_ratelimit_limit=rate)))
    for _ in range(8):
        shop.say()

    assert shop.clock.waits == pytest.approx([1.0, 1.0, 1.0])


@both
def test_a_correct_answer_heals_a_very_low_rate(kind: str) -> None:
    shop = Shop(kind, Amazon(*[sent(x_amzn_ratelimit_limit="0.002")] * 5, sent(x_amzn_ratelimit_limit="1.0")))
    for _ in range(8):
        shop.say()

    assert shop.clock.waits == pytest.approx([500.0, 1.0, 1.0])


@both
def test_after_a_slow_answer_the_rest_of_the_burst_still_goes_at_once(kind: str) -> None:
    def slow(request: httpx.Request) -> httpx.Response:
        shop.clock.time += 4.0
        return sent()

    shop = Shop(kind, Amazon(slow, sent()), max_wait=0)
    for _ in range(5):
        shop.say()
    with pytest.raises(UsagePlanTimeout):
        shop.say()

    assert shop.clock.waits == []


# Whose plan


@both
def test_clients_of_one_seller_share_the_plan_and_other_sellers_do_not_wait(kind: str) -> None:
    limiter, clock = InProcessLimiter(), FakeClock()
    for _ in range(5):
        Shop(kind, Amazon(), clock, limiter=limiter).say()
    Shop(kind, Amazon(), clock, limiter=limiter, credentials=OTHER_SELLER).say()
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


@both
def test_the_default_limiter_is_one_for_the_whole_process(kind: str) -> None:
    clock = FakeClock()
    seller = Credentials(CREDENTIALS.client_id, CREDENTIALS.client_secret, f"Atzr|of-this-test-{kind}")
    for marketplace in ("DE", "FR", "IT", "ES", "NL", "SE"):
        Shop(kind, Amazon(), clock, credentials=seller, marketplace=marketplace, limiter=None).say()

    assert clock.waits == pytest.approx([1.0])


@both
def test_operations_do_not_wait_for_each_other(kind: str) -> None:
    shop = Shop(kind, Amazon(*[sent()] * 5, answer(200, {})))
    for _ in range(5):
        shop.say()
    shop.read()

    assert shop.clock.waits == []


@both
def test_unknown_operations_of_a_seller_share_a_plan(kind: str) -> None:
    limiter = RecordingLimiter()
    shop = Shop(kind, Amazon(answer(200, {})), limiter=limiter)
    for number in range(7):
        get_unknown(shop, f"/orders/v0/orders/{number}")
    shop.say()

    assert {key.operation for key in limiter.keys} == {"*", "createConfirmOrderDetails"}
    assert shop.clock.waits == pytest.approx([1.0, 1.0])


def get_unknown(shop: Shop, path: str) -> httpx.Response:
    """A request of the user's own, for an operation that the package does not know."""
    if isinstance(shop.client, MessagingClient):
        return shop.client.low_level.get_httpx_client().get(path)

    async def get() -> httpx.Response:
        found: httpx.Response = await shop.client.low_level.get_async_httpx_client().get(path)
        return found

    return asyncio.run(get())


SANDBOX = "https://sandbox.sellingpartnerapi-eu.amazon.com"


@both
@pytest.mark.parametrize("where", [{"sandbox": True}, {"endpoint": SANDBOX}, {"endpoint": SANDBOX + "/"}])
def test_amazons_sandbox_has_one_plan_for_all_operations(kind: str, where: Any) -> None:
    shop = Shop(kind, Amazon(answer(200, {})), usage_plans={"GetAttributes": UsagePlan(1, 1)}, **where)
    for _ in range(8):
        shop.read()
        shop.say()

    assert shop.clock.waits == pytest.approx([0.2])
    assert shop.amazon.calls[0].url.host == "sandbox.sellingpartnerapi-eu.amazon.com"


@both
@pytest.mark.parametrize("name", ["createConfirmOrderDetails", "*"])
def test_a_plan_of_the_users_own_is_kept_to(kind: str, name: str) -> None:
    shop = Shop(kind, Amazon(), usage_plans={name: UsagePlan(rate=10, burst=1)})
    for _ in range(3):
        shop.say()

    assert shop.clock.waits == pytest.approx([0.1, 0.1])


@pytest.mark.parametrize("plans", [{"sendLetter": PLAN}, {"*": UsagePlan(0, 1)}, {"*": (1, 5)}])
def test_an_invalid_plan_is_refused(plans: Any) -> None:
    with pytest.raises(ConfigurationError, match=r"sendLetter|cannot be kept|must be a UsagePlan"):
        Shop("threads", Amazon(), usage_plans=plans)


@pytest.mark.parametrize("limiter", ["redis://127.0.0.1", 5])
def test_an_invalid_limiter_is_refused(limiter: Any) -> None:
    with pytest.raises(ConfigurationError, match="must be a limiter"):
        Shop("threads", Amazon(), limiter=limiter)


# A limiter that blocks


def test_an_event_loop_goes_on_while_a_limiter_blocks() -> None:
    limiter = HeldLimiter()

    async def provider() -> str:
        return "a-token"

    async def main() -> int:
        client = Shop("asyncio", Amazon(), limiter=limiter, token_provider=provider).client
        call = asyncio.create_task(client.create_confirm_order_details(ORDER, text=TEXT))
        for _ in ("reserve", "answered"):
            while not limiter.asked.acquire(blocking=False):
                await asyncio.sleep(0)  # a loop that is held would not come back here
            limiter.release.release()
        return int((await call).status_code)

    assert asyncio.run(main()) == 201


@both
def test_a_limiter_that_does_not_say_whether_it_blocks_is_taken_to_block(kind: str) -> None:
    threads: list[threading.Thread] = []

    class Silent:
        def reserve(self, *arguments: Any, **options: Any) -> Any:
            threads.append(threading.current_thread())
            return Unlimited().reserve(*arguments, **options)

    Shop(kind, Amazon(), limiter=Silent()).say()

    assert (threads == [threading.current_thread()]) is (kind == "threads")


# A limiter that breaks its word


@both
@pytest.mark.parametrize("blocking", [False, True])
@pytest.mark.parametrize("returned", [None, 0.5, object()], ids=lambda returned: type(returned).__name__)
def test_a_limiter_that_returns_no_ticket_is_told_what_to_return(kind: str, blocking: bool, returned: object) -> None:
    class Wrong:
        def __init__(self) -> None:
            self.blocking = blocking

        def reserve(self, *arguments: Any, **options: Any) -> Any:
            return returned

    shop = Shop(kind, Amazon(), limiter=Wrong())
    with pytest.raises(
        ConfigurationError, match=rf"returned {type(returned).__name__}, .*remaining\(\), cancel\(\) and answered\(\)"
    ):
        shop.say()
    assert shop.amazon.calls == []


# Giving up


@pytest.mark.parametrize("make", [RecordingLimiter, ServerLimiter])
def test_cancelled_tasks_give_their_turns_back(make: type[RecordingLimiter | ServerLimiter]) -> None:
    limiter, clock = make(), CountingClock()

    async def main() -> None:
        client = virtual_client(Amazon(), limiter=limiter, clock=clock)
        for _ in range(5):
            await client.create_confirm_order_details(ORDER, text=TEXT)
        calls = [asyncio.create_task(client.create_confirm_order_details(ORDER, text=TEXT)) for _ in range(20)]
        while clock.waiting < 20:
            await asyncio.sleep(0)
        for call in calls:
            call.cancel()
        await asyncio.gather(*calls, return_exceptions=True)

    asyncio.run(main())
    assert limiter.reserve(limiter.keys[0], UsagePlan(1.0, 5), clock.now()).remaining(clock.now()) <= 1.0


def test_tasks_are_served_in_the_order_in_which_they_came() -> None:
    async def main() -> list[str]:
        amazon = Amazon()
        async with virtual_client(amazon) as client:
            orders = [f"303-1234567-{n:07}" for n in range(12)]
            await asyncio.gather(*[client.create_confirm_order_details(order, text=TEXT) for order in orders])
        return [seen.url.path.split("/")[4] for seen in amazon.calls]

    assert run_virtually(main()) == [f"303-1234567-{n:07}" for n in range(12)]


ORDERS = [f"303-1234567-{number:07}" for number in range(8)]
# Seconds until Amazon refuses the first attempt of each.
UNTIL_REFUSED = {order: 0.01 * (1 + 3 * number % 8) for number, order in enumerate(ORDERS)}
IN_ORDER = sorted(ORDERS, key=UNTIL_REFUSED.__getitem__)


def test_tasks_that_were_throttled_at_once_go_again_in_that_order() -> None:
    class Transport(httpx.AsyncBaseTransport):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            order = request.url.path.split("/")[4]
            seen.append(order)
            if seen.count(order) > 1:
                return sent()
            await asyncio.sleep(UNTIL_REFUSED[order])
            return throttled()

    async def main() -> None:
        async with virtual_client(Transport(), usage_plans={"*": UsagePlan(1, 8)}) as client:
            await asyncio.gather(*[client.create_confirm_order_details(order, text=TEXT) for order in ORDERS])

    seen: list[str] = []
    run_virtually(main())
    assert seen == ORDERS + IN_ORDER


def test_threads_that_were_throttled_at_once_go_again_in_that_order() -> None:
    class Transport(httpx.BaseTransport):
        def handle_request(self, request: httpx.Request) -> httpx.Response:
            order = request.url.path.split("/")[4]
            seen.append(order)
            if seen.count(order) > 1:
                return sent()
            clock.sleep(UNTIL_REFUSED[order])
            return throttled()

    def say(order: str) -> None:
        try:
            client.create_confirm_order_details(order, text=TEXT)
        finally:
            clock.leave()

    seen: list[str] = []
    clock = ThreadsClock(len(ORDERS))
    client = MessagingClient(
        credentials=CREDENTIALS,
        marketplace="DE",
        transport=Transport(),
        clock=clock,
        limiter=InProcessLimiter(),
        token_provider=lambda: "a-token",
        usage_plans={"*": UsagePlan(1, 8)},
    )
    threads = [threading.Thread(target=say, args=[order]) for order in ORDERS]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)

    assert seen[8:] == IN_ORDER


@both
def test_a_closed_client_wakes_those_who_wait_and_their_turns_go_to_others(kind: str) -> None:
    limiter, clock = InProcessLimiter(), FakeClock()
    shop = Shop(kind, Amazon(), clock, limiter=limiter)
    for _ in range(5):
        shop.say()
    clock.after(0.25, shop.close_meanwhile)

    with pytest.raises(ClientClosedError, match="client was closed, so nothing was sent"):
        shop.say()
    assert clock.waits == [0.25]
    Shop(kind, Amazon(), clock, limiter=limiter).say()
    assert sum(clock.waits) == pytest.approx(1.0)


def test_closing_from_another_thread_wakes_those_who_wait_at_once() -> None:
    clock = CountingClock()
    client = MessagingClient(
        credentials=CREDENTIALS,
        marketplace="DE",
        limiter=InProcessLimiter(),
        transport=Amazon(),
        token_provider=lambda: "a-token",
        usage_plans={"*": UsagePlan(0.0001, 1)},
        clock=clock,
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
    while clock.waiting < 3:
        pass
    client.close()
    for thread in threads:
        thread.join(10)

    assert [type(error) for error in errors] == [ClientClosedError] * 3


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


@pytest.fixture
def published_plan(monkeypatch: pytest.MonkeyPatch) -> None:
    """Amazon publishes this plan, whatever the committed model says. A client's own plan could not be raised."""
    published = OPERATIONS["createConfirmOrderDetails"]._replace(rate=1.0, burst=5)
    monkeypatch.setitem(OPERATIONS, published.operation_id, published)


@pytest.mark.parametrize("latency", LATENCIES)
@pytest.mark.parametrize("callers", [1, 8, 30])
def test_tasks_meet_no_429_at_a_strict_server_and_lose_no_time(
    latency: str, callers: int, published_plan: None
) -> None:
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
        async with virtual_client(Transport(), usage_plans=None) as client:
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
def test_threads_meet_no_429_at_a_strict_server_and_lose_no_time(callers: int, published_plan: None) -> None:
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
