"""The differences between the answers of two versions of an operation, in words. Pure."""

from collections.abc import Iterator
from typing import NamedTuple

from regeneration.documents import Document
from regeneration.generating.table import first_schema, sandbox_cases, success
from regeneration.reporting.body_changes import media_words, other_content
from regeneration.reporting.change import BREAKS, CHANGED, HARMLESS, Change, Place
from regeneration.reporting.differences import at, listed, remaining
from regeneration.reporting.matching import Version
from regeneration.reporting.sandbox_changes import came_and_went, sandbox_words
from regeneration.reporting.schema_changes import ANSWERED, schema_changes, type_words

CASES = "x-amzn-api-sandbox"


class _Answer(NamedTuple):
    """The answer with one status, in both versions."""

    status: str
    old: Document
    new: Document


def answer_changes(place: Place, old: Version, new: Version) -> Iterator[Change]:
    """Statuses, models, media types and sandbox cases that differ."""
    (before, _), (after, _) = success(old.node, 0), success(new.node, 0)
    # Where one of the two is documented in both versions, a success came or went, and none took its place.
    moved = before != after and str(before) not in new.node["responses"] and str(after) not in old.node["responses"]
    if moved:
        yield place.change(CHANGED, HARMLESS, f" succeeds with {after or 'nothing'}, before {before or 'nothing'}.")
    yield from _status_changes(place, old, new, {str(before), str(after)} if moved else set())
    answers = _pairs(old.node["responses"], new.node["responses"], (str(before), str(after)) if moved else None)
    yield from _model_changes(place, answers)
    yield from _sandbox_changes(place, old, new, answers)
    for answer in answers:
        here = place.inside(f"answer {answer.status}")
        yield from other_content(here, answer.old, answer.new)
        yield from remaining(here, answer.old, answer.new, ("content", CASES))


def _status_changes(place: Place, old: Version, new: Version, said: set[str]) -> Iterator[Change]:
    words = came_and_went(old.node["responses"].keys() - said, new.node["responses"].keys() - said)
    if words:
        yield place.change(CHANGED, HARMLESS, f": documented statuses: {words}.")


def _pairs(old: Document, new: Document, moved: tuple[str, str] | None) -> list[_Answer]:
    """The answers of both versions. The success is the success, even with another status: `moved`."""
    pairs = [_Answer(status, old[status], new[status]) for status in sorted(old.keys() & new.keys())]
    if moved and moved[0] in old and moved[1] in new:
        return [_Answer(moved[1], old[moved[0]], new[moved[1]]), *pairs]
    return pairs


def _model_changes(place: Place, answers: list[_Answer]) -> Iterator[Change]:
    models: dict[str, list[str]] = {}
    media: dict[str, list[str]] = {}
    for answer in answers:
        before, after = first_schema(answer.old), first_schema(answer.new)
        if _model(answer.old) != _model(answer.new):
            words = f"{_model(answer.new)}, no longer {_model(answer.old)}"
            models.setdefault(words, []).append(answer.status)
        elif "$ref" not in after:
            yield from schema_changes(place.inside(f"answer {answer.status}"), before, after, ANSWERED)
        if (
            answer.old.get("content")
            and answer.new.get("content")
            and media_words(answer.old) != media_words(answer.new)
        ):
            words = f"{media_words(answer.new)}, before {media_words(answer.old)}"
            media.setdefault(words, []).append(answer.status)
    for words, statuses in models.items():
        yield place.change(CHANGED, BREAKS, f": the model of its answer ({', '.join(statuses)}) is {words}.")
    for words, statuses in media.items():
        yield place.change(CHANGED, HARMLESS, f": its answer ({', '.join(statuses)}) comes as {words}.")


def _model(node: Document) -> str:
    return type_words(first_schema(node)) if node.get("content") else "nothing"


def _sandbox_changes(place: Place, old: Version, new: Version, answers: list[_Answer]) -> Iterator[Change]:
    words = sandbox_words(sandbox_cases(old.node), sandbox_cases(new.node))
    if words:
        yield place.change(CHANGED, HARMLESS, f": sandbox cases: {words}.")
        return
    # What the sandbox does not compare, such as the marketplace.
    for answer in answers:
        yield from listed(place, at(answer.old, CASES), at(answer.new, CASES), f"/responses/{answer.status}/{CASES}")
