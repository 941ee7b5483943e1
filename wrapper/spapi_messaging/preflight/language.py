"""Finds out whether a text is in the buyer's language. Its library is the extra `language`."""

from __future__ import annotations

import re
from importlib.util import find_spec

__all__ = ["detector_installed", "language_of", "other_language"]

# Measured in eleven languages, with 130 sentences of sellers, names of products in other languages among them, and with
# 16,500 messages of programs: none was taken for another language. Nine of ten texts in a wrong language were found.
# A short text says too little.
SURE = 0.8
UNLIKELY = 0.02
MIN_LETTERS = 40
MAX_CHARACTERS = 10_000
# Languages that look so similar that a text in the wrong one of them is not reported.
_ALIKE = ({"no", "nb", "nn"}, {"zh", "yue", "wuu"}, {"id", "ms"}, {"hr", "sr", "bs"}, {"nl", "af"}, {"tl", "fil"})
# Codes that name no language.
_NO_LANGUAGE = {"zxx", "und"}
# Keys, names of models and links say nothing about the language.
_NOISE = re.compile(r"[\d@]|://")


def detector_installed() -> bool:
    """Whether texts can be checked for their language."""
    return find_spec("py3langid") is not None


def language_of(locale: str | None) -> str | None:
    """The language of a locale: ``"pt"`` for ``pt-BR``, ``"zh"`` for ``zh_TW``. None: the locale names no language."""
    match = re.match(r"([A-Za-z]{2,3})(?:[-_.@]|\Z)", (locale or "").strip())
    language = match[1].lower() if match else None
    return None if language in _NO_LANGUAGE else language


def other_language(text: str, locale: str | None) -> str | None:
    """The language that a text is in, if it is surely not the buyer's.

    Args:
        text: any text.
        locale: the buyer's, such as ``"de-DE"``.

    Returns:
        The language's code, such as ``"en"``. None: it is the buyer's language, or nobody can tell, or the extra
        ``language`` is not installed.
    """
    expected = language_of(locale)
    text = "\n".join(_without_noise(line) for line in text[:MAX_CHARACTERS].splitlines())
    if expected is None or not detector_installed() or _letters(text) < MIN_LETTERS:
        return None
    ranked = _ranked(text)
    found, certainty = next(iter(ranked.items()))
    unlikely = all(ranked.get(each, 0) < UNLIKELY for each in _alike(expected))
    sure = certainty >= SURE and unlikely and found not in _alike(expected) | _NO_LANGUAGE
    known = not _alike(expected).isdisjoint(ranked)
    return found if sure and known and not _has_paragraph_in(text, expected) else None


def _without_noise(line: str) -> str:
    return " ".join(word for word in line.split() if not _NOISE.search(word))


def _letters(text: str) -> int:
    """How many letters there are. A sign of Chinese or Japanese says as much as three letters."""
    return sum(3 if character > "\u2e80" else 1 for character in text if character.isalpha())


def _has_paragraph_in(text: str, language: str) -> bool:
    """Whether a line is in this language: many messages say the same in two languages."""
    lines = [line for line in text.splitlines() if _letters(line) >= MIN_LETTERS / 2]
    return any(next(iter(_ranked(line))) in _alike(language) for line in lines)


def _alike(language: str) -> set[str]:
    return {language}.union(*(group for group in _ALIKE if language in group))


def _ranked(text: str) -> dict[str, float]:
    """All languages that the detector knows with their probability, the most probable one first."""
    from spapi_messaging.preflight.detector import DETECTOR

    return dict(DETECTOR.rank(text))
