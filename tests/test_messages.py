"""Rules that a message must keep before anything is sent."""

from __future__ import annotations

import io
import re
import traceback
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from spapi_messaging import Attachment, ConfigurationError, InvalidMessageError
from spapi_messaging.messages import (
    MESSAGE_TYPES,
    OPERATIONS,
    ORDER_ID_PATTERN,
    explain_mismatch,
    operation_for,
    sandbox_cases,
)
from spapi_messaging_client.api.messaging import create_confirm_order_details
from spapi_messaging_client.operations import Parameter
from tests.support.amazon import CREDENTIALS, ORDER, TEXT, Amazon, Shop, answer, both, sent
from tests.support.operations import CONTENT, content_kinds, field_of
from tests.support.samples import arguments_of, required_arguments_of

FILE = Attachment("destination-1", "note.pdf")
CONTENT_KINDS = {name: content_kinds(operation) for name, operation in sorted(MESSAGE_TYPES.items())}
WITH_TEXT = [name for name, kinds in CONTENT_KINDS.items() if "text" in kinds]
WITH_FILES = [name for name, kinds in CONTENT_KINDS.items() if "attachments" in kinds]
WITHOUT_FILES = [name for name in CONTENT_KINDS if name not in WITH_FILES]

pytestmark = pytest.mark.filterwarnings("ignore:.*left Amazon.s published model:DeprecationWarning")


def send(message_type: str, **fields: Any) -> Any:
    """What went out for a message, or the error that it got before any traffic. Both clients check alike."""
    amazon = Amazon()
    shop = Shop("threads", amazon)
    try:
        shop.send(ORDER, message_type, **fields)
    except InvalidMessageError as error:
        assert amazon.calls == amazon.token_calls == []
        assert str(error).startswith("Nothing was sent: ")
        assert error.problems
        return error
    return amazon.calls[-1].json


def refused(message_type: str, **fields: Any) -> str:
    error = send(message_type, **fields)
    assert isinstance(error, InvalidMessageError)
    return str(error)


# Order ids


@both
@pytest.mark.parametrize("order_id", [ORDER, "D01-1234567-1234567", "S02-1234567-1234567", f"  {ORDER}\r\n"])
def test_an_order_id_is_trimmed_and_goes_out(kind: str, order_id: str) -> None:
    shop = Shop(kind, Amazon(sent(), answer(200, {"buyer": {}})))
    receipt = shop.send(order_id, "invoice", attachments=[FILE])
    shop.get_attributes(order_id)

    assert receipt.amazon_order_id == order_id.strip()
    assert all(f"/orders/{order_id.strip()}/" in str(call.url) for call in shop.amazon.calls)


BAD_ORDERS: list[tuple[Any, str]] = [
    ("", "is empty"),
    ("  \t", "is empty"),
    ("foo", "form 'aaa'"),
    ("303", "form '999'"),
    ("303-123", "form '999-999'"),
    ("303-123456-1234567", "form '999-999999-9999999'"),
    ("303-1234567-12345678", "form '999-9999999-99999999'"),
    ("d01-1234567-1234567", "form 'a99-9999999-9999999'"),
    ("AB1-1234567-1234567", "form 'AA9-9999999-9999999'"),
    ("badOrderId", "form 'aaaAaaaaAa'"),
    ("P1", "form 'A9'"),
    ("303/1234567", "form [11 characters]"),
    ("303-1234567-1234567/../attributes", "form [33 characters]"),
    ("303-1234567-1234567\x00", "form [20 characters]"),
    ("３03-1234567-1234567", "cannot be an order id"),
    ("303-1234567-123456\u0663", "cannot be an order id"),
    ("\ufeff303-1234567-1234567", "form [20 characters]"),
    ("Sehr geehrte Frau Schmidt", "form [25 characters]"),
    (None, "not NoneType"),
    (3031234567, "not int"),
    (b"303-1234567-1234567", "not bytes"),
]


