"""Breaks workers, and what they stand on, and holds what the buyers received against the ledger each time."""

from __future__ import annotations

import argparse
import logging
import shutil
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path

from proofs.breaking.catalogue import SCENARIOS
from proofs.breaking.figures import Figures, blows_of, table
from proofs.breaking.scenarios import play
from proofs.breaking.stage import Settings
from tests.support import postgres


def main() -> None:
    options = parser().parse_args()
    programs = postgres.find_programs()
    if programs is None:
        sys.exit("There is no PostgreSQL server on this machine. Debian and Ubuntu have it as postgresql.")
    server = postgres.Server(programs, fsync="on", max_connections="30")
    try:
        seen = rounds(options, server)
    finally:
        server.remove()
    print(f"\n{table(seen)}\n\n{blows_of(seen.values())}")


def rounds(options: argparse.Namespace, server: postgres.Server) -> dict[str, Figures]:
    """Plays the scenarios in turn, until the time is over. Prints a line for each round."""
    names = available(options.only)
    seen: dict[str, Figures] = defaultdict(Figures)
    end = time.monotonic() + 60 * options.minutes
    seed = options.seed
    while True:
        for name in names:
            folder = Path(tempfile.mkdtemp(prefix="break-workers-"))
            logging.basicConfig(filename=folder / "proof.log", format="%(asctime)s %(message)s", force=True)
            settings = Settings(seed, options.blows, options.workers)
            try:
                figures = play(SCENARIOS[name], settings, folder, server)
            except (AssertionError, TimeoutError) as wrong:
                sys.exit(f"{name}, seed {seed}: {wrong}\n\nThe files and the workers' log are kept in {folder}.")
            shutil.rmtree(folder)
            seen[name] += figures
            print(f"{name}, seed {seed}: {figures}", flush=True)
            if time.monotonic() > end:
                return seen
        seed += 1


def available(only: str | None) -> list[str]:
    """The scenarios that were asked for, and whose programs are on this machine."""
    names = list(SCENARIOS) if only is None else only.split(",")
    if unknown := set(names) - SCENARIOS.keys():
        sys.exit(f"There is no scenario {sorted(unknown)[0]!r}. There are: {', '.join(SCENARIOS)}.")
    found = []
    for name in names:
        if missing := SCENARIOS[name].missing():
            print(f"{name} is left out: {missing}", file=sys.stderr)
        else:
            found.append(name)
    return found or sys.exit("No scenario is left.")


def parser() -> argparse.ArgumentParser:
    """The options."""
    made = argparse.ArgumentParser(prog="scripts/break-workers", description=__doc__)
    made.add_argument("--minutes", type=float, default=10, help="when the last round begins, at most (default: 10)")
    made.add_argument("--only", metavar="NAMES", help=f"some of {','.join(SCENARIOS)} (default: all)")
    made.add_argument("--blows", type=int, default=8, help="how often something is broken in a round (default: 8)")
    made.add_argument("--workers", type=int, default=3, help="how many workers run at once (default: 3)")
    made.add_argument("--seed", type=int, default=1, help="of the first round; later ones have the next (default: 1)")
    return made


if __name__ == "__main__":
    main()
