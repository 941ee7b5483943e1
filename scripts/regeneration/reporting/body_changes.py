"""The differences between the bodies of two versions of an operation, in words. Pure."""

from collections.abc import Iterator

from regeneration.documents import Document
from regeneration.generating.table import first_schema
from regeneration.reporting.change import ADDED, ADDS, BREAKS, CHANGED, HARMLESS, REMOVED, Change, Place
from regeneration.reporting.differences import listed, remaining
from regeneration.reporting.markdown import code
from regeneration.reporting.matching import Version
from regeneration.reporting.schema_changes import SENT, schema_changes, type_words


def body_changes(place: Place, old: Version, new: Version) -> Iterator[Change]:
    """A body that is new, gone or different."""
    before, after = old.node.get("requestBody"), new.node.get("requestBody")
    if before is None and after is not None:
        bump = BREAKS if after.get("required", False) else ADDS
        yield place.change(ADDED, bump, f": takes a body now, {_model(after)}.")
    elif before is not None and after is None:
        yield place.change(REMOVED, BREAKS, f": takes no body any more, before {_model(before)}.")
    elif before is not None and after is not None:
        yield from _need_changes(place, before.get("required", False), after.get("required", False))
        yield from _media_changes(place, before, after)
        yield from _model_changes(place, old, new, first_schema(before), first_schema(after))
        yield from remaining(place.inside("body"), before, after, ("required", "content"))
        yield from other_content(place.inside("body"), before, after)


def _need_changes(place: Place, old: bool, new: bool) -> Iterator[Change]:
    if new and not old:
        yield place.change(CHANGED, BREAKS, ": its body is required now.")
    if old and not new:
        yield place.change(CHANGED, ADDS, ": its body may be left out.")


def _media_changes(place: Place, old: Document, new: Document) -> Iterator[Change]:
    if media_words(old) != media_words(new):
        yield place.change(CHANGED, HARMLESS, f": its body is sent as {media_words(new)}, before {media_words(old)}.")


def _model_changes(place: Place, old: Version, new: Version, before: Document, after: Document) -> Iterator[Change]:
    """Another model by its name. Its fields are arguments of the operation, so each of them is compared too."""
    if type_words(before) != type_words(after):
        words = f"{type_words(after)}, no longer {type_words(before)}"
        yield place.change(CHANGED, BREAKS, f": the model of its body is {words}.")
    whole = place.inside("body")
    yield from schema_changes(place, old.resolved(before), new.resolved(after), SENT, whole)


def _model(node: Document) -> str:
    return type_words(first_schema(node))


def media_words(node: Document) -> str:
    """The media types of a body or an answer."""
    return ", ".join(code(name) for name in node.get("content", {})) or "nothing"


def other_content(place: Place, old: Document, new: Document) -> Iterator[Change]:
    """What the content says besides its media type and its schema, which have words of their own."""
    yield from listed(place, _beside_the_schema(old), _beside_the_schema(new), "/content")


def _beside_the_schema(node: Document) -> Document:
    first, *others = [*node.get("content", {}).values()] or [{}]
    entries = [{key: value for key, value in first.items() if key != "schema"}, *others]
    return {str(number): entry for number, entry in enumerate(entries, start=1) if entry}
