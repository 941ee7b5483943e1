"""scripts/keep-up around its steps: what it does in which order, and what it says when one of them fails.

The steps are replaced here. tests/scripts/test_rehearsal.py runs the real ones.
"""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
# It stands for the Python of .venv: it makes a change, or refuses to, and names the failing tests.
PYTHON = """#!/bin/sh
case "$1" in
  scripts/regenerate.py) echo regenerate >>"{log}"; : >"{report}"; {regenerate} ;;
  scripts/message_pages.py) echo pages >>"{log}" ;;
  scripts/regeneration/reporting/failures.py) shift; {named} ;;
  --version) echo Python 3.99 ;;
esac
"""
CHANGE = "echo {} >spec/openapi.json; echo What changed. >REPORT"


@dataclass(frozen=True)
class Run:
    """What a run did."""

    status: int
    printed: str
    steps: list[str]
    report: str
    output: str
    summary: str


class Clone:
    """A folder with scripts/keep-up in it, whose steps do as a test says."""

    def __init__(self, folder: Path) -> None:
        self.root, self.log, self.report = folder / "a clone", folder / "log", folder / "the report.md"
        self.output, self.summary = folder / "output", folder / "summary"
        for name in ("scripts", "spec", ".venv/bin", "requirements"):
            (self.root / name).mkdir(parents=True)
        for name in ("keep-up", "environment.sh"):
            shutil.copy(ROOT / "scripts" / name, self.root / "scripts")
        (self.root / "pyproject.toml").write_text("[project]\n")
        (self.root / "requirements" / "dev.txt").touch()
        subprocess.run(["git", "init", "-q"], cwd=self.root, check=True)

    def keep_up(
        self,
        *options: str,
        regenerate: str = CHANGE,
        record: str = ":",
        tests: str = ":",
        named: str = 'echo "Failing tests: $*"',
        in_a_run: bool = False,
    ) -> Run:
        """Run it, with these shell commands for its steps."""
        change = regenerate.replace("REPORT", f'"{self.report}"')
        self.write(".venv/bin/python", PYTHON.format(log=self.log, report=self.report, regenerate=change, named=named))
        self.write("scripts/record", f'#!/bin/sh\necho "record $*" >>"{self.log}"\n{record}\n')
        self.write("scripts/test", f'#!/bin/sh\necho "test $*" >>"{self.log}"\n{tests}\n')
        environment = {"PATH": "/usr/bin:/bin"}
        if in_a_run:
            environment |= {"GITHUB_OUTPUT": str(self.output), "GITHUB_STEP_SUMMARY": str(self.summary)}
            environment |= {"GITHUB_SERVER_URL": "https://github.test", "GITHUB_REPOSITORY": "us/it"}
            environment["GITHUB_RUN_ID"] = "7"
        for path in (self.log, self.output, self.summary):
            path.write_text("")
        # The environment counts as complete, so that nothing is installed.
        stamp = "source scripts/environment.sh; fingerprint dev >.venv/.installed-dev"
        subprocess.run(["bash", "-c", stamp], cwd=self.root, env=environment, check=True)
        command = [str(self.root / "scripts" / "keep-up"), str(self.report), *options]
        done = subprocess.run(command, env=environment, capture_output=True, text=True)
        return Run(
            done.returncode,
            done.stdout + done.stderr,
            self.log.read_text().splitlines(),
            self.report.read_text(),
            self.output.read_text(),
            self.summary.read_text(),
        )

    def write(self, name: str, text: str) -> None:
        (self.root / name).write_text(text)
        (self.root / name).chmod(0o755)


@pytest.fixture
def clone(tmp_path: Path) -> Clone:
    return Clone(tmp_path)


def test_the_new_operations_cassettes_and_the_pages_come_before_the_tests(clone: Clone) -> None:
    run = clone.keep_up(in_a_run=True)

    assert run.status == 0, run.printed
    assert [step.split()[0] for step in run.steps] == ["regenerate", "record", "pages", "test"]
    assert run.output == "changed=true\npassed=true\n"
    assert run.report == run.summary == "What changed.\n"


def test_options_go_to_pytest(clone: Clone) -> None:
    run = clone.keep_up("-k", "one thing")

    assert run.steps[-1].endswith(" -k one thing")


def test_nothing_new(clone: Clone) -> None:
    run = clone.keep_up(regenerate=":", in_a_run=True)

    assert (run.status, run.steps, run.report) == (0, ["regenerate"], "")
    assert run.output == "changed=false\n"
    assert run.summary == "Amazon's models have not changed.\n"


def test_a_change_that_no_user_sees(clone: Clone) -> None:
    run = clone.keep_up(regenerate="echo {} >spec/openapi.json")

    assert run.report == "The published models changed, but nothing changed for users.\n"


def test_failing_tests_are_named_and_the_change_is_there_all_the_same(clone: Clone) -> None:
    run = clone.keep_up(tests='touch "$KEEP_GOING/pytest"; exit 1', in_a_run=True)

    assert run.status == 0, run.printed
    assert run.output == "changed=true\npassed=false\n"
    first, _, second = run.report.splitlines()
    assert first == "What changed."
    assert second.startswith("Failing tests: ")
    assert second.endswith("/junit.xml https://github.test/us/it/actions/runs/7")


