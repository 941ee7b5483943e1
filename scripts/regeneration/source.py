"""Step 1, fetch: reads a published Swagger 2.0 file and checks it.

The next step relies on it: on references that have a target, and on operations whose names are different identifiers.
"""

import hashlib
import json
import math
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from openapi_python_client.strings import snake_case
from openapi_spec_validator import OpenAPIV2SpecValidator

from regeneration.documents import Document, escaped, lookup, operations, pointer
from regeneration.problem import Problem

# Above this, not every whole number is a float.
MAX_EXACT = 2**53
MESSAGING = "messaging"
UPLOADS = "uploads_2020-11-01"


@dataclass(frozen=True)
class Source:
    """One published file: its API, what messages call it, its content, and the SHA-256 of its bytes."""

    api: str
    name: str
    document: Document
    sha256: str


def find_sources(path: Path) -> dict[str, Path]:
    """The published files that `--from PATH` means: one file, or the files in a folder."""
    if path.is_dir():
        found = {api: path / f"{api}.json" for api in (MESSAGING, UPLOADS) if (path / f"{api}.json").is_file()}
        if MESSAGING not in found:
            raise Problem(f"{path}: there is no {MESSAGING}.json in this folder")
        return found
    return {MESSAGING: path}


def read_source(api: str, path: Path) -> Source:
    """Read and check one published file."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise Problem(f"{path}: cannot be read: {error.strerror}") from error
    document = parse(content, path)
    check(document, path)
    _check_api(document, api, path)
    return Source(api, str(path), document, hashlib.sha256(content).hexdigest())


def parse(content: bytes, path: Path) -> Document:
    """The JSON object in `content`."""
    try:
        document = json.loads(
            content, object_pairs_hook=_without_duplicates, parse_float=_number, parse_constant=_no_number
        )
        # A half of a surrogate pair can be read, and not be written.
        json.dumps(document, ensure_ascii=False).encode()
    except (ValueError, RecursionError) as error:
        raise Problem(f"{path}: not JSON: {error}") from error
    if not isinstance(document, dict):
        raise Problem(f"{path}: not Swagger 2.0: the document is not a JSON object")
    return document


def check(document: Document, path: Path) -> None:
    """Refuse everything that is not a valid Swagger 2.0 document."""
    if document.get("swagger") != "2.0":
        version = document.get("openapi")
        raise Problem(f"{path}: not Swagger 2.0: " + (f"it is OpenAPI {version}" if version else "no `swagger: '2.0'`"))
    _check_references(document, path)
    _check_operation_ids(document, path)
    _check_schema(document, path)


def _without_duplicates(pairs: list[tuple[str, Any]]) -> Document:
    counts = Counter(key for key, _ in pairs)
    twice = [key for key, count in counts.items() if count > 1]
    if twice:
        raise ValueError(f"the key {twice[0]!r} appears twice in one object")
    return dict(pairs)


def _number(text: str) -> float:
    """The number, as an int where it is a whole one: `10.0` is a valid length, and Python code needs `10`."""
    number = float(text)
    if math.isinf(number):
        raise ValueError(f"the number {text} is too large")
    return int(number) if number.is_integer() and abs(number) < MAX_EXACT else number


def _no_number(text: str) -> NoReturn:
    raise ValueError(f"{text} is not a number in JSON")


def _check_api(document: Document, api: str, path: Path) -> None:
    root = f"/{api.split('_')[0]}/"
    if not any(where.startswith(root) for where in document["paths"]):
        raise Problem(f"{path}: #/paths: no path begins with {root}: this is the model of another API")


def _check_references(document: Document, path: Path) -> None:
    for place, target in _all_references(document, "#"):
        if not _exists(document, target):
            raise Problem(f"{path}: {place}: the reference {target} has no target")


def _all_references(node: Any, place: str) -> list[tuple[str, str]]:
    if isinstance(node, list):
        return [found for index, value in enumerate(node) for found in _all_references(value, f"{place}/{index}")]
    if not isinstance(node, dict):
        return []
    here = [(place, node["$ref"])] if isinstance(node.get("$ref"), str) else []
    below = ((value, f"{place}/{escaped(key)}") for key, value in node.items() if not key.startswith("x-"))
    return here + [found for value, where in below for found in _all_references(value, where)]


def _exists(document: Document, target: str) -> bool:
    try:
        return target.startswith("#/") and isinstance(lookup(document, target), dict)
    except LookupError:
        return False


def _check_schema(document: Document, path: Path) -> None:
    error = next(iter(OpenAPIV2SpecValidator(document).iter_errors()), None)
    if error is not None:
        place = pointer(*map(str, error.absolute_path))
        raise Problem(f"{path}: {place}: {error.message[:300]}")


def _check_operation_ids(document: Document, path: Path) -> None:
    paths = document.get("paths")
    if not isinstance(paths, dict) or not all(isinstance(item, dict) for item in paths.values()):
        raise Problem(f"{path}: #/paths: not an object of objects")
    for where, item in paths.items():
        if "$ref" in item:
            raise Problem(f"{path}: {pointer('paths', where)}: a reference cannot stand here: write the operations out")
    seen: dict[str, str] = {}
    for where, method, operation in operations(document):
        place = pointer("paths", where, method)
        name = operation.get("operationId") if isinstance(operation, dict) else None
        if not isinstance(name, str) or not name.isidentifier() or not name.isascii():
            raise Problem(f"{path}: {place}/operationId: {name!r} is not an identifier")
        other = seen.setdefault(snake_case(name), place)
        if other != place:
            raise Problem(f"{path}: {place}/operationId: {name}: the operation at {other} has the same name")
