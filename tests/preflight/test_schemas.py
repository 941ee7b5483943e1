"""What an order's own schema says of a message. A schema that is odd stops nothing."""

from __future__ import annotations

import copy
import json
import sys
import time
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft4Validator
from referencing import Registry

from spapi_messaging.errors import Problem
from spapi_messaging.messages import MESSAGE_TYPES, Operation
from spapi_messaging.preflight.schemas import check_schema
from spapi_messaging.sandbox.actions import schema as sandbox_schema
from spapi_messaging.sandbox.orders import Order
from tests.preflight.actions import DRAFT_4, good_body, schema_of
from tests.support.bounds import SOON
from tests.support.operations import content_kinds

EVERY = pytest.mark.parametrize("operation", list(MESSAGE_TYPES.values()), ids=list(MESSAGE_TYPES))


def of_kind(*kinds: str) -> Operation:
    """An operation whose content is of these kinds, and a limit to each."""
    return next(each for each in MESSAGE_TYPES.values() if content_kinds(each) == set(kinds))


TEXT, FILES, BOTH = of_kind("text"), of_kind("attachments"), of_kind("text", "attachments")
LONGEST = next(field.max_length or 2000 for field in TEXT.fields if field.kind == "text")
WARRANTY = next(each for each in MESSAGE_TYPES.values() if any(field.kind == "date-time" for field in each.fields))


def text_schema(operation: Operation = TEXT, /, **rules: Any) -> dict[str, Any]:
    schema = schema_of(operation)
    schema["properties"]["rawMessageBody"] |= rules
    return schema


def files_schema(operation: Operation = FILES, /, **rules: Any) -> dict[str, Any]:
    schema = schema_of(operation)
    schema["properties"]["attachments"] |= rules
    return schema


def told(problems: list[Problem]) -> list[tuple[str, str]]:
    assert all(problem.rule == "schema" for problem in problems)
    return [(problem.field, problem.message) for problem in problems]


def severities(problems: list[Problem]) -> list[str]:
    return [problem.severity for problem in problems]


def files(count: int) -> dict[str, Any]:
    return {"attachments": [("file.pdf", b"x")] * count}


# What is taken


@EVERY
def test_what_the_schema_takes_is_taken(operation: Operation) -> None:
    assert check_schema(operation, schema_of(operation), good_body(operation)) == []


@EVERY
def test_the_sandboxs_schemas_take_what_their_operations_take(operation: Operation) -> None:
    schema = sandbox_schema(operation, Order("303-1234567-1234567"))

    assert check_schema(operation, schema, good_body(operation)) == []


def test_ids_of_files_are_not_asked_for_before_they_are_uploaded() -> None:
    schema = files_schema(uniqueItems=True, items={"required": ["id"], "properties": {"id": {"maxLength": 0}}})

    assert check_schema(FILES, schema, files(2)) == []


def test_dates_go_by_their_names() -> None:
    schema = schema_of(WARRANTY, required=[f.wire_name for f in WARRANTY.fields if f.kind == "date-time"])
    problems = check_schema(WARRANTY, schema, files(1))

    assert told(problems) == [(f.name, "this order needs it.") for f in WARRANTY.fields if f.kind == "date-time"]
    assert check_schema(WARRANTY, schema, good_body(WARRANTY)) == []


# The plain rules


def test_a_text_that_is_longer_than_this_order_takes() -> None:
    (problem,) = check_schema(TEXT, text_schema(maxLength=400), {"text": "x" * 512})

    assert told([problem]) == [("text", "this order takes 1 to 400 characters, and the text has 512.")]
    assert problem.remedy == "Leave out 112 characters."
    assert problem.severity == "error"


def test_a_text_that_is_shorter_than_this_order_takes() -> None:
    (problem,) = check_schema(TEXT, text_schema(minLength=20, maxLength=None), {"text": "short"})

    assert problem.advice == "this order takes at least 20 characters, and the text has 5. Add 15 characters."


def test_a_limit_that_is_written_with_a_point_is_a_limit() -> None:
    assert severities(check_schema(TEXT, text_schema(maxLength=4.0), {"text": "short"})) == ["error"]


