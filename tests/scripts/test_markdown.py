"""Names and texts of others in Markdown."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regeneration.reporting.markdown import code, escaped, shortened
from regeneration.words import plain, plural, span


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("send", "`send`"),
        ("a|b", "`a|b`"),
        ("a\nb", "`a b`"),
        ("a`b", "``a`b``"),
        ("`a``b", "``` `a``b ```"),
        ("", "`  `"),
    ],
)
def test_code(text: str, expected: str) -> None:
    assert code(text) == expected


@given(st.text())
def test_code_is_one_line_that_nothing_inside_can_end(text: str) -> None:
    written = code(text)
    fence = written[: len(written) - len(written.lstrip("`"))]

    assert "\n" not in written
    assert written.endswith(fence)
    assert fence not in written[len(fence) : -len(fence)]


def test_texts_are_read_as_texts() -> None:
    assert escaped("Send <b> to @me, see\n# [a](b) `c` d*e|f") == r"Send \<b\> to \@me, see \# \[a\](b) \`c\` d\*e\|f"


def test_long_texts_are_shortened() -> None:
    assert (shortened("abc", 3), shortened("abcd", 3)) == ("abc", "ab…")


@pytest.mark.parametrize(
    ("number", "words"),
    [(0.0167, "0.0167"), (1, "1"), (2.0, "2"), (0.00001, "0.00001"), (1000000, "1000000"), (1e22, "1" + "0" * 22)],
)
def test_numbers_are_written_plainly(number: float, words: str) -> None:
    assert plain(number) == words


def test_limits_in_words() -> None:
    assert plural(1, "file") == "1 file"
    assert [span(None, None, "file"), span(1, 5, "file"), span(None, 1, "file"), span(2, None, "file")] == [
        "",
        "1 to 5 files",
        "at most 1 file",
        "at least 2 files",
    ]
    assert [span(1, 1, "file"), span(3, 3, "file"), span(0, 0, "file")] == [
        "exactly 1 file",
        "exactly 3 files",
        "exactly 0 files",
    ]
