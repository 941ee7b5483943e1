"""The differences between two specifications that matter to users, and what each does to callers. Pure."""

import json
from collections.abc import Collection, Iterator
from typing import Any, NamedTuple

from regeneration.documents import Document, operations, reachable
from regeneration.facade import span
from regeneration.table import Operation, SandboxCase, table

# The limits of what is sent: for each, whether a greater value allows more.
LIMITS = {
    "minLength": False, "maxLength": True, "minItems": False, "maxItems": True, "minimum": False, "maximum": True,
}  # fmt: skip


class Change(NamedTuple):
    """One difference: its section in the changelog, the part of the version that it raises, and a sentence."""

    section: str
    bump: str
    text: str


def changes(old: Document, new: Document) -> list[Change]:
    """Every difference that matters to users. The same two documents give the same order."""
    return [*_operations(old, new), *_low_level_only(old, new), *_models(old, new)]


def _operations(old: Document, new: Document) -> Iterator[Change]:
    before = {operation.operation_id: operation for operation in table(old)[0]}
    after = {operation.operation_id: operation for operation in table(new)[0]}
    for name in sorted(before.keys() | after.keys(), key=str.lower):
        if name not in before:
            yield Change("Added", "minor", f"{_title(after[name])}: {_new(after[name])}")
        elif name not in after:
            yield Change("Removed", "major", f"{_title(before[name])} is gone; `--retire {name}` would keep it.")
        else:
            yield from _operation(before[name], after[name])
    both = sorted(before.keys() & after.keys(), key=str.lower)
    yield from _grouped("sandbox cases", {name: _sandbox(before[name], after[name]) for name in both})
    yield from _grouped("documented statuses", _statuses(old, new))


def _grouped(what: str, differences: dict[str, str]) -> Iterator[Change]:
    """One line for all operations with the same difference: Amazon often changes its whole sandbox at once."""
    for difference in dict.fromkeys(text for text in differences.values() if text):
        names = ", ".join(f"`{name}`" for name, text in differences.items() if text == difference)
        yield Change("Changed", "patch", f"{what} of {names}: {difference}.")


def _title(operation: Operation) -> str:
    return f"`{operation.name}` ({operation.operation_id})"


def _new(operation: Operation) -> str:
    fields = [f"{field.name} {limits}".strip() for field in operation.fields for limits in [_limits(field.schema)]]
    cases = len(operation.sandbox_cases)
    parts = [
        f"message type `{operation.message_type}`" if operation.message_type else "",
        f"takes {', '.join(fields)}" if fields else "",
        f"usage plan {_plan(operation)}",
        f"{cases} sandbox case{'' if cases == 1 else 's'}",
    ]
    return f"{operation.summary.rstrip('.')}; {'; '.join(part for part in parts if part)}."


def _limits(schema: Document) -> str:
    found = span(schema.get("minLength"), schema.get("maxLength"), "character") or span(
        schema.get("minItems"), schema.get("maxItems"), "item"
    )
    return f"({found})" if found else ""


def _plan(operation: Operation) -> str:
    return "none" if operation.rate is None else f"{operation.rate:g}/s, burst {operation.burst}"


def _operation(old: Operation, new: Operation) -> Iterator[Change]:
    title = _title(new)
    if new.retired and not old.retired:
        date, commit = new.retired
        facts = (f" on {date}" if date else "") + (f" (commit {commit})" if commit else "")
        yield Change("Deprecated", "minor", f"{title} left the published model{facts}; the method stays and warns.")
    if old.retired and not new.retired:
        yield Change("Changed", "minor", f"{title} is published again; the method no longer warns.")
    if (old.http_method, old.path) != (new.http_method, new.path):
        moved = f"from {old.http_method} {old.path} to {new.http_method} {new.path}"
        yield Change("Changed", "patch" if old.message_type == new.message_type else "major", f"{title} moved {moved}.")
    for what, before, after in (("body", old.body_model, new.body_model), ("answer", old.answer, new.answer)):
        if before != after:
            yield Change("Changed", "major", f"{title}: the model of its {what} is `{after}`, no longer `{before}`.")
    yield from _slots(title, _arguments(old), _arguments(new), sent=True)
    if _plan(old) != _plan(new):
        yield Change("Changed", "patch", f"{title}: usage plan {_plan(new)}, before {_plan(old)}.")


class _Slot(NamedTuple):
    schema: Document
    required: bool


def _arguments(operation: Operation) -> dict[str, _Slot]:
    fields = {f"field `{field.wire_name}`": _Slot(field.schema, field.required) for field in operation.fields}
    others = {
        f"{item.location} parameter `{item.wire_name}`": _Slot(item.schema, item.required)
        for item in operation.parameters
    }
    return fields | others


def _slots(title: str, old: dict[str, _Slot], new: dict[str, _Slot], *, sent: bool) -> Iterator[Change]:
    """The values that are new, gone or different, by name."""
    for name in sorted(old.keys() | new.keys()):
        if name not in old:
            bump = "major" if new[name].required else "minor"
            needed = "required " if new[name].required else ""
            yield Change("Added", bump, f"{title}: {needed}{name}, {_type(new[name].schema)}{_after(new[name])}.")
        elif name not in new:
            yield Change("Removed", "major", f"{title}: {name}.")
        else:
            yield from _slot(f"{title}: {name}", old[name], new[name], sent=sent)


def _after(slot: _Slot) -> str:
    limits = _limits(slot.schema)
    return f" {limits}" if limits else ""


