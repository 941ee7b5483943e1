"""What holds for all jobs that do not say it themselves."""

from __future__ import annotations

from difflib import get_close_matches
from typing import NamedTuple

from spapi_messaging.bulk.preparing.findings import Findings
from spapi_messaging.errors import quoted
from spapi_messaging.messages import MESSAGE_TYPES

__all__ = ["Defaults"]

_TYPES = {
    name.casefold(): wire_name
    for wire_name, operation in MESSAGE_TYPES.items()
    for name in (wire_name, operation.operation_id)
}


class Defaults(NamedTuple):
    """What holds for jobs that do not say it themselves. None: they must.

    Args:
        message_type: the type's wire name.
        marketplace: the country code.
        account: the account's name; None also where there is only one.
    """

    message_type: str | None = None
    marketplace: str | None = None
    account: str | None = None

    def completed(self, cells: dict[str, str], place: str, findings: Findings) -> dict[str, str] | None:
        """The cells of a job with all that it needs. None: the findings say what is wrong."""
        given = {"type": self.message_type, "marketplace": self.marketplace, "account": self.account}
        cells = {name: value for name, value in given.items() if value} | {
            name: value for name, value in cells.items() if value
        }
        if "marketplace" not in cells:
            remedy = "Name it there, or give --marketplace, such as DE."
            findings.wrong(place, "the marketplace is missing.", "marketplace", remedy)
            return None
        if "type" not in cells:
            findings.wrong(place, "the message type is missing.", "message-type", "Name it there, or give --type.")
            return None
        if (message_type := _TYPES.get(cells["type"].casefold())) is None:
            near = [_TYPES[each] for each in get_close_matches(cells["type"].casefold(), _TYPES, 1)]
            hint = f" Did you mean {near[0]}?" if near else ""
            told = f"there is no message type {quoted(cells['type'])}.{hint}"
            findings.wrong(place, told, "message-type", f"Use one of {', '.join(sorted(MESSAGE_TYPES))}.")
            return None
        return cells | {"type": message_type}
