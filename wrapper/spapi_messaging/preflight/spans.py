"""Parts of a text, as (start, end)."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable
from typing import TypeAlias

__all__ = ["Span", "blanked", "ranges_apart"]

Span: TypeAlias = tuple[int, int]


def ranges_apart(spans: Iterable[Span], taken: Iterable[Span]) -> list[Span]:
    """The spans that share no character with one that is taken.

    Args:
        spans: what is chosen from.
        taken: spans that do not overlap each other.
    """
    ordered = sorted(taken)
    ends = [end for _, end in ordered]
    apart = []
    for start, end in spans:
        following = bisect_left(ends, start + 1)  # the first that ends behind the start
        if following == len(ordered) or ordered[following][0] >= end:
            apart.append((start, end))
    return apart


def blanked(text: str, spans: Iterable[Span]) -> str:
    """The text with spaces in place of these parts. Everything else stays where it is."""
    pieces, position = [], 0
    for start, end in sorted(spans):
        pieces += [text[position:start], " " * (end - start)]
        position = end
    return "".join([*pieces, text[position:]])
