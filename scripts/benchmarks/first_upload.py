"""A process with one upload, from start to end, with its imports."""

from __future__ import annotations

import subprocess
import time
from pathlib import Path
from statistics import median

from benchmarks.attachments import large_file, storage
from benchmarks.installed import python_with_ours
from benchmarks.table import Figure, seen_as

ROUNDS, SIZE = 25, 256 * 2**10
SCRIPTS = Path(__file__).with_name("fresh")


def figures() -> list[Figure]:
    """Processes with our client and with bare httpx, in turns. Median of the differences."""
    python = python_with_ours()
    with storage() as to, large_file(SIZE) as path:

        def seconds(script: str) -> float:
            began = time.perf_counter()
            subprocess.run([str(python), "-I", str(SCRIPTS / script), to.url, str(path)], check=True)
            return time.perf_counter() - began

        pairs = [(seconds("ours.py"), seconds("bare.py")) for _ in range(ROUNDS)]
    more = median(ours - bare for ours, bare in pairs)
    whole = median(bare for _, bare in pairs)
    return [
        Figure(
            "first upload (256 KiB) of a fresh process: wall above bare httpx with the same two hashes and requests",
            "≤ 25 ms",
            f"{seen_as(more * 1000, '.0f', ' ms', most=25)} (bare: {whole * 1000:.0f} ms)",
        )
    ]
