"""What a caller says of a job file besides its content."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from spapi_messaging.bulk.job_files.languages import language_of
from spapi_messaging.bulk.job_files.names import JOB_COLUMNS, key_of, name_of
from spapi_messaging.errors import ConfigurationError, quoted

__all__ = ["Settings", "checked_settings"]


@dataclass(frozen=True)
class Settings:
    """What a caller says of a job file.

    Args:
        columns: a heading for each of our names.
        texts: texts for rows without one of their own, by language; None: for any other language.
        given: values of rows that leave them out, by our names: account, marketplace, type.
        accounts: the accounts that exist; None: any.
        folder: where relative paths begin.
    """

    columns: Mapping[str, str]
    texts: Mapping[str | None, str]
    given: Mapping[str, str]
    accounts: tuple[str, ...] | None
    folder: str
    is_windows: bool = field(default=os.name == "nt")


def checked_settings(
    *,
    columns: Mapping[str, str] | None,
    texts: Mapping[str | None, str] | None,
    given: Mapping[str, str | None],
    accounts: Iterable[str] | None,
    folder: str,
) -> Settings:
    """The settings, checked.

    Raises:
        ConfigurationError: something makes no sense.
    """
    if isinstance(accounts, str):
        raise ConfigurationError("accounts is a list of names, not one string.")
    for name, value in given.items():
        if value is not None and not isinstance(value, str):
            raise ConfigurationError(f"{name} is a string, not {quoted(value)}.")
    names = None if accounts is None else tuple(accounts)
    if names is not None and (account := (given.get("account") or "").strip()) and account not in names:
        known = ", ".join(sorted(names)[:20]) or "none"
        raise ConfigurationError(f"There is no account {quoted(account)}. There are: {known}.")
    return Settings(
        columns=MappingProxyType(_columns(columns or {})),
        texts=MappingProxyType(_texts(texts or {})),
        given=MappingProxyType({name: value.strip() for name, value in given.items() if value and value.strip()}),
        accounts=names,
        folder=folder,
    )


def _columns(given: Mapping[Any, Any]) -> dict[str, str]:
    columns: dict[str, str] = {}
    for name, heading in given.items():
        column = _column(name)
        if columns.setdefault(column, _heading(heading)) != heading:
            raise ConfigurationError(f"columns names two headings for {column}: give one.")
    return columns


def _column(name: Any) -> str:
    found = name_of(key_of(name)) if isinstance(name, str) else None
    if found is None:
        known = ", ".join(JOB_COLUMNS)
        raise ConfigurationError(
            f"A job file has no column {quoted(name)} that could be mapped. There are {known}, text_<language>, and "
            "the fields of the message types."
        )
    return found


def _heading(heading: Any) -> str:
    if not isinstance(heading, str) or not heading.strip():
        raise ConfigurationError("columns maps our names to headings of the file, which are strings.")
    return heading


def _texts(given: Mapping[Any, Any]) -> dict[str | None, str]:
    texts: dict[str | None, str] = {}
    for name, text in given.items():
        language = None if name is None else language_of(name) if isinstance(name, str) else ""
        if name is not None and not language:
            raise ConfigurationError(f'There is no language {quoted(name)}. Write "de", or "pt-BR".')
        if not isinstance(text, str) or not text.strip():
            raise ConfigurationError(f"The text {f'in {language}' if language else 'for all buyers'} is empty.")
        if language in texts:
            raise ConfigurationError(f"There are two texts {f'in {language}' if language else 'for all buyers'}.")
        texts[language] = text
    if texts and None not in texts:
        told = "There is no text for buyers with another language."
        raise ConfigurationError(f"{told} Give one without a language.")
    return texts
