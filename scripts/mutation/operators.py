"""Which changes are made: mutmut's own, except those of sentences for people, which no test should repeat."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, cast

import libcst
from mutmut.mutation import mutators


def leave_sentences() -> None:
    """Takes the changes of strings with a space out of mutmut's list."""
    operators = cast("list[tuple[type, Any]]", mutators.mutation_operators)
    operators[operators.index((libcst.BaseString, mutators.operator_string))] = (libcst.BaseString, _change_word)


def _change_word(node: libcst.BaseString) -> Iterable[libcst.BaseString]:
    is_sentence = isinstance(node, libcst.SimpleString) and " " in node.value
    return () if is_sentence else mutators.operator_string(node)
