"""Login with Amazon, and how the API answers an invalid token."""

from __future__ import annotations

import json

import httpx
import pytest

from spapi_messaging import AccessDeniedError, AuthorizationError, Credentials, MessagingClient
from spapi_messaging.credentials import ENVIRONMENT
from spapi_messaging.local_sandbox import LWA_PATH
from spapi_messaging.sandbox import LOCAL_CREDENTIALS, Sandbox
from spapi_messaging.sandbox.environment import variables
from tests.sandbox.conftest import ORDER, RETIRED, Caller


def test_a_token_is_given_for_an_hour(caller: Caller) -> None:
    answer = caller.ask_for_token().json()
    assert answer["expires_in"] == 3600
    assert answer["token_type"] == "bearer"
    assert answer["refresh_token"] == LOCAL_CREDENTIALS["refresh_token"]
    assert answer["access_token"].startswith("Atza|")


@pytest.mark.parametrize(
    ("changes", "status", "error"),
    [
        ({"client_secret": "wrong"}, 401, "invalid_client"),
        ({"client_id": "wrong"}, 401, "invalid_client"),
        ({"refresh_token": "Atzr|someone-else"}, 400, "invalid_grant"),
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
        ({"refresh_token": ""}, 400, "invalid_request"),
        ({"grant_type": ""}, 400, "invalid_request"),
    ],
)
def test_errors_are_those_of_lwa(caller: Caller, changes: dict[str, str], status: int, error: str) -> None:
    response = caller.ask_for_token(**changes)
    assert (response.status_code, response.json()["error"]) == (status, error)
    assert response.json()["error_description"]


@pytest.mark.parametrize("content_type", ["application/json", "application/json; charset=utf-8", "Application/JSON"])
def test_a_token_request_can_be_json(caller: Caller, content_type: str) -> None:
    body = json.dumps({"grant_type": "refresh_token", **LOCAL_CREDENTIALS})
    response = caller.http.post(LWA_PATH, content=body, headers={"content-type": content_type})
    caller.token = response.json()["access_token"]
    assert caller.actions().status_code == 200


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("application/json", b"{"),
        ("application/json", b"[]"),
        ("application/json", b"{}"),
        ("application/json", b'{"grant_type": ["refresh_token"]}'),
        ("application/json", b"grant_type=refresh_token"),
        ("text/plain", b"grant_type=refresh_token"),
        ("", b"grant_type=refresh_token"),
    ],
)
def test_a_token_request_must_be_a_form_or_json(caller: Caller, content_type: str, body: bytes) -> None:
    response = caller.http.post(LWA_PATH, content=body, headers={"content-type": content_type})
    assert (response.status_code, response.json()["error"]) == (400, "invalid_request")
    assert caller.http.get(LWA_PATH).status_code == 405


@pytest.mark.parametrize("field", ["grant_type", "refresh_token", "client_id", "client_secret"])
@pytest.mark.parametrize("value", ["", "mine-and-secret"])
def test_a_refusal_says_what_would_be_accepted_and_not_what_was_sent(caller: Caller, field: str, value: str) -> None:
    described = caller.ask_for_token(**{field: value}).json()["error_description"]
    for name, accepted in variables(caller.sandbox.url).items():
        if name.startswith(("LWA_APP", "LWA_CLIENT", "SP_API_REFRESH")):
            assert f"{name}={accepted}" in described
    assert "mine-and-secret" not in described


@pytest.mark.parametrize("field", ENVIRONMENT)
def test_a_client_says_what_would_be_accepted(sandbox: Sandbox, field: str) -> None:
    wrong = Credentials(**{**LOCAL_CREDENTIALS, field: "mine-and-wrong"})
    with (
        MessagingClient.for_local_sandbox(endpoint=sandbox.url, credentials=wrong) as client,
        pytest.raises(AuthorizationError) as refused,
    ):
        client.get_attributes(ORDER)
    accepted = [f"{variable}={LOCAL_CREDENTIALS[name]}" for name, variable in ENVIRONMENT.items()]
    for told in (*accepted, f"its page {sandbox.url} and the documentation", "Atzr|local-sandbox-NAME"):
        assert told in str(refused.value)
    assert "authorise" not in str(refused.value)
    assert "mine-and-wrong" not in str(refused.value)


def test_the_page_that_a_refusal_names_is_where_the_client_reaches_it(caller: Caller) -> None:
    for host, address in (("localhost:9000", "http://localhost:9000"), ("evil.example", caller.sandbox.url)):
        described = caller.http.post(LWA_PATH, data={}, headers={"host": host}).json()["error_description"]
        assert f"its page {address} and the documentation" in described


def details(response: httpx.Response) -> str:
    [error] = response.json()["errors"]
    assert (response.status_code, error["code"]) == (403, "Unauthorized")
    assert error["message"] == "Access to requested resource is denied."
    return str(error["details"])