@pytest.mark.parametrize(
    ("least", "most", "count", "span"),
    [(0, 1, 2, "up to 1 file"), (2, 2, 1, "2 files"), (2, 3, 4, "2 to 3 files"), (1, 1, 2, "1 file")],
)
def test_the_number_of_files(least: int, most: int, count: int, span: str) -> None:
    problems = check_schema(FILES, files_schema(minItems=least, maxItems=most), files(count))

    verb = "is" if count == 1 else "are"
    assert told(problems) == [("attachments", f"this order takes {span}, and there {verb} {count}.")]
    assert severities(problems) == ["error"]


def test_an_order_may_take_no_files_where_a_text_is_enough() -> None:
    problems = check_schema(BOTH, files_schema(BOTH, minItems=0, maxItems=0), {"text": "Hello", **files(1)})

    assert told(problems) == [("attachments", "this order takes no files, and there is 1.")]


def test_required_fields() -> None:
    both = schema_of(BOTH, required=["rawMessageBody", "attachments"])

    assert told(check_schema(BOTH, both, {"text": "Hello"})) == [("attachments", "this order needs an attachment.")]
    assert told(check_schema(BOTH, both, {**files(1), "text": None})) == [("text", "this order needs a text.")]
    assert told(check_schema(BOTH, both, {"text": "Hello", "attachments": []})) == [
        ("attachments", "this order needs an attachment.")
    ]


def test_either_will_do() -> None:
    either = schema_of(BOTH, anyOf=[{"required": ["rawMessageBody"]}, {"required": ["attachments"]}])
    (problem,) = check_schema(BOTH, either, {})

    assert (problem.field, problem.message, problem.severity) == (
        "text",
        "this order needs a text or an attachment.",
        "error",
    )
    for body in ({"text": "Hello"}, files(1)):
        assert check_schema(BOTH, either, body) == []


def test_fixed_texts() -> None:
    schema = text_schema(enum=["Your parcel is late.", "Your parcel is lost."])

    assert told(check_schema(TEXT, schema, {"text": "Hello"})) == [
        ("text", "this order takes one of 2 fixed values, and the text is not one of them.")
    ]
    assert check_schema(TEXT, schema, {"text": "Your parcel is late."}) == []


def test_rules_behind_a_reference_within_the_schema() -> None:
    schema = text_schema()
    schema["properties"]["rawMessageBody"] = {"$ref": "#/definitions/a~1b%20c"}
    schema["definitions"] = {"a/b c": {"allOf": [{"maxLength": 3}, {"$ref": "#/definitions/list/1"}], "type": "string"}}
    schema["definitions"]["list"] = [{}, {"minLength": 2}]

    assert len(check_schema(TEXT, schema, {"text": "long"})) == 1
    assert len(check_schema(TEXT, schema, {"text": "x"})) == 1
    assert check_schema(TEXT, schema, {"text": "xxx"}) == []


def test_the_bodys_own_name_of_the_text_is_understood_too() -> None:
    schema = schema_of(TEXT, properties={"text": {"type": "string", "maxLength": 3}}, required=["text"])

    assert len(check_schema(TEXT, schema, {"text": "long"})) == 1
    assert len(check_schema(TEXT, schema, {})) == 1


def test_a_rule_is_told_once() -> None:
    schema = text_schema(maxLength=3, allOf=[{"maxLength": 3}], anyOf=[{"maxLength": 3}])

    assert [p.message for p in check_schema(TEXT, schema, {"text": "long"}) if "and the text has" in p.message] == [
        "this order takes 1 to 3 characters, and the text has 4.",
        "this order takes up to 3 characters, and the text has 4.",
    ]


def test_no_problem_shows_a_text() -> None:
    rules = {"maxLength": 3, "enum": ["a"], "pattern": "^a$", "anyOf": [{"maxLength": 2}]}
    problems = check_schema(TEXT, text_schema(**rules), {"text": "secret-text"})

    assert len(problems) >= 4
    assert "secret" not in str(problems)


# What is worth a warning and no more


@pytest.mark.parametrize(
    ("changes", "field", "words"),
    [
        ({"required": ["rawMessageBody", "tone"]}, "message_type", "Amazon asks for 'tone' with this order, which"),
        ({"required": ["a buyer's words\n" * 9]}, "message_type", "Amazon asks for [144 characters] with this order"),
        ({"additionalProperties": False, "properties": {"attachments": {}}}, "text", "does not list it"),
        ({"oneOf": [{"required": ["attachments"]}, {"required": ["colour"]}]}, "attachments", "fits nothing"),
    ],
)
def test_what_cannot_be_decided_is_a_warning(changes: dict[str, Any], field: str, words: str) -> None:
    (problem,) = check_schema(BOTH, schema_of(BOTH, **changes), {"text": "Hello"})

    assert (problem.field, problem.severity) == (field, "warning")
    assert words in problem.message


