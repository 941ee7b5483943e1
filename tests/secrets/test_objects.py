"""What objects tell of themselves: repr, str, pickles, copies, and dumps as a debugger or a JSON encoder makes them."""

from __future__ import annotations

import copy
import dataclasses
import json
import pickle
from collections.abc import Iterator
from typing import Any

import attrs
import pytest

from spapi_messaging import AsyncMessagingClient, MessagingClient, SpApiMessagingError
from spapi_messaging.bulk import AsyncSender, Job, Ledger, Sender
from spapi_messaging.credentials import CredentialsSource
from spapi_messaging.drafts import draft
from spapi_messaging.limiters import RedisLimiter
from tests.secrets.amazon import ORDER, answers, refusing
from tests.secrets.planting import SECRETS
from tests.support.programs import Program
from tests.support.servers import Server

PASSWORD = SECRETS.password.replace("/", "%2F")


def shown_by(value: object) -> Iterator[str]:
    """All that an object says when it is asked."""
    yield from (repr(value), str(value), f"{value}", repr([value]), json.dumps([value], default=str))
    if hasattr(value, "__dict__"):
        yield repr(vars(value)) + json.dumps(vars(value), default=str)
    if attrs.has(type(value)):
        yield repr(attrs.asdict(value))  # type: ignore[arg-type]
    if dataclasses.is_dataclass(value) and not isinstance(value, Job):
        yield repr(dataclasses.asdict(value))  # type: ignore[arg-type]
    if hasattr(value, "to_dict"):
        yield json.dumps(value.to_dict(), default=str)


def check(value: object) -> None:
    assert [found for text in shown_by(value) if (found := SECRETS.found_in(text))] == []


def clients() -> list[Any]:
    given: dict[str, Any] = {
        "credentials": SECRETS.credentials,
        "marketplace": "DE",
        "proxy": f"http://shop:{PASSWORD}@127.0.0.1:9",
        "limiter": RedisLimiter(f"redis://shop:{PASSWORD}@127.0.0.1:9/0"),
    }
    return [MessagingClient(**given), AsyncMessagingClient(**given)]


@pytest.fixture
def ledger(tmp_path: Any) -> Iterator[Ledger]:
    with Ledger(f"sqlite:///{tmp_path / 'sent.db'}") as made:
        yield made


def test_clients_and_what_belongs_to_them() -> None:
    for client in clients():
        own = client.for_seller(refresh_token=SECRETS.renewed_token)
        for value in (client, own, client.limiter, client._context, client._driver.connections):
            check(value)
        with pytest.raises((TypeError, AttributeError, pickle.PicklingError)):
            pickle.dumps(client)


def test_credentials_show_no_secret_and_land_in_no_pickle() -> None:
    credentials = SECRETS.credentials
    for value in (credentials, copy.deepcopy({"a": credentials}), CredentialsSource.of(credentials, "here")):
        check(value)
    with pytest.raises(TypeError, match="not pickled"):
        pickle.dumps({"credentials": credentials})


def test_senders_and_jobs(ledger: Ledger) -> None:
    job = Job(ORDER, "digitalAccessKey", text=SECRETS.key_text, attachments=["a.pdf"], marketplace="DE")
    values = [job, draft(ORDER, "digitalAccessKey", text=SECRETS.key_text), ledger, ledger.database]
    for value in [
        *values,
        Sender(ledger, {"shop": SECRETS.credentials}),
        AsyncSender(ledger, {"a": SECRETS.credentials}),
    ]:
        check(value)


@pytest.mark.parametrize("kind", ["threads", "asyncio"])
def test_results_errors_and_what_an_observer_is_told(kind: str) -> None:
    told: list[object] = []
    files = [("note.txt", SECRETS.file_content.encode())]
    for amazon in (answers, refusing):
        given = {"credentials": SECRETS.credentials, "token_provider": None, "observer": told.append}
        with Server(amazon) as server, Program(kind, server.url, **given) as program:
            client = program.client
            for call in (
                lambda client=client: client.get_attributes(ORDER),
                lambda client=client: client.send(ORDER, "digitalAccessKey", text=SECRETS.key_text, attachments=files),
                lambda client=client: client.create_confirm_order_details(SECRETS.e_mail, text=SECRETS.buyers_text),
            ):
                try:
                    told.append(program.run(call))
                except SpApiMessagingError as error:
                    told.append(error.with_traceback(None))
                    error.__cause__ = error.__context__ = None
    assert len(told) > 8
    for value in told:
        check(value)
        for written in (copy.copy(value), pickle.loads(pickle.dumps(value))):
            check(written)
            assert SECRETS.found_in(pickle.dumps(value, 0).decode("latin-1")) == []
