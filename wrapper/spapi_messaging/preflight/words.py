"""Finds words of reviews, discounts and other products in a text. The words are in ``words.toml``."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any, NamedTuple

from spapi_messaging.preflight.folding import Folded, fold

__all__ = ["Word", "find_words", "is_read_by_the_buyer", "may_have_telephone_numbers", "telephone_cues"]

# The rule that reports a list.
_RULES = {"reviews": "reviews", "discounts": "discounts", "vouchers": "discounts", "other-products": "other-products"}
_KATAKANA = "[ァ-ヺー]"


class Word(NamedTuple):
    """An entry of the lists, and where a text has it."""

    rule: str
    entry: str
    language: str
    start: int


def find_words(text: str, message_type: str, language: str | None) -> list[Word]:
    """The words of the lists that are in a text.

    Args:
        text: any text.
        message_type: the type by its wire name. Some types may have words that others may not.
        language: the buyer's language, such as ``"de"``: only its words and the English ones are looked for. None, or a
            language without a list: the words of all languages are looked for.

    Returns:
        One word for each rule and place, in the order of the text.
    """
    may_have_vouchers = message_type in _data()["message-types"]["may-have-vouchers"]
    lists = [name for name in _RULES if not (name == "vouchers" and may_have_vouchers)]
    folded = Folded(text)
    found: dict[tuple[str, int], Word] = {}
    for code in _languages(language):
        for name in lists:
            for word in _words_of(folded, code, name):
                found.setdefault((word.rule, word.start), word)  # several languages have "feedback"
    return sorted(found.values(), key=lambda word: word.start)


def may_have_telephone_numbers(message_type: str) -> bool:
    """Whether a telephone number may be what this type of message is for."""
    return message_type in _data()["message-types"]["may-have-telephone-numbers"]


def is_read_by_the_buyer(message_type: str) -> bool:
    """Whether Amazon wants the documents of this type of message in the buyer's language."""
    return message_type in _data()["message-types"]["documents-in-the-buyers-language"]


@cache
def telephone_cues() -> re.Pattern[str]:
    """The words that announce a telephone number, of all languages."""
    patterns = [_pattern(_data()[code]["telephone"], "anywhere" in _data()[code]) for code in _all_languages()]
    return re.compile("|".join(pattern.pattern for pattern in patterns), re.IGNORECASE)


def _words_of(folded: Folded, code: str, name: str) -> Iterator[Word]:
    table = _data()[code]
    for match in _list_pattern(code, name).finditer(folded.text):
        entry = table[name][(match.lastindex or 1) - 1]
        yield Word(_RULES[name], entry, table["name"], folded.index(match.start()))


@cache
def _list_pattern(code: str, name: str) -> re.Pattern[str]:
    table = _data()[code]
    return _pattern(table[name], "anywhere" in table)


def _pattern(entries: Sequence[str], anywhere: bool) -> re.Pattern[str]:
    """One pattern for a list; each entry is a group."""
    return re.compile("|".join(f"({_entry_pattern(entry, anywhere)})" for entry in entries))


def _entry_pattern(entry: str, anywhere: bool) -> str:
    stem = fold(entry.removesuffix("*"))
    pattern = r"\s{1,9}".join(re.escape(word) for word in stem.split())
    if anywhere:
        return f"(?<!{_KATAKANA}){pattern}" if re.match(_KATAKANA, stem) else pattern
    start = r"(?<!\w)" if stem[0].isalnum() else ""
    return start + pattern + ("" if entry.endswith("*") else r"(?!\w)")


def _languages(language: str | None) -> tuple[str, ...]:
    known = _all_languages()
    return tuple(dict.fromkeys((language, "en"))) if language in known else known


@cache
def _all_languages() -> tuple[str, ...]:
    return tuple(code for code, table in _data().items() if "name" in table)


@cache
def _data() -> dict[str, dict[str, Any]]:
    import tomllib
    from importlib.resources import files

    return tomllib.loads(files("spapi_messaging.preflight").joinpath("words.toml").read_text(encoding="utf-8"))
