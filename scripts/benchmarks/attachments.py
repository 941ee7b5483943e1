"""One large upload: its time compared with bare httpx, its memory, and how long it blocks the event loop."""

from __future__ import annotations

import asyncio
import gc
import os
import tempfile
import time
import tracemalloc
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any

import httpx

from benchmarks.clients import ORDER, Peer, peer
from benchmarks.fresh.bare import DESTINATION, QUERY, digest, upload
from benchmarks.table import Figure, seen_as
from spapi_messaging import AsyncMessagingClient, MessagingClient
from spapi_messaging.attachments import AttachmentSource

SIZE, ROUNDS, WARM_UP = 9 * 2**20, 80, 3


def figures() -> list[Figure]:
    """Uploads, in turns with bare httpx, which also reads, hashes and sends the file. Median of the ratios."""
    with storage() as to, large_file() as path:
        sync, tasks = sync_ratio(to, path), asyncio.run(async_ratio(to, path))
        grown = max(memory(to, path), asyncio.run(async_memory(to, path)))
        held = asyncio.run(loop_hold(to, path))
    return [
        Figure("9 MiB upload, wall ÷ bare httpx, same two hashes and requests: sync / async", "≤ 1.10",
               f"{seen_as(sync, '.2f', most=1.10)} / {seen_as(tasks, '.2f', most=1.10)}"),
        Figure("9 MiB upload: growth of memory", "< 1 MiB", seen_as(grown / 2**20, ".2f", " MiB", most=0.99)),
        Figure("9 MiB upload: longest hold of the event loop, best of 15 uploads", "≤ 20 ms",
               seen_as(held * 1000, ".1f", " ms", most=20)),
    ]  # fmt: skip


@contextmanager
def storage() -> Iterator[Peer]:
    """A storage that drops everything it receives, in its own process."""
    with peer(script="storage_server.py") as to:
        yield to


@contextmanager
def large_file(size: int = SIZE) -> Iterator[Path]:
    """A file of this size that begins like a PDF."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "invoice.pdf"
        path.write_bytes(b"%PDF-1.7\n" + os.urandom(size - 9))
        yield path


def sync_ratio(to: Peer, path: Path) -> float:
    """Wall time of an upload, divided by that of bare httpx."""
    with MessagingClient(**to.unpaced()) as ours, httpx.Client(**to.bare()) as bare:
        rounds = [
            (_seconds(lambda: ours.upload(ORDER, "invoice", path)), _seconds(lambda: upload(bare, path)))
            for _ in range(ROUNDS)
        ]
    return median(seen / others for seen, others in rounds[WARM_UP:])


async def async_ratio(to: Peer, path: Path) -> float:
    """The same for asyncio."""
    ours = AsyncMessagingClient(**to.unpaced())
    async with ours, httpx.AsyncClient(**to.bare()) as bare:
        rounds = [
            (
                await _seconds_async(lambda: ours.upload(ORDER, "invoice", path)),
                await _seconds_async(lambda: _bare_async(bare, path)),
            )
            for _ in range(ROUNDS)
        ]
    return median(seen / others for seen, others in rounds[WARM_UP:])


def memory(to: Peer, file: AttachmentSource) -> int:
    """How many bytes the process grows by during an upload: traced or resident memory, whichever is more."""
    with MessagingClient(**to.unpaced()) as client:
        client.upload(ORDER, "invoice", ("warm.pdf", b"%PDF-1.7"))
        with _Growth() as growth:
            client.upload(ORDER, "invoice", file)
    return growth.most


async def async_memory(to: Peer, file: AttachmentSource) -> int:
    """The same for asyncio."""
    async with AsyncMessagingClient(**to.unpaced()) as client:
        await client.upload(ORDER, "invoice", ("warm.pdf", b"%PDF-1.7"))
        with _Growth() as growth:
            await client.upload(ORDER, "invoice", file)
    return growth.most


async def loop_hold(to: Peer, path: Path, rounds: int = 15) -> float:
    """How many seconds an upload blocks the event loop.

    Takes the longest block of each upload, and of these the shortest: what the upload itself does happens in every
    round, what else the machine does does not.
    """
    longest = []
    async with AsyncMessagingClient(**to.unpaced()) as client:
        for _ in range(rounds):
            upload = asyncio.create_task(client.upload(ORDER, "invoice", path))
            longest.append(await _longest_hold(upload))
    return min(longest)


async def _longest_hold(task: asyncio.Task[Any]) -> float:
    longest, before = 0.0, time.perf_counter()
    while not task.done():
        await asyncio.sleep(0)
        now = time.perf_counter()
        longest, before = max(longest, now - before), now
    await task
    return longest


async def _bare_async(client: httpx.AsyncClient, path: Path) -> None:
    with path.open("rb") as file:
        answer = await client.post(DESTINATION, params=QUERY | {"contentMD5": digest(file)})
        destination = answer.json()["payload"]
        file.seek(0)

        async def content() -> AsyncIterator[bytes]:
            while chunk := file.read(256 * 1024):
                yield chunk

        headers = destination["headers"] | {"content-length": str(path.stat().st_size)}
        (await client.put(destination["url"], content=content(), headers=headers)).raise_for_status()


def _seconds(call: Callable[[], object]) -> float:
    began = time.perf_counter()
    call()
    return time.perf_counter() - began


async def _seconds_async(call: Callable[[], Awaitable[object]]) -> float:
    began = time.perf_counter()
    await call()
    return time.perf_counter() - began


class _Growth:
    """The peak of memory during a block, minus the memory in use before it.

    Attributes:
        most: In bytes. The greater one of traced memory and, on Linux, resident memory.
    """

    def __enter__(self) -> _Growth:
        gc.collect()
        self._resident = self._peak(reset=True)
        tracemalloc.start()
        self._traced = tracemalloc.get_traced_memory()[0]
        return self

    def __exit__(self, *_: object) -> None:
        traced = tracemalloc.get_traced_memory()[1] - self._traced
        tracemalloc.stop()
        self.most = max(traced, self._peak() - self._resident)

    @staticmethod
    def _peak(*, reset: bool = False) -> int:
        process = Path("/proc/self")
        if not (process / "clear_refs").exists():
            return 0
        if reset:
            (process / "clear_refs").write_text("5")
        line = next(line for line in (process / "status").read_text().splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) * 1024