@both
@pytest.mark.parametrize(("order_id", "wrong"), BAD_ORDERS)
def test_an_invalid_order_id_is_refused_before_any_traffic(kind: str, order_id: Any, wrong: str) -> None:
    amazon = Amazon()
    shop = Shop(kind, amazon)
    calls: list[Callable[[], Any]] = [
        lambda: shop.create_confirm_order_details(order_id, text="Hello"),
        lambda: shop.send(order_id, "invoice", attachments=[FILE]),
        lambda: shop.get_attributes(order_id),
        lambda: shop.get_messaging_actions_for_order(order_id),
        lambda: shop.upload(order_id, "invoice", ("note.txt", b"hello")),
        lambda: shop.create_negative_feedback_removal(order_id),
    ]
    for call in calls:
        with pytest.raises(InvalidMessageError, match=re.escape(wrong)) as raised:
            call()
        assert [problem.field for problem in raised.value.problems] == ["order_id"]
    assert amazon.calls == amazon.token_calls == []


@given(order_id=st.text().map(str.strip))
def test_any_other_order_id_is_refused_and_not_shown(order_id: str) -> None:
    assume(not re.fullmatch(ORDER_ID_PATTERN, order_id))
    shop = Shop("threads", Amazon())
    with pytest.raises(InvalidMessageError) as raised:
        shop.get_attributes(order_id)

    assert shop.amazon.token_calls == []
    assert len(order_id) < 4 or order_id not in str(raised.value) or set(order_id) <= set("aA9-._*")


@both
def test_the_ids_of_the_published_cases_are_for_the_static_sandbox(kind: str) -> None:
    published = {case.order_id for cases in sandbox_cases().values() for case in cases if case.order_id}
    endpoint = "https://sandbox.sellingpartnerapi-eu.amazon.com"
    sandboxes = {"sandbox": True}, {"endpoint": endpoint}, {"sandbox": True, "endpoint": "http://127.0.0.1:8765"}
    for arguments in sandboxes:
        shop = Shop(kind, Amazon(), **arguments)
        for order_id in published:
            assert shop.create_confirm_order_details(order_id, text="Hello").amazon_order_id == order_id
        with pytest.raises(InvalidMessageError):
            shop.get_attributes("anotherOrderId")


@both
def test_a_pattern_lets_another_form_of_order_id_through(kind: str) -> None:
    shop = Shop(kind, Amazon(), order_id_pattern=r"X-\d+|" + ORDER_ID_PATTERN)

    assert shop.create_confirm_order_details("X-17", text="Hello").amazon_order_id == "X-17"
    assert shop.create_confirm_order_details(ORDER, text="Hello").amazon_order_id == ORDER
    with pytest.raises(InvalidMessageError):
        shop.get_attributes("X-17/..")


@pytest.mark.parametrize("pattern", ["(", 7, b"x", [ORDER_ID_PATTERN]])
def test_a_pattern_is_a_regular_expression(pattern: Any) -> None:
    with pytest.raises(ConfigurationError, match="order_id_pattern must be a regular expression"):
        Shop("threads", Amazon(), order_id_pattern=pattern)


# Texts


@pytest.mark.parametrize("message_type", WITH_TEXT)
def test_a_text_may_have_as_many_code_points_as_amazon_takes(message_type: str) -> None:
    limit = most(message_type, "text")
    for letter in ("x", "ß", "€", "🎁"):
        assert send(message_type, **complete(message_type, text=letter * limit))["text"] == letter * limit
        assert f"has {limit + 1} characters. Amazon takes {limit}, so it is 1 too many." in refused(
            message_type, **complete(message_type, text=letter * (limit + 1))
        )


def test_a_line_end_is_one_character_however_it_is_written() -> None:
    limit = most("confirmOrderDetails", "text")
    text = "\r\n" * (limit - 1) + "x"

    assert send("confirmOrderDetails", text=text)["text"] == "\n" * (limit - 1) + "x"
    assert f"{limit + 1} characters" in refused("confirmOrderDetails", text=text + "x")


@pytest.mark.parametrize("text", ["", " ", "\r\n", "\t  \u2003", "\u200b", "\ufeff \u2060\u200f", "\0", "\u00ad"])
def test_an_empty_text_is_refused(text: str) -> None:
    assert "text: the text is empty" in refused("confirmOrderDetails", text=text)


@pytest.mark.parametrize("text", [b"bytes", 7, ["text"]])
def test_a_text_is_a_string(text: Any) -> None:
    assert ", not a text. Give a string." in refused("confirmOrderDetails", text=text)


