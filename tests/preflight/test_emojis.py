from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spapi_messaging.preflight.emojis import find_emoji


@pytest.mark.parametrize(
    "text",
    ["😀", "👍🏽", "🇩🇪", "👨‍👩‍👧‍👦", "👨‍👩🏿‍👧🏻‍👦🏾", "🏳️‍🌈", "👩‍🎨", "❤️", "1️⃣", "⭐", "✅", "©️", "⌚"],
)
def test_emoji_are_found_and_each_is_one(text: str) -> None:
    assert find_emoji(f"ä {text}") == [2]


@pytest.mark.parametrize("text", ["© ® ™", "0123456789 # *", "✓ ✔ ✗", "→ ⇒ ↔ ▶", "❤ ☎ ♥ ☺", "⌚\ufe0e", "★★★★★", "•–…"])
def test_signs_that_are_shown_as_text_are_none(text: str) -> None:
    assert find_emoji(text) == []


def test_each_flag_is_one() -> None:
    assert find_emoji("🇩🇪🇫🇷 und 🇮🇹") == [0, 2, 9]


@given(st.text(alphabet=st.characters(max_codepoint=0x2FF, exclude_characters="©®")))
def test_letters_are_none(text: str) -> None:
    assert find_emoji(text) == []
