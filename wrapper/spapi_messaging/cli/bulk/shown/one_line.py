"""What others wrote, such as a document number or an answer of Amazon's, as a terminal may show it."""

from __future__ import annotations

__all__ = ["one_line"]


def one_line(text: str, most: int = 200) -> str:
    """A text in one line of at most ``most`` characters, without anything that moves a terminal's cursor."""
    from spapi_messaging.preflight.printable import printable  # other commands do without it

    return printable(text, most)
