from __future__ import annotations

import tomllib
import unicodedata
from importlib.resources import files
from typing import Any

import pytest

from spapi_messaging.messages import MESSAGE_TYPES
from spapi_messaging.preflight.words import find_words

DATA = tomllib.loads(files("spapi_messaging.preflight").joinpath("words.toml").read_text(encoding="utf-8"))
LANGUAGES = {code: table for code, table in DATA.items() if code != "message-types"}
LISTS = {"reviews": "reviews", "discounts": "discounts", "vouchers": "discounts", "other-products": "other-products"}


def rules_of(text: str, language: str | None = None, message_type: str = "confirmOrderDetails") -> list[str]:
    return [word.rule for word in find_words(text, message_type, language)]


@pytest.mark.parametrize("name", LISTS)
@pytest.mark.parametrize("code", LANGUAGES)
def test_each_entry_is_found_in_its_language_and_without_one(code: str, name: str) -> None:
    for entry in LANGUAGES[code][name]:
        text = f"x {entry.removesuffix('*')} x"

        assert LISTS[name] in rules_of(text, code), entry
        assert LISTS[name] in rules_of(text), entry
        assert LISTS[name] in rules_of(text.upper(), code), entry


@pytest.mark.parametrize(("code", "table"), LANGUAGES.items())
def test_a_language_has_all_lists_and_says_where_they_are_from(code: str, table: dict[str, Any]) -> None:
    assert {"name", "terms", "telephone", *LISTS} <= table.keys()
    for name in LISTS:
        assert len(set(table[name])) == len(table[name])
        assert all(entry == unicodedata.normalize("NFC", entry).strip() for entry in table[name])


def test_all_languages_have_a_list() -> None:
    assert LANGUAGES.keys() == {"de", "en", "es", "fr", "it", "ja", "nl", "pl", "pt", "sv", "tr"}


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("BEWERTUNGEN", "de"),
        ("Bewertung!", "de"),
        ("Gutscheincodes", "de"),
        ("ＦＥＥＤＢＡＣＫ", "de"),
        ("une évaluation", "fr"),
        (unicodedata.normalize("NFD", "une évaluation"), "fr"),
        ("recenzję", "pl"),
        ("ﾚﾋﾞｭｰをお願いします", "ja"),
        ("カスタマーレビュー", "ja"),
        ("商品レビュー", "ja"),
        ("İNDİRİM", "tr"),
        ("5 YILDIZ", "tr"),
        ("leave   a\nreview", "es"),
        ("FÜNF STERNE", "de"),
    ],
)
def test_forms_of_a_word_are_found(text: str, language: str) -> None:
    assert len(rules_of(text, language)) == 1


@pytest.mark.parametrize(
    "text",
    [
        "Please review your order",
        "our team reviews every file",
        "a fuse with a rating of 13 A",
        "the other items of your order",
        "die anderen Artikel Ihrer Bestellung",
        "un avis de passage",
        "la remise du colis",
        "プレビューをご確認ください",
        "voici un commentaire",
        "avaliar os danos",
        "une evaluation sans accent",
        "wij beoordelen uw aanvraag",
        "Talebinizi değerlendiriyoruz",
        "programı indirmeniz gerekir",
        "Umbewertung",
        "Dirabatto",
        "crabs off",
    ],
)
def test_words_of_honest_messages_are_not_found(text: str) -> None:
    assert rules_of(text) == []


def test_the_buyers_language_and_english_are_looked_for() -> None:
    assert rules_of("Rabatt", "de") == ["discounts"]
    assert rules_of("discount", "de") == ["discounts"]
    assert rules_of("korting", "de") == []
    assert rules_of("korting", "nl") == rules_of("korting", None) == rules_of("korting", "xx") == ["discounts"]


def test_the_place_is_that_of_the_text_as_it_was_given() -> None:
    (word,) = find_words("Große Straße, e\u0301te\u0301: ﾚﾋﾞｭｰ", "confirmOrderDetails", "ja")

    assert (word.start, word.entry, word.language) == (21, "レビュー", "Japanese")


def test_a_word_of_several_languages_is_found_once() -> None:
    assert rules_of("feedback") == ["reviews"]


def test_a_key_may_be_a_voucher() -> None:
    assert rules_of("Ihr Gutscheincode", "de", "digitalAccessKey") == []
    assert rules_of("10 % Rabatt", "de", "digitalAccessKey") == ["discounts"]


def test_types_with_exceptions_exist() -> None:
    for names in DATA["message-types"].values():
        assert set(names) <= MESSAGE_TYPES.keys()