def _slot(place: str, old: _Slot, new: _Slot, *, sent: bool) -> Iterator[Change]:
    before, after = _type(old.schema), _type(new.schema)
    if before != after:
        yield Change("Changed", "major", f"{place} is {after}, before {before}.")
        return
    if new.required and not old.required:
        yield Change("Changed", "major", f"{place} is required now.")
    if old.required and not new.required:
        yield Change("Changed", "minor", f"{place} may be left out.")
    for limit, more in LIMITS.items():
        yield from _limit(place, limit, old.schema.get(limit), new.schema.get(limit), more, sent=sent)
    yield from _values(place, old.schema.get("x-enum"), new.schema.get("x-enum"), sent=sent)
    if old.schema.get("pattern") != new.schema.get("pattern"):
        pattern = new.schema.get("pattern")
        text = f"must match `{pattern}`" if pattern else "need not match a pattern any more"
        yield Change("Changed", "major" if sent and pattern else "minor", f"{place} {text}.")


def _limit(place: str, name: str, old: Any, new: Any, more: bool, *, sent: bool) -> Iterator[Change]:
    if old == new:
        return
    looser = new is None or (old is not None and (new > old) == more)
    text = f"{place}: {name} {_or_none(new)}, before {_or_none(old)}."
    yield Change("Changed", "minor" if looser else "major" if sent else "patch", text)


def _or_none(value: Any) -> str:
    return "none" if value is None else str(value)


def _values(place: str, old: list[Any] | None, new: list[Any] | None, *, sent: bool) -> Iterator[Change]:
    if old == new:
        return
    if not old or not new:
        text = f"takes any value, no longer {_listed(old)} alone" if old else f"is one of {_listed(new)}"
        yield Change("Changed", "major" if sent and new else "minor", f"{place} {text}.")
        return
    if added := [value for value in new if value not in old]:
        yield Change("Added", "minor", f"{place}: {_listed(added)}.")
    if gone := [value for value in old if value not in new]:
        yield Change("Removed", "major" if sent else "patch", f"{place}: {_listed(gone)}.")


def _listed(values: list[Any] | None) -> str:
    return ", ".join(f"`{value}`" for value in values or ())


def _type(schema: Document) -> str:
    """A type in words: `string`, `date-time`, `list of Attachment`."""
    if "$ref" in schema:
        return f"`{schema['$ref'].rsplit('/', 1)[-1]}`"
    if schema.get("oneOf") or schema.get("anyOf") or schema.get("allOf"):
        parts = schema.get("oneOf") or schema.get("anyOf") or schema["allOf"]
        return " or ".join(_type(part) for part in parts)
    if schema.get("type") == "array":
        return f"list of {_type(schema.get('items', {}))}"
    return str(schema.get("x-wire-format") or schema.get("type", "any"))


def _statuses(old: Document, new: Document) -> dict[str, str]:
    before, after = ({node["operationId"]: node["responses"] for _, _, node in operations(one)} for one in (old, new))
    return {
        name: _difference(before[name].keys(), after[name].keys())
        for name in sorted(before.keys() & after.keys(), key=str.lower)
    }


def _difference(old: Collection[str], new: Collection[str]) -> str:
    came, went = [name for name in sorted(new) if name not in old], [name for name in sorted(old) if name not in new]
    return "; ".join(f"{what} {', '.join(names)}" for what, names in (("new", came), ("no longer", went)) if names)


def _sandbox(old: Operation, new: Operation) -> str:
    before, after = _by_request(old.sandbox_cases), _by_request(new.sandbox_cases)
    changed = [request for request in before.keys() & after.keys() if before[request] != after[request]]
    came = {_case(after[request]) for request in after.keys() - before.keys()}
    went = {_case(before[request]) for request in before.keys() - after.keys()}
    others = {f"another answer to {_case(after[request])}" for request in changed}
    # A case with another body looks like a new case and a missing one.
    others |= {f"another body for {case}" for case in came & went}
    return "; ".join(part for part in (_difference(went - came, came - went), *sorted(others)) if part)


def _case(case: SandboxCase) -> str:
    return f"{case.status} for order {case.order_id or 'of any id'}"


def _by_request(cases: tuple[SandboxCase, ...]) -> dict[str, SandboxCase]:
    return {
        json.dumps([case.order_id, case.parameters, case.body, case.status], sort_keys=True): case for case in cases
    }


def _low_level_only(old: Document, new: Document) -> Iterator[Change]:
    known = table(old)[1]
    for line in table(new)[1]:
        if line not in known:
            yield Change("Added", "minor", f"{line}.")


def _models(old: Document, new: Document) -> Iterator[Change]:
    """Fields of models inside bodies and in answers. The fields of a body itself are arguments of its operation."""
    bodies = {operation.body_model for document in (old, new) for operation in table(document)[0]}
    before, after = old["components"]["schemas"], new["components"]["schemas"]
    for name in sorted((before.keys() & after.keys()) - bodies):
        yield from _slots(f"`{name}`", _properties(before[name]), _properties(after[name]), sent=name in _sent(new))


def _properties(schema: Document) -> dict[str, _Slot]:
    required = schema.get("required", [])
    return {f"field `{name}`": _Slot(value, name in required) for name, value in schema.get("properties", {}).items()}


def _sent(document: Document) -> set[str]:
    bodies = [node.get("requestBody", {}) for _, _, node in operations(document)]
    return reachable(document["components"]["schemas"], bodies)
