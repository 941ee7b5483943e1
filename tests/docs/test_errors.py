"""docs/errors.md: it has every error, and says of each what its class says."""

from __future__ import annotations

import re

import pytest

from spapi_messaging import SpApiMessagingError, errors
from spapi_messaging._call.denials import NOT_AVAILABLE, PATH, ROLE, TOKEN
from tests.docs.pages import Page
from tests.docs.reader import Reader

PAGE = Page("errors.md")
CLASSES = [getattr(errors, name) for name in errors.__all__ if name != "Problem"]
ROWS = {name: rest for name, *rest in re.findall(r"^\| `(\w+)` \| .* \| `(\w+)` \| (\w+) \| .* \|$", PAGE.text, re.M)}
FIRST = PAGE.blocks("python")[0]


def test_the_table_has_every_error_with_its_outcome() -> None:
    said = {"yes": True, "no": False}

    assert {name: (outcome, said[again]) for name, (outcome, again) in ROWS.items()} == {
        each.__name__: (each.outcome, each.retryable) for each in CLASSES if each is not SpApiMessagingError
    }


def test_the_tree_is_that_of_the_classes() -> None:
    lines = re.findall(r"^( *)- `(\w+)`$", PAGE.section("The tree"), re.M)
    above: list[str] = []
    tree = {}
    for indent, name in lines:
        del above[len(indent) // 4 :]
        tree[name] = above[-1] if above else "Exception"
        above.append(name)

    known = {Exception, *CLASSES}
    assert tree == {
        each.__name__: next(base.__name__ for base in each.__mro__[1:] if base in known) for each in CLASSES
    }


def test_the_causes_of_a_403_are_those_that_there_are() -> None:
    named = re.findall(r'^\| `"([a-z-]+)"` \|', PAGE.section("403: which of the causes is it?"), re.M)

    assert set(named) == {NOT_AVAILABLE, PATH, ROLE, TOKEN}


@pytest.mark.parametrize(
    ("fault", "printed"),
    [
        ("reset-recorded", "A person looks into Seller Central: It is unknown whether sendInvoice"),
        ("denied", "A person mends this: Amazon answered 403"),
    ],
)
def test_first_example_tells_what_to_do(reader: Reader, fault: str, printed: str) -> None:
    reader.sandbox.faults.add(fault, on="invoice")
    reader.run_program(FIRST)

    assert reader.printed.startswith(printed)


def test_first_example_tells_to_try_again(reader: Reader) -> None:
    reader.sandbox.faults.add("throttle", on="invoice", times=None)
    reader.run_program(FIRST.replace("from_env()", "from_env(max_wait=0)"))

    assert reader.printed.startswith("Again in some minutes: ")