@pytest.mark.parametrize("text", ["\ud83d", "a\udc00b", "\udcff"])
def test_half_a_character_is_refused(text: str) -> None:
    assert "lone surrogate" in refused("confirmOrderDetails", text=text)


@pytest.mark.parametrize("character", ["\0", "\x07", "\x1b", "\x7f", "\x85", "\x9f"])
def test_control_characters_are_refused(character: str) -> None:
    assert "control characters" in refused("confirmOrderDetails", text=f"Hello{character}!")


CHARACTERS = st.characters(exclude_categories=["Cs", "Cc"]) | st.sampled_from("\n\r\t")


@given(text=st.text(CHARACTERS, max_size=300).map("Hello".__add__))
def test_any_other_text_goes_out_as_it_is_but_for_line_ends(text: str) -> None:
    assert send("confirmOrderDetails", text=text)["text"] == text.replace("\r\n", "\n")


def test_no_problem_shows_the_text() -> None:
    secret = "the buyer's own words " * 200

    assert "buyer" not in refused("confirmOrderDetails", text=secret)


# Texts, files, or either


def most(message_type: str, kind: str) -> int:
    """How many characters, or files, a type takes; of those without a limit, no test is made."""
    field = field_of(message_type, kind)
    limit = field.max_length if kind == "text" else field.max_items
    if limit is None:
        pytest.skip(f"{message_type} has no such limit")
    return limit


def complete(message_type: str, **given: Any) -> dict[str, Any]:
    """What a message needs, with these values."""
    operation = MESSAGE_TYPES[message_type]
    required = {field.name for field in operation.fields if field.required}
    arguments = {name: value for name, value in arguments_of(operation, [FILE]).items() if name in required}
    return {**required_arguments_of(operation), **arguments, **given}


@pytest.mark.parametrize("message_type", CONTENT_KINDS)
@pytest.mark.parametrize("kinds", [("text",), ("attachments",), ("text", "attachments")], ids=" and ".join)
def test_a_type_takes_text_files_or_either(message_type: str, kinds: tuple[str, ...]) -> None:
    operation = MESSAGE_TYPES[message_type]
    content = {"text": "Hello", "attachments": arguments_of(operation, [FILE]).get("attachments", [FILE])}
    answer = send(message_type, **required_arguments_of(operation), **{kind: content[kind] for kind in kinds})

    required = {field.kind for field in operation.fields if field.required} & CONTENT
    taken = required <= set(kinds) <= CONTENT_KINDS[message_type]
    assert isinstance(answer, InvalidMessageError) is not taken


@pytest.mark.parametrize("message_type", sorted({*WITH_TEXT, *WITH_FILES}))
def test_a_message_without_content_is_refused(message_type: str) -> None:
    assert "needs a" in refused(message_type, **required_arguments_of(MESSAGE_TYPES[message_type]))


def test_content_that_is_required_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    model = OPERATIONS["createDigitalAccessKey"]
    both_needed = model._replace(fields=tuple(field._replace(required=True) for field in model.fields))
    monkeypatch.setitem(MESSAGE_TYPES, "digitalAccessKey", both_needed)

    assert "attachments: createDigitalAccessKey needs an attachment." in refused("digitalAccessKey", text="KEY")
    assert "text: createDigitalAccessKey needs a text." in refused("digitalAccessKey", attachments=[FILE])
    assert isinstance(send("digitalAccessKey", text="KEY", attachments=[FILE]), dict)


@both
def test_feedback_removal_has_no_content(kind: str) -> None:
    amazon = Amazon()
    Shop(kind, amazon).send(ORDER, "negativeFeedbackRemoval")

    assert amazon.calls[0].content == b""


def test_what_was_not_given_is_left_out() -> None:
    assert send("digitalAccessKey", text="KEY") == {"text": "KEY"}
    assert send("digitalAccessKey", attachments=[FILE]) == {
        "attachments": [{"uploadDestinationId": "destination-1", "fileName": "note.pdf"}]
    }


@pytest.mark.parametrize("message_type", WITH_FILES)
def test_as_many_files_are_taken_as_amazon_takes(message_type: str) -> None:
    limit = most(message_type, "attachments")
    taken = send(message_type, **complete(message_type, attachments=[FILE] * limit))  # equal ones are not the same
    refusal = refused(message_type, **complete(message_type, attachments=[FILE] * (limit + 1)))

    assert len(taken["attachments"]) == limit
    assert f"there are {limit + 1} files. Amazon takes {limit}" in refusal


