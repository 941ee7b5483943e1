"""The file of a line of a report behind a URL, by a pattern over its columns: ``s3://invoices/{order}.pdf``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from spapi_messaging.bulk.files.refusals import Refused
from spapi_messaging.bulk.files.urls import checked_url, scheme_of
from spapi_messaging.bulk.preparing.attaching import Found, check_piece, filled, what_is_wrong
from spapi_messaging.bulk.preparing.findings import Findings
from spapi_messaging.bulk.preparing.patterns import pieces
from spapi_messaging.errors import ConfigurationError

__all__ = ["AttachedUrls"]


class AttachedUrls:
    """Names the URL of a line's file. Whether the file is there is found out when the job file is checked.

    Args:
        written: the pattern, with columns in braces. It has no ``*``: not every storage lists its files.
        names: the columns that it may use.

    Attributes:
        columns: those that the pattern uses.

    Raises:
        ConfigurationError: this cannot be a pattern.
    """

    def __init__(self, written: str, names: Sequence[str]) -> None:
        self._pieces = pieces(written)
        if "*" in written:
            raise ConfigurationError("--attach: a URL takes no *. Give the columns that name the file, in braces.")
        for piece in self._pieces:
            check_piece(f"{scheme_of(written)}://", piece, names)
        self.columns = {piece[1:-1] for piece in self._pieces if piece.startswith("{")}
        try:
            checked_url("".join("x" if piece.startswith("{") else piece for piece in self._pieces))
        except Refused as refused:
            raise ConfigurationError(f"--attach: {refused.told} {refused.remedy}") from None

    def find(self, values: Mapping[str, str], place: str, findings: Findings) -> Found | None:
        """The URL of a line's file. None: the findings say what is wrong.

        Args:
            values: the line's cells, by column.
            place: the line.
            findings: takes problems.
        """
        place, remedy = f"{place}, attachments", "Correct the cell, or give another --attach."
        for column in sorted(self.columns):
            cell = values.get(column, "").strip()
            if wrong := what_is_wrong(cell) or ("holds a percent sign" if "%" in cell else None):
                findings.wrong(place, f"the column {column} names the file, and {wrong}.", "file-name", remedy)
                return None
        try:
            return Found([checked_url("".join(filled(piece, values) for piece in self._pieces))], True)
        except Refused as refused:
            findings.wrong(place, refused.told, refused.rule, remedy)
            return None
