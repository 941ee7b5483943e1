"""How files are named."""

from __future__ import annotations

import unicodedata

import pytest

from spapi_messaging import ConfigurationError
from spapi_messaging.bulk.preparing.patterns import Pattern
from tests.support.runs import order

ORDER = order(1)


@pytest.mark.parametrize(
    ("pattern", "name", "said"),
    [
        ("{order}.pdf", f"{ORDER}.pdf", {"order": ORDER}),
        ("{order}.pdf", f"{ORDER}.PDF", {"order": ORDER}),
        ("{order}_{document}.pdf", f"{ORDER}_R-17_b.pdf", {"order": ORDER, "document": "R-17_b"}),
        ("{document}_{order}.pdf", f"R_17_{ORDER}.pdf", {"order": ORDER, "document": "R_17"}),
        ("{document}{order}*", f"R-17 {ORDER} (1).pdf", {"order": ORDER, "document": "R-17"}),
        ("*{order}*.pdf", f"Rechnung zu {ORDER} vom 3. Mai.pdf", {"order": ORDER}),
        ("{marketplace}/{order}.pdf", f"de/{ORDER}.pdf", {"order": ORDER, "marketplace": "de"}),
        ("{marketplace}\\{order}.pdf", f"de/{ORDER}.pdf", {"order": ORDER, "marketplace": "de"}),
        ("./{order}.pdf", f"{ORDER}.pdf", {"order": ORDER}),
        ("{order}/{order}_{document}.pdf", f"{ORDER}/{ORDER}_a\nb.pdf", {"order": ORDER, "document": "a\nb"}),
        ("{account}/{type}-{order}.pdf", f"shop/x-{ORDER}.pdf", {"order": ORDER, "account": "shop", "type": "x"}),
        ("{order}_{order}.pdf", f"{ORDER}_{ORDER}.pdf", {"order": ORDER}),
        ("{order}.pdf", "D01-1234567-1234567.pdf", {"order": "D01-1234567-1234567"}),
    ],
)
def test_a_name_says_what_it_holds(pattern: str, name: str, said: dict[str, str]) -> None:
    assert Pattern(pattern).match(name.split("/")) == said


@pytest.mark.parametrize(
    ("pattern", "name"),
    [
        ("{order}.pdf", f"{ORDER}.txt"),
        ("{order}.pdf", f"{ORDER} .pdf"),
        ("{order}*.pdf", f"{ORDER}8.pdf"),  # 8 digits: not this order
        ("*{order}.pdf", f"1{ORDER}.pdf"),
        ("{order}.pdf", "d01-1234567-1234567.pdf"),
        ("{order}.pdf", "ſ01-1234567-1234567.pdf"),  # some compare the long s with S
        ("{order}_{document}.pdf", f"{ORDER}_.pdf"),
        ("{order}/{order}.pdf", f"{ORDER}/{order(2)}.pdf"),
        ("{order}_{order}.pdf", f"{ORDER}_{order(2)}.pdf"),
        ("{order}.pdf", f"de/{ORDER}.pdf"),
        ("{marketplace}/{order}.pdf", f"{ORDER}.pdf"),
    ],
)
def test_another_name_says_nothing(pattern: str, name: str) -> None:
    assert Pattern(pattern).match(name.split("/")) is None


def test_a_name_means_the_same_on_every_system() -> None:
    """Apple's systems give names with their accents apart."""
    apart = unicodedata.normalize("NFD", f"Rechnung für {ORDER}_Größe.pdf")

    said = Pattern("Rechnung für {order}_{document}.pdf").match([apart])

    assert said == {"order": ORDER, "document": unicodedata.normalize("NFC", "Größe")}


@pytest.mark.parametrize(
    ("pattern", "told"),
    [
        ("{document}.pdf", "holds no {order}"),
        ("{order}_{number}.pdf", "no placeholder {number}"),
        ("{order}_{document.pdf", "A brace is missing"),
        ("{order}}.pdf", "A brace is missing"),
        ("{}{order}.pdf", "no placeholder {}"),
        ("{order}_{document}{account}.pdf", "Put a sign between two placeholders"),
        ("{document}*_{order}.pdf", "Put a sign between two placeholders"),
        ("**/{order}.pdf", "** is not understood"),
        ("/data/{order}.pdf", "It begins in the folder"),
        ("C:\\data\\{order}.pdf", "It begins in the folder"),
        ("../{order}.pdf", "It begins in the folder"),
        ("{order}.pdf/", "It begins in the folder"),
        ("", "It begins in the folder"),
    ],
)
def test_a_pattern_that_cannot_be_meant_is_refused(pattern: str, told: str) -> None:
    with pytest.raises(ConfigurationError) as error:
        Pattern(pattern)
    assert told in str(error.value)
