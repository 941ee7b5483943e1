from __future__ import annotations

import subprocess
import sys

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
def test_signs_that_are_shown_as_text_are_not_emoji(text: str) -> None:
    assert find_emoji(text) == []


def test_each_flag_is_one() -> None:
    assert find_emoji("🇩🇪🇫🇷 und 🇮🇹") == [0, 2, 9]


@given(st.text(alphabet=st.characters(max_codepoint=0x2FF, exclude_characters="©®")))
def test_letters_are_not_emoji(text: str) -> None:
    assert find_emoji(text) == []


def test_threads_that_begin_together_find_the_same() -> None:
    """The library fills a table on its first use, and finds nothing meanwhile."""
    program = """
import sys
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from spapi_messaging.preflight.emojis import find_emoji

sys.setswitchinterval(1e-6)
together = Barrier(8)
with ThreadPoolExecutor(8) as threads:
    print(set(threads.map(lambda _: (together.wait(), len(find_emoji("😀👩‍🎨🇩🇪⭐")))[1], range(8))))
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, encoding="utf-8", check=True)

    assert done.stdout == "{4}\n"
