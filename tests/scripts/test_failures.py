"""The failing tests of a run in the report."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from regeneration.reporting.failures import MOST_NAMES, failing_tests
from tests.scripts.published import ROOT

SCRIPT = ROOT / "scripts" / "regeneration" / "reporting" / "failures.py"
LINK = "https://example.com/runs/1"


@pytest.fixture
def junit(tmp_path: Path) -> Path:
    """What pytest itself writes of a test that fails, one whose fixture fails, and a file that cannot be imported."""
    (tmp_path / "test_broken.py").write_text("import nothing_of_this_name\n")
    (tmp_path / "test_mixed.py").write_text(
        "import pytest\n"
        "@pytest.fixture\ndef bad(): raise ValueError('no `fixture`\\nmore')\n"
        "def test_good(): pass\n"
        "class TestClass:\n    def test_wrong(self): assert 1 == 2, 'one | two'\n"
        "def test_error(bad): pass\n"
    )
    path = tmp_path / "junit.xml"
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-c", "/dev/null"]
    command += ["--rootdir", str(tmp_path), "--continue-on-collection-errors", f"--junit-xml={path}", str(tmp_path)]
    subprocess.run(command, capture_output=True, check=False, cwd=tmp_path)
    return path


def test_failing_tests_are_named_with_their_files_and_reasons(junit: Path) -> None:
    text = failing_tests(junit.read_text(), LINK)

    assert text.startswith(f"### Failing tests\n\n3 tests failed. [The run]({LINK}) shows all of it.\n\n")
    assert "While the tests were collected:\n\n- `test_broken`: `collection failure`\n" in text
    assert "`test_mixed.py`:\n\n- `test_error`: ``" in text
    assert "no `fixture`" in text
    assert "- `test_wrong`: `AssertionError: one | two`\n" in text
    assert "test_good" not in text


def test_it_is_a_command(junit: Path) -> None:
    done = subprocess.run([sys.executable, SCRIPT, junit, LINK], capture_output=True, text=True, check=True)

    assert done.stdout == failing_tests(junit.read_text(), LINK)


def test_a_wrong_call_says_how_it_is_called() -> None:
    done = subprocess.run([sys.executable, SCRIPT], capture_output=True, text=True)

    assert (done.returncode, done.stderr) == (2, "usage: failures.py JUNIT.xml [LINK]\n")


def result(*names: str) -> str:
    cases = "".join(
        f'<testcase classname="tests.io.test_a" name="{name}"><failure message="No."/></testcase>' for name in names
    )
    return f"<testsuites><testsuite>{cases}<testcase classname='tests.io.test_a' name='good'/></testsuite></testsuites>"


def test_nothing_is_said_when_all_is_well() -> None:
    assert failing_tests(result(), LINK) == ""


def test_one_failing_test() -> None:
    assert failing_tests(result("test_x[`|-1]")) == (
        "### Failing tests\n\n1 test failed.\n\n`tests/io/test_a.py`:\n\n- ``test_x[`|-1]``: `No.`\n"
    )


def test_of_many_some_are_named_and_the_rest_counted() -> None:
    text = failing_tests(result(*(f"test_{number:03}" for number in range(MOST_NAMES + 5))))

    assert text.count("\n- ") == MOST_NAMES
    assert text.endswith("\n\nAnd 5 more.\n")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "It is not known which tests fail: they left no result."),
        ("", "It is not known which tests fail: their result cannot be read (no element found: line 1, column 0)."),
        ("<testsuites><test", "cannot be read (unclosed token: line 1, column 12)."),
        ("<testsuites/>", "No test has run."),
    ],
)
def test_a_result_that_cannot_be_had_is_said(content: str | None, words: str) -> None:
    assert words in failing_tests(content)
    assert f"[The run]({LINK})" in failing_tests(content, LINK)


def test_a_file_that_is_not_there_is_said(tmp_path: Path) -> None:
    command = [sys.executable, str(SCRIPT), str(tmp_path / "none.xml")]
    done = subprocess.run(command, capture_output=True, text=True, check=True)

    assert "they left no result." in done.stdout
