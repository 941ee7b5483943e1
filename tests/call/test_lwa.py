"""What Login with Amazon answers, and what it means."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spapi_messaging._call.lwa import AccessToken, read_token, token_request_body
from spapi_messaging._call.outcome import Failure, FailureKind
from spapi_messaging.errors import AuthorizationError, NetworkError
from tests.support.amazon import CREDENTIALS


def found(status: int, body: Any) -> AccessToken | Failure:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return read_token(status, content, 100.0, CREDENTIALS)


def token_in(body: Any, status: int = 200) -> AccessToken:
    token = found(status, body)
    assert isinstance(token, AccessToken)
    return token


def failure(status: int, body: Any) -> Failure:
    failed = found(status, body)
    assert isinstance(failed, Failure)
    assert "othing was sent" in str(failed.error)
    return failed


def test_the_request_is_the_form_that_lwa_wants() -> None:
    assert token_request_body(CREDENTIALS) == (
        b"grant_type=refresh_token&refresh_token=Atzr%7Cthe-refresh-token"
        b"&client_id=amzn1.application-oa2-client.test&client_secret=the-client-secret"
    )


NO_LIFETIMES: list[Any] = [None, "soon", [], -1, float("nan"), float("inf"), 10**400, "9" * 400]


@pytest.mark.parametrize(
    ("lifetime", "good_for"),
    [
        *((3600, 3540), (600, 540), (100, 90), (1, 0.9), (0, 0), ("90", 81), (1e9, 86340), (1e308, 86340)),
        *((lifetime, 3540) for lifetime in NO_LIFETIMES),
    ],
)
def test_a_token_is_good_for_its_lifetime_less_a_margin_and_for_an_hour_if_it_has_none(
    lifetime: Any, good_for: float
) -> None:
    assert token_in({"access_token": "t", "expires_in": lifetime}).renew_at == pytest.approx(100.0 + good_for)


def test_white_space_around_a_token_is_dropped() -> None:
    assert token_in({"access_token": " Atza|a \n"}).value == "Atza|a"


def test_a_token_does_not_show_itself() -> None:
    assert "opaque-token" not in repr([AccessToken("opaque-token", 1.0)])


# Refusals and outages


@pytest.mark.parametrize(
    ("error", "remedy"),
    [
        ("invalid_client", "180 days"),
        ("invalid_grant", "authorise it anew"),
        ("unauthorized_client", "developer console"),
        ("access_denied", "withdrawn"),
        ("something_new", "Check the credentials"),
    ],
)
@pytest.mark.parametrize("status", [400, 401, 403])
def test_a_refusal_says_what_to_do(status: int, error: str, remedy: str) -> None:
    refused = failure(status, {"error": error, "error_description": "because"})

    assert refused.kind is FailureKind.FINAL
    assert isinstance(refused.error, AuthorizationError)
    assert (refused.error.error, refused.error.description) == (error, "because")
    assert remedy in str(refused.error)
    assert f"Login with Amazon answered {status} ({error}: because). No token" in str(refused.error)


TOKENLESS = [b"[]", b"null", b"{}", *({"access_token": found} for found in (7, "a b", "Atza|ä", "", "Atza|\0"))]
UNREADABLE = [b"", b"<html>", b"\xff", b"[" * 100_000]


LWA_SAYS = [{"error": "server_error"}, {"error": "temporarily_unavailable"}]


@pytest.mark.parametrize(
    ("status", "body"),
    [
        *((status, b"<html>") for status in (500, 502, 503, 504, 599, 429)),
        (500, {"error": "server_error"}),
        (400, {"error": "server_error"}),
        (400, {"error": "temporarily_unavailable"}),
        (429, {"error": "slow down"}),
        *((status, body) for status in (200, 400, 404) for body in (*UNREADABLE, *TOKENLESS)),
        *((status, {"error": "invalid_grant"}) for status in (200, 500, 503)),
        (404, {"message": "no such path"}),
    ],
)
def test_an_outage_is_an_error_of_the_network_after_which_asking_again_may_help(status: int, body: Any) -> None:
    outage = failure(status, body)

    assert outage.kind is FailureKind.UNKNOWN
    assert type(outage.error) is NetworkError
    foreign = status in (400, 404) and body not in LWA_SAYS
    said = (
        f"Something other than Login with Amazon answered {status}"
        if foreign
        else f"is in trouble: it answered {status}"
    )
    assert said in str(outage.error)


@pytest.mark.parametrize(
    ("body", "seen"),
    [
        ({}, "an answer without a token"),
        (b"<html>", "an answer that cannot be read"),
        ({"error": "server_error"}, "server_error"),
        ({"error_description": "a description"}, "a description"),
    ],
)
def test_an_outage_says_what_was_answered(body: Any, seen: str) -> None:
    assert f"it answered 500 ({seen}). No token" in str(failure(500, body).error)


@pytest.mark.parametrize(
    ("status", "kind"),
    [(199, FailureKind.UNKNOWN), (400, FailureKind.FINAL), (499, FailureKind.FINAL), (500, FailureKind.UNKNOWN)],
)
def test_only_an_answer_of_success_gives_a_token(status: int, kind: FailureKind) -> None:
    assert failure(status, {"access_token": "t", "error": "invalid_grant"}).kind is kind
    assert token_in({"access_token": "t"}, 200) == token_in({"access_token": "t"}, 299)


@pytest.mark.parametrize("status", [300, 301, 302, 307, 399])
def test_a_redirect_is_not_followed(status: int) -> None:
    redirected = failure(status, {"access_token": "t"})
    assert not redirected.error.retryable
    assert f"redirected ({status})" in str(redirected.error)

    assert redirected.kind is FailureKind.FINAL
    assert type(redirected.error) is NetworkError
    assert "not followed" in str(redirected.error)


@given(status=st.integers(100, 999), content=st.binary(max_size=200))
def test_whatever_the_answer_it_is_a_refusal_or_an_outage(status: int, content: bytes) -> None:
    assert isinstance(failure(status, content).error, AuthorizationError | NetworkError)


@given(before=st.text(max_size=20), after=st.text(max_size=20), status=st.sampled_from([400, 503]))
def test_an_answer_that_quotes_the_secrets_is_not_quoted(before: str, after: str, status: int) -> None:
    said = f"{before}{CREDENTIALS.client_secret} {CREDENTIALS.refresh_token}{after}"
    error = failure(status, {"error": said, "error_description": said}).error

    shown = f"{error} {vars(error)}"
    assert CREDENTIALS.client_secret not in shown
    assert CREDENTIALS.refresh_token not in shown
