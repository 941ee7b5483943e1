"""Lines of JSON: an object in each, with the same names as columns."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.amazon import ORDER
from tests.support.job_files import DATE_FIELD, DATE_TYPE, job_file, jobs_of, problems_of, the_problem
from tests.support.samples import DATE


def lines(*values: Any) -> bytes:
    return "\n".join(json.dumps(value, ensure_ascii=False) for value in values).encode()


def test_keys_are_the_columns() -> None:
    one = {"order": ORDER, "text": "Grüße", "Document": "R-1", "due": None, "account": ""}
    two = {"amazonOrderId": ORDER, "messageType": DATE_TYPE, DATE_FIELD.wire_name: DATE, "text": None}
    jobs = jobs_of(b"\xef\xbb\xbf" + lines(one, two) + b"\r\n\r\n", format="jsonl")

    assert [(job.order_id, job.text, job.document, job.due, job.account) for job in jobs] == [
        (ORDER, "Grüße", "R-1", None, None),
        (ORDER, None, None, None, None),
    ]
    assert jobs[1].fields == {DATE_FIELD.name: DATE}


def test_strings_stay_as_they_are() -> None:
    text = "  two\r\nlines \n"

    assert [job.text for job in jobs_of(lines({"order": ORDER, "text": text}), format="jsonl")] == [text]


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("[1]", "line 2: this is not an object."),
        ('"text"', "line 2: this is not an object."),
        ("null", "line 2: this is not an object."),
        ("{", "line 2: this is not JSON, from character 2 on."),
        ('{"order": "x", "order": "y"}', "line 2: the key 'order' is there twice."),
        ('{"amount": NaN}', "line 2: NaN is not JSON."),
        ('{"amount": -Infinity}', "line 2: -Infinity is not JSON."),
        ('{"amount": ' + "9" * 5000 + "}", "line 2: the line holds a number that is too long."),
        ('{"amount": 1e400}', "line 2: the line holds a number that is too large."),
        ("[" * 100_000, "line 2: the line is nested too deeply."),
        ('{"order": "x", "Order": "y"}', "line 2: the heading 'Order' is there twice"),
        ('{"order": "x", "order_id": "y"}', "line 2: the columns 'order' and 'order_id' both mean order."),
        ('{"order": "x", "text_xx": "y"}', "line 2: the column 'text_xx' ends with no language."),
        ('{"order": 30312345671234567, "text": "a"}', "line 2, order_id: an order id is a string, not int."),
        (f'{{"order": "{ORDER}", "text": ["a"]}}', "line 2, text: this is list, not a text."),
        (f'{{"order": "{ORDER}", "text": "a", "document": 17}}', "line 2, document: this is int, not a string."),
        (f'{{"order": "{ORDER}", "text": "a", "due": 17}}', "line 2, due: this is int, not a date."),
        (f'{{"order": "{ORDER}", "text": "a", "marketplace": []}}', "line 2, marketplace: "),
        (f'{{"order": "{ORDER}", "text": "a", "marketplace": 5}}', "line 2, marketplace: "),
        (f'{{"order": "{ORDER}", "text": "a", "type": {{}}}}', "line 2, message_type: there is no message type"),
        ('{"text": "a"}', "line 2, order_id: it is missing in this row."),
        (f'{{"order": "{ORDER}", "text": "a", "docment": "R-1"}}', "line 2: the column 'docment' is not known"),
    ],
)
def test_a_wrong_line_is_told(line: str, told: str) -> None:
    content = lines({"order": ORDER, "text": "Hello"}) + b"\n" + line.encode()
    if told.startswith("line 2, marketplace") and "[]" in line:  # an empty list counts as not given
        assert problems_of(content, format="jsonl") == []
    else:
        assert the_problem(content, format="jsonl").startswith(told)


def test_a_line_of_more_than_a_mebibyte_is_refused() -> None:
    content = lines({"order": ORDER, "text": "Hello"}, {"order": ORDER, "text": "x" * 1024 * 1024})

    assert the_problem(content, format="jsonl").startswith("line 2: the line has more than 1,048,576 characters.")


@pytest.mark.parametrize("beginning", ["[\n", "{\n", "[{\n"])
def test_one_document_over_several_lines_is_told_once(beginning: str) -> None:
    told = the_problem(beginning + '  "order": "x"\n', format="jsonl")

    assert told.startswith("line 1: this is one JSON document over several lines.")


def test_a_mapping_that_no_line_has_is_told() -> None:
    content = lines({"Bestellung": ORDER, "text": "Hello"})

    assert [job.order_id for job in jobs_of(content, format="jsonl", columns={"order": "Bestellung"})] == [ORDER]
    assert the_problem(content, format="jsonl", columns={"order": "Bestellung", "document": "Rechnung"}).startswith(
        "line 1: no line has the key 'Rechnung', which was to be used for document."
    )


VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)
KEYS = st.sampled_from(["order", "type", "marketplace", "account", "text", "text_de", "attachments", "due", "key"])


@given(st.lists(st.dictionaries(KEYS | st.text(max_size=10), VALUES), min_size=1, max_size=4))
def test_any_values_make_jobs_or_problems(values: list[dict[str, Any]]) -> None:
    content = "\n".join(map(json.dumps, values))

    problems_of(content, format="jsonl")  # raises nothing but our own errors


@given(st.dictionaries(st.sampled_from(["document", "account", "key"]), st.text(min_size=1).filter(str.strip)))
def test_what_is_written_is_read_back(values: dict[str, str]) -> None:
    [entry] = job_file(lines({"order": ORDER, "text": "Hello", **values}), format="jsonl")

    assert entry.job is not None
    assert {name: getattr(entry.job, name) for name in values} == values
