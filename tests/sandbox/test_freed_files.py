"""The sandbox holds a file as long as somebody can use it."""

from __future__ import annotations

import gc
import weakref
from typing import Any

import pytest

from spapi_messaging.sandbox import Sandbox
from spapi_messaging.sandbox.uploads import Owner
from tests.sandbox.conftest import ORDER, Caller, md5_of
from tests.sandbox.held import LARGE, held


def deliver(caller: Caller, content: bytes) -> None:
    upload_id = caller.upload(content)
    sent = caller.send("invoice", {"attachments": [{"uploadDestinationId": upload_id, "fileName": "a.pdf"}]})
    assert sent.status_code == 201


def over_http(caller: Caller) -> None:
    assert caller.http.delete("/_sandbox/inbox").status_code == 204


def in_python(caller: Caller) -> None:
    caller.sandbox.inbox.clear()


def one_by_one(caller: Caller) -> None:
    while caller.sandbox.inbox:
        del caller.sandbox.inbox[0]


@pytest.mark.parametrize("empty", [over_http, in_python, one_by_one])
def test_an_inbox_that_is_emptied_frees_its_files(caller: Caller, empty: Any) -> None:
    caller.sandbox.plans.set("*", rate=100, burst=100)
    for number in range(4):
        deliver(caller, bytes([number]) * LARGE)
    assert held(caller.sandbox) == 4 * LARGE
    gone = [weakref.ref(message.attachments[0]) for message in caller.sandbox.inbox]
    empty(caller)
    gc.collect()
    assert [file() for file in gone] == [None] * 4
    assert held(caller.sandbox) == 0


def test_a_file_can_be_used_until_its_message_is_gone(caller: Caller) -> None:
    upload_id = caller.upload(b"one")
    body = {"attachments": [{"uploadDestinationId": upload_id, "fileName": "a.pdf"}] * 2}
    assert caller.send("invoice", body).status_code == caller.send("invoice", body).status_code == 201
    assert [file.content for message in caller.sandbox.inbox for file in message.attachments] == [b"one"] * 4
    caller.sandbox.inbox.clear()
    gc.collect()
    assert "does not exist" in caller.send("invoice", body).text


def test_a_file_that_no_message_has_used_stays(caller: Caller) -> None:
    used, unused = caller.upload(b"used"), caller.upload(b"unused")
    for upload_id in (used, unused):
        caller.sandbox.inbox.clear()
        sent = caller.send("invoice", {"attachments": [{"uploadDestinationId": upload_id, "fileName": "a.pdf"}]})
        assert sent.status_code == 201


def test_a_file_of_a_message_that_was_refused_stays(caller: Caller) -> None:
    caller.sandbox.plans.set("*", rate=100, burst=100)
    six, one = caller.upload(b"6" * 6_000_000), caller.upload(b"1")
    files = [{"uploadDestinationId": upload_id, "fileName": "a.pdf"} for upload_id in (six, six, one)]
    assert "larger than 10 MB" in caller.send("invoice", {"attachments": files}).text
    gc.collect()
    assert caller.send("invoice", {"attachments": files[1:]}).status_code == 201


def test_a_file_that_is_uploaded_again_is_the_one_that_counts(caller: Caller) -> None:
    payload = caller.destination(md5_of(b"x")).json()["payload"]
    body = {"attachments": [{"uploadDestinationId": payload["uploadDestinationId"], "fileName": "a.pdf"}]}
    for _ in range(2):
        caller.sandbox.inbox.clear()
        gc.collect()
        assert caller.http.put(payload["url"], content=b"x", headers=payload["headers"]).status_code == 200
        assert caller.send("invoice", body).status_code == 201


def test_destinations_that_expired_unused_do_not_pile_up() -> None:
    sandbox = Sandbox()
    uploads, owner = sandbox.uploads, Owner("", ORDER, "invoice")
    sandbox.clock.freeze()
    kept = uploads.create("http://host", owner, md5_of(b"x"), None, null_headers=False)
    uploads._by_id[str(kept["uploadDestinationId"])].store(b"x")
    for _ in range(10):
        for _ in range(1000):
            last = uploads.create("http://host", owner, md5_of(b"x"), None, null_headers=False)
        sandbox.clock.advance(901)
    assert len(uploads._by_id) <= 2001
    assert len(uploads._by_path) == len(uploads._by_id)
    assert uploads.uploaded(str(kept["uploadDestinationId"]), owner)
    assert uploads.at("/" + str(last["url"]).partition("?")[0].split("/", 3)[3])


def test_a_file_stays_as_long_as_one_of_its_messages(caller: Caller) -> None:
    upload_id = caller.upload(b"one")
    body = {"attachments": [{"uploadDestinationId": upload_id, "fileName": "a.pdf"}]}
    assert caller.send("invoice", body).status_code == caller.send("invoice", body).status_code == 201
    del caller.sandbox.inbox[-1]
    gc.collect()

    assert caller.send("invoice", body).status_code == 201
    assert [message.attachments[0].content for message in caller.sandbox.inbox] == [b"one"] * 2
