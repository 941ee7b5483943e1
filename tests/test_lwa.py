"""What Login with Amazon answers, and what it means."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spapi_messaging._lwa import Retryable, read_token, token_request_body
from spapi_messaging.errors import AuthorizationError, NetworkError
from tests.support.amazon import CREDENTIALS


def read(status: int, body: Any) -> Any:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return read_token(status, content, 100.0, CREDENTIALS)


def test_the_request_is_the_form_that_lwa_wants() -> None:
    assert token_request_body(CREDENTIALS) == (
        b"grant_type=refresh_token&refresh_token=Atzr%7Cthe-refresh-token"
        b"&client_id=amzn1.application-oa2-client.test&client_secret=the-client-secret"
    )


@pytest.mark.parametrize(
    ("lifetime", "margin"), [(3600, 60), (600, 60), (100, 10), (1, 0.1), (0, 0), ("90", 9), (1e9, 60)]
)
def test_the_margin_fits_the_lifetime(lifetime: Any, margin: float) -> None:
    found = read(200, {"access_token": "t", "expires_in": lifetime})

    assert found.expires_at == 100.0 + float(lifetime)
    assert found.renew_at == pytest.approx(found.expires_at - margin)


@pytest.mark.parametrize("lifetime", [None, "soon", [], -1, float("nan"), float("inf")])
def test_a_lifetime_that_makes_no_sense_is_an_hour(lifetime: Any) -> None:
    assert read(200, {"access_token": "t", "expires_in": lifetime}).expires_at == 3700.0


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
def test_a_refusal_says_what_to_do(error: str, remedy: str) -> None:
    with pytest.raises(AuthorizationError, match=remedy) as raised:
        read(400, {"error": error, "error_description": "because"})
    assert (raised.value.error, raised.value.description) == (error, "because")


@pytest.mark.parametrize("status", [500, 502, 503, 504, 599, 429])
def test_a_server_in_trouble_may_be_asked_again(status: int) -> None:
    with pytest.raises(Retryable):
        read(status, b"<html>")


@pytest.mark.parametrize("error", ["server_error", "temporarily_unavailable"])
def test_an_error_that_passes_may_be_asked_again(error: str) -> None:
    with pytest.raises(Retryable):
        read(400, {"error": error})


@pytest.mark.parametrize(
    "body",
    [b"", b"<html>", b"[]", b"null", b"{}", b"\xff", b"[" * 100_000, {"access_token": 7}, {"access_token": "a b\n"}],
)
@pytest.mark.parametrize("status", [200, 400, 404])
def test_an_answer_that_is_no_token_is_final(status: int, body: Any) -> None:
    with pytest.raises(AuthorizationError, match="an answer that is no token"):
        read(status, body)


@pytest.mark.parametrize("status", [301, 302, 307])
def test_a_redirect_is_not_followed(status: int) -> None:
    with pytest.raises(NetworkError, match="not followed"):
        read(status, b"")


@given(status=st.integers(100, 999), content=st.binary(max_size=200))
def test_no_answer_raises_anything_else(status: int, content: bytes) -> None:
    with pytest.raises((AuthorizationError, NetworkError, Retryable)):
        read(status, content)


@given(before=st.text(max_size=20), after=st.text(max_size=20))
def test_an_answer_that_quotes_the_secrets_is_not_quoted(before: str, after: str) -> None:
    said = f"{before}{CREDENTIALS.client_secret} {CREDENTIALS.refresh_token}{after}"
    with pytest.raises(AuthorizationError) as raised:
        read(400, {"error": said, "error_description": said})

    shown = f"{raised.value} {vars(raised.value)}"
    assert CREDENTIALS.client_secret not in shown
    assert CREDENTIALS.refresh_token not in shown
