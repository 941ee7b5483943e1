"""What an order takes of a message: the stricter of its own schema's limits and the operation's.

Needs no library.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from spapi_messaging.messages import Field, Operation
from spapi_messaging.preflight.plain_schema import plain_schema

__all__ = ["Limits", "Range", "limits_of"]


@dataclass(frozen=True)
class Range:
    """How much of something a message takes.

    Attributes:
        least: at least this much.
        most: at most this much; None: Amazon sets no limit.
    """

    least: int
    most: int | None

    def to_dict(self) -> dict[str, int | None]:
        """What ``json.dumps`` takes."""
        return {"least": self.least, "most": self.most}

    def of(self, unit: str, units: str) -> str:
        """The range in words, such as "1 to 5 files"."""
        if self.most is None:
            return f"at least {self.least} {unit if self.least == 1 else units}"
        if self.most == 0:
            return f"no {units}"
        counted = f"{self.most} {unit if self.most == 1 else units}"
        if self.least == self.most:
            return counted
        return f"{self.least} to {counted}" if self.least else f"up to {counted}"


@dataclass(frozen=True)
class Limits:
    """What an order takes of one type of message. ``str()`` tells it to people.

    Attributes:
        text: characters of the text, as Unicode code points; None: the type takes no text.
        attachments: files; None: the type takes none.
        required: the fields without which this order takes no such message.
    """

    text: Range | None
    attachments: Range | None
    required: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """What ``json.dumps`` takes."""
        return {
            "text": self.text and self.text.to_dict(),
            "attachments": self.attachments and self.attachments.to_dict(),
            "required": list(self.required),
        }

    def __str__(self) -> str:
        parts = [f"text of {self.text.of('character', 'characters')}"] if self.text else []
        parts += [self.attachments.of("file", "files")] if self.attachments else []
        return "; ".join(parts) or "neither text nor files"


def limits_of(operation: Operation, schema: Mapping[str, Any]) -> Limits:
    """What this order takes of a type of message.

    Args:
        operation: the operation that sends it.
        schema: the ``schema`` of the order's ``AvailableAction``; if that is ``{}``, or makes no sense, the operation's
            own limits remain.

    Returns:
        The limits. Where parts of the schema contradict each other, the operation's own count.
    """
    rules = list(_at_once(plain_schema(operation, schema)))
    asked = {name for rule in rules for name in rule.get("required", ())}
    content = [field for field in operation.fields if field.kind in ("text", "attachments")]
    needed = [field for field in operation.fields if field.required or field.wire_name in asked or [field] == content]
    ranges = {field.kind: _range(field, field in needed, rules) for field in content}
    return Limits(ranges.get("text"), ranges.get("attachments"), tuple(field.name for field in needed))


def _at_once(plain: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """The rules that hold together. Alternatives are left out: only one of them need hold."""
    yield plain
    for part in plain.get("allOf", ()):
        yield from _at_once(part)


def _range(field: Field, is_needed: bool, rules: list[Mapping[str, Any]]) -> Range:
    own = [each for rule in rules for each in _at_once(rule.get("properties", {}).get(field.wire_name, {}))]
    if field.kind == "text":
        lowest, highest, least, most = "minLength", "maxLength", field.min_length or 1, field.max_length
    else:
        lowest, highest, least, most = "minItems", "maxItems", field.min_items or int(is_needed), field.max_items
    of_order_least = max([least, *(each[lowest] for each in own if lowest in each)])
    all_most = [limit for limit in (most, *(each.get(highest) for each in own)) if limit is not None]
    of_order_most = min(all_most, default=None)
    if of_order_most is not None and of_order_least > of_order_most:  # parts of the schema contradict each other
        return Range(least, most)
    return Range(of_order_least, of_order_most)
