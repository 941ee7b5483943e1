"""`bulk work`: a worker sends what is in a ledger, until it is stopped, and leaves alone what it cannot serve."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from spapi_messaging.bulk import Job, Ledger, Sender, State
from tests.cli.bulk.conftest import Desk
from tests.cli.conftest import Run, invoke
from tests.support import pgbouncer, postgres
from tests.support.runs import TEXT_TYPE, job, order
from tests.support.thorough import select
from tests.support.waiting import PATIENCE, wait_until

REFUSAL = {"errors": [{"code": "InvalidInput", "message": "It is refused"}]}
SHOPS = """
from spapi_messaging import Credentials
from spapi_messaging.local_sandbox import local_credentials

def find(name):
    return Credentials(**local_credentials(name)) if name.startswith("shop") else None
"""


def work(desk: Desk, *options: str) -> Run:
    return invoke("bulk", "work", "--ledger", desk.ledger_url, *options)


def add(desk: Desk, *jobs: Job) -> None:
    with Ledger(desk.ledger_url) as ledger:
        ledger.add(jobs)


@pytest.fixture
def shops(desk: Desk) -> Desk:
    """Messages of three accounts, and a module in the working directory that knows two of them."""
    (desk.folder / "shops_of_test.py").write_text(SHOPS)
    add(desk, job(1, account="shop-a"), job(2, account="shop-b"), job(3, account="another"))
    return desk


@contextmanager
def worker(desk: Desk, *options: str) -> Iterator[subprocess.Popen[str]]:
    """A worker in a process of its own, killed at the end if it still runs."""
    process = subprocess.Popen(
        [sys.executable, "-m", "spapi_messaging", "bulk", "work", "--ledger", desk.ledger_url, *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=desk.folder,
        env=os.environ,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def until_received(desk: Desk, count: int) -> None:
    wait_until(lambda: len(desk.sandbox.inbox) >= count, f"{count} messages", desk.received)


@pytest.mark.parametrize("option", [("--once",), ("--seconds", "20")])
def test_it_ends_when_nothing_is_left(desk: Desk, option: tuple[str, ...]) -> None:
    add(desk, job(1), job(2))
    done = work(desk, *option)

    assert done.exit_code == 0
    assert desk.received() == [1, 2]
    assert "Since the start: sent 2." in done.stderr
    assert done.stdout == ""


def test_it_leaves_alone_what_it_has_no_credentials_for(shops: Desk) -> None:
    done = work(shops, "--once", "--accounts", "shops_of_test:find")

    assert done.exit_code == 6, "one message is left"
    assert shops.received() == [1, 2]
    assert {message.seller for message in shops.sandbox.inbox} == {"shop-a", "shop-b"}
    assert "no credentials for the account another, so its messages wait" in done.stderr
    assert shops.states() == {State.SENT: 2, State.PENDING: 1}


def test_two_workers_with_different_credentials_share_a_ledger(shops: Desk) -> None:
    (shops.folder / "others_of_test.py").write_text(SHOPS.replace('"shop"', '"another"'))
    work(shops, "--once", "--accounts", "shops_of_test:find")
    work(shops, "--once", "--accounts", "others_of_test:find")

    assert {message.seller for message in shops.sandbox.inbox} == {"shop-a", "shop-b", "another"}


def test_json_has_a_line_for_each_event(desk: Desk) -> None:
    add(desk, job(1))
    events = [json.loads(line) for line in work(desk, "--once", "--json").stdout.splitlines()]

    assert [event["event"] for event in events] == ["outcome", "progress"]
    assert events[0]["state"] == "sent"
    assert events[1]["states"] == {"sent": 1}


def test_the_exit_code_of_a_slice_is_that_of_the_worst_message(desk: Desk) -> None:
    desk.sandbox.faults.answer(400, REFUSAL, on="sends")
    add(desk, job(1))

    assert work(desk, "--seconds", "20").exit_code == 1


@pytest.mark.parametrize(("number", "later"), select([(signal.SIGTERM, [2])], [(signal.SIGINT, [])]))
def test_it_stays_until_it_is_told_to_end(desk: Desk, number: signal.Signals, later: list[int]) -> None:
    add(desk, job(1))
    with worker(desk) as process:
        until_received(desk, 1)
        for each in later:
            add(desk, job(each))
        until_received(desk, 1 + len(later))
        process.send_signal(number)
        _, errors = process.communicate(timeout=PATIENCE)

    assert process.returncode == 0
    assert "Stopping, after what is in flight." in errors
    assert f"Since the start: sent {1 + len(later)}." in errors
    assert desk.states() == {State.SENT: 1 + len(later)}


def test_what_a_killed_worker_held_goes_to_another(desk: Desk) -> None:
    desk.sandbox.faults.add("delay", "token", seconds=30)
    add(desk, job(1))
    with worker(desk) as process:
        wait_until(lambda: desk.states() == {State.CLAIMED: 1}, "the claim")
        process.kill()
        process.wait(PATIENCE)
    desk.sandbox.faults.clear()
    work(desk, "--once")

    assert desk.received() == [1]


def test_workers_behind_a_pooler_share_the_sellers(
    desk: Desk, postgres_server: postgres.Server, pooler: pgbouncer.Pooler
) -> None:
    desk.ledger_url = pooler.url(postgres_server.fresh_database())
    (desk.folder / "shops_of_test.py").write_text(SHOPS)
    add(desk, *(job(number, account=f"shop-{number % 4}") for number in range(40)))
    options = ("--accounts", "shops_of_test:find", "--sellers", "2")
    with worker(desk, *options) as one, worker(desk, *options) as two:
        until_received(desk, 40)
        for process in (one, two):
            process.send_signal(signal.SIGTERM)
        ends = [process.communicate(timeout=PATIENCE)[1] for process in (one, two)]

    assert desk.received() == list(range(40))
    assert [process.returncode for process in (one, two)] == [0, 0], ends


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--accounts", "no_such_module:find"), "no module no_such_module"),
        (("--accounts", "shop.accounts"), "module:function"),
        (("--sellers", "0"), "--sellers"),
        (("--seconds", "0"), "--seconds"),
        (("--share-without-redis", "0.5"), "--limiter"),
    ],
)
def test_wrong_options_are_refused(desk: Desk, options: tuple[str, ...], told: str) -> None:
    done = work(desk, "--once", *options)

    assert done.exit_code == 2
    assert told in done.stderr


def test_the_environment_names_the_limiter_so_that_no_command_shows_its_password(
    desk: Desk, environment: pytest.MonkeyPatch
) -> None:
    environment.setenv("SPAPI_MESSAGING_LIMITER", "redis://user:a-secret@127.0.0.1:many")
    done = work(desk, "--once")

    assert done.exit_code == 2
    assert "The URL of RedisLimiter is invalid" in done.stderr
    assert "a-secret" not in done.stderr


def test_a_ledger_of_one_place_is_not_sent_to_another(desk: Desk, environment: pytest.MonkeyPatch) -> None:
    add(desk, job(1))
    work(desk, "--once")
    environment.setenv("SP_API_ENDPOINT", "http://127.0.0.1:9")
    add(desk, job(2))
    done = work(desk, "--once")

    assert "This ledger is for http://127.0.0.1" in done.stderr
    assert done.exit_code == 2
    assert desk.states() == {State.SENT: 1, State.PENDING: 1}


def test_a_message_that_is_refused_has_a_line(desk: Desk) -> None:
    desk.sandbox.faults.answer(400, REFUSAL, on="sends")
    add(desk, job(7))

    assert f"rejected {TEXT_TYPE} for order {order(7)}" in work(desk, "--once").stderr


def test_what_an_outage_left_for_later_goes_on_at_a_word(desk: Desk) -> None:
    add(desk, job(1), job(2))
    outage = desk.sandbox.faults.add("unavailable", "token", times=None)
    with Ledger(desk.ledger_url) as ledger:
        for _ in Sender(ledger, patience=0.5).run():
            pass
    desk.sandbox.faults.remove(outage)
    assert work(desk, "--once").exit_code == 6
    assert desk.received() == []

    hurried = invoke("bulk", "hurry", "--ledger", desk.ledger_url)
    assert "2 messages tried again now" in hurried.stdout
    assert work(desk, "--once").exit_code == 0
    assert desk.received() == [1, 2]
    assert invoke("bulk", "hurry", "--ledger", desk.ledger_url, "--json").json == {
        "word": "hurry",
        "count": 0,
        "changed": 0,
    }
