"""What holds for every check of a text."""

from __future__ import annotations

import subprocess
import sys
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spapi_messaging.preflight.places import places
from spapi_messaging.preflight.texts import check_text
from tests.support.bounds import SOON
from tests.support.thorough import choose

BAD = (
    "Hello 🎉\n\n\n\n<b>Thank you</b> for your order. Please leave your feedback on www.example.com or http://example.com,\n"
    "and look at our newsletter on bit.ly/x, where you will find a discount for your next order with us.\n"
    "If there is something wrong, write to secret@example.com, or call Tel. 030 12345678."
)
RULES = {
    "html": "error",
    "email-address": "error",
    "link": "warning",
    "link-http": "warning",
    "link-shortened": "warning",
    "language": "warning",
    "telephone": "warning",
    "emoji": "warning",
    "line-breaks": "warning",
    "reviews": "warning",
    "discounts": "warning",
    "other-products": "warning",
}
# Each of them is bad for a pattern that goes back, or for a list that is searched again and again.
PIECES = [
    "<", "a@", "http://", "a.", "<a ", '<a x="', "&", "&a", "e\u0301", "\u0301", "\n ", "0", "(030 12",
    "🏳️‍🌈", "👨\u200d", "\ud800",
    "\0", "レ", "feedback ", "tel. 030 12345678 ", "\r", ".", "İ", "<!--", " ", "+1 ", "1-", "1/", "a.de ", "a@a.de ", "://",
    "a review ", "ß", "/", "www.",
]  # fmt: skip


def test_a_text_that_breaks_every_rule() -> None:
    problems = check_text(BAD, message_type="confirmOrderDetails", field="text", country="DE", locale="de-DE")

    assert {problem.rule: problem.severity for problem in problems} == RULES
    assert [problem.severity for problem in problems] == sorted(each.severity for each in problems)
    assert {problem.field for problem in problems} == {"text"}


def test_a_problem_names_places_and_says_what_to_do() -> None:
    (problem,) = check_text("Guten Tag,\nschreiben an a@example.com!", message_type="confirmOrderDetails")

    assert "line 2, character 14" in problem.message
    assert problem.remedy


def test_a_problem_shows_nothing_of_the_text() -> None:
    problems = check_text(BAD, message_type="confirmOrderDetails", country="DE", locale="de-DE")
    shown = " ".join(map(str, problems))

    assert not any(word in shown for word in ("secret", "example", "12345678", "bit.ly", "🎉", "<b>"))


def test_a_word_is_shown_as_it_stands_in_our_list() -> None:
    (problem,) = check_text("Ihre GUTSCHEINCODES von heute", message_type="confirmOrderDetails", locale="de-DE")

    assert '"gutscheincode*" (German) at line 1, character 6' in problem.message
    assert "GUTSCHEINCODES" not in str(problem)


def test_the_field_is_the_callers() -> None:
    assert check_text("<b>", message_type="x", field="note")[0].field == "note"


@pytest.mark.parametrize("message_type", ["confirmDeliveryDetails", "confirmServiceDetails"])
def test_a_date_may_be_made_by_telephone(message_type: str) -> None:
    assert check_text("Tel. 030 12345678", message_type=message_type, country="DE") == []
    assert check_text("Tel. 030 12345678", message_type="confirmOrderDetails", country="DE") != []


def test_a_link_with_digits_is_no_telephone_number() -> None:
    problems = check_text("https://example.com/t/030-12345678", message_type="x", country="DE")

    assert [problem.rule for problem in problems] == ["link"]


def test_a_character_of_html_is_a_warning() -> None:
    (problem,) = check_text("M&uuml;ller", message_type="x")

    assert (problem.rule, problem.severity) == ("html", "warning")


@given(st.text(), st.sampled_from(["DE", "US", "JP", None]), st.sampled_from(["de-DE", "ja-JP", "xx", None]))
def test_any_text_can_be_checked(text: str, country: str | None, locale: str | None) -> None:
    for problem in check_text(text, message_type="confirmOrderDetails", country=country, locale=locale):
        assert RULES[problem.rule] == problem.severity or problem.rule == "html"
        assert problem.message.isprintable()


@given(st.lists(st.sampled_from(PIECES), max_size=30).map("".join))
def test_any_row_of_pieces_can_be_checked(text: str) -> None:
    check_text(text, message_type="confirmOrderDetails", country="DE", locale="de-DE")


@pytest.mark.parametrize("piece", PIECES, ids=ascii)
def test_time_is_bounded(piece: str) -> None:
    """So many characters take a moment. Where time grows with their square, it is far more."""
    length = choose(6_000, 30_000)
    text = piece * (length // len(piece))
    start = time.process_time()

    check_text(text, message_type="confirmOrderDetails", country="DE", locale="de-DE")

    assert time.process_time() - start < choose(SOON / 10, SOON)


@given(st.text(alphabet="ab\n\r"), st.integers(0, 50))
def test_a_place_is_found_by_counting(text: str, index: int) -> None:
    text += "x" * 51
    lines = text[:index].replace("\r\n", "\n").replace("\r", "\n").split("\n")
    if text[index - 1 : index + 1] == "\r\n":
        return

    assert places(text, [index]) == f"line {len(lines)}, character {len(lines[-1]) + 1}"


def test_of_many_places_the_first_are_shown() -> None:
    assert places("abcdef", range(5)) == "line 1, character 1; line 1, character 2; line 1, character 3; and 2 more"


@pytest.mark.parametrize("library", ["linkify_it", "phonenumbers", "emoji"])
def test_a_missing_library_is_an_error_and_not_a_pass(monkeypatch: pytest.MonkeyPatch, library: str) -> None:
    from spapi_messaging.preflight import links

    links._finder.cache_clear()
    monkeypatch.setitem(sys.modules, library, None)

    with pytest.raises(ModuleNotFoundError, match=r"pip install 'spapi-messaging\[preflight\]'") as raised:
        check_text("Grüße", message_type="confirmOrderDetails")
    assert raised.value.name == library


def test_importing_loads_no_library() -> None:
    libraries = "{'linkify_it', 'phonenumbers', 'emoji', 'py3langid', 'numpy', 'httpx'}"
    program = f"import sys, spapi_messaging.preflight.texts\nprint({libraries} & sys.modules.keys())"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert done.stdout == "set()\n"
