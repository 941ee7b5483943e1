"""Whole messages with their verdicts: what sellers write, good and bad."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from spapi_messaging.preflight.texts import check_text

CORPUS = tomllib.loads((Path(__file__).parent / "corpus.toml").read_text(encoding="utf-8"))["message"]
LANGUAGES = {"de", "en", "es", "fr", "it", "ja", "nl", "pl", "pt", "sv", "tr"}


@pytest.mark.parametrize("message", CORPUS, ids=lambda message: message["name"])
def test_each_message_breaks_the_rules_that_it_names(message: dict[str, Any]) -> None:
    problems = check_text(
        message["text"].removeprefix("\n"),
        message_type=message["message_type"],
        country=message.get("country"),
        locale=message.get("locale"),
    )

    assert sorted(problem.rule for problem in problems) == message["rules"]


@pytest.mark.parametrize("message", [each for each in CORPUS if not each["rules"]], ids=lambda message: message["name"])
def test_good_message_is_good_although_the_language_is_unknown(message: dict[str, Any]) -> None:
    """Then the words of all languages are looked for."""
    text, country = message["text"], message.get("country")

    assert check_text(text, message_type=message["message_type"], country=country) == []


def test_corpus_has_fifty_messages_in_all_languages() -> None:
    good = {message.get("locale", "")[:2] for message in CORPUS if not message["rules"]}
    bad = {message.get("locale", "")[:2] for message in CORPUS if message["rules"]}

    assert len(CORPUS) >= 50
    assert good & bad >= LANGUAGES
