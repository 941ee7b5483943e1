"""The way from the modules that are asked for to the report of what no test noticed."""

from __future__ import annotations

import argparse
import random
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable
from pathlib import Path

from mutmut import __main__ as mutmut
from mutmut.configuration import config
from mutmut.mutation.diff_apply import get_diff_for_mutant
from mutmut.mutation.trampoline import set_mutant_under_test
from mutmut.stats import status_by_exit_code
from mutmut.utils.file_utils import copy_also_copy_files, copy_src_dir, walk_source_files
from mutmut.workers import isolation

from mutation import operators, session, type_errors

#: mutmut's numbers for a mutant that a test noticed, and for one that mypy noticed.
NOTICED = (1, 3, 37)


def run(arguments: argparse.Namespace) -> None:
    """Changes the copy, which is the current folder, and reports the changes that no test noticed."""
    session.SECONDS_PER_MUTANT = arguments.seconds
    setattr(isolation, "PytestRunner", session.CollectedTests)  # noqa: B010
    setattr(mutmut, "filter_mutants_with_type_checker", type_errors.rejected_mutants)  # noqa: B010
    operators.leave_sentences()
    setattr(mutmut, "print_stats", lambda *_, **__: None)  # noqa: B010 - it counts all mutants anew after each one
    chosen = _choose(arguments)
    if due := [name for name, result in chosen.items() if result not in NOTICED or arguments.again]:
        mutmut._run(due, arguments.processes)
    _report(list(chosen))


def _choose(arguments: argparse.Namespace) -> dict[str, int | None]:
    """Makes the mutants. Returns the names of those that are asked for, with the results of an earlier run."""
    set_mutant_under_test("mutant_generation")
    _leave_others(arguments.names)
    Path("mutants").mkdir(exist_ok=True)
    with mutmut.CatchOutput():
        copy_src_dir()
        copy_also_copy_files()
        mutmut.create_mutants(arguments.processes)
    patterns = [f"spapi_messaging.{name}.*" for name in arguments.names]
    mutants, _ = mutmut.collect_source_file_mutation_data(mutant_names=patterns)
    results = {name: result for _, name, result in sorted(mutants, key=lambda mutant: mutant[1])}
    some = random.Random(arguments.seed).sample(list(results), round(arguments.sample * len(results)))
    return {name: results[name] for name in some}


def _leave_others(names: Iterable[str]) -> None:
    """Lets mutmut change only what is asked for: to make all mutants, and to check their types, takes minutes."""
    asked = [f"src/spapi_messaging/{name.replace('.', '/')}" for name in names]
    settings = config()
    settings.only_mutate = [
        path
        for path in map(str, walk_source_files())
        if settings.should_mutate(path) and any(path == f"{each}.py" or path.startswith(f"{each}/") for each in asked)
    ]
    if not settings.only_mutate:
        sys.exit(f"{', '.join(names)}: nothing is changed there. only_mutate in pyproject.toml has the modules.")


def _report(chosen: list[str]) -> None:
    """Prints the numbers of each module, and writes what no test noticed into a file."""
    mutants, _ = mutmut.collect_source_file_mutation_data(mutant_names=chosen)
    numbers: dict[str, Counter[str]] = defaultdict(Counter)
    unnoticed = Path("unnoticed.diff")
    with unnoticed.open("w", encoding="utf-8") as file:
        for data, name, result in mutants:
            status = status_by_exit_code[result]
            numbers[name.rpartition(".")[0]][status] += 1
            if result not in NOTICED:
                file.write(f"# {name}: {status}\n{get_diff_for_mutant(name, path=data.path)}\n")
    for module, each in sorted(numbers.items()):
        print(f"{module}: {', '.join(f'{number} {status}' for status, number in each.most_common())}")
    print(f"What no test noticed: {unnoticed.resolve()}")
