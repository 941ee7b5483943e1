from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spapi_messaging.preflight.html import find_references, find_tags


@pytest.mark.parametrize(
    "text",
    [
        "Das ist <b>wichtig",
        "Ende</p>",
        "oben<br/>unten",
        "oben<br>unten",
        "oben<BR />unten",
        '<a href="https://example.com">hier</a>',
        "<a href=https://example.com>",
        "<IMG SRC=x>",
        "<font color=red>rot</font>",
        "<center>mitten</center>",
        "<input disabled>",
        "<!-- heimlich -->",
        "<!DOCTYPE html>",
        "<![CDATA[x]]>",
        "<h1>Titel",
        "<td\n  colspan='2'>",
        "</address>",
        "<title/>",
    ],
)
def test_tags_are_found(text: str) -> None:
    assert find_tags(text)


@pytest.mark.parametrize(
    "text",
    [
        "Größe < 5 cm, > 2 kg",
        "a<b und c>d",
        "wenn a<b, dann c>d",
        "<3",
        "<Name>",
        "<Ihr Name>",
        ">>> wichtig <<<",
        "x <i and y> z",
        "a <b c=3> d",
        "Ihr Schlüssel: <Code>",
        "<title>",
        "<address>",
        "Größe <S> oder <M>",
        "<Datum>",
        "5<p",
        "<<b",
        "->",
        "<-",
        "< b >",
        "<bold>",
        "Menü <Start>, dann <Hilfe>",
        "max@<Firma>",
        "10 <= 12",
    ],
)
def test_signs_and_placeholders_are_no_tags(text: str) -> None:
    assert find_tags(text) == []


@given(st.text(alphabet=st.characters(exclude_characters="<")))
def test_no_tag_without_its_sign(text: str) -> None:
    assert find_tags(text) == []


@pytest.mark.parametrize("text", ["M&uuml;ller", "1&nbsp;kg", "O&#39;Brien", "O&#x27;Brien", "Kunz &amp; Söhne"])
def test_character_references_are_found(text: str) -> None:
    assert find_references(text)


@pytest.mark.parametrize("text", ["AT&T", "Kunz & Söhne; Berlin", "R&D;", "a&b;", "?a=1&copy=2", "&;", "&#;", "&mehr;"])
def test_ampersands_are_no_references(text: str) -> None:
    assert find_references(text) == []
