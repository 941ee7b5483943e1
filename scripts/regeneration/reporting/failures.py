"""The failing tests of a run, as a section of the report. `failures.py JUNIT.xml [LINK]` prints it.

The file is what `pytest --junit-xml` writes. The section is empty when no test failed.
"""

import sys
from collections.abc import Iterator, Sequence
from itertools import groupby, islice
from pathlib import Path
from typing import NamedTuple
from xml.etree import ElementTree

if not __package__:
    # Run as a script, this file has its own folder on the path. The package `regeneration` lies two folders above.
    sys.path[0] = str(Path(__file__).resolve().parents[2])

from regeneration.reporting.markdown import code, shortened
from regeneration.words import plural

TITLE = "### Failing tests"
MOST_NAMES = 30
MOST_CHARACTERS = 200


class _Failure(NamedTuple):
    file: str
    name: str
    reason: str


def failing_tests(junit: str | None, link: str = "") -> str:
    """The section for the content of a JUnit file. None: there is no such file. `link` leads to the run."""
    where = f" [The run]({link}) shows all of it." if link else ""
    try:
        suites = None if junit is None else ElementTree.fromstring(junit)
    except ElementTree.ParseError as error:
        return _section(f"It is not known which tests fail: their result cannot be read ({error}).{where}")
    if suites is None:
        return _section(f"It is not known which tests fail: they left no result.{where}")
    if next(suites.iter("testcase"), None) is None:
        return _section(f"No test has run.{where}")
    found = sorted(_failures(suites))
    return _section(f"{plural(len(found), 'test')} failed.{where}", *_lines(found)) if found else ""


def _section(*parts: str) -> str:
    return "\n\n".join([TITLE, *parts]) + "\n"


def _failures(suites: ElementTree.Element) -> Iterator[_Failure]:
    for case in suites.iter("testcase"):
        for kind in ("failure", "error"):
            if (trouble := case.find(kind)) is not None:
                reason = trouble.get("message") or trouble.text or ""
                yield _Failure(_file(case), case.get("name", ""), next(iter(reason.strip().splitlines()), ""))
                break


def _file(case: ElementTree.Element) -> str:
    """`tests/scripts/test_report.py`. pytest writes it with dots, and a class may follow the file."""
    parts = case.get("classname", "").split(".")
    last = max((index for index, part in enumerate(parts) if part.startswith("test_")), default=len(parts) - 1)
    return "/".join(parts[: last + 1]) + ".py" if parts != [""] else ""


def _lines(found: list[_Failure]) -> Iterator[str]:
    for file, failures in groupby(islice(found, MOST_NAMES), key=lambda failure: failure.file):
        title = code(file) if file else "While the tests were collected"
        yield "\n".join([f"{title}:", "", *map(_line, failures)])
    if len(found) > MOST_NAMES:
        yield f"And {len(found) - MOST_NAMES} more."


def _line(failure: _Failure) -> str:
    reason = f": {code(shortened(failure.reason, MOST_CHARACTERS))}" if failure.reason else ""
    return f"- {code(shortened(failure.name, MOST_CHARACTERS))}{reason}"


def main(arguments: Sequence[str]) -> int:
    """Print the section for a file."""
    if len(arguments) not in (1, 2):
        print("usage: failures.py JUNIT.xml [LINK]", file=sys.stderr)
        return 2
    path = Path(arguments[0])
    content = path.read_text(encoding="utf-8", errors="replace") if path.is_file() else None
    print(failing_tests(content, *arguments[1:]), end="")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
