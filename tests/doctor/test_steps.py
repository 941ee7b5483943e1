"""Details of single steps."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spapi_messaging import AsyncMessagingClient, ConfigurationError, Marketplace, MessagingClient
from spapi_messaging.credentials import CredentialsSource
from spapi_messaging.doctor import Finding, concerns_access, examine, overall
from spapi_messaging.doctor.clock import clock
from spapi_messaging.doctor.examination import Examination
from spapi_messaging.doctor.invoices import invoices
from spapi_messaging.doctor.probe import Probe, probe
from spapi_messaging.messages import MESSAGE_TYPES, OPERATIONS
from spapi_messaging_client.records import Parameter
from tests.doctor.conftest import ORDER, World
from tests.doctor.scenarios import ACTIONS, caused, denied
from tests.support.amazon import CREDENTIALS


def step(found: list[Finding], name: str) -> Finding:
    return next(each for each in found if each.step == name)


def test_production_is_said_loudly(world: World) -> None:
    make = world.client(endpoint=None, lwa_endpoint=None, credentials=None, token_provider=lambda: "t")

    assert "PRODUCTION: messages reach real buyers" in step(world.offline(make, order=None), "endpoint").found


@pytest.mark.parametrize(
    ("host", "code"),
    [("", "endpoint-production"), ("sandbox.", "endpoint-amazon-sandbox")],
)
@pytest.mark.parametrize("ending", [".", ":8443"])
def test_amazons_servers_are_known_by_other_names_too(world: World, host: str, code: str, ending: str) -> None:
    make = world.elsewhere(f"https://{host}sellingpartnerapi-eu.amazon.com{ending}")
    found = world.offline(make)

    assert (step(found, "endpoint").code, step(found, "region").code) == (code, "region-ok")
    assert host == "" or "Amazon's sandbox knows no uploads" in step(found, "uploads").found


def test_what_decided_is_said(world: World) -> None:
    found = step(world.run(order=None, decided_by="the option --sandbox local"), "endpoint")

    assert "Decided by the option --sandbox local." in found.found


def test_client_id_is_shown_by_its_end_alone(world: World) -> None:
    found = step(world.run(source=CredentialsSource.of(CREDENTIALS, "the environment")), "credentials")

    assert found.found.endswith("ends with test.")
    assert CREDENTIALS.client_id not in found.found


def test_ten_thousand_actions_are_one_short_line(world: World) -> None:
    actions = [{"name": f"action-{number}", "_links": {}} for number in range(10_000)]
    body = json.dumps({"_embedded": {"actions": [*actions, {"name": "invoice"}]}})
    world.sandbox.faults.answer(200, body, {"content-type": "application/json"}, on=ACTIONS, times=None)
    found = step(world.run(), "order")

    assert found.code == "order-ok"
    assert len(json.dumps(found.to_dict())) < 1000


def test_the_order_is_read_once(world: World) -> None:
    world.run()

    assert [each.operation for each in world.sandbox.requests].count(ACTIONS) == 1


def test_a_bad_order_id_is_not_repeated(world: World) -> None:
    found = world.run(order="Atzr|pasted-by-mistake")

    assert "pasted-by-mistake" not in json.dumps([each.to_dict() for each in found])


def test_what_decided_about_a_403_is_told(world: World) -> None:
    found = step(denied(world, caused("role", "path")), "role")

    assert "role, path" in found.meaning
    assert "This is how it was decided." in found.meaning
    assert found.facts["possible_causes"] == ["role", "path"]


def test_type_decides_what_a_file_is_uploaded_for(world: World) -> None:
    operation = next(each for each in MESSAGE_TYPES.values() if any(f.kind == "attachments" for f in each.fields))
    found = step(world.run(message_type=operation.message_type), "uploads")

    assert found.facts["message_type"] == operation.message_type


def test_a_type_without_files_cannot_be_tried(world: World) -> None:
    without = next(each for each in MESSAGE_TYPES.values() if all(f.kind != "attachments" for f in each.fields))
    found = step(world.run(message_type=without.message_type), "uploads")

    assert found.code == "upload-not-tried"


def test_an_order_that_was_not_read_is_no_order_without_files(world: World) -> None:
    world.sandbox.faults.add("error", on="reads", times=None)
    found = step(world.run(), "uploads")

    assert found.code == "upload-not-tried"
    assert "could not be read" in found.found


def test_a_language_that_cannot_be_read_does_not_speak_against_the_role(world: World) -> None:
    attributes = next(each.operation_id for each in OPERATIONS.values() if each.answer == "OrderAttributes")
    world.sandbox.faults.add("denied", on=attributes, times=None)
    found = world.run()

    assert [each.code for each in found if each.step == "order"] == ["order-ok", "order-no-language"]
    assert step(found, "role").code == "role-ok"


def test_what_is_no_order_id_was_not_read(world: World) -> None:
    found = world.run(order="#123")

    assert step(found, "order").code == "order-id-invalid"
    assert "was not read" in step(found, "role").found


def test_the_storage_answers_in_its_own_form(world: World) -> None:
    headers = {"content-type": "application/xml", "x-amz-request-id": "1"}
    world.sandbox.faults.answer(403, "<?xml version='1.0'?><Error/>", headers, on="s3", times=None)
    exchanges = [Seen(service="storage", url=f"{world.sandbox.url}/key?X-Amz-Signature=s")]
    found = [each.code for each in world.run(exchanges=exchanges) if each.step in ("uploads", "network")]

    assert found == ["network-no-tls", "network-no-tls", "upload-storage-refused", "network-no-tls"]


class Seen:
    """An exchange that was observed."""

    def __init__(self, **told: Any) -> None:
        self._told = told

    def to_dict(self) -> dict[str, Any]:
        return self._told


def test_the_storage_that_does_not_answer_is_looked_for(world: World) -> None:
    world.sandbox.faults.add("reset", on="s3", times=None)
    port = world.closed_port()
    exchanges = [Seen(service="storage", url=f"http://127.0.0.1:{port}/key?X-Amz-Signature=s")]
    found = [each for each in world.run(exchanges=exchanges) if each.step in ("uploads", "network")]

    assert [each.code for each in found[-2:]] == ["upload-storage-unreachable", "connection-refused"]
    assert "The storage for files" in found[-1].found


@given(st.floats(-1e7, 1e7))
def test_clock_is_judged_by_how_far_it_is_off(seconds: float) -> None:
    own = datetime(2026, 11, 22, tzinfo=UTC)
    server = own + timedelta(seconds=seconds)
    examination = Examination(MessagingClient, cast(Any, None), lambda: own, server_date=(server, own))
    (found,) = clock(examination)
    off = abs(timedelta(seconds=seconds))

    limits = {"clock-ok": timedelta(seconds=60), "clock-off": timedelta(minutes=15), "clock-wrong": timedelta.max}
    assert found.code == next(code for code, limit in limits.items() if off <= limit)


def test_findings_come_one_by_one_and_the_client_is_closed(world: World) -> None:
    made: list[MessagingClient] = []

    def make() -> MessagingClient:
        made.append(world.client()())
        return made[-1]

    steps = cast("Iterator[Any]", examine(make, ORDER))
    assert next(steps).step == "versions"
    assert made == []
    assert [next(steps).step for _ in range(2)] == ["credentials", "endpoint"]
    steps.close()  # type: ignore[attr-defined]
    with pytest.raises(Exception, match="closed"):
        made[0].authorize()
    assert len(made) == 1


def test_nothing_but_the_examination_waits_for_a_step_that_hangs(world: World) -> None:
    held = threading.Event()
    world.stack.callback(held.set)

    def hang(*_: object) -> list[str]:
        held.wait(1000)
        return []

    make = world.elsewhere("https://gateway.example")
    found = world.run(make, probe=partial(probe, resolve=hang), step_seconds=0.3)
    assert step(found, "network").code == "network-too-slow"


def test_what_was_found_before_a_step_hangs_is_told(world: World) -> None:
    held = threading.Event()
    world.stack.callback(held.set)

    def reach(target: Any, **_: Any) -> Probe:
        if target.service == "lwa":
            held.wait(1000)
        return Probe(target)

    found = [each for each in world.run(probe=reach, step_seconds=0.3) if each.step == "network"]

    assert [each.code for each in found] == ["network-no-tls", "network-too-slow"]
    assert "The API" in found[0].found


@pytest.mark.parametrize("name", ["network", "authorization"])
def test_a_step_that_hangs_or_breaks_is_no_good_sign(world: World, name: str) -> None:
    """Nobody may read "nothing is wrong" where nothing could be found out."""
    assert overall([Finding(f"{name}-too-slow", "x")]) == "wrong"
    assert overall([Finding(f"{name}-broke", "x")]) == "warning"


def test_a_token_provider_that_fails_is_no_mistake_of_the_package_alone(world: World) -> None:
    def provide() -> str:
        raise RuntimeError("Atza|a-secret")

    found = step(world.run(world.client(credentials=None, token_provider=provide)), "authorization")

    assert found.code == "authorization-broke"
    assert "token provider" in found.meaning
    assert "a-secret" not in str(found)


def test_the_worst_verdict_counts() -> None:
    good, late, bad = Finding("clock-ok", "x"), Finding("clock-off", "x"), Finding("clock-wrong", "x")
    skipped, role = Finding("clock-not-tried", "x"), Finding("role-missing", "x")

    assert overall([good, skipped]) == "ok"
    assert overall([good, late]) == "warning"
    assert overall([late, bad, good]) == "wrong"
    assert not concerns_access([good, late, bad, skipped])
    assert concerns_access([bad, role])


def test_a_program_that_cannot_make_its_client_is_told_so(world: World) -> None:
    def make() -> MessagingClient:
        raise KeyError("Atzr|a-secret")

    found = world.run(make)

    assert "KeyError" in step(found, "endpoint").found
    assert {each.verdict for each in found if each.step not in ("versions", "credentials", "endpoint")} == {"not-tried"}
    assert "a-secret" not in str(found)


def test_a_client_for_asyncio_is_refused(world: World) -> None:
    client = AsyncMessagingClient(token_provider=lambda: "t", marketplace="DE")
    found = world.run(lambda: client)  # type: ignore[arg-type, return-value]

    assert "must return a MessagingClient" in step(found, "endpoint").found


def test_broken_credentials_are_said_once(world: World) -> None:
    source = CredentialsSource("", problem="Reading it needs PyYAML.")

    def make() -> MessagingClient:
        raise ConfigurationError(source.problem)

    assert [each.step for each in world.run(make, source=source) if each.verdict == "wrong"] == ["credentials"]


def test_a_missing_role_is_no_matter_of_the_region(world: World) -> None:
    assert "region-suspect" not in [each.code for each in denied(world, caused("role"))]


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (403, "<html>Forbidden</html>"),
        (403, '{"errors": [{"code": "Unauthorized", "message": "The LWA client secret has expired."}]}'),
        (404, "<html>Not Found</html>"),
        (400, "<html>Bad Request</html>"),
    ],
)
def test_neither_a_page_nor_an_old_secret_is_a_matter_of_the_region(world: World, status: int, body: str) -> None:
    world.sandbox.faults.answer(status, body, on=ACTIONS, times=None)
    found = world.run()

    assert "region-suspect" not in [each.code for each in found]
    assert step(found, "order").code in ("order-denied", "order-failed")  # and not: there is no such order


def test_a_wrong_signature_is_no_expired_secret(world: World) -> None:
    told = "The request signature we calculated does not match. Check your AWS Secret Access Key."
    body = json.dumps({"errors": [{"code": "InvalidSignature", "message": told}]})
    world.sandbox.faults.answer(403, body, {"content-type": "application/json"}, on=ACTIONS, times=None)

    assert step(world.run(), "role").code == "path-wrong"


@pytest.mark.parametrize("marketplace", Marketplace)
def test_the_feed_for_invoices_is_named_where_it_exists(marketplace: Marketplace) -> None:
    with MessagingClient(token_provider=lambda: "t", marketplace=marketplace) as client:
        examination = Examination(lambda: client, cast("Any", None), lambda: datetime.now(UTC))
        (found,) = invoices(examination)
    countries = {"ES", "UK", "FR", "DE", "IT", "NL", "PL", "SE"}

    assert (found.facts["feed"] is not None) is (marketplace.name in countries)
    assert ("Nothing says that a message counts" in found.meaning) is (marketplace.name in countries)


def test_without_a_token_the_order_is_not_tried(world: World) -> None:
    world.sandbox.faults.add("invalid_grant", on="token", times=None)
    found = world.run()

    assert [each.step for each in found if each.verdict == "wrong"] == ["authorization"]
    assert step(found, "order").found == "There is no access token."
    assert step(found, "uploads").verdict == "not-tried"


def test_a_model_without_reads_is_no_mistake_of_the_package(world: World) -> None:
    for name in [name for name, operation in OPERATIONS.items() if operation.answer is not None]:
        world.patch.delitem(OPERATIONS, name)
    found = world.run()

    assert {each.code for each in found if each.step in ("order", "role", "uploads")} == {
        "order-not-tried", "role-not-tried", "upload-not-tried",
    }  # fmt: skip
    assert [each.code for each in found if each.code.endswith("broke")] == []


def test_a_read_that_needs_more_than_an_order_is_not_tried(world: World) -> None:
    more = Parameter("kind", "kind", "query", required=True, enum=())
    for name, operation in list(OPERATIONS.items()):
        if operation.answer is not None:
            world.patch.setitem(OPERATIONS, name, operation._replace(parameters=(more,)))
    found = world.run()

    assert step(found, "order").code == "order-not-tried"
    assert [each.code for each in found if each.code.endswith("broke")] == []
