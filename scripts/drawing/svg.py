"""Boxes, arrows and words of a picture, in light and dark colours. It loads nothing, and every run writes the same."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

Point = tuple[float, float]

_STYLE = """\
    .page { fill: #ffffff; }
    .box { fill: #f3f6fa; stroke: #5b6b7f; stroke-width: 1.5; }
    .main { fill: #e2efe6; stroke: #2f6f45; stroke-width: 2.5; }
    .care { fill: #fbe9e7; stroke: #a5392b; stroke-width: 2; }
    .aside { fill: #f8f4ea; stroke: #8a7440; stroke-width: 1.5; stroke-dasharray: 6 4; }
    text { fill: #1b2430; }
    .name { font-weight: 600; font-size: 17px; }
    .small { font-size: 13.5px; fill: #3d4a5c; }
    .line { fill: none; stroke: #3d4a5c; stroke-width: 1.8; }
    .thin { stroke-dasharray: 6 4; }
    .grid { fill: none; stroke: #c8d1dc; stroke-width: 1; }
    .curve { fill: none; stroke: #2f6f45; stroke-width: 2.5; }
    .dot { fill: #1f5fa8; }
    .head { fill: #3d4a5c; }
    @media (prefers-color-scheme: dark) {
      .page { fill: #10161e; }
      .box { fill: #1c2632; stroke: #8fa2b8; }
      .main { fill: #18311f; stroke: #6fbf8b; }
      .care { fill: #3a1c19; stroke: #e58a7c; }
      .aside { fill: #2b2618; stroke: #c9ae6a; }
      text { fill: #eef3f8; }
      .small { fill: #c3cfdb; }
      .line { stroke: #c3cfdb; }
      .grid { stroke: #33404f; }
      .curve { stroke: #6fbf8b; }
      .dot { fill: #7db4f0; }
      .head { fill: #c3cfdb; }
    }"""
_FONT = "system-ui, -apple-system, 'Segoe UI', 'DejaVu Sans', sans-serif"
_LINE_HEIGHT = 20


class Picture:
    """A picture, part by part.

    Args:
        width: in pixels, and so is the height.
        height: of the picture.
        title: its name.
        told: what it shows, in words, for people who do not see it.
    """

    def __init__(self, width: int, height: int, title: str, told: str) -> None:
        self._size, self._title, self._told = (width, height), title, told
        self._parts: list[str] = []

    def box(self, x: float, y: float, width: float, name: str, lines: Iterable[str] = (), kind: str = "box") -> None:
        """A box with a name and lines below it. Its height follows from them."""
        told = [*lines]
        self._parts.append(
            f'<rect class="{kind}" x="{x:g}" y="{y:g}" width="{width:g}" height="{height_of(told):g}" rx="8"/>'
        )
        self.words(x + 16, y + 28, name, "name")
        for number, line in enumerate(told):
            self.words(x + 16, y + 50 + number * _LINE_HEIGHT, line)

    def words(self, x: float, y: float, text: str, kind: str = "small", anchor: str = "start") -> None:
        """A line of text."""
        where = "" if anchor == "start" else f' text-anchor="{anchor}"'
        self._parts.append(f'<text class="{kind}" x="{x:g}" y="{y:g}"{where}>{escape(text, quote=False)}</text>')

    def arrow(self, path: str, *, both: bool = False, thin: bool = False) -> None:
        """An arrow along a path of SVG."""
        start = ' marker-start="url(#arrow)"' if both else ""
        self._parts.append(f'<path class="line{" thin" * thin}" marker-end="url(#arrow)"{start} d="{path}"/>')

    def lines(self, points: Sequence[Point], kind: str) -> None:
        """Lines from point to point."""
        joined = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        self._parts.append(f'<polyline class="{kind}" points="{joined}"/>')

    def dot(self, x: float, y: float) -> None:
        """A dot."""
        self._parts.append(f'<circle class="dot" cx="{x:.1f}" cy="{y:.1f}" r="5"/>')

    def svg(self) -> str:
        """The file."""
        width, height = self._size
        body = "\n  ".join(self._parts)
        return f"""\
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img" aria-labelledby="title told" \
font-family="{_FONT}" font-size="15">
  <title id="title">{escape(self._title, quote=False)}</title>
  <desc id="told">{escape(self._told, quote=False)}</desc>
  <style>
{_STYLE}
  </style>
  <defs>
    <marker id="arrow" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="7" markerHeight="7" \
orient="auto-start-reverse">
      <path class="head" d="M0 0 10 5 0 10z"/>
    </marker>
  </defs>
  <rect class="page" width="{width}" height="{height}" rx="10"/>
  {body}
</svg>
"""


def height_of(lines: Sequence[str]) -> float:
    """The height of a box with these lines below its name."""
    return 44 + len(lines) * _LINE_HEIGHT
