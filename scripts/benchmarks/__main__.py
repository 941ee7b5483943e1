"""Measures everything and prints the table; with ``--write`` it goes into the README as well."""

from __future__ import annotations

import argparse
import platform
import sys
from pathlib import Path

from benchmarks import attachments, cpu, imports, memory, outcomes, pace
from benchmarks.table import Figure, markdown

README = Path(__file__).resolve().parents[2] / "README.md"
BEGIN, END = "<!-- benchmark -->", "<!-- /benchmark -->"
PARTS = {
    "imports": imports,
    "cpu": cpu,
    "pace": pace,
    "outcomes": outcomes,
    "memory": memory,
    "attachments": attachments,
}


def main() -> None:
    parser = argparse.ArgumentParser(prog="scripts/benchmark", description=__doc__)
    parser.add_argument("--write", action="store_true", help="put the table into the README")
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"only these: {', '.join(PARTS)}")
    options = parser.parse_args()
    if unknown := set(options.parts) - PARTS.keys():
        parser.error(f"there is no part {', '.join(unknown)}")
    figures: list[Figure] = []
    for name, part in PARTS.items():
        if not options.parts or name in options.parts:
            print(f"measuring {name} …", file=sys.stderr, flush=True)
            figures += part.figures()
    table = f"{markdown(figures)}\n\nPython {platform.python_version()} on {platform.system()}, loopback."
    print(table)
    if options.write:
        text = README.read_text(encoding="utf-8")
        before, rest = text.split(BEGIN)
        README.write_text(f"{before}{BEGIN}\n{table}\n{END}{rest.split(END)[1]}", encoding="utf-8")


if __name__ == "__main__":
    main()
