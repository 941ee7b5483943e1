"""Rules that a message must keep before anything is sent."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spapi_messaging import Attachment, InvalidMessageError
from spapi_messaging.messages import MESSAGE_TYPES, OPERATIONS, operation_for, order_problems
from spapi_messaging_client.api.messaging import create_confirm_order_details
from spapi_messaging_client.operations import Parameter
from tests.support.amazon import ORDER, Amazon, Shop, both

FILE = Attachment("destination-1", "note.pdf")
TEXT_ONLY = {"confirmDeliveryDetails", "confirmOrderDetails", "confirmServiceDetails", "unexpectedProblem"}
FILES_ONLY = {"legalDisclosure", "invoice", "amazonMotors"}
EITHER = {"confirmCustomizationDetails", "digitalAccessKey"}
LIMITS = {**dict.fromkeys(TEXT_ONLY, 2000), "confirmCustomizationDetails": 800, "digitalAccessKey": 400}

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


@pytest.mark.parametrize(
    "order_id", [ORDER, "123-1234567-0000000", "badOrderId", "D01-1234567-1234567", "S02-1234567-1234567", "P1"]
)
def test_an_order_id_is_letters_digits_and_hyphens(order_id: str) -> None:
    assert order_problems(order_id) == []


BAD_ORDERS: list[tuple[Any, str]] = [
    ("", "is empty"),
    ("  \t", "is empty"),
    (f" {ORDER}", "white space around"),
    (f"{ORDER}\n", "white space around"),
    ("303/1234567", "cannot be an order id"),
    ("303-1234567-1234567/../attributes", "cannot be an order id"),
    ("303%2F1", "cannot be an order id"),
    ("303 1234567", "cannot be an order id"),
    ("-", "cannot be an order id"),
    ("é", "cannot be an order id"),
    ("１２３", "cannot be an order id"),
    ("1" * 65, "cannot be an order id"),
    (None, "not NoneType"),
    (3031234567, "not int"),
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
        with pytest.raises(InvalidMessageError, match=wrong) as raised:
            call()
        assert [problem.field for problem in raised.value.problems] == ["order_id"]
    assert amazon.calls == amazon.token_calls == []


# Texts


@pytest.mark.parametrize("message_type", sorted(LIMITS))
def test_a_text_may_have_as_many_code_points_as_amazon_takes(message_type: str) -> None:
    limit = LIMITS[message_type]
    for letter in ("x", "ß", "€", "🎁"):
        assert send(message_type, text=letter * limit)["text"] == letter * limit
        assert f"has {limit + 1} characters; Amazon takes {limit}, so it is 1 too many." in refused(
            message_type, text=letter * (limit + 1)
        )


def test_a_line_end_is_one_character_however_it_is_written() -> None:
    text = "line\r\n" * 400

    assert send("confirmOrderDetails", text=text)["text"] == "line\n" * 400
    assert "2001 characters" in refused("confirmOrderDetails", text=text + "x")


@pytest.mark.parametrize("text", ["", " ", "\r\n", "\t  \u2003"])
def test_an_empty_text_is_refused(text: str) -> None:
    assert "text: the text is empty" in refused("confirmOrderDetails", text=text)


@pytest.mark.parametrize("text", [b"bytes", 7, ["text"]])
def test_a_text_is_a_string(text: Any) -> None:
    assert "text: give a string, not" in refused("confirmOrderDetails", text=text)


@pytest.mark.parametrize("text", ["\ud83d", "a\udc00b", "\udcff"])
def test_half_a_character_is_refused(text: str) -> None:
    assert "lone surrogate" in refused("confirmOrderDetails", text=text)


@given(text=st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=300).filter(str.strip))
def test_any_other_text_goes_out_as_it_is_but_for_line_ends(text: str) -> None:
    assert send("confirmOrderDetails", text=text)["text"] == text.replace("\r\n", "\n")


def test_no_problem_shows_the_text() -> None:
    secret = "the buyer's own words " * 200

    assert "buyer" not in refused("confirmOrderDetails", text=secret)


# Texts, files, or either


def test_each_type_is_in_one_of_the_groups() -> None:
    assert TEXT_ONLY | FILES_ONLY | EITHER | {"warranty", "negativeFeedbackRemoval"} == set(MESSAGE_TYPES)


@pytest.mark.parametrize("message_type", sorted(MESSAGE_TYPES))
def test_a_type_takes_text_files_or_either(message_type: str) -> None:
    content = {"text": "Hello"}, {"attachments": [FILE]}, {"text": "Hello", "attachments": [FILE]}
    taken = [not isinstance(send(message_type, **fields), InvalidMessageError) for fields in content]

    if message_type in TEXT_ONLY:
        assert taken == [True, False, False]
    elif message_type in EITHER:
        assert taken == [True, True, True]
    elif message_type == "negativeFeedbackRemoval":
        assert taken == [False, False, False]
    else:
        assert taken == [False, True, False]


@pytest.mark.parametrize("message_type", sorted(set(MESSAGE_TYPES) - {"negativeFeedbackRemoval"}))
def test_a_message_without_content_is_refused(message_type: str) -> None:
    assert "needs a" in refused(message_type)


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


@pytest.mark.parametrize("message_type", sorted(FILES_ONLY | EITHER | {"warranty"}))
def test_five_files_are_taken_and_six_are_not(message_type: str) -> None:
    assert len(send(message_type, attachments=[FILE] * 5)["attachments"]) == 5  # equal ones are not the same
    assert "there are 6 files; Amazon takes 5" in refused(message_type, attachments=[FILE] * 6)


@pytest.mark.parametrize("files", ["invoice.pdf", b"bytes", ("invoice.pdf", b"data"), FILE, 7])
def test_even_one_file_is_given_in_a_list(files: Any) -> None:
    assert "give a list" in refused("invoice", attachments=files)


def test_an_unknown_field_is_refused() -> None:
    assert "subject: createConfirmOrderDetails has no such field; it takes text." in refused(
        "confirmOrderDetails", text="Hello", subject="Hi"
    )


@both
def test_every_problem_is_named_at_once(kind: str) -> None:
    with pytest.raises(InvalidMessageError) as raised:
        Shop(kind, Amazon()).send("", "digitalAccessKey", text="x" * 401, attachments=[FILE] * 6)

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
@pytest.mark.parametrize("message_type", sorted(TEXT_ONLY | {"negativeFeedbackRemoval"}))
def test_an_upload_for_a_type_without_files_is_refused(kind: str, message_type: str) -> None:
    amazon = Amazon()
    with pytest.raises(InvalidMessageError, match="takes no attachments"):
        Shop(kind, amazon).upload(ORDER, message_type, ("note.txt", b"hello"))

    assert amazon.token_calls == []
