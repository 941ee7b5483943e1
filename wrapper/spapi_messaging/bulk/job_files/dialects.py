"""What stands between the cells: a comma, a semicolon, a tab or a vertical bar."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable

from spapi_messaging.errors import ConfigurationError, quoted

__all__ = ["cells_of", "checked_delimiter", "delimiter_named_by", "guessed_delimiter"]

_DELIMITERS = ",;\t|"
# Characters of the first line that show which one it is.
_ENOUGH = 20_000
_NAMES = {"tab": "\t", "\\t": "\t", "comma": ",", "semicolon": ";", "pipe": "|"}


def checked_delimiter(delimiter: str | None) -> str | None:
    """The delimiter as one character; ``"tab"`` may be written for a tab.

    Raises:
        ConfigurationError: this cannot be one.
    """
    if delimiter is None:
        return None
    found = _NAMES.get(delimiter.lower(), delimiter) if isinstance(delimiter, str) else ""
    if len(found) != 1 or found in '"\r\n\0\ufeff' or found.isalnum() or "\ud800" <= found <= "\udfff":
        told = f"A delimiter is one character, such as a comma, a semicolon or tab, not {quoted(delimiter)}."
        raise ConfigurationError(told)
    return found


def delimiter_named_by(line: str) -> str | None:
    """The delimiter that Excel's first line names: ``sep=;``. None: it is another line."""
    written = line.strip("\n").strip('"')
    is_one = len(written) == 5 and written.lower().startswith("sep=")
    return written[4] if is_one and written[4] in _DELIMITERS else None


def guessed_delimiter(line: str, is_known: Callable[[str], bool]) -> str:
    """The delimiter that divides a line into headings.

    Args:
        line: the first line of the headings.
        is_known: whether a heading is one that we know.
    """

    def worth(delimiter: str) -> tuple[int, int]:
        cells = cells_of(line[:_ENOUGH], delimiter)
        return sum(map(is_known, cells)), len(cells)

    return max(_DELIMITERS, key=worth)


def cells_of(line: str, delimiter: str) -> list[str]:
    """The cells of one line. A cell that goes on in the next line ends with this one."""
    try:
        return next(iter(csv.reader(_once(line), delimiter=delimiter)), [])
    except csv.Error:  # one cell that is longer than Python's limit
        return []


def _once(line: str) -> Iterable[str]:
    yield line
