"""The text of a row: as it is written, or made from a template, in one language or in several."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Mapping
from difflib import get_close_matches
from hashlib import sha256
from typing import Any, Protocol

from spapi_messaging.bulk.job_files.headings import shown
from spapi_messaging.bulk.job_files.templates import (
    MAX_TOLD,
    BadTemplate,
    NotRendered,
    Template,
    compiler,
    is_template,
)
from spapi_messaging.bulk.texts import LocalizedText
from spapi_messaging.errors import Problem

__all__ = ["RowTexts", "Variables"]


class Variables(Protocol):
    """What templates may use of a row."""

    def keys(self) -> Collection[str]:
        """The columns that there are."""
        ...

    def value(self, key: str) -> Any:
        """What stands in a column: a text, a number or a truth value."""
        ...


class RowTexts:
    """Makes the texts of rows.

    Attributes:
        used: the columns that any template has used so far.
    """

    def __init__(self) -> None:
        self.used: set[str] = set()
        self._compile = compiler()

    def make(
        self, written: Mapping[str | None, str], variables: Callable[[], Variables]
    ) -> tuple[str | LocalizedText, list[Problem]]:
        """The text of a row, and what is wrong with it.

        Args:
            written: texts and templates by language, at least one; None: for buyers with any other language.
            variables: gives what templates may use of the row.
        """
        problems: list[Problem] = []
        if None not in written:
            told = "there is no text for buyers with another language."
            problems.append(Problem("text", told, rule="required", remedy="Fill in the column text: it is for them."))
        if not any(map(is_template, written.values())):
            return _plain(written), problems
        row, values = variables(), dict[str, Any]()
        texts = {language: self._text(text, language, row, values, problems) for language, text in written.items()}
        by_language = {language: text for language, text in texts.items() if language and text is not None}
        return LocalizedText(texts.get(None) or "", by_language, _made_from(written, values)), problems

    def mistakes(self, text: str, language: str | None, keys: Collection[str] | None) -> list[Problem]:
        """What is wrong with a text as a template, whatever stands in the row.

        Args:
            text: the text, which need not be a template.
            language: its language.
            keys: the columns that there are. None: that is not known yet.
        """
        template = self._compile(text) if is_template(text) else None
        field = _field(language)
        if isinstance(template, BadTemplate):
            return [Problem(field, told, rule="template", remedy=template.remedy) for told in template.mistakes]
        if template is None:
            return []
        self.used |= template.keys
        unknown = [] if keys is None else sorted(template.keys.difference(keys))[:MAX_TOLD]
        return [_no_column(field, key, keys or ()) for key in unknown]

    def _text(
        self, text: str, language: str | None, row: Variables, values: dict[str, Any], problems: list[Problem]
    ) -> str | None:
        """A text with the row's cells in it. None: no text can be made."""
        if not is_template(text):
            return text
        wrong = self.mistakes(text, language, row.keys())
        template = self._compile(text)
        if isinstance(template, Template) and not wrong:
            values |= {key: row.value(key) for key in template.keys}
            wrong = [_no_value(_field(language), key) for key in sorted(template.keys) if not _is_simple(values[key])]
            if not wrong:
                try:
                    return template.render(values)
                except NotRendered as trouble:
                    wrong = [Problem(_field(language), trouble.told, rule="template", remedy=trouble.remedy)]
        problems += wrong
        return None


def _plain(written: Mapping[str | None, str]) -> str | LocalizedText:
    by_language = {language: text for language, text in written.items() if language}
    otherwise = written.get(None, "")
    return LocalizedText(otherwise, by_language) if by_language else otherwise


def _field(language: str | None) -> str:
    return f"text_{language}" if language else "text"


def _is_simple(value: object) -> bool:
    return value is None or isinstance(value, str | int | float)


def _no_value(field: str, key: str) -> Problem:
    told = f"the template uses {shown(key)}, which holds a list or an object in this row."
    return Problem(field, told, rule="template", remedy="Give a text or a number.")


def _no_column(field: str, key: str, keys: Iterable[str]) -> Problem:
    near = get_close_matches(key, list(keys), 1)
    told = f"the template uses {shown(key)}, and there is no such column."
    remedy = f"Did you mean {near[0]}?" if near else "Add the column, or take it out of the template."
    return Problem(field, told, rule="template", remedy=remedy)


def _made_from(written: Mapping[str | None, str], values: dict[str, Any]) -> str:
    """A digest of the templates and of what they use of the row: other columns may change."""
    texts = sorted((language or "", text) for language, text in written.items())
    told = json.dumps([texts, values], sort_keys=True)  # null is not "None", and 1 is not "1"
    return sha256(told.encode()).hexdigest()
