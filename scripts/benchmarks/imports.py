"""What an import costs: a whole process, wall clock, over one that imports httpx."""

from __future__ import annotations

import compileall
import subprocess
import sys
import time
from pathlib import Path

from benchmarks.table import Figure

ROUNDS = 15
STATEMENTS = {
    "httpx": "import httpx",
    "package": "import spapi_messaging",
    "client": "from spapi_messaging import MessagingClient",
    "sp_api": "from sp_api.api import Messaging",
}


def figures() -> list[Figure]:
    """Fastest of many, taken in turns; everything compiled before, as an installer does."""
    root = Path(__file__).resolve().parents[2]
    for folder in ("wrapper", "generated"):
        compileall.compile_dir(root / folder, quiet=1)
    seen: dict[str, list[float]] = {name: [] for name in STATEMENTS}
    for _ in range(ROUNDS):
        for name, statement in STATEMENTS.items():
            began = time.perf_counter()
            subprocess.run([sys.executable, "-c", statement], check=True)
            seen[name].append(time.perf_counter() - began)
    best = {name: min(times) / min(seen["httpx"]) for name, times in seen.items()}
    return [
        Figure(
            "`import spapi_messaging` / `from spapi_messaging import MessagingClient`, process wall ÷ `import httpx`",
            "≤ 1.05 / ≤ 1.25",
            f"{best['package']:.2f} / {best['client']:.2f}",
            f"python-amazon-sp-api {best['sp_api']:.2f}",
        )
    ]
