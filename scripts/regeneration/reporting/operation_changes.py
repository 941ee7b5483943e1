"""The differences between two versions of an operation, in words. Pure."""

import json
from collections.abc import Iterator

from regeneration.generating.records import Retired
from regeneration.generating.table import when
from regeneration.reporting.answer_changes import answer_changes
from regeneration.reporting.body_changes import body_changes
from regeneration.reporting.change import ADDED, ADDS, BREAKS, CHANGED, DEPRECATED, HARMLESS, REMOVED, Change, Place
from regeneration.reporting.differences import MISSING, at, listed, or_listed, remaining, same
from regeneration.reporting.markdown import code, escaped
from regeneration.reporting.matching import Version
from regeneration.reporting.pace import pace, pace_change
from regeneration.reporting.parameter_changes import parameter_changes
from regeneration.reporting.schema_changes import limit_words
from regeneration.words import plural

KINDS = {"read": "a read", "send": "a send", "upload": "an upload"}
WORDED = ("operationId", "deprecated", "x-retired", "x-kind", "x-answer")


def added(new: Version) -> Change:
    """An operation that is new."""
    place = Place(new.subject)
    if new.described is None:
        return place.change(ADDED, ADDS, f": {escaped(new.obstacle or '')}.")
    operation = new.described.operation
    needed = [each.field.required for each in new.described.fields]
    fields = [f"{each.field.name} {limit_words(each.schema)}".strip() for each in new.described.fields]
    needed += [each.parameter.required for each in new.described.parameters]
    fields += [each.keyword for each in new.described.parameters]
    takes = [f"required {name}" if need else name for name, need in zip(fields, needed, strict=True)]
    plan = new.node.get("x-usage-plan")
    parts = [
        escaped(operation.summary.rstrip(".")),
        f"message type {code(operation.message_type)}" if operation.message_type else "",
        f"takes {', '.join(takes)}" if takes else "",
        f"usage plan {pace(plan)}" if plan else "no usage plan",
        plural(len(new.described.sandbox_cases), "sandbox case"),
        escaped(operation.deprecated.rstrip(".")),
    ]
    return place.change(ADDED, ADDS, f": {'; '.join(part for part in parts if part)}.")


def removed(old: Version) -> Change:
    """An operation that is gone."""
    return Place(old.subject).change(REMOVED, BREAKS, f" is gone; `--retire {old.name}` would keep it.")


def operation_changes(old: Version, new: Version) -> Iterator[Change]:
    """Every difference between two versions of one operation."""
    place = Place(new.subject)
    yield from _name_changes(old, new)
    yield from _home_changes(place, old, new)
    yield from _request_changes(place, old, new)
    yield from _deprecation_changes(place, old, new)
    yield from _result_changes(place, old, new)
    for key, changes in KEYS.items():
        yield from or_listed(place, changes(place, old, new), at(old.node, key), at(new.node, key), f"/{key}")
    yield from remaining(place, old.node, new.node, (*WORDED, *KEYS))


def _name_changes(old: Version, new: Version) -> Iterator[Change]:
    if old.name != new.name:
        yield Place(old.subject).change(CHANGED, BREAKS, f" is called {new.subject.full} now.")


def _home_changes(place: Place, old: Version, new: Version) -> Iterator[Change]:
    """Whether the clients have a method for it."""
    if old.described is None and new.described is not None:
        yield place.change(ADDED, ADDS, f" is a method of the clients now; before: {escaped(old.obstacle or '')}.")
    if old.described is not None and new.described is None:
        reason = f": {escaped(new.obstacle or '')}; the clients have no method for it any more."
        yield place.change(REMOVED, BREAKS, reason)


def _request_changes(place: Place, old: Version, new: Version) -> Iterator[Change]:
    moved = f"from {code(old.request)} to {code(new.request)}"
    if old.kind != new.kind:
        where = f", {moved}" if old.place != new.place else ""
        yield place.change(CHANGED, BREAKS, f" is {KINDS[new.kind]} now, before {KINDS[old.kind]}{where}.")
    elif old.described and new.described and _message_type(old) != _message_type(new):
        types = f"{_type_name(new)}, before {_type_name(old)}"
        yield place.change(CHANGED, BREAKS, f" moved {moved}; its message type is {types}.")
    elif old.place != new.place:
        yield place.change(CHANGED, HARMLESS, f" moved {moved}.")


def _message_type(version: Version) -> str | None:
    return version.described.operation.message_type if version.described else None


def _type_name(version: Version) -> str:
    return code(_message_type(version) or "none")


def _deprecation_changes(place: Place, old: Version, new: Version) -> Iterator[Change]:
    before, after = at(old.node, "x-retired"), at(new.node, "x-retired")
    if after is not MISSING:
        left = f" left the published model{when(Retired(after.get('date'), after.get('commit')))}"
        if before is MISSING:
            yield place.change(DEPRECATED, ADDS, f"{left}; the method stays and warns.")
        elif not same(before, after):
            yield place.change(CHANGED, HARMLESS, f"{left}, as is known now.")
    elif before is not MISSING:
        yield place.change(CHANGED, ADDS, f" is published again; the method no longer warns{_still(new)}.")
    elif bool(old.node.get("deprecated")) != bool(new.node.get("deprecated")):
        if new.node.get("deprecated"):
            yield place.change(DEPRECATED, ADDS, " is called deprecated by Amazon; the method stays and warns.")
        else:
            yield place.change(CHANGED, ADDS, " is not called deprecated by Amazon any more; the method stops warning.")
    else:
        yield from listed(place, at(old.node, "deprecated"), at(new.node, "deprecated"), "/deprecated")


def _still(new: Version) -> str:
    return " of that, but Amazon calls it deprecated" if new.node.get("deprecated") else ""


def _result_changes(place: Place, old: Version, new: Version) -> Iterator[Change]:
    before, after = old.node.get("x-answer"), new.node.get("x-answer")
    if before != after:
        yield place.change(CHANGED, BREAKS, f" returns {_result(after)}, before {_result(before)}.")


def _result(name: str | None) -> str:
    return code(name) if name else "Amazon's answer"


def _plan_changes(place: Place, old: Version, new: Version) -> Iterator[Change]:
    before, after = old.node.get("x-usage-plan"), new.node.get("x-usage-plan")
    if not same(before, after):
        yield place.change(CHANGED, HARMLESS, f": {pace_change(before, after)}.")


def _security_changes(place: Place, old: Version, new: Version) -> Iterator[Change]:
    """Clients authorize themselves in one way. Another one may need another client."""
    before, after = at(old.node, "x-security"), at(new.node, "x-security")
    if not same(before, after):
        words = f"{_security(after)}, before {_security(before)}"
        yield place.change(CHANGED, BREAKS if after not in (MISSING, []) else HARMLESS, f": security {words}.")


def _security(value: object) -> str:
    return "none" if value is MISSING else code(json.dumps(value))


KEYS = {
    "parameters": parameter_changes,
    "requestBody": body_changes,
    "responses": answer_changes,
    "x-usage-plan": _plan_changes,
    "x-security": _security_changes,
}
