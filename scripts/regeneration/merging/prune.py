"""Removes actions from an overlay and keeps its comments and layout. Pure."""

import re

import yaml

from regeneration.problem import Problem

# How an action begins in our overlays.
_ACTION = re.compile(r"^  - target:", re.MULTILINE)
_COMMENT = re.compile(r"(?:^ *#.*\n|^\n)+\Z", re.MULTILINE)


def prune(text: str, numbers: set[int], name: str) -> str:
    """The overlay `text` without these actions. The first action has the number 1; `name` is the file's."""
    starts = [match.start() for match in _ACTION.finditer(text)]
    ends = [*starts[1:], len(text)]
    kept = text[: min(starts, default=len(text))]
    for number, (start, end) in enumerate(zip(starts, ends, strict=False), start=1):
        block = text[start:end]
        # A comment before the next action belongs to the next action.
        comment = _COMMENT.search(block)
        kept += (comment.group() if comment else "") if number in numbers else block
    _verify(text, kept, numbers, name)
    return kept


def _verify(text: str, kept: str, numbers: set[int], name: str) -> None:
    """Make sure that the layout was the one that this module knows. If not, a person must do it."""
    wanted = [action for number, action in enumerate(_actions(text), start=1) if number not in numbers]
    if _actions(kept) != wanted:
        found = ", ".join(map(str, sorted(numbers)))
        raise Problem(f"{name}: its layout is not one that this script knows: remove these actions by hand: {found}")


def _actions(text: str) -> list[object]:
    return yaml.safe_load(text)["actions"] or []
