"""Checks what a text says: what Amazon forbids in messages, and what its guidelines for sellers advise against."""

from __future__ import annotations

from collections.abc import Iterator

from spapi_messaging.errors import Problem
from spapi_messaging.preflight.emojis import find_emoji
from spapi_messaging.preflight.html import find_references, find_tags
from spapi_messaging.preflight.language import language_of, other_language
from spapi_messaging.preflight.line_breaks import find_rows
from spapi_messaging.preflight.links import Link, find_addresses, find_links
from spapi_messaging.preflight.places import places
from spapi_messaging.preflight.spans import blanked
from spapi_messaging.preflight.telephone import find_numbers
from spapi_messaging.preflight.verdict import sorted_by_severity
from spapi_messaging.preflight.words import Word, find_words, may_have_telephone_numbers, telephone_cues

__all__ = ["check_text"]

MAX_WORDS = 3
_SUBJECTS = {"reviews": "reviews", "discounts": "discounts", "other-products": "other products"}
_WORD_REMEDIES = {
    "reviews": "Ask for no review here. Seller Central has a button for that: Request a Review.",
    "discounts": "Take it out, unless it is a part of this order.",
    "other-products": "Write about this order alone.",
}


def check_text(
    text: str, *, message_type: str, field: str = "text", country: str | None = None, locale: str | None = None
) -> list[Problem]:
    """What is wrong with what a text says, at most one problem for each rule.

    Its length and control characters are checked elsewhere.

    Args:
        text: what the buyer would read.
        message_type: the type by its wire name, such as ``"confirmOrderDetails"``.
        field: the argument that has the text.
        country: the marketplace's country, such as ``"DE"``: telephone numbers look different in each.
        locale: the buyer's, such as ``"de-DE"``. None: it is not known.

    Returns:
        Errors first, then warnings. None of them repeats anything of the text.

    Raises:
        ModuleNotFoundError: a library of the extra ``preflight`` is missing.
    """
    links = find_links(text)
    without_links = blanked(text, ((link.start, link.end) for link in links))
    problems = [
        *_html(text, field),
        *_addresses(text, field),
        *_links(text, field, links),
        *_language(text, field, locale),
        *_telephone(without_links, field, message_type, country),
        *_emoji(text, field),
        *_line_breaks(text, field),
        *_words(text, field, message_type, locale),
    ]
    return sorted_by_severity(problems)


def _html(text: str, field: str) -> Iterator[Problem]:
    if tags := find_tags(text):
        found = f"there is HTML at {places(text, tags)}, and Amazon takes none."
        yield Problem(field, found, rule="html", remedy="Write plain text.")
    elif references := find_references(text):
        # A warning: nobody knows whether Amazon refuses them, but the buyer may see them as they are written.
        found = f"there is a character of HTML, such as &nbsp;, at {places(text, references)}."
        yield Problem(field, found, "warning", "html", "Write the character itself.")


def _addresses(text: str, field: str) -> Iterator[Problem]:
    if found := find_addresses(text):
        where = places(text, (start for start, _ in found))
        message = f"there is an e-mail address at {where}; Amazon removes it, or refuses the message."
        yield Problem(field, message, rule="email-address", remedy="Take it out: buyers answer to this message.")


def _links(text: str, field: str, links: list[Link]) -> Iterator[Problem]:
    """Each link is reported once, for the worst that can be said of it."""
    shortened = [link for link in links if link.is_shortened]
    http = [link for link in links if link.is_http and not link.is_shortened]
    others = [link for link in links if not (link.is_http or link.is_shortened)]
    needed = "Keep it only if the buyer needs it for this order."
    if others:
        yield _link_problem(field, "link", f"there is a link at {_starts(text, others)}.", needed)
    if http:
        found = f"there is a link without encryption (http) at {_starts(text, http)}: Amazon's guidelines want https."
        yield _link_problem(field, "link-http", found, f"Use https. {needed}")
    if shortened:
        found = f"there is a shortened link at {_starts(text, shortened)}: nobody sees where it leads."
        yield _link_problem(field, "link-shortened", found, f"Write the whole address. {needed}")


def _link_problem(field: str, rule: str, message: str, remedy: str) -> Problem:
    return Problem(field, message, "warning", rule, remedy)


def _starts(text: str, links: list[Link]) -> str:
    return places(text, (link.start for link in links))


def _language(text: str, field: str, locale: str | None) -> Iterator[Problem]:
    if found := other_language(text, locale):
        message = f"the text seems to be in another language ({found}) than the buyer's ({language_of(locale)})."
        yield Problem(field, message, "warning", "language", "Write it in the buyer's language.")


def _telephone(text: str, field: str, message_type: str, country: str | None) -> Iterator[Problem]:
    if may_have_telephone_numbers(message_type):
        return
    if found := find_numbers(text, country, telephone_cues()):
        message = f"there is a telephone number at {places(text, (start for start, _ in found))}."
        yield Problem(field, message, "warning", "telephone", "Take it out: buyers answer to this message.")


def _emoji(text: str, field: str) -> Iterator[Problem]:
    if found := find_emoji(text):
        yield Problem(field, f"there is an emoji at {places(text, found)}.", "warning", "emoji", "Take it out.")


def _line_breaks(text: str, field: str) -> Iterator[Problem]:
    if found := find_rows(text):
        message = f"there are more than two line breaks in a row at {places(text, found)}."
        yield Problem(field, message, "warning", "line-breaks", "Leave one empty line at most.")


def _words(text: str, field: str, message_type: str, locale: str | None) -> Iterator[Problem]:
    found = find_words(text, message_type, language_of(locale))
    for rule, subject in _SUBJECTS.items():
        if words := [word for word in found if word.rule == rule]:
            message = f"the text seems to be about {subject}: {_listed(text, words)}."
            yield Problem(field, message, "warning", rule, _WORD_REMEDIES[rule])


def _listed(text: str, words: list[Word]) -> str:
    """The entries of our lists, which say nothing else of the text."""
    shown = [f'"{word.entry}" ({word.language}) at {places(text, [word.start])}' for word in words[:MAX_WORDS]]
    more = len(words) - len(shown)
    return "; ".join([*shown, f"and {more} more"] if more else shown)
