"""Finds HTML in a text. Amazon takes none, so it is an error; what may be something else does not count as HTML."""

from __future__ import annotations

import re
from html.entities import html5

__all__ = ["find_references", "find_tags"]

_names = str.split

# All elements of HTML, also the obsolete ones. Other names are not tags: <Name>, <Ihr Name>.
_ELEMENTS = _names("""
a abbr acronym address applet area article aside audio b base basefont bdi bdo bgsound big blink blockquote body br
button canvas caption center cite code col colgroup data datalist dd del details dfn dialog dir div dl dt em embed
fieldset figcaption figure font footer form frame frameset h1 h2 h3 h4 h5 h6 head header hgroup hr html i iframe img
input ins isindex kbd keygen label legend li link listing main map mark marquee menu menuitem meta meter nav nobr
noembed noframes noscript object ol optgroup option output p param picture plaintext portal pre progress q rb rp rt rtc
ruby s samp script search section select slot small source spacer span strike strong style sub summary sup svg table
tbody td template textarea tfoot th thead time title tr track tt u ul var video wbr xmp
""")
# Names of elements that people also write for something else: "<Code>", "<title>", the size "<S>". These count with an
# attribute or a slash.
_EVERYDAY = _names("""
a address area article audio base big body button caption center cite code data del details dialog figure font
footer form frame head header input ins label legend link main map mark menu meter nav object option output param
picture portal progress q s search section select slot small source spacer style summary table template time title track
var video
""")
# Attributes that stand without a value.
_FLAGS = _names("""
allowfullscreen async autofocus autoplay checked compact controls default defer disabled formnovalidate hidden inert
ismap itemscope loop multiple muted nomodule noshade novalidate nowrap open playsinline readonly required reversed
selected
""")


def _one_of(names: list[str]) -> str:
    return "|".join(sorted(names, key=len, reverse=True))


_PLAIN = _one_of([name for name in _ELEMENTS if name not in _EVERYDAY])
# An attribute has a name of two letters or more and a value, or is a flag: "a <i and y> b" and "<b c=3>" are not tags.
_ATTRIBUTE = rf"\s+(?:[a-z][a-z-]{{1,30}}\s{{0,3}}=|(?:{_one_of(_FLAGS)})\b)"
_TAG = re.compile(
    rf"""
      <!--
    | <!doctype\b
    | <!\[cdata\[
    | <(?:{_PLAIN})\s{{0,9}}/?>
    | <(?:{_one_of(_ELEMENTS)})\s{{0,9}}/>
    | <(?:{_one_of(_ELEMENTS)})(?={_ATTRIBUTE})[^<>]{{1,2000}}>
    | </(?:{_one_of(_ELEMENTS)})\s{{0,9}}>
    """,
    re.IGNORECASE | re.ASCII | re.VERBOSE,
)
_REFERENCE = re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|([A-Za-z][A-Za-z0-9]{1,31}));")


def find_tags(text: str) -> list[int]:
    """Where tags, comments and document types begin."""
    return [tag.start() for tag in _TAG.finditer(text)]


def find_references(text: str) -> list[int]:
    """Where character references such as ``&nbsp;`` begin."""
    found = _REFERENCE.finditer(text)
    return [each.start() for each in found if each[1] is None or f"{each[1]};" in html5]
