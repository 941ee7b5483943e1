"""The time of a process that imports a package, divided by that of one that imports httpx. All are installed."""

from __future__ import annotations

import subprocess
import time
from pathlib import Path
from statistics import median

from benchmarks.clients import OTHERS
from benchmarks.installed import python_with, python_with_ours
from benchmarks.table import Figure, seen_as

ROUNDS = 25


def figures() -> list[Figure]:
    """In turns. The median of the ratios, because it changes least when the machine is busy."""
    ours = python_with_ours()
    processes = {
        "httpx": (ours, "import httpx"),
        "package": (ours, "import spapi_messaging"),
        "client": (ours, "from spapi_messaging import MessagingClient"),
        **{other.name: (python_with(other.name), other.statement) for other in OTHERS},
    }
    seen: dict[str, list[float]] = {name: [] for name in processes}
    for _ in range(ROUNDS):
        for name, process in processes.items():
            seen[name].append(_seconds(*process))
    ratios = {
        name: median(own / httpx for own, httpx in zip(times, seen["httpx"], strict=True))
        for name, times in seen.items()
    }
    return [
        Figure(
            "`import spapi_messaging` / `from spapi_messaging import MessagingClient`, from a wheel: "
            "process wall ÷ `import httpx`",
            "≤ 1.05 / ≤ 1.20",
            f"{seen_as(ratios['package'], '.2f', most=1.05)} / {seen_as(ratios['client'], '.2f', most=1.20)}",
            {other.name: f"{ratios[other.name]:.2f}" for other in OTHERS},
            "All over the same `import httpx`; amzn-selling-partner itself is on httpx2.",
            "time until the client is imported; `import httpx` is 1",
            f"{ratios['client']:.2f}",
        )
    ]


def _seconds(python: Path, statement: str) -> float:
    """-I: without the environment of this process."""
    began = time.perf_counter()
    subprocess.run([str(python), "-I", "-c", statement], check=True)
    return time.perf_counter() - began