@pytest.mark.parametrize("files", ["invoice.pdf", b"bytes", ("invoice.pdf", b"data"), FILE, 7])
def test_even_one_file_is_given_in_a_list(files: Any) -> None:
    assert "Give a list" in refused("invoice", attachments=files)


def test_an_unknown_field_is_refused() -> None:
    assert "subject: createConfirmOrderDetails has no such field. It takes text." in refused(
        "confirmOrderDetails", text="Hello", subject="Hi"
    )


@pytest.mark.parametrize("value", [[], (), "", None, 0, [FILE]])
def test_a_field_that_is_spelled_wrongly_is_named_with_those_that_there_are(value: Any) -> None:
    problems = refused("invoice", attachment=value)

    # One cause, one problem: that an attachment is missing follows from it.
    assert ("attachment: sendInvoice has no such field. It takes attachments." in problems) is (value is not None)
    assert ("attachments: sendInvoice needs an attachment." in problems) is (value is None)


@pytest.mark.parametrize(
    "given",
    [
        "a.pdf",
        {"a.pdf": b"content"},
        ("a.pdf", b"content"),
        ("a.pdf", io.BytesIO(b"content")),
        ("a.pdf", Path("b")),
    ],
)
def test_one_file_where_a_list_belongs_is_one_problem(given: Any) -> None:
    said = refused("invoice", attachments=given)

    assert "Give a list, even for one file" in said
    assert said.count("attachments: ") == 1


@pytest.mark.parametrize(
    ("name", "meant"), [("Invoice", "invoice"), ("send_invoice", "sendInvoice"), ("invoise", "invoice")]
)
def test_a_message_type_that_is_spelled_wrongly_is_mended(name: str, meant: str) -> None:
    with pytest.raises(InvalidMessageError, match=f"Did you mean {meant}\\?"):
        operation_for(name)


@both
def test_every_problem_is_named_at_once(kind: str) -> None:
    with pytest.raises(InvalidMessageError) as raised:
        Shop(kind, Amazon()).send(
            "",
            "digitalAccessKey",
            text="x" * (most("digitalAccessKey", "text") + 1),
            attachments=[FILE] * (most("digitalAccessKey", "attachments") + 1),
        )

    assert {problem.field for problem in raised.value.problems} == {"order_id", "text", "attachments"}


# Dates


AS_WRITTEN = [
    "2004-12-13T21:39:45.618-08:00",
    "2026-01-31T09:30:00Z",
    "2026-01-31T09:30:00+01:00",
    "2026-01-31T09:30:00.1+00:00",
    "2026-01-31T09:30:00.123456789Z",
    "2024-02-29T00:00:00Z",
]


@pytest.mark.parametrize("written", AS_WRITTEN)
def test_a_date_that_is_written_goes_out_as_written(written: str) -> None:
    sent = send("warranty", attachments=[FILE], coverage_start_date=written, coverage_end_date=written)

    assert sent["coverageStartDate"] == sent["coverageEndDate"] == written


DATES = [
    (datetime(2026, 1, 31, 9, 30, tzinfo=UTC), "2026-01-31T09:30:00.000+00:00"),
    (datetime(2026, 1, 31, 9, 30, 1, 618_999, UTC), "2026-01-31T09:30:01.618+00:00"),
    (datetime(2004, 12, 13, 21, 39, 45, 618_000, timezone(timedelta(hours=-8))), "2004-12-13T21:39:45.618-08:00"),
]


@pytest.mark.parametrize(("date", "written"), DATES)
def test_a_datetime_goes_out_with_milliseconds_and_its_zone(date: datetime, written: str) -> None:
    sent = send("warranty", attachments=[FILE], coverage_end_date=date)

    assert sent["coverageEndDate"] == written
    assert "coverageStartDate" not in sent


