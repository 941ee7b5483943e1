"""Finds links and e-mail addresses in a text."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from typing import Any, NamedTuple

from spapi_messaging.preflight.libraries import load
from spapi_messaging.preflight.spans import Span, ranges_apart

__all__ = ["Link", "find_addresses", "find_links"]

_names = str.split

# Each name is a service that shortens links, or a firm's own short name for that.
SHORTENERS = frozenset(
    _names("""
    a.co adf.ly amzn.asia amzn.eu amzn.to bit.do bit.ly bitly.com bl.ink buff.ly cutt.ly dlvr.it fb.me g.co goo.gl
    ift.tt is.gd j.mp kutt.it lnkd.in lnk.bio mcaf.ee n9.cl ow.ly ouo.io qrco.de rb.gy rebrand.ly s.id short.gy
    short.io shorturl.at snip.ly soo.gd surl.li t.co t.ly t2m.io tiny.cc tiny.one tinyurl.com trib.al u.nu urlz.fr
    v.gd x.gd 2u.pw
    """)
)
# "Art.nr 4711" and "Item.no. 4711" are not links, although these are domains of Nauru and Norway.
_NUMBER = re.compile(r"[^\W\d_]+\.nr|(?:art|cat|item|model|order|part|prod|ref|reg|serial|tel)\.no", re.IGNORECASE)
# Endings of domains that are endings of files as well: "Anleitung.zip" is not a link.
_FILE_ENDINGS = frozenset(_names("ai app bz cab cc cpp doc gdn java md mov mp ms ps py rs sh so zip"))
# The shop's own name says where the order was made: "Ihre Bestellung bei Amazon.de".
_SHOP_NAME = re.compile(r"amazon(?:\.[a-z]{2,3}){1,2}", re.IGNORECASE)
_SCHEME = re.compile(r"(?<![\w.+-])[a-z][a-z0-9+.-]{1,20}://[^\s<>]+", re.IGNORECASE)
_AT = re.compile(r"(?<=[\w.+-])@((?:\w[\w-]{0,62}\.){1,8})(\w{2,24})")
_LOCAL_PART = re.compile(r"[\w.!#$%&'*+/=?^`{|}~-]{1,64}\Z")
# Full-width signs, as Japanese keyboards write them.
_NARROW = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}
# The library takes each sign such as "+" for the beginning of a host, and tries all that follows, which takes long in a
# long word. So it gets no more than this many characters of a word at once.
_PIECE = re.compile(r"\S{1,250}")
_LONG_WORD = re.compile(r"\S{251}")
_REST = re.compile(r"\S*")
_BEHIND_LINK = ".,;:!?)]}'\""
# Japanese has no space before and behind a link.
_JAPANESE = re.compile("[\u3000-\u30ff\u3400-\u9fff\uf900-\ufaff]")


class Link(NamedTuple):
    """A link in a text."""

    start: int
    end: int
    is_http: bool
    is_shortened: bool


def find_addresses(text: str) -> list[Span]:
    """Where e-mail addresses stand. Those inside of a web address are a part of it."""
    text = _apart(text)
    if "@" not in text:
        return []
    found = [span for at in _AT.finditer(text) if (span := _address(text, at))]
    if not found:
        return []
    matches = _matches(text)
    web = [(each.index, each.last_index) for each in matches if each.schema in ("http:", "https:", "ftp:")]
    web += _with_other_scheme(text, ((each.index, each.last_index) for each in matches))
    return ranges_apart(_joined(found), web)


def _address(text: str, at: re.Match[str]) -> Span | None:
    """The span of the address whose "@" was found. None: its domain cannot exist."""
    if at[2].casefold() not in _top_level_domains():
        return None
    local = _LOCAL_PART.search(text[max(0, at.start() - 64) : at.start()])
    return at.start() - len(local[0]) if local else at.start(), at.end()


def _joined(spans: list[Span]) -> list[Span]:
    """Spans without those that begin inside of the one before."""
    kept: list[Span] = []
    for span in spans:
        if not kept or span[0] >= kept[-1][1]:
            kept.append(span)
    return kept


def find_links(text: str) -> list[Link]:
    """All links, with or without a scheme. E-mail addresses are not links, nor are ``mailto:`` and ``tel:``."""
    addresses = find_addresses(text)
    text = _apart(text)
    spans = {(each.index, each.last_index) for each in _matches(text) if _is_link(each)}
    spans |= set(_with_other_scheme(text, spans))
    return [_link(text, *span) for span in sorted(ranges_apart(spans, addresses))]


def _with_other_scheme(text: str, known: Iterable[Span]) -> list[Span]:
    """Links with a scheme that the library does not know, such as ``sftp://``."""
    return ranges_apart(((each.start(), each.end()) for each in _SCHEME.finditer(text)), known)


def _is_link(match: Any) -> bool:
    if match.schema == "mailto:":
        return False
    return bool(match.schema) or _is_bare_link(match.raw)


def _is_bare_link(raw: str) -> bool:
    """Whether this is a link although it has no scheme. In doubt it is not: people forget spaces after full stops."""
    host, _, path = raw.partition("/")
    if _SHOP_NAME.fullmatch(raw.rstrip("/")) or _NUMBER.fullmatch(host):
        return False
    *labels, ending = re.split("[:?#]", host)[0].split(".")
    if labels[0].casefold() == "www" or (path and host.casefold() in SHORTENERS):
        return True
    is_sentence = ending[:1].isupper() and not host.isupper()  # "da.Es kommt"
    is_abbreviation = all(len(label) < 2 for label in labels) or labels[-1].isdigit()  # "m.in.", "5.es"
    return not (is_sentence or is_abbreviation or (not path and ending.casefold() in _FILE_ENDINGS))


def _link(text: str, start: int, end: int) -> Link:
    raw = text[start:end].casefold()
    scheme, _, rest = raw.rpartition("://")
    host = re.split("[/?#:]", rest)[0].rpartition("@")[2].removeprefix("www.")
    return Link(start, end, is_http=scheme == "http", is_shortened=host in SHORTENERS)


def _apart(text: str) -> str:
    """The text with links apart from Japanese. Everything stays where it is."""
    return text if text.isascii() else _JAPANESE.sub(" ", text.translate(_NARROW))


def _matches(text: str) -> list[Any]:
    """What the library takes for a link. None has white space in it."""
    if not _LONG_WORD.search(text):
        return _finder().match(text) or []
    found: list[Any] = []
    place = 0
    while piece := _PIECE.search(text, place):
        place = piece.end()
        for each in _finder().match(piece[0]) or []:
            each.index += piece.start()
            each.last_index += piece.start()
            found.append(each)
        if found and found[-1].last_index == place and (rest := _REST.match(text, place)):  # the link is cut here
            found[-1].last_index += len(rest[0].rstrip(_BEHIND_LINK))
            place = rest.end()
    return found


@cache
def _finder() -> Any:
    finder = load("linkify_it").LinkifyIt(options={"fuzzy_email": False})
    finder.tlds(sorted(_top_level_domains()))
    return finder


@cache
def _top_level_domains() -> frozenset[str]:
    return frozenset(name.casefold() for name in load("linkify_it.tlds").TLDS)
