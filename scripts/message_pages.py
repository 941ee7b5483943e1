#!/usr/bin/env python3
"""Writes what the model says of each message into docs/messages/: the facts of each page, and the table of all.

The rest of these pages is written by hand. `scripts/keep-up` runs this after each change of Amazon's models. A message
without a page gets a row in the table, which leads to Amazon's own page.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PAGES = ROOT / "docs" / "messages"
for package in ("generated", "wrapper"):  # a clone's own code, whatever is installed
    sys.path.insert(0, str(ROOT / package))

from spapi_messaging.attachments import MAX_TOTAL_SIZE  # noqa: E402
from spapi_messaging.messages import MESSAGE_TYPES, Operation  # noqa: E402
from spapi_messaging.preflight.limits import Limits, limits_of  # noqa: E402

_PART = r"(<!-- {name}[^>]* -->\n).*?(<!-- /{name} -->\n)"


def page_of(message_type: str, folder: Path = PAGES) -> Path:
    """Where the page of a message type is, or would be: confirm-order-details.md for confirmOrderDetails."""
    name = re.sub("(?<=[a-z])(?=[A-Z])", "-", message_type).lower()
    return folder / f"{name}.md"


def facts(operation: Operation) -> str:
    """What the model says of a message, as a table."""
    rows = "".join(f"| {name} | {value} |\n" for name, value in _rows(operation))
    return f"| message type | `{operation.message_type}` |\n|---|---|\n{rows}"


def table(folder: Path = PAGES) -> str:
    """All messages and their limits, as a table. Those that Amazon has retired come last."""
    rows = []
    for message_type, operation in sorted(MESSAGE_TYPES.items(), key=lambda each: (bool(each[1].retired), each[0])):
        page, limits = page_of(message_type, folder), limits_of(operation, {})
        link = page.name if page.exists() else operation.documentation
        date = f" retired since {operation.retired.date}" if operation.retired else ""
        rows.append(f"| [`{message_type}`]({link}) | {_text(limits)} | {_files(limits)} |{date} |\n")
    return f"| message | text | files | |\n|---|---|---|---|\n{''.join(rows)}"


def with_part(text: str, name: str, content: str) -> str:
    """A page with another content between `<!-- name -->` and `<!-- /name -->`."""
    pattern = re.compile(_PART.format(name=name), re.DOTALL)
    return pattern.sub(lambda found: f"{found[1]}{content}{found[2]}", text)


def contents(folder: Path = PAGES) -> Iterator[tuple[Path, str]]:
    """Each page with what belongs into it."""
    index = folder / "index.md"
    yield index, with_part(index.read_text(encoding="utf-8"), "limits", table(folder))
    for message_type, operation in MESSAGE_TYPES.items():
        if (page := page_of(message_type, folder)).exists():
            yield page, with_part(page.read_text(encoding="utf-8"), "facts", facts(operation))


def _rows(operation: Operation) -> Iterator[tuple[str, str]]:
    limits = limits_of(operation, {})
    given = "".join(f", {field.name}=…" for field in operation.fields)
    yield "method", f"`client.{operation.name}(order{given})`"
    yield "text", _text(limits)
    yield "files", _files(limits)
    for field in operation.fields:
        if field.kind not in ("text", "attachments"):
            yield f"`{field.name}`", _value(field.kind, required=field.required)
    if operation.rate and operation.burst:
        yield "pace", f"{operation.rate:g} per second; {operation.burst} at once after a pause"
    yield "at Amazon", f"[{operation.operation_id}]({operation.documentation})"
    if retired := operation.retired:
        yield "retired", f"left Amazon's published model on {retired.date}: expect Amazon to refuse it"


def _value(kind: str, *, required: bool) -> str:
    what = "a date with time and zone" if kind == "date-time" else "a value"
    return f"{what}; {'must be given' if required else 'may be left out'}"


def _text(limits: Limits) -> str:
    return limits.text.of("character", "characters") if limits.text else "none"


def _files(limits: Limits) -> str:
    if limits.attachments is None:
        return "none"
    return f"{limits.attachments.of('file', 'files')}, together under {MAX_TOTAL_SIZE // 1024**2} MB"


def main() -> None:
    """Writes the pages."""
    for page, text in contents():
        page.write_text(text, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