@pytest.mark.parametrize(
    "date",
    [
        datetime(2026, 1, 31, 9, 30),
        datetime(2026, 1, 31).date(),
        1769848200,
        "",
        "2026-01-31",
        "2026-01-31T09:30:00",
        "2026-02-30T09:30:00Z",
        "2026-01-31T25:00:00Z",
        "2026-01-31 09:30:00Z",
        "20260131T093000Z",
        "2026-W05-6T09:30:00Z",
        "2026-01-31T09:30Z",
        " 2026-01-31T09:30:00Z",
        "2026-01-31T09:30:00Z\n",
        "２026-01-31T09:30:00Z",
        "31.01.2026",
        "tomorrow",
    ],
)
def test_an_invalid_date_or_one_without_a_zone_is_refused(date: Any) -> None:
    assert "coverage_start_date: " in refused("warranty", attachments=[FILE], coverage_start_date=date)


@pytest.mark.parametrize(
    ("start", "end"),
    [
        ("2026-01-31T09:30:00Z", "2026-01-31T09:29:59Z"),
        ("2026-01-31T09:30:00+01:00", "2026-01-31T10:00:00+02:00"),
        (datetime(2027, 1, 31, tzinfo=UTC), "2026-12-31T00:00:00Z"),
        (datetime(2027, 1, 31, tzinfo=UTC), datetime(2027, 1, 31, tzinfo=timezone(timedelta(hours=1)))),
    ],
)
def test_a_coverage_that_ends_before_it_starts_is_refused(start: Any, end: Any) -> None:
    dates = {"coverage_start_date": start, "coverage_end_date": end}

    assert "coverage_end_date: it is before coverage_start_date." in refused("warranty", attachments=[FILE], **dates)


# Names


@both
@pytest.mark.parametrize("name", ["invoice", "sendInvoice"])
def test_a_type_has_its_wire_name_and_its_operations(kind: str, name: str) -> None:
    amazon = Amazon()
    receipt = Shop(kind, amazon).send(ORDER, name, attachments=[FILE])

    assert receipt.operation == "sendInvoice"
    assert amazon.calls[0].url.path.endswith("/messages/invoice")


@both
def test_attachments_may_be_any_iterable(kind: str) -> None:
    assert Shop(kind, Amazon()).send(ORDER, "invoice", attachments=(file for file in [FILE])).attachments == (FILE,)


@pytest.mark.parametrize("name", ["", "letter", "Invoice", "GetAttributes", "createUploadDestinationForResource", None])
def test_an_unknown_type_is_refused_with_a_list_of_the_known_ones(name: Any) -> None:
    amazon = Amazon()
    with pytest.raises(InvalidMessageError, match=r"no message type .*confirmOrderDetails.*invoice.*warranty"):
        Shop("threads", amazon).send(ORDER, name, text="Hello")
    assert amazon.token_calls == []


SWAPPED: list[Any] = [
    *("Sehr geehrte Frau Schmidt, anbei", CREDENTIALS.refresh_token, "x" * 49, "ご注文の商品は明日届きます"),
    *(
        "ABCD-EFGH-1234",
        "wJalrXUtnFEMI-K7MDENG.bPxR",
        "Hallo.Frau.Schmidt-geehrte",
        "Your key: https://shop.example/ABCD-EFGH-1234",
        [TEXT],
    ),
]


@pytest.mark.parametrize("swapped", SWAPPED)
def test_swapped_arguments_are_not_shown(swapped: Any) -> None:
    calls: list[Callable[[Shop], Any]] = [
        lambda shop: shop.send(ORDER, swapped),
        lambda shop: shop.send(swapped, "invoice", attachments=[FILE]),
        lambda shop: shop.send(ORDER, "invoice", attachments=[FILE], marketplace=swapped),
        lambda shop: shop.send(ORDER, "warranty", attachments=[FILE], coverage_start_date=swapped),
        lambda shop: shop.upload(ORDER, swapped, FILE),
        lambda shop: shop.upload(ORDER, "invoice", FILE, file_name=swapped),
        lambda shop: shop.upload(ORDER, "invoice", ("a.pdf", b"%PDF-"), content_type=swapped),
        lambda shop: shop.send(ORDER, "invoice", attachments=[swapped]),
        lambda shop: shop.send(ORDER, "invoice", attachments=[("a.txt", swapped)]),
        lambda shop: shop.send(ORDER, "invoice", attachments=[(swapped, b"data")]),
        lambda shop: shop.send(ORDER, "invoice", attachments=swapped),
    ]
    for call in calls:
        with pytest.raises(InvalidMessageError) as raised:
            call(Shop("threads", Amazon()))
        shown = "".join(traceback.format_exception(raised.value))
        assert str(swapped) not in shown
        assert not any(part in shown for part in ("geehrte", "EFGH", "商品"))


