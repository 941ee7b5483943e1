"""The texts of a job, in one language or in several: what is wrong with them, and what the ledger keeps."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from spapi_messaging import drafts
from spapi_messaging.bulk.jobs import Job
from spapi_messaging.bulk.texts import LocalizedText, normal_language
from spapi_messaging.errors import InvalidMessageError, Problem, quoted

__all__ = ["NO_TEXT_FOR_OTHERS", "texts_of", "wrong_texts"]

_LANGUAGE = re.compile(r"[A-Za-z]{2,3}([-_][A-Za-z0-9]{2,8})*")

#: In a type that takes a text or files, the text for buyers with other languages may be missing.
NO_TEXT_FOR_OTHERS = Problem(
    "text",
    "the text for buyers with other languages is missing.",
    rule="required",
    remedy="Amazon does not tell every buyer's language: give a text for the others.",
)


def texts_of(given: str | LocalizedText | None) -> tuple[str | None, dict[str, str] | None, Any]:
    """The text for everybody else, those by language, and what the digest of the content covers of them."""
    if not isinstance(given, LocalizedText):
        text = None if given is None else _as_sent(given)
        return text, None, text
    otherwise = _as_sent(given.otherwise)
    texts = {language: _as_sent(text) for language, text in given.by_language.items()}
    if given.made_from is not None:
        return otherwise, texts or None, {"made_from": given.made_from}
    return otherwise, texts or None, {"otherwise": otherwise, "texts": texts} if texts else otherwise


def _as_sent(text: str) -> str:
    return text.replace("\r\n", "\n")


def wrong_texts(job: Job, given: LocalizedText) -> list[Problem]:
    """What is wrong with the texts in languages. The text for everybody else is checked with the rest of the job."""
    problems: list[Problem] = []
    if given.made_from is not None and not isinstance(given.made_from, str):
        told = f"made_from is {type(given.made_from).__name__}, not a string."
        problems.append(Problem("text", told, rule="type", remedy="Give a name, such as that of a template and a row."))
    if not isinstance(given.by_language, Mapping):
        told = f"by_language is {type(given.by_language).__name__}, not a mapping."
        return [*problems, Problem("text", told, rule="type", remedy='Give texts by language, such as {"de": "…"}.')]
    return problems + _wrong_by_language(job, given.by_language)


def _wrong_by_language(job: Job, texts: Mapping[Any, Any]) -> list[Problem]:
    problems = []
    found: dict[str, str] = {}
    for language, text in texts.items():
        if not isinstance(language, str) or not _LANGUAGE.fullmatch(language):
            told = f"{quoted(language)} is not a language."
            problems.append(Problem("text", told, rule="language", remedy='Write "de", or "pt-BR".'))
            continue
        first = found.setdefault(normal_language(language), language)
        if first != language:
            told = f"{language} is the same language as {first}."
            problems.append(Problem(f"text_{language}", told, rule="language", remedy="Give one text for it."))
        problems += [each._replace(field=f"text_{language}") for each in _problems_of_text(job, text)]
    return problems


def _problems_of_text(job: Job, text: Any) -> list[Problem]:
    if text is None:  # a draft takes None for a message without a text
        return [
            Problem("text", "the text is missing.", rule="text-empty", remedy="Give a text, or leave the language out.")
        ]
    try:
        drafts.draft(job.order_id, job.message_type, text=text)
    except InvalidMessageError as error:
        return [each for each in error.problems if each.field == "text"]
    return []