def test_a_pattern_is_a_warning() -> None:
    schema = text_schema(pattern="^[^<>]*$")

    assert severities(check_schema(TEXT, schema, {"text": "a < b"})) == ["warning"]
    assert check_schema(TEXT, schema, {"text": "a\nb"}) == []


@pytest.mark.parametrize(
    "pattern", ["(a+)+$", "^.*.*.*$", "a{1,9999}a*", "[", "(?=x)", r"\p{L}+", "(?<name>x)", "a|b", r"^\cA", "x" * 201]
)
def test_patterns_that_are_hard_or_foreign_are_left_alone(pattern: str) -> None:
    began = time.process_time()

    assert check_schema(TEXT, text_schema(pattern=pattern), {"text": "a" * LONGEST}) == []
    assert time.process_time() - began < SOON


@pytest.mark.parametrize(
    "pattern", ["^.*.*x", ".*x", "^a*a*$", r"^[^\s]{1,400}\w+y$", "a{0,2000}b", "^" + "a?" * 39 + "b"]
)
def test_a_pattern_does_not_take_long(pattern: str) -> None:
    began = time.process_time()
    check_schema(TEXT, text_schema(pattern=pattern), {"text": "a" * 2000 + "!"})

    assert time.process_time() - began < SOON


def test_a_digit_may_be_any_language_s() -> None:
    assert check_schema(TEXT, text_schema(pattern=r"^\d+$"), {"text": "٣"}) == []


# Schemas that say nothing


