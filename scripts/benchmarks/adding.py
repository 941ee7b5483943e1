"""Jobs that are added to a ledger in SQLite: time and memory, and what files cost above reading and hashing them."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.ledgers import new_ledger, order
from benchmarks.table import Figure, seen_as
from spapi_messaging.bulk import Job

JOBS, ROUNDS = 100_000, 10
# Small files, and files as large as invoices often are. The larger ones are fewer, because the disk has to take them.
SMALL, USUAL = (20_000, JOBS), (200_000, 2_000)
SCRIPT = Path(__file__).with_name("fresh") / "add_jobs.py"
NOTE = (
    f"Warm files, in {ROUNDS} calls that alternate with reading and hashing alone (MD5 and SHA-256, as an upload needs "
    "them). Median of the ratios."
)


def figures() -> list[Figure]:
    """One row for text, in a fresh process, and one for files."""
    return [_texts(), _files()]


def _texts() -> Figure:
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, str(SCRIPT), str(JOBS), folder]
        answer = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    seconds, growth = map(float, answer.split())
    return Figure(
        f"{JOBS:,} text jobs added to a ledger in SQLite, in one call: time; growth of peak memory",
        "≤ 20 s; ≤ 150 MiB",
        f"{seen_as(seconds, '.1f', ' s', most=20)}; {seen_as(growth / 2**20, '.0f', ' MiB', most=150)}",
    )


def _files() -> Figure:
    small, more = _ratio(*SMALL)
    usual, _ = _ratio(*USUAL)
    return Figure(
        f"{JOBS:,} jobs with a file of 20 kB each: time ÷ reading and hashing the files alone (with files of 200 kB)",
        "≤ 1.5",
        f"{seen_as(small, '.1f', most=1.5)}, which is {more * 1e6:.0f} µs more a job "
        f"({seen_as(usual, '.1f', most=1.5)})",
        note=NOTE,
    )


def _ratio(size: int, count: int) -> tuple[float, float]:
    """The ratio, and the seconds above reading and hashing for each job."""
    with tempfile.TemporaryDirectory() as folder, new_ledger() as ledger:
        numbers = iter(range(count))
        rounds = []
        for paths in [*_rounds(Path(folder), size, count // ROUNDS)]:  # all files are written before the first round
            jobs = [Job(order(next(numbers)), "invoice", attachments=[path], marketplace="DE") for path in paths]
            alone = _seconds(_read_and_hash, paths)
            rounds.append((_seconds(ledger.add, jobs), alone))
    ratio = median(seen / alone for seen, alone in rounds)
    return ratio, median(seen - alone for seen, alone in rounds) / (count // ROUNDS)


def _rounds(folder: Path, size: int, count: int) -> Iterator[list[Path]]:
    """The files of each round, all different. A folder of its own for each keeps the folders small."""
    content = os.urandom(size - 25)
    for number in range(ROUNDS):
        own = folder / str(number)
        own.mkdir()
        paths = [own / f"{place}.pdf" for place in range(count)]
        for path in paths:
            path.write_bytes(b"%PDF-1.7\n" + f"{number:08d}{path.stem:>8}".encode() + content)
        yield paths


def _read_and_hash(paths: list[Path]) -> None:
    for path in paths:
        content = path.read_bytes()
        hashlib.md5(content, usedforsecurity=False).digest()
        hashlib.sha256(content).digest()


def _seconds(work: Callable[[list[Any]], object], on: list[Any]) -> float:
    began = time.perf_counter()
    work(on)
    return time.perf_counter() - began
