"""Adds many text jobs to a new ledger, and prints the seconds and by how many bytes the peak of memory grew.

Run with ``python add_jobs.py COUNT FOLDER``.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

from spapi_messaging.bulk import Job, Ledger


def peak() -> int:
    """The peak of resident memory. ``ru_maxrss`` would begin with that of the process that started this one."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("VmHWM")).split()[1]) * 1024


count, folder = int(sys.argv[1]), Path(sys.argv[2])
with Ledger(f"sqlite:///{folder / 'ledger.db'}") as ledger:
    before, began = peak(), time.perf_counter()
    added = ledger.add(
        Job(f"303-{number:07d}-1234567", "confirmOrderDetails", text="Hello", marketplace="DE")
        for number in range(count)
    )
    seconds, growth = time.perf_counter() - began, peak() - before
assert added.added == count
print(seconds, growth)
