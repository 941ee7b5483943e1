from __future__ import annotations

import pytest

from spapi_messaging.preflight.line_breaks import find_rows


@pytest.mark.parametrize(
    "text", ["a\n\n\nb", "a\n \n\t\nb", "a\r\n\r\n\r\nb", "a\r\r\rb", "a\u2028\n\u2029b", "a\n\n\n\n\n\nb"]
)
def test_more_than_two_line_breaks_are_found(text: str) -> None:
    assert find_rows(text) == [1]


@pytest.mark.parametrize("text", ["", "a\nb", "a\n\nb", "a\r\n\r\nb", "a\n\nb\n\nc", "a\n\n\n", "\n\n"])
def test_one_empty_line_is_fine_and_so_are_those_at_the_end(text: str) -> None:
    assert find_rows(text) == []
