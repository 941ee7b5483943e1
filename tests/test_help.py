"""What help() shows of the clients: names that users know."""

from __future__ import annotations

import inspect
import pydoc
import re
from typing import Any

import pytest

import spapi_messaging
from spapi_messaging import AsyncMessagingClient, MessagingClient
from spapi_messaging.messages import MESSAGE_TYPES, is_message_type


@pytest.mark.parametrize("client", [MessagingClient, AsyncMessagingClient])
def test_help_shows_no_type_variables(client: Any) -> None:
    shown = pydoc.plain(pydoc.render_doc(client))

    assert "attachments: 'Iterable[AttachmentSource]'" in shown
    assert "-> 'SendReceipt'" in shown
    assert "message_type: 'MessageType'" in shown
    assert re.findall(r"~\w+", shown) == []
    for name in ("AttachmentSource", "SendReceipt", "AvailableActions", "OrderAttributes", "MessageType", "Problem"):
        assert hasattr(spapi_messaging, name)


def test_every_name_in_an_annotation_of_a_public_method_can_be_imported() -> None:
    known = {
        *dir(spapi_messaging),
        "Any",
        "Callable",
        "Iterable",
        "Mapping",
        "None",
        "Self",
        "Transport",
        "datetime",
        "date",
    }
    builtin = {"bool", "dict", "float", "int", "list", "object", "str", "httpx", "Timeout", "Unpack", "ClientArguments"}
    others = {"ProxyTypes", "VerifyTypes", "LowLevelClient", "_Transport"}  # of httpx; the generated client
    for client in (MessagingClient, AsyncMessagingClient):
        for name, method in inspect.getmembers(client, inspect.isroutine):
            if name == "__init__" or not name.startswith("_"):
                text = " ".join(str(each) for each in method.__annotations__.values())
                text = re.sub(r"Literal\[.*?\]", "Literal", text)  # the values of an enum are not names
                assert set(re.findall(r"[A-Za-z_]\w*", text)) <= known | builtin | others | {"Literal"}, name


def test_each_message_type_is_one() -> None:
    for name, operation in MESSAGE_TYPES.items():
        assert is_message_type(name)
        assert is_message_type(operation.operation_id)
    for name in ("invoise", "GetAttributes", "createUploadDestinationForResource", ""):
        assert not is_message_type(name)
