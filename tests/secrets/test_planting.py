"""The search finds a secret in each form in which it may come out, so the other tests of this folder can fail."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from html import escape
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.secrets.capturing import all_of
from tests.secrets.planting import PIECE, SECRETS, STRIDE

FORMS: dict[str, Callable[[str], str]] = {
    "as it is": str,
    "a piece": lambda value: value[3 : 3 + PIECE + STRIDE - 1],
    "percent-encoded": lambda value: quote(value, safe=""),
    "in a form": quote_plus,
    "JSON": json.dumps,
    "repr of bytes": lambda value: repr(value.encode()),
    "HTML": escape,
    "hex": lambda value: value.encode().hex(),
    "base64": lambda value: base64.b64encode(f"shop:{value}".encode()).decode(),
}


@pytest.mark.parametrize("form", FORMS)
def test_each_secret_is_found_in_each_form(form: str) -> None:
    for name, value in zip(SECRETS._fields, SECRETS, strict=True):
        assert SECRETS.found_in(f"before {FORMS[form](value)} after") == [name]


@settings(max_examples=30)
@given(st.sampled_from(SECRETS), st.integers(0, 40))
def test_a_piece_is_found_wherever_it_begins(value: str, start: int) -> None:
    piece = value[start : start + PIECE + STRIDE - 1]

    assert len(piece) < PIECE + STRIDE - 1 or SECRETS.found_in(piece)


def test_each_tool_shows_what_a_frame_holds() -> None:
    source = "def fail(token):\n    held = {'token': [token]}\n    raise ValueError('no')\n"
    found: dict[str, Callable[[str], None]] = {}
    exec(compile(source, "/elsewhere.py", "exec"), found)
    with pytest.raises(ValueError, match="no") as raised:
        found["fail"](SECRETS.access_token)

    shown = all_of(raised.value)
    assert {tool: SECRETS.found_in(text) for tool, text in shown.items()} == {tool: ["access_token"] for tool in shown}
