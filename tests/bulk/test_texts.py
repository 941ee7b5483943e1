"""Which of several texts a buyer gets."""

from __future__ import annotations

import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spapi_messaging.bulk import LocalizedText
from spapi_messaging.bulk.texts import text_for

PARTS = st.lists(st.text("abcxyzABCXYZ019", min_size=2, max_size=4), min_size=1, max_size=4)
LANGUAGES = st.sampled_from(["de", "pt", "pt-BR", "zh-Hant", "zh-Hant-TW", "en-GB", "es-419"])
TEXTS = st.dictionaries(LANGUAGES, st.text(min_size=1))


@st.composite
def spelled(draw: st.DrawFn, language: str) -> str:
    """The same language, as somebody else may write it."""
    parts = [part.upper() if draw(st.booleans()) else part.lower() for part in language.split("-")]
    space = draw(st.sampled_from(["", " "]))
    return space + draw(st.sampled_from(["-", "_"])).join(parts) + space


@pytest.mark.parametrize(
    ("locale", "text"),
    [
        ("de-DE", "Deutsch"),
        ("de", "Deutsch"),
        ("de_AT", "Deutsch"),
        ("DE-ch-1996", "Deutsch"),
        ("pt-BR", "Brasil"),
        ("pt-PT", "Portugal"),
        ("en-GB", "other"),
        ("d", "other"),
        ("", "other"),
        (None, "other"),
    ],
)
def test_text_for(locale: str | None, text: str) -> None:
    assert text_for(locale, "other", {"de": "Deutsch", "pt-BR": "Brasil", "pt": "Portugal"}) == text


def test_a_text_for_one_country_is_not_for_others() -> None:
    assert text_for("pt-PT", "other", {"pt-BR": "Brasil"}) == "other"
    assert text_for("pt", "other", {"pt-BR": "Brasil"}) == "other"


@given(TEXTS, st.none() | LANGUAGES, st.data())
def test_case_and_underscores_do_not_matter(texts: dict[str, str], locale: str | None, data: st.DataObject) -> None:
    others = {data.draw(spelled(language)): text for language, text in texts.items()}
    other = locale if locale is None else data.draw(spelled(locale))

    assert text_for(other, "other", others) == text_for(locale, "other", texts)


@given(TEXTS, PARTS)
def test_the_longest_language_that_the_locale_begins_with_is_taken(texts: dict[str, str], parts: list[str]) -> None:
    locale = "-".join(parts)
    fitting = [
        language
        for language in texts
        if language.lower().split("-") == [part.lower() for part in parts[: len(language.split("-"))]]
    ]
    expected = texts[max(fitting, key=len)] if fitting else "other"

    assert text_for(locale, "other", texts) == expected


@given(TEXTS, LANGUAGES, st.text("abcABC019", min_size=1, max_size=3))
def test_a_language_that_stands_there_is_taken_for_itself_and_what_follows(
    texts: dict[str, str], language: str, more: str
) -> None:
    own = {**texts, language: "own"}

    assert text_for(language, "other", own) == "own"
    if not any(each.lower().startswith(f"{language.lower()}-") for each in own):
        assert text_for(f"{language}-{more}", "other", own) == "own"


@given(st.none() | st.text(), st.none() | st.text())
def test_without_languages_everybody_gets_the_same(locale: str | None, text: str | None) -> None:
    assert text_for(locale, text, None) == text_for(locale, text, {}) == text


def test_repr_shows_no_text() -> None:
    text = LocalizedText("Your order is late", {"de": "Die Bestellung kommt später"})

    assert repr(text) == "LocalizedText([18 characters], languages=['de'])"


def test_texts_are_equal_by_what_was_given_and_can_be_pickled() -> None:
    text = LocalizedText("a", {"de": "b"}, made_from="row 1")

    assert pickle.loads(pickle.dumps(text)) == text
    assert text != LocalizedText("a", {"de": "c"}, made_from="row 1")
    assert hash(text) == hash(LocalizedText("a", {"de": "b"}, made_from="row 1"))
