"""Threads for what blocks: the number of those that were given up is limited."""

from __future__ import annotations

import asyncio
import threading

from spapi_messaging.bulk.sending.threads import Threads

MOST = 2


async def give_up(threads: Threads, function: threading.Event, times: int) -> None:
    for _ in range(times):
        try:
            async with asyncio.timeout(0.01):
                await threads.run(function.wait)
        except TimeoutError:
            continue


async def test_a_storage_that_hangs_for_days_does_not_fill_the_process_with_threads() -> None:
    before = threading.active_count()
    threads, answer = Threads(MOST), threading.Event()
    try:
        await give_up(threads, answer, times=20 * MOST)
        assert MOST < threading.active_count() - before <= 10 * MOST
    finally:
        answer.set()
    async with asyncio.timeout(30):
        assert await threads.run(lambda: "goes on") == "goes on"


async def test_what_was_given_up_does_not_hold_up_the_others() -> None:
    threads, answer = Threads(MOST), threading.Event()
    try:
        await give_up(threads, answer, times=2 * MOST)
        async with asyncio.timeout(30):
            assert await threads.run(lambda: "goes on") == "goes on"
    finally:
        answer.set()
