from __future__ import annotations

import pytest

from spapi_messaging.marketplaces import Marketplace
from spapi_messaging.preflight.telephone import find_numbers
from spapi_messaging.preflight.words import telephone_cues


def numbers_of(text: str, country: str | None) -> list[str]:
    return [text[start:end] for start, end in find_numbers(text, country, telephone_cues())]


@pytest.mark.parametrize(
    ("country", "number"),
    [
        ("DE", "030 12345678"),
        ("de", "0170/1234567"),
        ("DE", "+49 (0)170 1234567"),
        ("DE", "0049 30 123456"),
        ("DE", "+43 1 5123456"),
        ("US", "(202) 555-0123"),
        ("US", "202-555-0123"),
        ("UK", "020 7946 0958"),
        ("GB", "020 7946 0958"),
        ("FR", "01 42 68 53 00"),
        ("ES", "91 123 45 67"),
        ("IT", "02 1234 5678"),
        ("JP", "03-1234-5678"),
        ("JP", "０３－１２３４－５６７８"),
        ("NL", "020 123 4567"),
        ("PL", "512 345 678"),
        ("BR", "(11) 91234-5678"),
        ("SE", "070-123 45 67"),
        ("TR", "0212 123 45 67"),
    ],
)
def test_numbers_are_found(country: str, number: str) -> None:
    assert numbers_of(f"x {number} y", country) == [number]


@pytest.mark.parametrize(
    "text",
    [
        "Tel. 01701234567",
        "Rufen Sie an: 01701234567",
        "Fon: 030/901820-0",
        "Telefonnummer: 030 123456",
        "TEL 0301234567",
    ],
)
def test_numbers_without_groups_count_after_a_word(text: str) -> None:
    assert numbers_of(text, "DE")


def test_japanese_words_need_no_space() -> None:
    assert numbers_of("電話0312345678まで", "JP") == ["0312345678"]
    assert numbers_of("お電話は03-1234-5678です", "JP") == ["03-1234-5678"]


@pytest.mark.parametrize("country", [None, "xx", "", "DEUTSCHLAND"])
def test_without_a_country_only_numbers_with_a_plus_count(country: str | None) -> None:
    assert numbers_of("+49 170 1234567, 030 12345678", country) == ["+49 170 1234567"]


@pytest.mark.parametrize(
    "text",
    [
        "303-1234567-1234567",
        "Bestellung 303-7654321-0301234 vom 3.11.2026",
        "112-7654321-2025551",
        "S02-1234567-1234567",
        "00340434161094042557",
        "1Z999AA10123456784",
        "01505012345678",
        "RR123456789PL",
        "7712 3456 7890",
        "9400 1118 9922 3344 5566 77",
        "1.234,56 €",
        "$1,234.56",
        "12.11.2026 14:30",
        "03.11.2026",
        "2026-11-22",
        "11/22/2026",
        "14:00-16:00",
        "DE89 3704 0044 0532 0130 00",
        "ES91 2100 0418 4502 0005 1332",
        "DE89370400440532013000",
        "B08N5WRWNW",
        "4006381333931",
        "Art.-Nr. 0301234567",
        "Kd.-Nr. 030 123456",
        "Serial no. 030-1234567",
        "2025551234",
        "612345678",
        "ABCDE-12345-67890-FGHIJ",
        "100 x 200 x 300 mm",
        "28014 Madrid",
        "〒100-0001",
        "CNPJ 12.345.678/0001-95",
        "SIRET 732 829 320 00074",
    ],
)
def test_other_numbers_are_no_telephone_numbers(text: str) -> None:
    assert {country: found for country in Marketplace.__members__ if (found := numbers_of(text, country))} == {}
