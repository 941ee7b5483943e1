"""Taking actions out of an overlay that match nothing any more, comments and layout kept. Pure."""

import re

import yaml

from regeneration.problem import Problem

# How an action begins in our overlays.
_ACTION = re.compile(r"^  - target:", re.MULTILINE)
_COMMENT = re.compile(r"(?:^ *#.*\n|^\n)+\Z", re.MULTILINE)


def prune(text: str, numbers: set[int]) -> str:
    """The overlay `text` without the actions of these numbers, counted from 1."""
    starts = [match.start() for match in _ACTION.finditer(text)]
    ends = [*starts[1:], len(text)]
    kept = text[: starts[0]]
    for number, (start, end) in enumerate(zip(starts, ends, strict=True), start=1):
        block = text[start:end]
        # Comments before the next action are about that one.
        comment = _COMMENT.search(block)
        kept += (comment.group() if comment else "") if number in numbers else block
    _verify(text, kept, numbers)
    return kept


def _verify(text: str, kept: str, numbers: set[int]) -> None:
    """The layout may not be the one this module knows; then a person has to do it."""
    wanted = [action for number, action in enumerate(_actions(text), start=1) if number not in numbers]
    if _actions(kept) != wanted:
        raise Problem("an overlay is not laid out so that actions can be taken out of it: do it by hand")


def _actions(text: str) -> list[object]:
    return yaml.safe_load(text)["actions"] or []