def test_without_a_run_there_is_no_link(clone: Clone) -> None:
    run = clone.keep_up(tests='touch "$KEEP_GOING/pytest"; exit 1')

    assert run.report.endswith("/junit.xml\n")


def test_each_step_that_fails_is_named_with_what_it_says(clone: Clone) -> None:
    tests = 'echo "a.py:1: error" >"$KEEP_GOING/mypy"; touch "$KEEP_GOING/pytest"; exit 1'
    run = clone.keep_up(tests=tests, named="echo A test fails.", in_a_run=True)

    assert run.output == "changed=true\npassed=false\n"
    assert run.report == ("What changed.\n\n### `scripts/test` fails at `mypy`\n\n    a.py:1: error\n\nA test fails.\n")


def test_a_gate_that_cannot_start_fails_too(clone: Clone) -> None:
    run = clone.keep_up(tests="exit 1", in_a_run=True)

    assert run.output == "changed=true\npassed=false\n"
    assert run.report == (
        "What changed.\n\n### `scripts/test` cannot start\n\nThe run: https://github.test/us/it/actions/runs/7\n"
    )


def test_a_pytest_that_fails_without_a_failing_test_shows_what_it_says(clone: Clone) -> None:
    run = clone.keep_up(tests='echo no tests ran >"$KEEP_GOING/pytest"; exit 5', named=":")

    assert run.report == "What changed.\n\n### `scripts/test` fails at `pytest`\n\n    no tests ran\n"


def test_what_cannot_be_recorded_is_in_the_report_and_the_tests_run(clone: Clone) -> None:
    run = clone.keep_up(record="echo no such case; exit 1", in_a_run=True)

    assert run.steps[-1].startswith("test ")
    assert run.output == "changed=true\npassed=true\n"
    assert run.report == "What changed.\n\n### `scripts/record --new` fails\n\n    no such case\n"
    assert "no such case\n" in run.printed


def test_a_refused_model_fails_with_the_reason_and_proposes_nothing(clone: Clone) -> None:
    run = clone.keep_up(regenerate="echo regenerate: messaging.json: not Swagger 2.0 >&2; exit 1", in_a_run=True)

    assert run.status == 1
    assert run.steps == ["regenerate"]
    assert "regenerate: messaging.json: not Swagger 2.0\n" in run.printed
    assert run.output == ""
    assert run.summary.endswith(
        "### Amazon's models cannot be taken\n\n    regenerate: messaging.json: not Swagger 2.0\n"
    )


def test_tests_write_nothing_into_the_files_of_the_run(clone: Clone) -> None:
    run = clone.keep_up(
        tests='echo "wrong=true" >>"${GITHUB_OUTPUT:-/dev/null}"; test -z "$GITHUB_RUN_ID"', in_a_run=True
    )

    assert run.output == "changed=true\npassed=true\n"


def test_without_a_report_it_says_how_it_is_called(clone: Clone) -> None:
    done = subprocess.run([clone.root / "scripts" / "keep-up"], capture_output=True, text=True)

    assert done.returncode == 2
    assert done.stderr == "usage: scripts/keep-up REPORT [OPTIONS FOR PYTEST]\n"


def test_a_second_run_keeps_the_first_one_and_its_report(clone: Clone) -> None:
    first = clone.keep_up()
    again = clone.keep_up(regenerate=":")

    assert first.status == 0, first.printed
    assert (again.status, again.steps) == (1, [])
    assert again.printed == (
        "scripts/keep-up: there are changes that are not committed: commit them or take them back first:\n?? spec/\n"
    )


def test_no_printed_line_leaves_its_block_of_code(clone: Clone) -> None:
    run = clone.keep_up(record=r"printf 'one\r![](https://evil.test)\n\033[31mtwo\033[0m\n'; exit 1")

    _, _, section = run.report.partition("fails\n\n")
    assert section == "    one ![](https://evil.test)\n     [31mtwo [0m\n"


def test_the_gate_names_the_step_that_fails(clone: Clone) -> None:
    """scripts/test itself, with tools of which one fails."""
    shutil.copy(ROOT / "scripts" / "test", clone.root / "scripts" / "gate")
    shutil.copy(ROOT / "scripts" / "environment.sh", clone.root / "scripts")
    clone.keep_up()
    for name in ("ruff", "mypy", "pyright", "lint-imports", "mkdocs", "pytest"):
        clone.write(f".venv/bin/{name}", f"#!/bin/sh\necho {name} >&2\nexit {int(name in ('pyright', 'pytest'))}\n")

    def gate(**environment: str) -> subprocess.CompletedProcess[str]:
        command = clone.root / "scripts" / "gate"
        environment |= {"PATH": "/usr/bin:/bin"}
        return subprocess.run([command], env=environment, capture_output=True, text=True)

    done = gate()
    assert (done.returncode, done.stdout) == (1, "pyright\n")
    assert done.stderr.splitlines() == ["ruff", "ruff", "mypy", "scripts/test: this step fails: pyright"]

    (folder := clone.root / "steps").mkdir()
    done = gate(KEEP_GOING=str(folder))
    assert done.returncode == 1
    assert done.stderr.splitlines() == [f"scripts/test: this step fails: {name}" for name in ("pyright", "pytest")]
    assert {path.name: path.read_text() for path in folder.iterdir()} == {"pyright": "pyright\n", "pytest": "pytest\n"}