@pytest.mark.parametrize(
    "value", [float("nan"), float("inf"), {1, 2}, object(), datetime(2026, 1, 31, tzinfo=UTC), b"x"]
)
def test_a_value_that_json_does_not_have_is_a_problem(value: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    model = OPERATIONS["createConfirmOrderDetails"]
    extra = model.fields[0]._replace(name="gift", wire_name="gift", kind="value", min_length=None, max_length=None)
    monkeypatch.setitem(MESSAGE_TYPES, "confirmOrderDetails", model._replace(fields=(*model.fields, extra)))

    assert "gift: it cannot be written as JSON." in refused("confirmOrderDetails", text="Hello", gift=value)


def test_a_mismatch_without_a_published_case_says_so() -> None:
    """Amazon may add a message and publish no case for its sandbox."""
    added = OPERATIONS["createConfirmOrderDetails"]._replace(operation_id="sendGift")
    assert explain_mismatch(added, ORDER, {"text": "Hello"}) == "No case is published for sendGift."


def test_a_text_that_is_too_short_is_a_problem(monkeypatch: pytest.MonkeyPatch) -> None:
    """No text of today has such a limit. Amazon may give it one."""
    model = OPERATIONS["createConfirmOrderDetails"]
    longer = tuple(each._replace(min_length=10) if each.kind == "text" else each for each in model.fields)
    monkeypatch.setitem(MESSAGE_TYPES, "confirmOrderDetails", model._replace(fields=longer))

    assert "text: the text has 5 characters. Amazon wants 10 or more." in refused("confirmOrderDetails", text="Hello")


@pytest.fixture
def gift_color(monkeypatch: pytest.MonkeyPatch) -> None:
    """An operation that takes a parameter besides its body, as Amazon may add one."""
    model = OPERATIONS["createConfirmOrderDetails"]
    operation = model._replace(parameters=(Parameter("gift_color", "giftColor", "query", True, ()),))

    def request(order_id: str, *, gift_color: str, **arguments: Any) -> dict[str, Any]:
        made: dict[str, Any] = create_confirm_order_details._get_kwargs(order_id, **arguments)
        return made | {"params": made["params"] | {"giftColor": gift_color}}

    monkeypatch.setitem(MESSAGE_TYPES, "confirmOrderDetails", operation)
    monkeypatch.setattr("spapi_messaging._call.requests.endpoint", lambda _: SimpleNamespace(_get_kwargs=request))


@both
def test_a_parameter_of_a_type_goes_into_the_query(kind: str, gift_color: None) -> None:
    amazon = Amazon()
    Shop(kind, amazon).send(ORDER, "confirmOrderDetails", text="Hello", gift_color="red")

    assert amazon.calls[0].url.params["giftColor"] == "red"
    assert amazon.calls[0].json == {"text": "Hello"}


def test_a_parameter_that_a_type_needs_is_asked_for(gift_color: None) -> None:
    assert "gift_color: createConfirmOrderDetails needs it" in refused("confirmOrderDetails", text="Hello")


def test_each_operation_can_be_found_by_both_names() -> None:
    for message_type, operation in MESSAGE_TYPES.items():
        assert (
            operation_for(message_type) is operation_for(operation.operation_id) is OPERATIONS[operation.operation_id]
        )


@both
@pytest.mark.parametrize("message_type", WITHOUT_FILES)
def test_an_upload_for_a_type_without_files_is_refused(kind: str, message_type: str) -> None:
    amazon = Amazon()
    with pytest.raises(InvalidMessageError, match="takes no attachments"):
        Shop(kind, amazon).upload(ORDER, message_type, ("note.txt", b"hello"))

    assert amazon.token_calls == []


def test_an_order_where_the_type_belongs_is_named() -> None:
    with pytest.raises(InvalidMessageError, match="Give the order first, then the type"):
        operation_for("303-1234567-1234567")
    with pytest.raises(InvalidMessageError) as raised:
        operation_for("GetAttributes")
    assert "Did you mean GetAttributes" not in str(raised.value)
