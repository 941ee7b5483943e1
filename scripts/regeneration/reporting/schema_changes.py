"""The differences between two schemas. What breaks callers depends on the way: what is sent, what is answered. Pure."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from regeneration.documents import Document
from regeneration.reporting.change import ADDED, ADDS, BREAKS, BUMPS, CHANGED, HARMLESS, REMOVED, Change, Place
from regeneration.reporting.differences import MISSING, at, listed, or_listed, remaining, same
from regeneration.reporting.markdown import code, escaped
from regeneration.words import plain, span

# For each limit, whether a greater value allows more.
LIMITS = {
    "minLength": False, "maxLength": True, "minItems": False, "maxItems": True, "minimum": False, "maximum": True,
    "minProperties": False, "maxProperties": True,
}  # fmt: skip
# Limits that are there or not.
SWITCHES = ("uniqueItems", "exclusiveMinimum", "exclusiveMaximum")
TYPE = ("type", "$ref", "format", "x-wire-format", "items", "allOf", "oneOf", "anyOf")
WORDED = (
    *TYPE, *LIMITS, *SWITCHES, "properties", "required", "x-enum", "pattern", "multipleOf", "nullable", "x-default",
    "additionalProperties",
)  # fmt: skip


class Way(NamedTuple):
    """Where a value goes: to Amazon, to the caller, or both."""

    sent: bool = False
    answered: bool = False

    def bump(self, *, sent: str, answered: str) -> str:
        """What a difference does to callers, given what it does on either way."""
        found = [*([sent] if self.sent else []), *([answered] if self.answered else [])]
        return min(found, key=BUMPS.index, default=HARMLESS)

    @property
    def tighter(self) -> str:
        return self.bump(sent=BREAKS, answered=HARMLESS)

    @property
    def looser(self) -> str:
        return self.bump(sent=ADDS, answered=HARMLESS)


SENT, ANSWERED = Way(sent=True), Way(answered=True)


def schema_changes(
    place: Place, old: Document, new: Document, way: Way, whole: Place | None = None
) -> Iterator[Change]:
    """Every difference. `whole` is the place of what concerns the value itself, where its fields have another one."""
    whole = whole or place
    if not same(old, new):
        yield from or_listed(whole, _changes(place, whole, _unwrapped(old), _unwrapped(new), way), old, new)


def _unwrapped(schema: Document) -> Document:
    """An `allOf` of one schema counts as that schema."""
    if len(schema.get("allOf", ())) != 1:
        return schema
    rest = {key: value for key, value in schema.items() if key != "allOf"}
    only: Document = schema["allOf"][0]
    return rest | only


def _changes(place: Place, whole: Place, old: Document, new: Document, way: Way) -> Iterator[Change]:
    yield from _type_changes(whole, old, new, way)
    yield from _limit_changes(whole, old, new, way)
    for key, changes in VALUES.items():
        if not same(at(old, key), at(new, key)):
            yield from changes(whole, old.get(key), new.get(key), way)
    yield from _field_changes(place, whole, old, new, way)
    yield from _other_fields(whole, old, new, way)
    yield from remaining(whole, old, new, WORDED)


def _type_changes(place: Place, old: Document, new: Document, way: Way) -> Iterator[Change]:
    both_lists = "items" in old and "items" in new and old.get("type") == new.get("type")
    before, after = type_words(old), type_words(new)
    if before != after and not both_lists:
        yield place.change(CHANGED, BREAKS, f" is {after}, before {before}.")
        return
    if both_lists:
        yield from schema_changes(place.inside("each item"), old["items"], new["items"], way)
    for key in TYPE:
        if key != "items" or not both_lists:
            yield from _part_changes(place, key, at(old, key), at(new, key), way)


def _part_changes(place: Place, key: str, old: Any, new: Any, way: Way) -> Iterator[Change]:
    """The differences in what makes up a type whose words are the same."""
    if same(old, new):
        return
    if isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        for before, after in zip(old, new, strict=True):
            yield from schema_changes(place.inside(f"as {type_words(after)}"), before, after, way)
    else:
        yield from listed(place, old, new, f"/{key}")


def type_words(schema: Document) -> str:
    """A type in words: `string`, `date-time`, `list of Attachment`."""
    if "$ref" in schema:
        return code(schema["$ref"].rsplit("/", 1)[-1])
    parts = schema.get("oneOf") or schema.get("anyOf") or schema.get("allOf")
    if parts:
        return " or ".join(type_words(part) for part in parts)
    if schema.get("type") == "array":
        return f"list of {type_words(schema.get('items', {}))}"
    if "x-wire-format" in schema:
        return escaped(str(schema["x-wire-format"]))
    kind = f" ({escaped(str(schema['format']))})" if "format" in schema else ""
    return f"{schema.get('type', 'any')}{kind}"


def limit_words(schema: Document) -> str:
    """`(1 to 800 characters)`; empty when there is no limit."""
    found = span(schema.get("minLength"), schema.get("maxLength"), "character") or span(
        schema.get("minItems"), schema.get("maxItems"), "item"
    )
    return f"({found})" if found else ""


def _limit_changes(place: Place, old: Document, new: Document, way: Way) -> Iterator[Change]:
    for name, more in LIMITS.items():
        before, after = old.get(name), new.get(name)
        if before == after:
            yield from listed(place, at(old, name), at(new, name), f"/{name}")
        else:
            looser = after is None or (before is not None and (after > before) == more)
            text = f": {name} {_or_none(after)}, before {_or_none(before)}."
            yield place.change(CHANGED, way.looser if looser else way.tighter, text)
    for name in SWITCHES:
        if not same(at(old, name), at(new, name)):
            text = f": {name} {_yes(new.get(name))}, before {_yes(old.get(name))}."
            yield place.change(CHANGED, way.tighter if new.get(name) else way.looser, text)


def _or_none(value: Any) -> str:
    return "none" if value is None else plain(value)


def _yes(value: Any) -> str:
    return "none" if value is None else "yes" if value else "no"


def _enum_changes(place: Place, old: Any, new: Any, way: Way) -> Iterator[Change]:
    if not old or not new:
        text = f" takes any value, before only {_listed(old)}." if old else f" is one of {_listed(new)}."
        yield place.change(CHANGED, way.tighter if new else way.looser, text)
        return
    added = [value for value in new if value not in old]
    gone = [value for value in old if value not in new]
    if added:
        yield place.change(ADDED, ADDS, f": {_listed(added)}.")
    if gone:
        yield place.change(REMOVED, way.tighter, f": {_listed(gone)}.")
    if not added and not gone:
        yield place.change(CHANGED, HARMLESS, " lists its values in another order.")


def _listed(values: list[Any] | None) -> str:
    return ", ".join(code(str(value)) for value in values or ())


def _pattern_changes(place: Place, old: Any, new: Any, way: Way) -> Iterator[Change]:
    text = f" must match {code(new)}." if new else " need not match a pattern any more."
    yield place.change(CHANGED, way.tighter if new else way.looser, text)


def _multiple_changes(place: Place, old: Any, new: Any, way: Way) -> Iterator[Change]:
    text = f" must be a multiple of {plain(new)}." if new else f" need not be a multiple of {plain(old)} any more."
    yield place.change(CHANGED, way.tighter if new else way.looser, text)


def _null_changes(place: Place, old: Any, new: Any, way: Way) -> Iterator[Change]:
    if new:
        yield place.change(CHANGED, way.bump(sent=ADDS, answered=BREAKS), " may be null now.")
    elif old:
        yield place.change(CHANGED, way.bump(sent=BREAKS, answered=ADDS), " may not be null any more.")


def _default_changes(place: Place, old: Any, new: Any, way: Way) -> Iterator[Change]:
    values = ("none" if value is None else code(str(value)) for value in (new, old))
    yield place.change(CHANGED, HARMLESS, ": Amazon's default is {}, before {}.".format(*values))


VALUES = {
    "x-enum": _enum_changes,
    "pattern": _pattern_changes,
    "multipleOf": _multiple_changes,
    "nullable": _null_changes,
    "x-default": _default_changes,
}


def field_words(name: str, schema: Document) -> str:
    """A field that is new: its name, its type and its limits."""
    return f"field {code(name)}, {described_type(schema)}"


def described_type(schema: Document) -> str:
    """A type with everything that a value must keep to."""
    schema = _unwrapped(schema)
    parts = [
        f"{type_words(schema)} {limit_words(schema)}".rstrip(),
        f"one of {_listed(schema['x-enum'])}" if schema.get("x-enum") else "",
        f"must match {code(schema['pattern'])}" if schema.get("pattern") else "",
        *(f"{name} {plain(schema[name])}" for name in ("minimum", "maximum") if name in schema),
    ]
    return ", ".join(part for part in parts if part)


def _field_changes(place: Place, whole: Place, old: Document, new: Document, way: Way) -> Iterator[Change]:
    before, after = old.get("properties", {}), new.get("properties", {})
    needed, needs = old.get("required", []), new.get("required", [])
    for name in sorted(before.keys() | after.keys() | {*needed, *needs}):
        here = place.inside(f"field {code(name)}")
        if name in after and name not in before:
            yield _new_field(place, name, after[name], name in needs, way)
        elif name in before and name not in after:
            yield here.change(REMOVED, BREAKS, ".")
        else:
            yield from schema_changes(here, before.get(name, {}), after.get(name, {}), way)
            yield from _need_changes(here, name in needed, name in needs, way)
    yield from _other_order(whole, "required", old, new)
    if not before and not after:
        yield from listed(whole, at(old, "properties"), at(new, "properties"), "/properties")


def _new_field(place: Place, name: str, schema: Document, required: bool, way: Way) -> Change:
    bump = way.bump(sent=BREAKS, answered=ADDS) if required else ADDS
    return place.change(ADDED, bump, f": {'required ' if required else ''}{field_words(name, schema)}.")


def _need_changes(place: Place, old: bool, new: bool, way: Way) -> Iterator[Change]:
    if new and not old:
        yield place.change(CHANGED, way.bump(sent=BREAKS, answered=ADDS), " is required now.")
    if old and not new:
        yield place.change(CHANGED, way.bump(sent=ADDS, answered=BREAKS), " may be left out.")


def _other_order(place: Place, key: str, old: Document, new: Document) -> Iterator[Change]:
    before, after = at(old, key), at(new, key)
    if set(old.get(key, ())) == set(new.get(key, ())) and not same(before, after):
        yield from listed(place, before, after, f"/{key}")


def _other_fields(place: Place, old: Document, new: Document, way: Way) -> Iterator[Change]:
    """What holds for fields that have no name in the schema."""
    before, after = at(old, "additionalProperties"), at(new, "additionalProperties")
    if isinstance(before, dict) and isinstance(after, dict):
        yield from schema_changes(place.inside("every other field"), before, after, way)
    elif _others(before) == _others(after):
        yield from listed(place, before, after, "/additionalProperties")
    else:
        fewer = after is False or (isinstance(after, dict) and before is not False)
        words = f"{_others(after)}, before {_others(before)}"
        yield place.change(CHANGED, way.tighter if fewer else way.looser, f": other fields are {words}.")


def _others(value: Any) -> str:
    if isinstance(value, dict):
        return f"only {type_words(value)}" if value else "taken"
    return "refused" if value is False else "not mentioned" if value is MISSING else "taken"
