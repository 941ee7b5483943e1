"""Finds telephone numbers in a text."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from spapi_messaging.preflight.libraries import load
from spapi_messaging.preflight.spans import Span

__all__ = ["find_numbers"]

# The library gives up after this many candidates that turn out to be no number.
MAX_TRIES = 1_000
# How far before a number a word such as "Tel." may stand, in characters.
REACH = 40
# After such a word, a number is that of an article, a customer or an order.
_OTHER_NUMBER = re.compile(
    r"(?:\b(?:no|nr|ref|id|code|num)|number|nummer|numéro|número|numero|numer|numara\w*|n[°º]|#|番号)\W{0,3}\Z",
    re.IGNORECASE,
)
# The library knows dates with slashes and hyphens by itself.
_DATE = re.compile(r"\d{1,2}\.\d{1,2}\.\d{4}")


def find_numbers(text: str, country: str | None, cues: re.Pattern[str]) -> list[Span]:
    """Where telephone numbers stand.

    Args:
        text: any text.
        country: whose numbers are known without a country's prefix, such as ``"DE"``. None: only those with "+" count.
        cues: words that announce a number. Without such a word, a number counts if it has a "+", or if it is grouped
            as its country does it: other digits are more often the number of an article, a parcel or a tax payer.

    Returns:
        Where they begin and end, in order.
    """
    leniency = load("phonenumbers").Leniency
    grouped = {span for span in _numbers(text, country, leniency.STRICT_GROUPING) if _has_groups(text, *span)}
    announced = {span for span in _numbers(text, country, leniency.VALID) if _is_announced(text, span[0], cues)}
    return sorted(span for span in grouped | announced if _stands_alone(text, *span))


def _numbers(text: str, country: str | None, leniency: int) -> Iterator[Span]:
    library = load("phonenumbers")
    region = _region(country, library.SUPPORTED_REGIONS)
    for match in library.PhoneNumberMatcher(text, region, leniency=leniency, max_tries=MAX_TRIES):
        if not _DATE.fullmatch(match.raw_string):
            yield match.start, match.end


def _region(country: str | None, known: Iterable[str]) -> str | None:
    """The country as the library writes it. None: it is not known, and numbers need a "+"."""
    region = (country or "").strip().upper()
    region = {"UK": "GB"}.get(region, region)
    return region if region in known else None


def _stands_alone(text: str, start: int, end: int) -> bool:
    """Whether this is not a part of something longer: a key, a tax number, an IBAN."""
    before, after = text[max(0, start - 2) : start], text[end : end + 2]
    glued_before = re.search(r"[^\W_]$|[^\W_][-./]$", before) and not re.search("[\u3040-\u30ff\u4e00-\u9fff]$", before)
    glued_after = re.match(r"[A-Za-z0-9]|[-./][A-Za-z0-9]", after)
    return not (glued_before or glued_after)


def _has_groups(text: str, start: int, end: int) -> bool:
    number = text[start:end]
    is_other = _OTHER_NUMBER.search(text[max(0, start - REACH) : start])
    return number[0] in "+＋" or not (number.isdigit() or is_other)


def _is_announced(text: str, start: int, cues: re.Pattern[str]) -> bool:
    line_start = text.rfind("\n", 0, start) + 1
    return text[start] in "+＋" or cues.search(text, max(line_start, start - REACH), start) is not None
