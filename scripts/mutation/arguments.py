"""The arguments of scripts/mutate. Loads nothing of mutmut, which reads its settings where it is imported."""

from __future__ import annotations

import argparse

#: Seconds of tests for each mutant, the fastest case of each test first. Some functions are called by nearly all tests.
SECONDS_PER_MUTANT = 3.0


def parsed() -> argparse.Namespace:
    """What was typed."""
    parser = argparse.ArgumentParser(
        prog="scripts/mutate",
        description="Changes the code in one place at a time, and reports the changes that no test noticed. The first "
        "run for NAMEs measures each test once, which takes about two minutes. Later runs for the same NAMEs go on "
        "from there.",
    )
    parser.add_argument("names", nargs="+", metavar="NAME", help="a package or module: _call, bulk.storage.dates")
    parser.add_argument("--sample", type=float, default=1.0, metavar="SHARE", help="try this share of the mutants")
    parser.add_argument("--seed", type=int, default=0, help="which ones the sample takes")
    parser.add_argument("--again", action="store_true", help="try those again, too, that were noticed before")
    parser.add_argument(
        "--seconds",
        type=float,
        default=SECONDS_PER_MUTANT,
        help="of tests for each mutant: the fastest case of each test first",
    )
    parser.add_argument("--processes", type=int, default=1)
    return parser.parse_args()
