"""Step 1, fetch: reads a published Swagger 2.0 file and checks it.

The next step relies on it: on references that have a target, and on operations whose names are different identifiers.
"""

import hashlib
import json
import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from openapi_python_client.strings import snake_case
from openapi_spec_validator import OpenAPIV2SpecValidator

from regeneration.apis import Api, recognize
from regeneration.documents import Document, operations, pointer
from regeneration.problem import Problem
from regeneration.reading.references import check_references
from regeneration.shapes import refuse

# Above this, not every whole number is a float.
MAX_EXACT = 2**53


@dataclass(frozen=True)
class Source:
    """One published file: its API, what messages call it, its content, and the SHA-256 of its bytes."""

    api: Api
    name: str
    document: Document
    sha256: str


def read_sources(path: Path, apis: Sequence[Api]) -> list[Source]:
    """The published files that `--from PATH` means: one file, or those files in a folder that have their names."""
    if not path.is_dir():
        return [read_source(_content(path), str(path), apis)]
    found = {api: path / api.file_name for api in apis if (path / api.file_name).is_file()}
    if not found:
        names = " and no ".join(api.file_name for api in apis)
        raise Problem(f"{path}: there is no {names} in this folder")
    return [read_source(_content(file), str(file), [api]) for api, file in found.items()]


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise Problem(f"{path}: cannot be read: {error.strerror}") from error


def read_source(content: bytes, name: str, apis: Sequence[Api]) -> Source:
    """Read and check one published file, which must be the model of one of `apis`."""
    document = parse(content, name)
    try:
        check(document, name)
    except RecursionError as error:
        raise Problem(f"{name}: objects are nested too deeply") from error
    return Source(recognize(document, apis, name), name, document, hashlib.sha256(content).hexdigest())


def parse(content: bytes, name: str) -> Document:
    """The JSON object in `content`."""
    try:
        document = json.loads(
            content, object_pairs_hook=_without_duplicates, parse_float=_number, parse_constant=_no_number
        )
        # A half of a surrogate pair can be read, and not be written.
        json.dumps(document, ensure_ascii=False).encode()
    except (ValueError, RecursionError) as error:
        raise Problem(f"{name}: not JSON: {error}") from error
    if not isinstance(document, dict):
        raise Problem(f"{name}: not Swagger 2.0: the document is not a JSON object")
    return document


def check(document: Document, name: str) -> None:
    """Refuse everything that is not a valid Swagger 2.0 document."""
    if document.get("swagger") != "2.0":
        version = document.get("openapi")
        raise Problem(f"{name}: not Swagger 2.0: " + (f"it is OpenAPI {version}" if version else "no `swagger: '2.0'`"))
    check_references(document, name)
    _check_operation_ids(document, name)
    refuse(next(iter(OpenAPIV2SpecValidator(document).iter_errors()), None), name)


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


def _check_operation_ids(document: Document, name: str) -> None:
    paths = document.get("paths")
    if not isinstance(paths, dict) or not all(isinstance(item, dict) for item in paths.values()):
        raise Problem(f"{name}: #/paths: not an object of objects")
    for where, item in paths.items():
        if "$ref" in item:
            raise Problem(f"{name}: {pointer('paths', where)}: a reference cannot stand here: write the operations out")
    seen: dict[str, str] = {}
    for where, method, operation in operations(document):
        place = pointer("paths", where, method)
        operation_id = operation.get("operationId") if isinstance(operation, dict) else None
        if not isinstance(operation_id, str) or not operation_id.isidentifier() or not operation_id.isascii():
            raise Problem(f"{name}: {place}/operationId: {operation_id!r} is not an identifier")
        other = seen.setdefault(snake_case(operation_id), place)
        if other != place:
            raise Problem(f"{name}: {place}/operationId: {operation_id}: the operation at {other} has the same name")
