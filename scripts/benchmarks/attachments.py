"""One large upload: its time over bare httpx, its memory, and how long it holds the event loop."""

from __future__ import annotations

import asyncio
import base64
import gc
import hashlib
import os
import subprocess
import sys
import tempfile
import time
import tracemalloc
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any

import httpx

from benchmarks.clients import AMPLE, ORDER, QUERY, Peer
from benchmarks.table import Figure
from spapi_messaging import AsyncMessagingClient, MessagingClient
from spapi_messaging.attachments import AttachmentSource

SIZE, ROUNDS, WARM_UP = 9 * 2**20, 40, 3
DESTINATION = f"/uploads/2020-11-01/uploadDestinations/messaging/v1/orders/{ORDER}/messages/invoice"


def figures() -> list[Figure]:
    """Uploads in turns with bare httpx, which reads, hashes and sends the file likewise; median of the ratios."""
    with storage() as to, large_file() as path:
        sync, tasks = sync_ratio(to, path), asyncio.run(async_ratio(to, path))
        grown = max(memory(to, path), asyncio.run(async_memory(to, path)))
        held = asyncio.run(loop_hold(to, path))
    return [
        Figure("9 MiB upload, wall ÷ bare httpx, same hash and two requests: sync / async", "≤ 1.10",
               f"{sync:.2f} / {tasks:.2f}"),
        Figure("9 MiB upload: growth of memory", "< 1 MiB", f"{grown / 2**20:.2f} MiB"),
        Figure("9 MiB upload: longest hold of the event loop, best of 15 uploads", "≤ 20 ms", f"{held * 1000:.1f} ms"),
    ]  # fmt: skip


@contextmanager
def storage() -> Iterator[Peer]:
    """A storage that throws everything away, in a process of its own."""
    server = Path(__file__).with_name("storage_server.py")
    with subprocess.Popen([sys.executable, str(server)], stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield Peer(f"http://127.0.0.1:{process.stdout.readline().strip()}")
        finally:
            process.terminate()


@contextmanager
def large_file(size: int = SIZE) -> Iterator[Path]:
    """A PDF of that size, as far as anybody looks."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "invoice.pdf"
        path.write_bytes(b"%PDF-1.7\n" + os.urandom(size - 9))
        yield path


def sync_ratio(to: Peer, path: Path) -> float:
    """Wall time of an upload over that of bare httpx."""
    with MessagingClient(**_arguments(to)) as ours, httpx.Client(base_url=to.url, headers=to.bare_headers()) as bare:
        rounds = [
            (_seconds(lambda: ours.upload(ORDER, "invoice", path)), _seconds(lambda: _bare(bare, path)))
            for _ in range(ROUNDS)
        ]
    return median(seen / others for seen, others in rounds[WARM_UP:])


async def async_ratio(to: Peer, path: Path) -> float:
    """The same for asyncio."""
    ours = AsyncMessagingClient(**_arguments(to))
    async with ours, httpx.AsyncClient(base_url=to.url, headers=to.bare_headers()) as bare:
        rounds = [
            (
                await _seconds_async(lambda: ours.upload(ORDER, "invoice", path)),
                await _seconds_async(lambda: _bare_async(bare, path)),
            )
            for _ in range(ROUNDS)
        ]
    return median(seen / others for seen, others in rounds[WARM_UP:])


def memory(to: Peer, file: AttachmentSource) -> int:
    """Bytes by which an upload makes the process grow, traced or resident, whichever is more."""
    with MessagingClient(**_arguments(to)) as client:
        client.upload(ORDER, "invoice", ("warm.pdf", b"%PDF-1.7"))
        with _Growth() as growth:
            client.upload(ORDER, "invoice", file)
    return growth.most


async def async_memory(to: Peer, file: AttachmentSource) -> int:
    """The same for asyncio."""
    async with AsyncMessagingClient(**_arguments(to)) as client:
        await client.upload(ORDER, "invoice", ("warm.pdf", b"%PDF-1.7"))
        with _Growth() as growth:
            await client.upload(ORDER, "invoice", file)
    return growth.most


async def loop_hold(to: Peer, path: Path, rounds: int = 15) -> float:
    """Seconds for which an upload keeps everything else on the loop waiting.

    The longest hold of each upload, and of these the shortest: what the upload does itself comes back every time,
    unlike what the machine does besides.
    """
    longest = []
    async with AsyncMessagingClient(**_arguments(to)) as client:
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


def _arguments(to: Peer) -> dict[str, Any]:
    return to.arguments(usage_plans={"*": AMPLE})


def _bare(client: httpx.Client, path: Path) -> None:
    with path.open("rb") as file:
        answer = client.post(DESTINATION, params=QUERY | {"contentMD5": _digest(file)})
        destination = answer.json()["payload"]
        file.seek(0)
        headers = destination["headers"] | {"content-length": str(path.stat().st_size)}
        client.put(destination["url"], content=file, headers=headers).raise_for_status()


async def _bare_async(client: httpx.AsyncClient, path: Path) -> None:
    with path.open("rb") as file:
        answer = await client.post(DESTINATION, params=QUERY | {"contentMD5": _digest(file)})
        destination = answer.json()["payload"]
        file.seek(0)

        async def content() -> AsyncIterator[bytes]:
            while chunk := file.read(256 * 1024):
                yield chunk

        headers = destination["headers"] | {"content-length": str(path.stat().st_size)}
        (await client.put(destination["url"], content=content(), headers=headers)).raise_for_status()


def _digest(file: Any) -> str:
    return base64.b64encode(hashlib.file_digest(file, "md5").digest()).decode()


def _seconds(call: Callable[[], object]) -> float:
    began = time.perf_counter()
    call()
    return time.perf_counter() - began


async def _seconds_async(call: Callable[[], Awaitable[object]]) -> float:
    began = time.perf_counter()
    await call()
    return time.perf_counter() - began


class _Growth:
    """The most memory that was in use at a time during a block, less what was in use before.

    Attributes:
        most: in bytes; of what Python allocates and, where the system tells (Linux), of what is resident.
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
