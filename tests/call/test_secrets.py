"""Nothing that looks like a secret, and nothing private, is shown; and secrets go only where they may."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from urllib.parse import quote, quote_plus

import httpx
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from spapi_messaging._call.secrets import MAX_SHOWN, MIN_REDACTED_LINE, MIN_REDACTED_PIECE, is_safe, redact, texts_of
from spapi_messaging.errors import HIDDEN
from spapi_messaging.local_sandbox import LOCAL_CREDENTIALS, REFRESH_TOKEN_PREFIX

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


def test_a_control_character_in_place_of_a_space_shows_nothing() -> None:
    assert redact("Sorry, Flat\x1f5", ["Flat 5"]) == f"Sorry, {HIDDEN}"


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


@pytest.mark.parametrize("encode", [quote, quote_plus, partial(quote, safe="")])
@pytest.mark.parametrize("private", ["Frau Öztürk, der Schlüssel liegt\nunter der Matte", "s+e/c=r+e/t=s+e/c"])
def test_a_private_value_that_is_percent_encoded_is_not_shown(private: str, encode: Callable[[str], str]) -> None:
    assert redact(f"body={encode(private)}&x=1", [private]) == f"body={HIDDEN}&x=1"


def test_a_private_value_within_another_leaves_no_rest() -> None:
    assert redact("see abcdef here", ["abc", "abcdef", ""]) == f"see {HIDDEN} here"


@given(
    text=st.text(min_size=12, max_size=80), span=st.tuples(st.integers(0, 68), st.integers(12, 80)), before=surroundings
)
def test_no_longer_piece_of_a_private_value_is_shown(text: str, span: tuple[int, int], before: str) -> None:
    """A server quotes the beginning of a text, say."""
    start, length = span
    piece = text[start : start + length]
    assume(len(piece) >= MIN_REDACTED_PIECE)
    shown = redact(f"{before}{piece}…", [text])

    assert not any(text[i : i + MIN_REDACTED_PIECE] in shown for i in range(len(text) - MIN_REDACTED_PIECE + 1))


@given(said=st.text(max_size=100))
def test_nothing_that_is_shown_moves_a_cursor_or_begins_another_line(said: str) -> None:
    assert redact(said).isprintable()


def test_any_number_of_lines_is_looked_through_once() -> None:
    lines = [f"line {number:04}" for number in range(1000)]

    assert redact(" ".join(lines), ["\n".join(lines), *lines, *lines]).count("line") == 0


def test_a_quoted_beginning_is_hidden_in_one_piece() -> None:
    text = "Dear Mrs Miller, your key is ABC"

    assert redact("The text 'Dear Mrs Miller, your…' is too long.", [text]) == f"The text '{HIDDEN}…' is too long."
    assert redact("Dear seller, this is too long.", [text]) == "Dear seller, this is too long."


# What the local sandbox accepts from everybody

PUBLIC = [*LOCAL_CREDENTIALS.values()]


@pytest.mark.parametrize("known", [(), tuple(PUBLIC), ("Atzr|anna", LOCAL_CREDENTIALS["client_secret"])])
def test_what_the_local_sandbox_accepts_is_shown(known: tuple[str, ...]) -> None:
    said = ", ".join(f"NAME={value}" for value in PUBLIC)

    assert redact(f"It accepts {said}, and no others.", known) == f"It accepts {said}, and no others."


@given(end=token_characters, after=surroundings)
def test_a_token_that_only_begins_like_that_of_the_local_sandbox_is_not_shown(end: str, after: str) -> None:
    assume(end not in after + HIDDEN)

    assert end not in redact(f"{REFRESH_TOKEN_PREFIX}{end}'{after}")
    assert end not in redact(f"{REFRESH_TOKEN_PREFIX.lower()} {REFRESH_TOKEN_PREFIX.upper()}{end}'{after}")


@given(
    text=st.tuples(surroundings, st.sampled_from(PUBLIC), surroundings).map("".join).filter(lambda x: x not in PUBLIC),
    before=surroundings,
)
def test_a_private_value_that_has_one_of_those_in_it_is_not_shown(text: str, before: str) -> None:
    assert text not in redact(f"{before}{text}", [text, *PUBLIC])


# The buyer's text in a request


def texts(**content: object) -> tuple[str, ...]:
    return texts_of(httpx.Request("POST", "https://api.example", **content))  # type: ignore[arg-type]


def test_a_text_is_found_in_whole_and_by_the_line_in_each_form_that_an_answer_may_quote() -> None:
    found = texts(json={"text": 'Hello,\nyour <key> is "Ä"'})

    assert {'Hello,\nyour <key> is "Ä"', 'your <key> is "Ä"'} <= set(found)
    assert {"your &lt;key&gt; is &quot;Ä&quot;", 'your <key> is \\"Ä\\"', 'your <key> is \\"\\u00c4\\"'} <= set(found)
    assert "Hello," not in found  # a short line tells nothing


@pytest.mark.parametrize("content", [{}, {"content": b"no JSON"}, {"json": []}, {"json": {"text": 7}}, {"json": {}}])
def test_a_request_without_a_text_has_none(content: dict[str, object]) -> None:
    assert texts(**content) == ()


def test_a_file_is_not_read_for_texts() -> None:
    def chunks() -> object:
        raise AssertionError("it was read")
        yield b""

    assert texts(content=chunks()) == ()


# Where secrets may go


@pytest.mark.parametrize(
    "url",
    [
        *("https://api.amazon.com", "http://127.0.0.1:1", "http://127.9.9.9", "http://localhost:1", "http://[::1]:80"),
        "http://sandbox.localhost",
    ],
)
def test_secrets_may_go_over_tls_or_stay_on_this_machine(url: str) -> None:
    assert is_safe(httpx.URL(url))


@pytest.mark.parametrize(
    "url",
    [
        *("http://api.amazon.com", "http://127.0.0.1.example", "http://localhost.example", "http://192.168.0.1"),
        *("http://127.0.0.1@evil.example", "http://[::2]", "http://xlocalhost", "https://", "ftp://localhost"),
        *("//127.0.0.1", ""),
    ],
)
def test_secrets_may_go_nowhere_else(url: str) -> None:
    assert not is_safe(httpx.URL(url))


@pytest.mark.parametrize("values", [["secret", "my secret note"], ["my secret note", "secret"], ["note", "my secret"]])
def test_of_values_within_each_other_nothing_is_left(values: list[str]) -> None:
    assert redact("my secret note", values).replace(HIDDEN, "").strip() == ""


@pytest.mark.parametrize("encode", [quote, partial(quote, safe=""), quote_plus])
def test_encoded_forms_are_hidden_from_ten_characters_on(encode: Callable[[str], str]) -> None:
    value = "a b/c d/e?"

    assert len(value) == MIN_REDACTED_LINE
    assert redact(f"see {encode(value)} here", [value]) == f"see {HIDDEN} here"


def test_a_piece_is_hidden_wherever_it_stands() -> None:
    value = "the beginning and the end of a text"

    for piece in (
        value[:MIN_REDACTED_PIECE],
        value[5:20],
        value[-MIN_REDACTED_PIECE - 1 :],
        value[-MIN_REDACTED_PIECE:],
    ):
        for shown in (piece, f"|{piece}", f"{piece}|", f"|{piece}|"):
            assert redact(shown, [value]) == shown.replace(piece, HIDDEN)


def test_half_a_character_does_no_harm() -> None:
    assert redact("see here", ["half of one: \ud83d"]) == "see here"


def test_a_query_without_a_signature_is_shown() -> None:
    assert redact("see https://shop.example/a?b=c&d=e now") == "see https://shop.example/a?b=c&d=e now"


def test_what_is_as_long_as_may_be_shown_is_shown_whole() -> None:
    assert redact("x" * MAX_SHOWN) == "x" * MAX_SHOWN
    assert redact("x" * MAX_SHOWN + "y") == "x" * MAX_SHOWN + "…"
