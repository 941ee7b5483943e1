from __future__ import annotations

import time

import pytest

from spapi_messaging.preflight.links import find_addresses, find_links
from tests.support.bounds import SOON
from tests.support.thorough import choose


def links_of(text: str) -> list[str]:
    return [text[link.start : link.end] for link in find_links(text)]


def addresses_of(text: str) -> list[str]:
    return [text[start:end] for start, end in find_addresses(text)]


@pytest.mark.parametrize(
    ("text", "link"),
    [
        ("Siehe https://example.com/a?b=c.", "https://example.com/a?b=c"),
        ("Siehe www.example.com, bitte", "www.example.com"),
        ("Siehe example.de/pfad hier", "example.de/pfad"),
        ("Siehe example.de!", "example.de"),
        ("siehe laden.shop", "laden.shop"),
        ("se butikk.no", "butikk.no"),
        ("EXAMPLE.DE", "EXAMPLE.DE"),
        ("münchen-laden.de", "münchen-laden.de"),
        ("（https://example.com）", "https://example.com"),
        ("こちらhttps://example.jp/aをご覧ください", "https://example.jp/a"),
        ("当店のexample.jpです", "example.jp"),
        ("[hier](https://example.com/x)", "https://example.com/x"),
        ("https://www.amazon.de/gp/x", "https://www.amazon.de/gp/x"),
        ("amazon.de/gp/x", "amazon.de/gp/x"),
        ("http://192.168.0.1/x", "http://192.168.0.1/x"),
        ("https://example.com/?mail=a@example.com", "https://example.com/?mail=a@example.com"),
    ],
)
def test_links_are_found(text: str, link: str) -> None:
    assert links_of(text) == [link]


def test_a_link_may_be_long() -> None:
    link = f"https://example.com/?{'key=value&' * 60}mail=a@example.com"
    for text, place in ((link, 0), (f"Siehe {link}, b@example.com", 6)):
        assert [(each.start, each.end) for each in find_links(text)] == [(place, place + len(link))]
        assert find_addresses(text) == ([] if place == 0 else [(len(text) - 13, len(text))])


@pytest.mark.parametrize("part", ["a.b+", "1.5=", "a.de|", "http://a.de/", "a.b@c.d", "www.", "sftp://a@"])
def test_no_text_takes_long(part: str) -> None:
    """The library holds the whole program while it searches."""
    began = time.process_time()
    find_links(part * (choose(4_000, 10_000) // len(part)))
    assert time.process_time() - began < choose(SOON / 6, SOON)


def test_other_schemes_are_links() -> None:
    assert find_links("whatsapp://send?phone=49301234567")
    assert find_links("ftp://example.com/x")
    assert find_links("sftp://kunde@example.com/x")
    assert find_addresses("sftp://kunde@example.com/x") == []


@pytest.mark.parametrize(
    "text",
    [
        "Rechnung.pdf",
        "Art.nr 4711, Org.nr. 556677-8899, Best.nr/Ref.nr: 12",
        "Item.no. 4711, ref.no 12",
        "Anleitung.zip",
        "setup.exe, README.md, Logo.ai",
        "z.B.Bitte",
        "e.g.this",
        "1.5.2026",
        "Node.js",
        "bei Amazon.de bestellt",
        "Amazon.co.uk",
        "Ihr Paket ist da.Es kommt morgen",
        "aus den USA.Es kommt",
        "m.in. tak",
        "p.es. domani",
        "GmbH & Co.KG",
        "Version 2.0.1",
        "Möbel S.p.A.",
        "3.50 EUR",
        "ja/nein",
        "@muster_laden.de",
        "tel:+49301234567",
        "mailto:info@example.com",
        "https://",
        "...",
    ],
)
def test_other_texts_with_dots_are_no_links(text: str) -> None:
    assert links_of(text) == []


@pytest.mark.parametrize("text", ["http://example.com", "HTTP://example.com/x"])
def test_plain_http_is_told_apart(text: str) -> None:
    assert [(link.is_http, link.is_shortened) for link in find_links(text)] == [(True, False)]


@pytest.mark.parametrize("text", ["https://bit.ly/x", "bit.ly/x", "https://amzn.to/3x", "https://www.tinyurl.com/y"])
def test_shortened_links_are_told_apart(text: str) -> None:
    assert [link.is_shortened for link in find_links(text)] == [True]


def test_a_page_that_is_named_like_a_shortener_is_not_shortened() -> None:
    assert [link.is_shortened for link in find_links("https://example.com/bit.ly https://habit.ly/x")] == [False, False]


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("an info@example.de.", "info@example.de"),
        ("„info@example.de“", "info@example.de"),
        ("E-Mail:max.muster+x@mail.example.co.uk", "max.muster+x@mail.example.co.uk"),
        ("info＠example．com", "info＠example．com"),
        ("jürgen@müller.de", "jürgen@müller.de"),
        ("mailto:info@example.com", "info@example.com"),
        ("INFO@EXAMPLE.COM", "INFO@EXAMPLE.COM"),
        ("info@laden.online", "info@laden.online"),
        ("<info@example.com>", "info@example.com"),
        ("info@xn--mller-kva.de", "info@xn--mller-kva.de"),
    ],
)
def test_addresses_are_found_and_are_no_links(text: str, address: str) -> None:
    assert addresses_of(text) == [address]
    assert links_of(text) == []


def test_an_address_in_japanese_ends_where_the_sentence_goes_on() -> None:
    assert addresses_of("メールは info@example.jpまでお願いします") == ["info@example.jp"]


@pytest.mark.parametrize(
    "text",
    [
        "2@3",
        "@home",
        "5 Stück @ 3 €",
        "3 Stück@1.50",
        "AT&T@",
        "@muster.laden",
        "bei @example.de",
        "user@host",
        "info@example.pdf",
        "Wert@Lager.Bitte",
        "https://example.com/@48.1,11.5",
        "https://user@example.com/",
        "info (at) example",
    ],
)
def test_other_texts_with_an_at_are_no_addresses(text: str) -> None:
    assert addresses_of(text) == []


def test_each_place_is_found() -> None:
    assert addresses_of("a@example.com, b@example.com") == ["a@example.com", "b@example.com"]
    assert links_of("x@example.com www.example.com") == ["www.example.com"]
