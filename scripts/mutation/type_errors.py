"""Which mutants the type checker finds, so that they need no test."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from pathlib import Path

from mutmut.configuration import config
from mutmut.mutation.data import MutantLineSpans
from mutmut.mutation.file_mutation import FailedTypeCheckMutant, MutatedMethodLocation
from mutmut.type_checking import TypeCheckingError, run_type_checker
from mutmut.utils.file_utils import change_cwd
from mutmut.utils.format_utils import get_mutant_name


def rejected_mutants() -> dict[str, FailedTypeCheckMutant]:
    """The mutants with a type error, by name. mutmut's own function parses what it wrote, which takes minutes."""
    errors: dict[Path, list[TypeCheckingError]] = defaultdict(list)
    with change_cwd("mutants"):
        for error in run_type_checker(config().type_check_command):
            errors[error.file_path.relative_to(Path.cwd())].append(error)
    return {mutant.name: mutant for path, each in errors.items() for mutant in _rejected(path, each)}


def _rejected(path: Path, errors: list[TypeCheckingError]) -> list[FailedTypeCheckMutant]:
    index = MutantLineSpans.load(path)
    if index is None:
        return []
    spans = sorted((span.start, span.end, name) for name, span in index.span_by_function_name.items())
    found = []
    for error in errors:
        place = bisect_right(spans, (error.line_number + 1,)) - 1
        if place >= 0 and error.line_number <= spans[place][1]:
            start, end, name = spans[place]
            location = MutatedMethodLocation(path, name, start, end)
            found.append(FailedTypeCheckMutant(location, get_mutant_name(path, name), error))
    return found
