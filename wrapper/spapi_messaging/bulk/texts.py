"""A text in several languages. Each buyer gets the one that fits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

__all__ = ["LocalizedText", "normal_language", "text_for"]


@dataclass(frozen=True, slots=True)
class LocalizedText:
    """The same message in several languages. Before it is sent, Amazon is asked for the buyer's language.

        LocalizedText("Your order is late.", {"de": "Ihre Bestellung verspätet sich."})

    Args:
        otherwise: for buyers with any other language.
        by_language: texts by language, such as ``"de"`` or ``"pt-BR"``. A language without a country is for all of its
            countries that have no text of their own. Empty: everybody gets ``otherwise``, and nobody is asked.
        made_from: names what the texts were made from, such as a template and a row. The same name is the same content,
            even if the texts differ. None: the texts themselves are the content.
    """

    otherwise: str
    by_language: Mapping[str, str] = field(default_factory=dict, hash=False)
    made_from: str | None = None

    def __repr__(self) -> str:  # a buyer's text must not stand in a log
        languages = ", ".join(map(repr, self.by_language))
        return f"LocalizedText([{len(self.otherwise)} characters], languages=[{languages}])"


def text_for(locale: str | None, otherwise: str | None, by_language: Mapping[str, str] | None) -> str | None:
    """The text for a buyer.

    Args:
        locale: the buyer's, such as ``"de-DE"``; None if nobody knows.
        otherwise: the text for buyers with any other language.
        by_language: the texts.
    """
    texts = {normal_language(language): text for language, text in (by_language or {}).items()}
    wanted = normal_language(locale or "")
    while wanted:
        if wanted in texts:
            return texts[wanted]
        wanted = wanted.rpartition("-")[0]
    return otherwise


def normal_language(language: str) -> str:
    """A language as it is compared: ``"pt-br"`` for ``pt-BR`` and ``pt_BR``."""
    return language.strip().replace("_", "-").lower()
