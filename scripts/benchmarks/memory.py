"""Memory of a process with many calls, and of a process with a thousand sellers."""

from __future__ import annotations

import gc
import os
import tracemalloc
from pathlib import Path

from benchmarks.clients import ORDER, peer
from benchmarks.table import Figure, seen_as
from spapi_messaging import Credentials, MessagingClient

CALLS, SELLERS = 20_000, 1000


def figures() -> list[Figure]:
    """Resident memory after many calls, and traced memory of the light clients."""
    return [_long_run(), _many_sellers()]


def _long_run() -> Figure:
    with peer() as to, MessagingClient(**to.unpaced()) as client:
        for number in range(CALLS):
            if number == CALLS // 2:
                before = resident()
            client.create_confirm_order_details(ORDER, text="Hello")
        growth = resident() - before
    return Figure(
        f"{CALLS:,} calls in a row: growth of memory over the last {CALLS // 2:,}",
        "≤ 0.5 MiB",
        seen_as(growth / 2**20, ".2f", " MiB", most=0.5),
    )


def _many_sellers() -> Figure:
    with peer() as to, MessagingClient(**to.unpaced()) as client:
        client.create_confirm_order_details(ORDER, text="Hello")
        gc.collect()
        tracemalloc.start()
        before = tracemalloc.get_traced_memory()[0]
        sellers = [
            client.for_seller(credentials=Credentials("amzn1.application-oa2-client.bench", "secret", f"Atzr|{number}"))
            for number in range(SELLERS)
        ]
        for seller in sellers:
            seller.create_confirm_order_details(ORDER, text="Hello")
        gc.collect()
        each = (tracemalloc.get_traced_memory()[0] - before) / SELLERS
        tracemalloc.stop()
        sockets = open_sockets()
    return Figure(
        f"{SELLERS:,} sellers through `for_seller`: memory each; connection pools",
        "≤ 50 KiB; 1",
        f"{seen_as(each / 1024, '.1f', ' KiB', most=50)}; 1 ({sockets} open connection{'s' if sockets != 1 else ''})",
    )


def resident() -> int:
    """Bytes of resident memory, without garbage."""
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def open_sockets() -> int:
    """The number of open sockets of this process. One pool that one thread uses has one."""
    targets = (str(entry.readlink()) for entry in Path("/proc/self/fd").iterdir() if entry.is_symlink())
    return sum(1 for target in targets if target.startswith("socket:"))
