"""Lines of JSON: an object in each."""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Iterator
from typing import Any, NamedTuple

from spapi_messaging.bulk.job_files.decoding import lines_of
from spapi_messaging.bulk.job_files.refusals import refused
from spapi_messaging.bulk.job_files.sources import Source
from spapi_messaging.errors import Problem

__all__ = ["JsonLine", "json_lines"]

#: Keys of an object: many times what a message and its templates need.
_MAX_KEYS = 1000


class JsonLine(NamedTuple):
    """A line of JSON.

    Args:
        line: which line of the file; the first is 1.
        values: the object; empty if the line holds no object.
        problems: what is wrong with it.
    """

    line: int
    values: dict[str, Any]
    problems: tuple[Problem, ...] = ()


class _Refused(ValueError):
    """What is wrong with a line, and what to do."""


def json_lines(source: Source, encoding: str | None = None) -> Iterator[JsonLine]:
    """The lines that are not blank.

    Raises:
        InvalidMessageError: the file is not text, or is one JSON document over several lines.
        ConfigurationError: it cannot be opened.
    """
    is_first = True
    for number, line in enumerate(lines_of(source.chunks(), encoding), start=1):
        written = line.strip()
        if not written:
            continue
        if is_first and written in ("[", "{", "[{"):
            remedy = "Write each message as an object in a line of its own: JSON lines."
            raise refused(number, "this is one JSON document over several lines.", remedy, rule="json")
        is_first = False
        try:
            yield JsonLine(number, _object(written))
        except _Refused as bad:
            told, remedy = bad.args
            yield JsonLine(number, {}, (Problem("", told, rule="json", remedy=remedy),))


def _object(written: str) -> dict[str, Any]:
    try:
        found = _DECODER.decode(written)
    except _Refused:
        raise
    except RecursionError:
        raise _Refused("the line is nested too deeply.", 'Write one flat object: {"order": "…", …}.') from None
    except json.JSONDecodeError as error:
        raise _Refused(f"this is not JSON, from character {error.pos + 1} on.", "Write one object in a line.") from None
    except ValueError:  # a number with thousands of digits
        raise _Refused("the line holds a number that is too long.", "Write it as a string.") from None
    if not isinstance(found, dict):
        raise _Refused("this is not an object.", 'Write one in each line: {"order": "…", …}.')
    if len(found) > _MAX_KEYS:
        raise _Refused(f"the object has {len(found):,} keys.", f"An object has at most {_MAX_KEYS:,}.")
    return found


def _without_doubles(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        counts = Counter(name for name, _ in pairs)
        double = next(name for name in found if counts[name] > 1)
        raise _Refused(f"the key {_shown(double)} is there twice.", "Remove one of them.")
    return found


def _shown(key: str) -> str:
    return repr(key) if len(key) <= 40 and key.isprintable() else f"of {len(key)} characters"


def _no_constant(name: str) -> Any:
    raise _Refused(f"{name} is not JSON.", "Write a number, or null.")


def _finite(written: str) -> float:
    if math.isinf(number := float(written)):
        raise _Refused("the line holds a number that is too large.", "Write it as a string.")
    return number


_DECODER = json.JSONDecoder(object_pairs_hook=_without_doubles, parse_constant=_no_constant, parse_float=_finite)
