from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from spapi_messaging.preflight import language
from spapi_messaging.preflight.language import detector_installed, language_of, other_language

TEXTS = {
    "de": "Ihre Lieferung verzögert sich leider um zwei Tage, weil der Fahrer krank geworden ist.",
    "en": "Your delivery will be two days late, because the driver has fallen ill. We are sorry.",
    "es": "Su entrega se retrasa dos días, porque el conductor se ha puesto enfermo. Lo sentimos.",
    "fr": "Votre livraison est retardée de deux jours, car le chauffeur est tombé malade.",
    "it": "La Sua consegna è in ritardo di due giorni, perché l'autista si è ammalato.",
    "ja": "配達員が体調を崩したため、お荷物のお届けが二日遅れます。ご迷惑をおかけして申し訳ございません。",
    "nl": "Uw levering is helaas twee dagen later, omdat de chauffeur ziek is geworden.",
    "pl": "Dostawa opóźni się niestety o dwa dni, ponieważ kierowca zachorował. Przepraszamy.",
    "pt": "A sua entrega vai atrasar dois dias, porque o motorista ficou doente. Pedimos desculpa.",
    "sv": "Din leverans blir tyvärr två dagar försenad, eftersom chauffören har blivit sjuk.",
    "tr": "Sürücü hastalandığı için teslimatınız maalesef iki gün gecikecek. Özür dileriz.",
}
MIXED = [
    ("de", "Apple iPhone 15 Pro Max Silicone Case with MagSafe Clay"),
    ("de", "Text: Happy Birthday Mom, love Anna"),
    ("fr", "Gravure: Happy Birthday to the best grandma"),
    ("nl", "Bosch Professional GSR 18V-55 accuboormachine"),
    ("en", "Grüße aus Berlin tin sign, please confirm"),
    ("ja", "iPhone 15 Pro Max Silicone Case with MagSafe ケース"),
]


@pytest.mark.parametrize("spoken", TEXTS)
def test_a_text_in_the_buyers_language_is_fine(spoken: str) -> None:
    assert other_language(TEXTS[spoken], f"{spoken}-XX") is None


@pytest.mark.parametrize("spoken", TEXTS)
@pytest.mark.parametrize("written", TEXTS)
def test_a_text_in_another_language_is_found(written: str, spoken: str) -> None:
    assert other_language(TEXTS[written], spoken) == (None if written == spoken else written)


@pytest.mark.parametrize(("spoken", "text"), MIXED)
def test_names_of_products_say_nothing(spoken: str, text: str) -> None:
    assert other_language(text, spoken) is None


@pytest.mark.parametrize(
    "text", ["", "OK", "Yes, tomorrow.", "ABCDE-12345-67890-FGHIJ", "https://example.com/the/long/way/to/the/page"]
)
def test_a_short_text_says_too_little(text: str) -> None:
    assert other_language(text, "de-DE") is None


def test_a_message_in_two_languages_is_in_both() -> None:
    assert other_language(f"{TEXTS['de']}\n\n{TEXTS['en']}", "de-DE") is None
    assert other_language(f"{TEXTS['de']}\n\n{TEXTS['en']}", "en-GB") is None


def test_kinds_of_a_language_are_one() -> None:
    assert other_language(TEXTS["pt"], "pt-BR") is other_language(TEXTS["pt"], "pt_PT") is None
    chinese = "尊敬的客户,您的包裹将于明天上午送达,请您在家等候,感谢您的订购。"
    assert other_language(chinese, "zh-TW") is other_language(chinese, "zh_CN") is None
    norwegian = "Kjære kunde, pakken din blir levert i morgen tidlig av vår sjåfør. Takk for tålmodigheten."
    assert other_language(norwegian, "nb-NO") is None


@pytest.mark.parametrize("locale", [None, "", "xx", "xx-XX", "zxx", "1", "german", "iw-IL"])
def test_an_unknown_locale_says_nothing(locale: str | None) -> None:
    assert other_language(TEXTS["de"], locale) is None


@pytest.mark.parametrize(
    ("locale", "expected"),
    [
        ("pt-BR", "pt"),
        ("zh_CN", "zh"),
        ("DE", "de"),
        ("fil-PH", "fil"),
        ("en_US.UTF-8", "en"),
        ("xx", "xx"),
        ("zxx", None),
    ],
)
def test_language_of_a_locale(locale: str, expected: str | None) -> None:
    assert language_of(locale) == expected


def test_without_a_detector_nothing_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(language, "find_spec", lambda name: None)

    assert not detector_installed()
    assert other_language(TEXTS["en"], "de-DE") is None


def test_threads_share_a_detector() -> None:
    with ThreadPoolExecutor(8) as threads:
        found = list(threads.map(lambda code: other_language(TEXTS[code], "de"), list(TEXTS) * 8))

    assert found == [None if code == "de" else code for code in TEXTS] * 8