@pytest.mark.parametrize(
    "named",
    [
        "https://json-schema.org/draft/2020-12/schema",
        "http://json-schema.org/draft-07/schema#",
        "http://json-schema.org/draft-03/schema#",
        "http://json-schema.org/schema#",
        None,
        4,
        [],
    ],
)
def test_a_schema_of_another_draft_says_nothing(named: Any, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG", "spapi_messaging")

    assert check_schema(TEXT, text_schema(maxLength=1) | {"$schema": named}, {"text": "Hello"}) == []
    assert "another draft" in caplog.text
    assert {record.levelname for record in caplog.records} == {"DEBUG"}


@pytest.mark.parametrize("named", [DRAFT_4, DRAFT_4[:-1], DRAFT_4.replace("http", "https"), f" {DRAFT_4.upper()} "])
def test_draft_4_may_be_written_in_several_ways(named: str) -> None:
    assert len(check_schema(TEXT, text_schema(maxLength=1) | {"$schema": named}, {"text": "Hello"})) == 1


NONSENSE: list[Any] = [None, True, False, -1, 1.5, "400", [], {}, 1e999, float("nan"), 10**400, "x"]


@pytest.mark.parametrize("value", NONSENSE, ids=range(len(NONSENSE)))
@pytest.mark.parametrize("name", ["minLength", "maxLength", "enum", "pattern", "anyOf", "allOf", "oneOf", "not"])
def test_nonsense_about_a_text_is_passed_over(name: str, value: Any) -> None:
    if name == "pattern" and isinstance(value, str):  # this is a pattern
        return
    assert check_schema(TEXT, text_schema(**{name: value}), {"text": "Hello"}) == []


@pytest.mark.parametrize("value", NONSENSE, ids=range(len(NONSENSE)))
@pytest.mark.parametrize("name", ["minItems", "maxItems", "items", "uniqueItems", "additionalItems"])
def test_nonsense_about_files_is_passed_over(name: str, value: Any) -> None:
    assert check_schema(FILES, files_schema(**{name: value}), files(2)) == []


@pytest.mark.parametrize("value", NONSENSE, ids=range(len(NONSENSE)))
@pytest.mark.parametrize("name", ["required", "properties", "type", "anyOf", "dependencies", "$ref", "$schema", "id"])
def test_nonsense_about_a_message_is_passed_over(name: str, value: Any) -> None:
    assert check_schema(TEXT, schema_of(TEXT, **{name: value}), {"text": "Hello"}) == []


@pytest.mark.parametrize("schema", [*NONSENSE, [[]]], ids=range(len(NONSENSE) + 1))
def test_no_schema_at_all(schema: Any) -> None:
    assert check_schema(TEXT, schema, {"text": "Hello"}) == []


@pytest.mark.parametrize(
    "rules",
    [
        {"minLength": 10, "maxLength": 3},
        {"maxLength": 0},
        {"minLength": 10**6},
        {"type": "array", "maxLength": 1},
        {"type": ["null", "integer"], "maxLength": 1},
        {"enum": [""]},
        {"enum": [5, None]},
        {"$ref": "#/nowhere", "maxLength": 1},
        {"$ref": "http://127.0.0.1:9/schema.json", "maxLength": 1},
        {"$ref": "other.json#/a"},
        {"not": {"type": "string"}},
    ],
)
def test_contradictions_are_passed_over(rules: dict[str, Any]) -> None:
    assert check_schema(TEXT, text_schema(**rules), {"text": "Hello"}) == []


@pytest.mark.parametrize("rules", [{"maxItems": 0}, {"minItems": 3, "maxItems": 2}, {"minItems": 10**6}])
def test_contradictions_about_files_are_passed_over(rules: dict[str, Any]) -> None:
    assert check_schema(FILES, files_schema(**{"minItems": 0, **rules}), files(1)) == []


def circles() -> dict[str, Callable[[], dict[str, Any]]]:
    def laughs() -> dict[str, Any]:
        definitions = {f"d{n}": {"allOf": [{"$ref": f"#/definitions/d{n + 1}"}] * 10} for n in range(30)}
        return text_schema(**{"$ref": "#/definitions/d0"}) | {"definitions": definitions}

    def deep() -> dict[str, Any]:
        rules: dict[str, Any] = {"maxLength": 1}
        for _ in range(100_000):
            rules = {"allOf": [rules]}
        return text_schema(**rules)

    def endless() -> dict[str, Any]:
        schema = text_schema()
        schema["properties"]["rawMessageBody"]["anyOf"] = [schema["properties"]["rawMessageBody"]]
        return schema

    def named(**rules: Any) -> Callable[[], dict[str, Any]]:
        """Many references to something large."""
        return lambda: schema_of(TEXT, allOf=[{"$ref": "#/large"}] * 5000, large=rules)

    many = [f"name{number}" for number in range(100_000)]
    return {
        "names": named(required=many),
        "values": named(properties={"text": {"enum": many}}),
        "fields": named(additionalProperties=False, properties={name: {} for name in [*many, "text"]}),
        "reference": lambda: schema_of(TEXT, allOf=[{"$ref": "#" + "/a" * 1_000_000}] * 500),
        "itself": lambda: text_schema() | {"$ref": "#"},
        "each other": lambda: text_schema(**{"$ref": "#/a"}) | {"a": {"$ref": "#/b"}, "b": {"$ref": "#/a"}},
        "alternatives": lambda: text_schema() | {"anyOf": [{"$ref": "#"}, {"$ref": "#"}]},
        "laughs": laughs,
        "deep": deep,
        "endless": endless,
        "brackets": lambda: schema_of(TEXT, enum=[nested()], required=nested(), properties={"x": nested()}),
    }


def nested() -> Any:
    value: list[Any] = []
    for _ in range(100_000):
        value = [value]
    return value


@pytest.mark.parametrize("name", circles())
def test_a_schema_without_end_ends(name: str) -> None:
    schema = circles()[name]()
    began = time.process_time()

    assert check_schema(TEXT, schema, {"text": "Hello"}) == []
    assert time.process_time() - began < SOON


def test_of_many_names_that_nobody_knows_some_are_named() -> None:
    """Each is a problem, and a user reads no thousands of them."""
    schema = schema_of(TEXT, required=[f"name{number}" for number in range(3000)])
    began = time.process_time()

    found = check_schema(TEXT, schema, {"text": "Hello"})
    assert len(found) == 20
    assert {each.severity for each in found} == {"warning"}
    assert time.process_time() - began < SOON


def test_a_large_schema_takes_no_longer() -> None:
    schema = text_schema(maxLength=3)
    schema["definitions"] = {f"name{n}": {"description": "x" * 80} for n in range(50_000)}
    schema["properties"] |= {f"name{n}": {"enum": ["x"] * 5} for n in range(20_000)}
    assert len(json.dumps(schema)) > 5_000_000
    began = time.process_time()

    assert len(check_schema(TEXT, schema, {"text": "long"})) == 1
    assert time.process_time() - began < SOON


def test_without_the_extra_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    from spapi_messaging.preflight import schemas

    schemas._validator_class.cache_clear()
    for name in [name for name in sys.modules if name.partition(".")[0] == "jsonschema"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "jsonschema", None)
    with pytest.raises(ModuleNotFoundError, match=r"jsonschema.*pip install 'spapi-messaging\[preflight\]'"):
        check_schema(TEXT, {}, {"text": "Hello"})


# Whatever Amazon answers

ANY_JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(["#", "#/properties", "rawMessageBody", "attachments", "string", "object", DRAFT_4, "^a*$"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["$ref", "type", "required", "properties", "anyOf", "allOf", "oneOf", "not", "enum", "pattern", "items"]
            ),
            inner,
            max_size=3,
        )
    ),
    max_leaves=12,
)


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The way to every part of a document."""
    below = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [*([path] if path else []), *(way for key, part in below for way in places(part, (*path, key)))]


def mutated(data: st.DataObject, document: Any) -> Any:
    """The document with a few parts left out, replaced, wrapped, doubled or exchanged."""
    for _ in range(data.draw(st.integers(1, 4))):
        ways = places(document)
        if not ways:
            break
        *before, key = data.draw(st.sampled_from(ways))
        parent = document
        for step in before:
            parent = parent[step]
        how = data.draw(st.sampled_from(["leave out", "replace", "wrap", "double", "exchange"]))
        if how == "leave out":
            del parent[key]
        elif how == "replace":
            parent[key] = data.draw(ANY_JSON)
        elif how == "wrap":
            parent[key] = [parent[key]]
        elif how == "double":
            parent[key] = [copy.deepcopy(parent[key])] * 2
        else:
            parent[key] = str(parent[key]) if not isinstance(parent[key], str) else {parent[key]: parent[key]}
    return document


def is_refused_by_the_library(schema: Any, operation: Operation, body: dict[str, Any]) -> bool:
    """Whether jsonschema itself refuses the message, in the schema's own names. It may choke: then nobody knows."""
    names = {field.wire_name: "rawMessageBody" for field in operation.fields if field.kind == "text"}
    message = {names.get(name, name): value for name, value in body.items()}
    if "attachments" in message:
        message["attachments"] = [{"id": str(number)} for number in range(len(message["attachments"]))]
    try:
        return not Draft4Validator(schema, registry=Registry()).is_valid(message)
    except Exception:
        return True


