"""Nothing that looks like a secret, and nothing private, is shown."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from spapi_messaging._redaction import HIDDEN, redact

# Whatever is not part of the replacement itself, so that finding it again means that it was left there.
private_values = st.text(st.characters(exclude_characters=HIDDEN, exclude_categories=["Cs"]), min_size=1, max_size=40)
token_characters = st.text(
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-/+=|", min_size=6, max_size=300
)
surroundings = st.text(max_size=40)


@given(before=surroundings, after=surroundings, values=st.lists(private_values, min_size=1, max_size=4))
def test_private_values_are_not_shown(before: str, after: str, values: list[str]) -> None:
    shown = redact(f"{before} {' '.join(values)} {after}", values)

    for value in values:
        assert value.strip() == "" or value not in shown


@given(before=surroundings, after=surroundings, token=token_characters, kind=st.sampled_from("aezr"))
def test_tokens_of_lwa_are_not_shown_wherever_they_stand(before: str, after: str, token: str, kind: str) -> None:
    assume(token not in before + after + HIDDEN)
    for separator in " \n\t\"',":
        assert token not in redact(f"{before}Atz{kind}|{token}{separator}{after}")


@given(secret=token_characters)
def test_client_secrets_are_not_shown(secret: str) -> None:
    assert redact(f"client_secret=amzn1.oa2-cs.v1.{secret}&x=1", ()) == f"client_secret={HIDDEN}&x=1"


@given(signature=st.text("0123456789abcdef", min_size=8, max_size=64))
def test_the_query_of_a_presigned_url_is_not_shown(signature: str) -> None:
    url = f"https://s3.example/key%2Fa?X-Amz-Algorithm=AWS4&X-Amz-Credential=AKIA%2F1&X-Amz-Signature={signature}"

    assert redact(f"PUT {url} failed") == f"PUT https://s3.example/key%2Fa?{HIDDEN} failed"


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("x-amz-access-token: something", f"x-amz-access-token: {HIDDEN}"),
        ("X-AMZ-SIGNATURE=abc&x=1", f"X-AMZ-SIGNATURE={HIDDEN}&x=1"),
        ("nothing to hide", "nothing to hide"),
        ("", ""),
    ],
)
def test_examples(said: str, shown: str) -> None:
    assert redact(said) == shown


def test_a_private_value_within_another_leaves_no_rest() -> None:
    assert redact("see abcdef here", ["abc", "abcdef", ""]) == f"see {HIDDEN} here"
