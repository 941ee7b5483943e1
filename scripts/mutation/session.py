"""Runs the tests of one mutant: pytest collects once, and each mutant has a process that begins with what it collected.

mutmut itself starts pytest for each mutant, which takes far longer than the tests of a pure function.
"""

from __future__ import annotations

import resource
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import accumulate
from time import perf_counter, process_time
from typing import Any

import pytest
from hypothesis import Phase, settings
from mutmut.runners.harness import ListAllTestsResult, PytestRunner
from mutmut.state import state
from mutmut.utils.file_utils import change_cwd
from mutmut.workers.isolation import run_in_fork, run_in_fork_with_result

from mutation.arguments import SECONDS_PER_MUTANT as SECONDS_PER_MUTANT

OPTIONS = [
    "--rootdir=.",
    "--quiet",
    "--tb=no",
    "--capture=no",
    "-Wignore::pytest.PytestAssertRewriteWarning",  # hypothesis is imported already
    "--hypothesis-profile=mutation",
    "--override-ini=tmp_path_retention_policy=none",
]


class CollectedTests(PytestRunner):
    """A test runner for mutmut, over tests that are collected once."""

    def prepare_main_test_run(self) -> None:
        # A failure is enough: nobody reads the smallest example.
        settings.register_profile(
            "mutation", deadline=None, derandomize=True, database=None, phases=[Phase.explicit, Phase.generate]
        )
        with change_cwd("mutants"):
            arguments = OPTIONS + self._pytest_add_cli_args + self._pytest_add_cli_args_test_selection
            self.session = _collect(arguments)
        self.items = {item.nodeid: item for item in self.session.items}

    def list_all_tests(self) -> ListAllTestsResult:
        return ListAllTestsResult(ids=set(self.items))

    def run_stats(self, *, tests: Iterable[str]) -> int:
        """Finds out which tests call which functions. In a process of its own, because caches remember what ran."""
        failed, seconds, callers = run_in_fork_with_result(self._measure, list(tests) or list(self.items))
        state().duration_by_test.update(seconds)
        for function, tests_of_it in callers.items():
            state().tests_by_mangled_function_name[function] |= tests_of_it.difference(failed)
        if failed:
            print("These tests fail without a mutant, and are left out:", *failed, sep="\n  ", file=sys.__stdout__)
        return 0

    def run_tests(self, *, mutant_name: str | None, tests: Iterable[str]) -> int:
        if mutant_name is None:  # before the mutants, in mutmut's own process: do tests pass, and do they fail?
            some = _limit_tests()
            return run_in_fork(self._run, [item for test, item in self.items.items() if test in some])
        _limit_cpu(5 + round(3 * SECONDS_PER_MUTANT))
        return self._run([self.items[test] for test in tests])

    def _run(self, items: list[pytest.Item]) -> int:
        with change_cwd("mutants"):
            for _ in self._each(items):
                if self.session.testsfailed:
                    return 1
        return 0

    def _measure(self, tests: list[str]) -> tuple[list[str], dict[str, float], dict[str, set[str]]]:
        failed: list[str] = []
        seconds: dict[str, float] = {}
        callers: dict[str, set[str]] = {}
        started = perf_counter()
        with change_cwd("mutants"):
            for item in self._each([self.items[test] for test in tests]):
                seconds[item.nodeid], started = perf_counter() - started, perf_counter()
                for function in state()._stats:
                    callers.setdefault(function, set()).add(item.nodeid)
                state()._stats.clear()
                if self.session.testsfailed > len(failed):
                    failed.append(item.nodeid)
        return failed, seconds, callers

    def _each(self, items: list[pytest.Item]) -> Iterator[pytest.Item]:
        for item, following in zip(items, [*items[1:], None], strict=True):
            item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
            yield item


def _limit_cpu(seconds: int) -> None:
    """Ends this process when it computes for longer. mutmut's own limits count the time of a busy machine, too."""
    limit = seconds + int(process_time())
    resource.setrlimit(resource.RLIMIT_CPU, (limit, limit + 1))


def _limit_tests() -> set[str]:
    """Leaves each function the tests that fit into the time of a mutant. Returns one test of each function.

    All cases of one test look at the same thing, so a second case comes after the first ones of all tests.
    """
    seconds, some = state().duration_by_test, set()
    for function, tests in state().tests_by_mangled_function_name.items():
        cases: Counter[str] = Counter()
        turns = {}
        for test in sorted(tests, key=seconds.__getitem__):
            name = test.partition("[")[0]
            turns[test] = cases[name]
            cases[name] += 1
        ordered = sorted(tests, key=lambda test: (turns[test], seconds[test]))
        until_then = accumulate(seconds[test] for test in ordered)
        limited = {test for test, taken in zip(ordered, until_then, strict=True) if taken <= SECONDS_PER_MUTANT}
        state().tests_by_mangled_function_name[function] = limited
        some.update(ordered[:1])
    return some


def _collect(arguments: list[str]) -> Any:
    from _pytest.config import _prepareconfig
    from _pytest.main import Session

    config = _prepareconfig(arguments)
    config._do_configure()
    session = Session.from_config(config)
    config.hook.pytest_sessionstart(session=session)
    session.perform_collect()
    return session
