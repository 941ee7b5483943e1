"""An operation that Amazon calls deprecated works, and the clients and the command say so."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from click.testing import CliRunner

from spapi_messaging.cli import reads
from spapi_messaging.cli.send import command_for
from spapi_messaging.errors import InvalidMessageError
from spapi_messaging.messages import MESSAGE_TYPES, OPERATIONS, UPLOAD, Operation
from tests.support.amazon import ORDER, Amazon, Shop

WORDS = "Amazon calls {} deprecated; expect it to go."
SEND = next(each for each in OPERATIONS.values() if [field.kind for field in each.fields] == ["text"])
READ = next(each for each in OPERATIONS.values() if each.answer == "OrderAttributes")
CALLS: dict[str, tuple[Operation, Callable[[Any], object]]] = {
    "a message": (SEND, lambda shop: getattr(shop, SEND.name)(ORDER, text="Hello")),
    "a message by its type": (SEND, lambda shop: shop.send(ORDER, SEND.message_type, text="Hello")),
    "a read": (READ, lambda shop: getattr(shop, READ.name)(ORDER)),
}


def deprecate(monkeypatch: pytest.MonkeyPatch, operation: Operation) -> Operation:
    deprecated = operation._replace(deprecated=WORDS.format(operation.operation_id))
    monkeypatch.setitem(OPERATIONS, operation.operation_id, deprecated)
    if operation.message_type:
        monkeypatch.setitem(MESSAGE_TYPES, operation.message_type, deprecated)
    return deprecated


@pytest.mark.parametrize("kind", ["threads", "asyncio"])
@pytest.mark.parametrize("call", CALLS)
def test_the_clients_warn_where_it_is_called(kind: str, call: str, monkeypatch: pytest.MonkeyPatch) -> None:
    operation, made = CALLS[call]
    deprecated = deprecate(monkeypatch, operation)

    with pytest.warns(DeprecationWarning) as warned:
        made(Shop(kind, Amazon()))
    assert [str(warning.message) for warning in warned] == [deprecated.deprecated]


@pytest.mark.parametrize("kind", ["threads", "asyncio"])
def test_an_upload_warns_even_when_the_message_takes_no_files(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    deprecated = deprecate(monkeypatch, UPLOAD)
    monkeypatch.setattr("spapi_messaging.client.UPLOAD", deprecated)

    with pytest.warns(DeprecationWarning) as warned, pytest.raises(InvalidMessageError):
        Shop(kind, Amazon()).upload(ORDER, SEND.message_type, ("note.pdf", b"%PDF-1.4"))
    assert [str(warning.message) for warning in warned] == [deprecated.deprecated]


def test_the_warning_of_a_read_names_the_line_that_called_it(monkeypatch: pytest.MonkeyPatch) -> None:
    deprecate(monkeypatch, READ)

    with pytest.warns(DeprecationWarning) as warned:
        getattr(Shop("threads", Amazon()).client, READ.name)(ORDER)
    assert {warning.filename for warning in warned} == {__file__}


def test_the_command_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    deprecated = deprecate(monkeypatch, SEND)

    shown = CliRunner().invoke(command_for(deprecated), ["--help"], terminal_width=200).stdout
    assert deprecated.deprecated in " ".join(shown.split())
    assert deprecate(monkeypatch, READ).deprecated == reads.read_with("OrderAttributes").deprecated
