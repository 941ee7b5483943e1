"""Measures everything and prints a table. ``--write`` also puts it into docs/figures.md, and a part into README.md."""

from __future__ import annotations

import argparse
import platform
import sys
from pathlib import Path

import marked
from benchmarks import (
    adding,
    attachments,
    callers,
    cancelled,
    cpu,
    deadline,
    first_upload,
    flat,
    idle,
    imports,
    ledger_cost,
    loopback,
    loops,
    memory,
    outcomes,
    pace,
    redis_pace,
    sender_pace,
    workers,
    workers_full,
)
from benchmarks.clients import OTHERS
from benchmarks.table import Figure, comparison, markdown

ROOT = Path(__file__).resolve().parents[2]
FIGURES = ROOT / "docs" / "figures.md"
COMPARED = [other.name for other in OTHERS]
PARTS = {
    "imports": imports,
    "first": first_upload,
    "cpu": cpu,
    "pace": pace,
    "redis": redis_pace,
    "outcomes": outcomes,
    "callers": callers,
    "cancelled": cancelled,
    "deadline": deadline,
    "loops": loops,
    "idle": idle,
    "memory": memory,
    "attachments": attachments,
    "adding": adding,
    "ledger": ledger_cost,
    "senders": sender_pace,
    "workers": workers,
    "workers_full": workers_full,
    "flat": flat,
}
ONLY_NAMED = {"flat", "workers_full"}  # they take minutes


def main() -> None:
    parser = argparse.ArgumentParser(prog="scripts/benchmark", description=__doc__)
    parser.add_argument(
        "--write",
        action="store_true",
        help="put the table into docs/figures.md and, unless parts are named, the comparison into README.md",
    )
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"only these: {', '.join(PARTS)}")
    options = parser.parse_args()
    if unknown := set(options.parts) - PARTS.keys():
        parser.error(f"there is no part {', '.join(unknown)}")
    loopback.enforce()
    figures: list[Figure] = []
    for name, part in PARTS.items():
        if name in (options.parts or PARTS.keys() - ONLY_NAMED):
            print(f"measuring {name} …", file=sys.stderr, flush=True)
            figures += part.figures()
    table = f"{markdown(figures)}\n\nPython {platform.python_version()} on {platform.system()}, loopback."
    print(table)
    if options.write:
        marked.put("benchmark", f"\n{table}\n", FIGURES)
        if not options.parts:
            marked.put("comparison", f"\n{comparison(figures, COMPARED)}\n")


if __name__ == "__main__":
    main()
