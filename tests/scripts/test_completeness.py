"""No report is empty while the specification differs, and each difference is said once."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from regeneration.documents import Document
from regeneration.reporting.changes import changes
from regeneration.reporting.report import Run, report
from tests.scripts.fixture_repository import openapi
from tests.scripts.small_specification import small

Place = tuple[str | int, ...]
# An operation needs these, and a document with a reference to nothing is not a specification.
NEEDED = ("operationId", "tags", "responses", "parameters", "name", "in", "schema", "$ref")
# These have all of their parts, or are not there.
WHOLE = ("tags", "x-usage-plan")


@pytest.fixture(scope="module")
def document(laid_out: Path) -> Document:
    """A specification with every trait."""
    return openapi(laid_out)


def places(node: Any, place: Place = ()) -> Iterator[Place]:
    """Every value of a document that is not an object or a list with something in it."""
    items: Any = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    if not items or not node:
        yield place
    for key, value in items:
        yield from places(value, (*place, key))


def at(document: Document, place: Place) -> Any:
    node: Any = document
    for key in place:
        node = node[key]
    return node


def changed(document: Document, place: Place) -> Document:
    """The document with another value at this place."""
    document = copy.deepcopy(document)
    at(document, place[:-1])[place[-1]] = _other(document, place[-1], at(document, place))
    return document


def _other(document: Document, key: str | int, value: Any) -> Any:
    if key == "$ref":
        *_, kind, name = value.split("/")
        names = sorted(document["components"][kind])
        return f"#/components/{kind}/{names[names.index(name) - 1]}"
    if isinstance(value, bool):
        return not value
    if isinstance(value, int | float):
        return value + 1
    return f"{value}x" if isinstance(value, str) else "x" if value is None else {"x-new": value}


def leaves(document: Document) -> list[Place]:
    """The places whose value can be another one in a valid specification."""
    return [place for place in places(document) if place[-1] != "x-kind" and at(document, place) != []]


LEAVES = leaves(small())
# Nodes whose keys are names, or of a fixed kind.
NAMES = ("paths", "responses", "schemas", "parameters", "content", "properties")


@pytest.mark.parametrize("place", LEAVES, ids=lambda place: "/".join(map(str, place)))
def test_each_value_that_differs_is_said_once(place: Place) -> None:
    found = changes(small(), changed(small(), place))

    # Another model, parameter or required field is one that is gone and one that is new.
    pair = place[-1] in ("$ref", "name") or place[-2:-1] in [("required",), ("x-enum",)]
    turned = place[-1] == "type" and len(place) == 4
    assert found
    assert len(found) == 1 or pair or turned


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_no_report_is_empty_when_a_value_of_ours_differs(document: Document, data: st.DataObject) -> None:
    place = data.draw(st.sampled_from(leaves(document)))
    new = changed(document, place)

    assert report(document, new, Run("0.1.0"))


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_no_report_is_empty_when_a_part_of_ours_is_gone(document: Document, data: st.DataObject) -> None:
    place = data.draw(st.sampled_from(list(places(document))))
    place = place[: data.draw(st.integers(1, len(place)))]
    assume(place[-1] not in NEEDED and place[0] != "components" and place not in [("paths",)])
    assume(not {*place[:-1]} & {*WHOLE})
    new = copy.deepcopy(document)
    del at(new, place[:-1])[place[-1]]

    assert report(document, new, Run("0.1.0"))
    assert report(new, document, Run("0.1.0"))


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_no_report_is_empty_when_a_fact_is_new(document: Document, data: st.DataObject) -> None:
    place = data.draw(st.sampled_from(list(places(document))))
    place = place[: data.draw(st.integers(0, len(place) - 1))]
    new = copy.deepcopy(document)
    node = at(new, place)
    assume(isinstance(node, dict) and not (place and place[-1] in NAMES))
    node["x-new"] = data.draw(st.none() | st.booleans() | st.integers() | st.text() | st.just({}))

    assert report(document, new, Run("0.1.0"))
