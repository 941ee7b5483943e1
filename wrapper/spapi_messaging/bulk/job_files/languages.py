"""Languages of texts, as headings and options name them."""

from __future__ import annotations

import re

__all__ = ["language_of"]

# ISO 639-1. Buyers' languages at Amazon have two letters, and a heading text_old is not a language.
_WRITTEN = """
    aa ab ae af ak am an ar as av ay az ba be bg bh bi bm bn bo br bs ca ce ch co cr cs cu cv cy da de dv dz ee el en
    eo es et eu fa ff fi fj fo fr fy ga gd gl gn gu gv ha he hi ho hr ht hu hy hz ia id ie ig ii ik io is it iu ja jv ka
    kg ki kj kk kl km kn ko kr ks ku kv kw ky la lb lg li ln lo lt lu lv mg mh mi mk ml mn mr ms mt my na nb nd ne ng nl
    nn no nr nv ny oc oj om or os pa pi pl ps pt qu rm rn ro ru rw sa sc sd se sg si sk sl sm sn so sq sr ss st su sv sw
    ta te tg th ti tk tl tn to tr ts tt tw ty ug uk ur uz ve vi vo wa wo xh yi yo za zh zu
"""
_LANGUAGES = frozenset(_WRITTEN.split())


def language_of(written: str) -> str | None:
    """A language such as ``"de"`` or ``"pt-BR"``, however it is written. None: it is not a language."""
    found = re.fullmatch(r"([a-z]{2})(?:[-_]([a-z]{4}))?(?:[-_]([a-z]{2}|\d{3}))?", written.strip().lower(), re.ASCII)
    if found is None or found[1] not in _LANGUAGES:
        return None
    script, country = (found[2] or "").title(), (found[3] or "").upper()
    return "-".join(part for part in (found[1], script, country) if part)
