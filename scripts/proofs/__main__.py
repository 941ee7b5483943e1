"""Kills senders with kill -9 at random moments, and holds what the buyers received against the ledger each time."""

from __future__ import annotations

import argparse
import logging
import shutil
import sys
import tempfile
from pathlib import Path

from proofs.killing import FAULTS, Figures, Killing, Settings
from proofs.programs import Peer


def main() -> None:
    options = parser().parse_args()
    folder = Path(tempfile.mkdtemp(prefix="kill-senders-"))
    settings = Settings(
        ledger=options.ledger or f"sqlite:///{folder / 'ledger.db'}",
        sellers=options.sellers,
        messages=options.messages,
        times=options.times,
        senders=2 if options.two else 1,
        seed=options.seed,
    )
    logging.basicConfig(filename=folder / "senders.log", format="%(asctime)s %(message)s")
    try:
        with Peer(settings.plan, FAULTS) as peer:
            figures = Killing(settings, folder, peer).run()
    except AssertionError as wrong:
        print(f"{wrong}\n\nThe ledger and the files are kept in {folder}.", file=sys.stderr)
        sys.exit(1)
    print(table(settings, figures))
    shutil.rmtree(folder)


def parser() -> argparse.ArgumentParser:
    """The options."""
    made = argparse.ArgumentParser(prog="scripts/kill-senders", description=__doc__)
    made.add_argument("--times", type=int, default=200, help="how many senders are killed (default: 200)")
    made.add_argument(
        "--ledger", metavar="URL", help="an empty ledger, such as postgresql+psycopg://… (default: SQLite)"
    )
    made.add_argument("--sellers", type=int, default=10, help="how many accounts there are (default: 10)")
    made.add_argument("--messages", type=int, default=200, help="messages for each, in a batch (default: 200)")
    made.add_argument("--two", action="store_true", help="two senders at once, on the same ledger")
    made.add_argument("--seed", type=int, default=1, help="of the random moments (default: 1)")
    return made


def table(settings: Settings, figures: Figures) -> str:
    """The figures, as Markdown."""
    backend = settings.ledger.partition(":")[0].partition("+")[0]
    title = f"{backend}, {settings.senders} at once, seed {settings.seed}"
    lines = [f"| {title} | seen |", "|---|---|"]
    return "\n".join(lines + [f"| {name} | {seen} |" for name, seen in figures.rows()])


if __name__ == "__main__":
    main()