def check_that_nothing_valid_is_stopped(schema: Any, operation: Operation) -> None:
    body = good_body(operation)
    problems = check_schema(operation, schema, body)

    if any(problem.severity == "error" for problem in problems):
        assert is_refused_by_the_library(schema, operation, body)


@given(data=st.data(), operation=st.sampled_from(list(MESSAGE_TYPES.values())))
def test_a_mutated_schema_stops_nothing_that_it_takes(data: st.DataObject, operation: Operation) -> None:
    schema = schema_of(operation, anyOf=[{"required": ["rawMessageBody"]}, {"required": ["attachments"]}, {}])

    check_that_nothing_valid_is_stopped(mutated(data, schema), operation)


@given(schema=ANY_JSON, operation=st.sampled_from(list(MESSAGE_TYPES.values())))
def test_no_json_at_all_stops_what_it_takes(schema: Any, operation: Operation) -> None:
    check_that_nothing_valid_is_stopped(schema, operation)


LOOSENING = ["title", "description", "x-ui-hidden", "name", "items", "format", "not", "id", "dependencies", "$ref"]


@given(data=st.data(), operation=st.sampled_from(list(MESSAGE_TYPES.values())))
def test_what_is_no_limit_stops_nothing(data: st.DataObject, operation: Operation) -> None:
    """Nonsense in a place where no limit can be leaves a message alone, even as a warning."""
    schema = schema_of(operation)
    for _ in range(data.draw(st.integers(1, 3))):
        part = data.draw(st.sampled_from([schema, *schema["properties"].values()]))
        part[data.draw(st.sampled_from(LOOSENING))] = data.draw(ANY_JSON)
    references = [part.get("$ref") for part in (schema, *schema["properties"].values())]

    if not any(isinstance(each, str) for each in references):  # it could lead to a limit
        assert check_schema(operation, schema, good_body(operation)) == []


@given(text=st.text(max_size=30), least=st.integers(0, 20), most=st.integers(1, 40))
def test_lengths_count_code_points(text: str, least: int, most: int) -> None:
    problems = check_schema(TEXT, text_schema(minLength=least, maxLength=most), {"text": text})

    assert bool(problems) == (least <= most and not least <= len(text) <= most)
