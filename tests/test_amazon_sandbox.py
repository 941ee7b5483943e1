"""Amazon's own static sandbox, for whoever has credentials. Not run anywhere else."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from spapi_messaging import MessagingClient, SandboxMismatchError
from tests.support.cases import published_success

pytestmark = pytest.mark.amazon

ORDER = "123-1234567-1234567"


def published_text() -> str:
    return str(published_success("createConfirmOrderDetails").body["text"])


@pytest.fixture(scope="module")
def client() -> Iterator[MessagingClient]:
    with MessagingClient.from_env(sandbox=True) as client:
        yield client


def test_actions(client: MessagingClient) -> None:
    assert list(client.get_messaging_actions_for_order(ORDER))


def test_attributes(client: MessagingClient) -> None:
    assert client.get_attributes(ORDER).locale


def test_published_text_is_accepted(client: MessagingClient) -> None:
    assert client.create_confirm_order_details(ORDER, text=published_text()).request_id


def test_any_other_text_is_explained(client: MessagingClient) -> None:
    with pytest.raises(SandboxMismatchError, match=published_text()):
        client.create_confirm_order_details(ORDER, text="Another message")