def test_a_token_is_needed(caller: Caller) -> None:
    caller.token = ""
    assert "missing" in details(caller.actions())


def test_an_unknown_token_is_refused(caller: Caller) -> None:
    caller.token = "Atza|invented"
    assert "invalid" in details(caller.actions())


def test_a_token_expires(caller: Caller) -> None:
    caller.sandbox.clock.advance(3599)
    assert caller.actions().status_code == 200
    caller.sandbox.clock.advance(1)
    assert details(caller.actions()) == "The access token you provided has expired."
    caller.token = caller.fresh_token()
    assert caller.actions().status_code == 200


def test_tokens_can_be_ended(caller: Caller) -> None:
    caller.sandbox.tokens.expire()
    assert "expired" in details(caller.actions())
    caller.token = caller.fresh_token()
    caller.sandbox.tokens.revoke()
    assert "revoked" in details(caller.actions())


def test_the_lifetime_can_be_short(caller: Caller) -> None:
    caller.sandbox.tokens.lifetime = 30
    assert caller.ask_for_token().json()["expires_in"] == 30


def test_static_mode_needs_a_token_as_well(static_caller: Caller) -> None:
    static_caller.sandbox.clock.advance(4000)
    assert "expired" in details(static_caller.actions("123-1234567-1234567"))


@pytest.mark.parametrize(
    "path",
    [
        f"/messaging/v1/orders/{ORDER}/messages/unheardOf",
        f"/messaging/v1/orders/{ORDER}%2Fmessages%2Finvoice",
        f"/uploads/2020-11-01/uploadDestinations/messaging%2Fv1%2Forders%2F{ORDER}%2Fmessages%2Finvoice",
        f"/uploads/2020-11-01/uploadDestinations//messaging/v1/orders/{ORDER}/messages/invoice",
        f"/uploads/2020-11-01/uploadDestinations/messaging/v1/orders/{ORDER}/messages/unheardOf",
        "/orders/v0/orders",
    ],
)
def test_an_unknown_path_is_denied(caller: Caller, path: str) -> None:
    details(caller.call("POST", path, {}, contentMD5="x"))
    assert caller.sandbox.requests[-1].path == path


@pytest.mark.parametrize("retired", [False])
@pytest.mark.parametrize("message_type", RETIRED)
def test_a_retired_type_is_denied_with_a_word_on_how_to_switch_it_on(caller: Caller, message_type: str) -> None:
    for refused in (caller.send(message_type, {}), caller.destination("x", message_type)):
        assert "has retired" in details(refused)
        assert "Sandbox(retired=True)" in details(refused)
        assert "--retired" in details(refused)


def test_a_retired_type_that_is_switched_on_is_answered(caller: Caller) -> None:
    assert caller.send("negativeFeedbackRemoval", {}).status_code == 201


@pytest.mark.parametrize("retired", [False])
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_our_client_says_that_the_type_is_retired(sandbox: Sandbox) -> None:
    with (
        MessagingClient.for_local_sandbox(endpoint=sandbox.url) as client,
        pytest.raises(AccessDeniedError, match=r"has retired createNegativeFeedbackRemoval.*Sandbox\(retired=True\)"),
    ):
        client.create_negative_feedback_removal(ORDER)


def test_an_address_that_never_was_is_denied_without_a_word(caller: Caller) -> None:
    assert details(caller.send("unheardOf", {})) == ""
    assert details(caller.call("GET", f"/messaging/v1/orders/{ORDER}/messages/amazonMotors")) == ""


def test_requests_are_kept_and_show_no_secret(caller: Caller) -> None:
    caller.actions()
    token, read = caller.sandbox.requests
    assert caller.sandbox.token_requests == [token]
    assert (read.method, read.path, read.operation, read.status) == (
        "GET",
        f"/messaging/v1/orders/{ORDER}",
        "getMessagingActionsForOrder",
        200,
    )
    assert read.parameters == {"marketplaceIds": "A1PA6795UKMFR9"}
    assert read.headers["x-amz-access-token"] == caller.token
    assert caller.token not in repr(read)
    assert LOCAL_CREDENTIALS["client_secret"] not in repr(token)


def test_a_token_that_the_sandbox_does_not_know_cannot_be_ended(caller: Caller) -> None:
    for end in (caller.sandbox.tokens.expire, caller.sandbox.tokens.revoke):
        with pytest.raises(ValueError, match="does not know this access token") as refused:
            end("Atza|invented")
        assert "invented" not in str(refused.value)
    assert caller.actions().status_code == 200


@pytest.mark.parametrize("kind", ["expired-token", "revoked-token"])
def test_a_fault_of_the_token_changes_nothing_for_a_call_that_has_none(caller: Caller, kind: str) -> None:
    caller.sandbox.faults.add(kind, times=None)
    caller.token = "Atza|invented"
    assert "invalid" in details(caller.actions())
