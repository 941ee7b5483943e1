"""What becomes of the plans when the server forgets, ends, hangs or comes back with an old state."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest
from redis.exceptions import ResponseError

from spapi_messaging._redis.address import Address
from spapi_messaging.errors import ConfigurationError, NetworkError
from spapi_messaging.limiters import BucketKey, RedisLimiter, UsagePlan
from tests.support.limiter_contract import PLAN
from tests.support.redis_bench import NewBench, RedisBench
from tests.support.redis_server import Server

KEY = BucketKey("https://api.example", "application", "seller", "sendInvoice")
# What a server that forgot everything is late: those who wait elsewhere go by what they were told until they ask again.
MOMENT = 0.5


def kill(server: Server) -> None:
    server.kill()
    server.start()


FORGETTING: list[Callable[[Server], None]] = [Server.flush, Server.restart, kill]


@pytest.mark.parametrize("forget", FORGETTING)
def test_a_server_that_forgot_everything_has_empty_buckets(
    own_server: Server, new_bench: NewBench, forget: Callable[[Server], None]
) -> None:
    bench = new_bench(own_server)
    bench.exhaust()
    forget(own_server)

    assert bench.waits(bench.reserve(), bench.reserve()) == [MOMENT + 1.0, MOMENT + 2.0]


@pytest.mark.parametrize("forget", FORGETTING)
def test_a_bucket_that_nobody_used_since_fills_up_from_that_time(
    own_server: Server, new_bench: NewBench, forget: Callable[[Server], None]
) -> None:
    bench = new_bench(own_server)
    forget(own_server)
    bench.reserve().cancel(bench.now)
    bench.pass_time(MOMENT + 1.0)
    other = bench.key._replace(seller="another")
    assert bench.waits(*[bench.reserve(key=other) for _ in range(2)]) == [0.0, 1.0]

    bench.pass_time(60.0)
    another = bench.key._replace(seller="a third")
    assert bench.waits(*[bench.reserve(key=another) for _ in range(3)]) == [0.0, 0.0, 1.0]


def test_a_bucket_that_expired_is_full(bench: RedisBench, redis_server: Server) -> None:
    bench.exhaust()
    bench.pass_time(3600.0)
    with redis_server.connect() as connection:
        bucket, queue, flight, _ = bench.limiter._keys(bench.key)
        connection.delete(bucket, queue, flight)

    assert bench.waits(*[bench.reserve() for _ in range(3)]) == [0.0, 0.0, 1.0]


def test_who_waited_when_the_server_forgot_everything_is_in_the_queue_again(
    own_server: Server, new_bench: NewBench
) -> None:
    bench = new_bench(own_server)
    granted, _ = bench.exhaust()
    waiting = [bench.reserve() for _ in range(3)]
    own_server.flush()
    granted.answered(bench.now)

    assert bench.waits(*waiting, bench.reserve()) == [MOMENT + number for number in (1.0, 2.0, 3.0, 4.0)]


def test_who_waited_when_the_bucket_alone_was_lost_is_in_the_queue_again(
    bench: RedisBench, redis_server: Server
) -> None:
    bench.exhaust()
    waiting = [bench.reserve() for _ in range(4)]
    bench.pass_time(0.5)
    with redis_server.connect() as connection:
        connection.delete(*bench.limiter._keys(bench.key)[:3])
    bench.limiter.refresh()

    assert bench.waits(*waiting, bench.reserve()) == [0.0, 0.0, 1.0, 2.0, 3.0]


def test_an_old_snapshot_is_no_fuller_than_an_empty_server(own_server: Server, new_bench: NewBench) -> None:
    bench = new_bench(own_server)
    bench.reserve().answered(bench.now, announced_rate=0.5)
    with own_server.connect() as connection:
        connection.save()
    for _ in range(2):
        bench.reserve()  # the snapshot has another turn and nobody in the queue
    kill(own_server)

    assert bench.waits(bench.reserve()) == [MOMENT + 2.0]


def test_an_old_snapshot_brings_nobody_back_into_the_queue(own_server: Server, new_bench: NewBench) -> None:
    bench = new_bench(own_server)
    bench.exhaust()
    gone = [bench.reserve() for _ in range(20)]
    with own_server.connect() as connection:
        connection.save()
    for ticket in gone:
        ticket.cancel(bench.now)
    kill(own_server)

    assert bench.waits(bench.reserve()) == [MOMENT + 1.0]


def test_the_script_may_be_forgotten(own_server: Server, new_bench: NewBench) -> None:
    bench = new_bench(own_server)
    bench.exhaust()
    waiting = bench.reserve()
    with own_server.connect() as connection:
        connection.script_flush()

    assert bench.waits(waiting, bench.reserve()) == [1.0, 2.0]
    with own_server.connect() as connection:
        connection.script_flush()
    bench.limiter.refresh()
    assert bench.waits(waiting) == [1.0]


def test_a_server_that_is_gone_is_named_without_its_password(own_server: Server) -> None:
    limiter = RedisLimiter(f"redis://somebody:a-secret@127.0.0.1:{own_server.port}/0")
    own_server.stop()

    with pytest.raises(NetworkError, match=rf"127\.0\.0\.1:{own_server.port}.*Nothing was sent") as raised:
        limiter.reserve(KEY, PLAN, 0.0)
    assert raised.value.retryable
    assert raised.value.outcome == "not_sent"
    assert raised.value.__cause__ is None
    assert "secret" not in repr(raised.value) + repr(limiter)
    assert "somebody" not in repr(raised.value) + repr(limiter)


def test_a_host_that_does_not_exist_is_a_network_error() -> None:
    with pytest.raises(NetworkError, match=r"redis\.invalid:6379"):
        RedisLimiter("redis://redis.invalid").reserve(KEY, PLAN, 0.0)


def test_a_server_that_came_back_is_used_again(own_server: Server, new_bench: NewBench) -> None:
    bench = new_bench(own_server)
    own_server.stop()
    with pytest.raises(NetworkError):
        bench.reserve()
    own_server.start()
    bench.pass_time(60.0)

    assert bench.reserve() is not None


def test_a_server_that_hangs_is_given_up_soon_and_then_left_alone_for_a_second(own_server: Server) -> None:
    limiter = RedisLimiter(own_server.url, timeout=0.2)
    limiter.reserve(KEY, PLAN, 0.0)
    own_server.pause()
    began = time.monotonic()
    for _ in range(20):
        with pytest.raises(NetworkError, match="TimeoutError"):
            limiter.reserve(KEY, PLAN, 0.0)
    assert time.monotonic() - began < 3.0

    own_server.resume()
    deadline = time.monotonic() + 10.0
    while True:
        try:
            limiter.reserve(KEY, PLAN, 0.0)
            break
        except NetworkError:
            assert time.monotonic() < deadline
            time.sleep(0.05)


@pytest.mark.parametrize(
    ("settings", "message"),
    [({"maxmemory": "1"}, "OutOfMemoryError"), ({"min-replicas-to-write": "3"}, "cannot serve now")],
    ids=["full", "without replicas"],
)
def test_a_server_that_cannot_write_is_a_network_error(
    own_server: Server, settings: dict[str, str], message: str
) -> None:
    with own_server.connect() as connection:
        for name, value in settings.items():
            connection.config_set(name, value)

    with pytest.raises(NetworkError, match=message):
        RedisLimiter(own_server.url).reserve(KEY, PLAN, 0.0)


def test_a_replica_is_a_network_error(own_server: Server) -> None:
    with own_server.connect() as connection:
        connection.replicaof("127.0.0.1", "1")

    with pytest.raises(NetworkError, match="ReadOnlyError"):
        RedisLimiter(own_server.url).reserve(KEY, PLAN, 0.0)


def test_a_wrong_password_is_a_configuration_error(own_server: Server) -> None:
    with own_server.connect() as connection:
        connection.config_set("requirepass", "the right one")

    for password in ("", ":a-secret@"):
        with pytest.raises(ConfigurationError, match="refuses this user") as raised:
            RedisLimiter(f"redis://{password}127.0.0.1:{own_server.port}").reserve(KEY, PLAN, 0.0)
        assert "a-secret" not in str(raised.value)


def test_a_long_request_that_a_server_reads_from_nobody_without_a_password_is_the_same() -> None:
    """redis-py before 8 sends it although it has no password."""
    clock: Any = None  # nothing is waited for
    address = Address("redis://127.0.0.1:6379", 1.0, clock)
    error = address.meaning(ResponseError("Protocol error: unauthenticated multibulk length"))

    assert isinstance(error, ConfigurationError)
    assert "refuses this user" in str(error)


@pytest.mark.parametrize("denied", ["-evalsha", "-hset"])
def test_a_user_who_may_not_run_the_script_is_a_configuration_error(own_server: Server, denied: str) -> None:
    with own_server.connect() as connection:
        connection.acl_setuser("limiter", enabled=True, passwords=["+pw"], keys=["*"], commands=["+@all", denied])

    with pytest.raises(ConfigurationError, match=r"refuses this user|cannot run the limiter's script"):
        RedisLimiter(f"redis://limiter:pw@127.0.0.1:{own_server.port}").reserve(KEY, PLAN, 0.0)


def test_a_user_who_may_not_ask_for_info_is_served(own_server: Server) -> None:
    with own_server.connect() as connection:
        connection.acl_setuser("limiter", enabled=True, passwords=["+pw"], keys=["*"], commands=["+@all", "-info"])

    limiter = RedisLimiter(f"redis://limiter:pw@127.0.0.1:{own_server.port}")
    assert limiter.reserve(KEY, UsagePlan(1.0, 1), 0.0).remaining(0.0) == pytest.approx(MOMENT + 1.0, abs=0.1)
