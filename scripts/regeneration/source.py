"""Step 1, fetch: reads a published Swagger 2.0 file and checks it.

The converter does not check: it accepts duplicate operationIds, OpenAPI 3 files, and names that are not identifiers.
"""

import hashlib
import json
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from openapi_python_client.strings import snake_case
from openapi_spec_validator import OpenAPIV2SpecValidator

from regeneration.documents import Document, operations
from regeneration.problem import Problem

MESSAGING = "messaging"
UPLOADS = "uploads_2020-11-01"


@dataclass(frozen=True)
class Source:
    """One published file: its API, its content, and the SHA-256 of its bytes."""

    api: str
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
    return Source(api, document, hashlib.sha256(content).hexdigest())


def parse(content: bytes, path: Path) -> Document:
    """The JSON object in `content`."""
    try:
        document = json.loads(content, object_pairs_hook=_without_duplicates)
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


def _check_api(document: Document, api: str, path: Path) -> None:
    root = f"/{api.split('_')[0]}/"
    if not any(where.startswith(root) for where in document["paths"]):
        raise Problem(f"{path}: #/paths: no path begins with {root}: this is the model of another API")


def _check_references(document: Document, path: Path) -> None:
    for place, target in _all_references(document, "#"):
        if not target.startswith("#/") or not _exists(document, target):
            raise Problem(f"{path}: {place}: the reference {target} has no target")


def _all_references(node: Any, place: str) -> list[tuple[str, str]]:
    if isinstance(node, list):
        return [found for index, value in enumerate(node) for found in _all_references(value, f"{place}/{index}")]
    if not isinstance(node, dict):
        return []
    here = [(place, node["$ref"])] if isinstance(node.get("$ref"), str) else []
    below = ((value, f"{place}/{_escaped(key)}") for key, value in node.items() if not key.startswith("x-"))
    return here + [found for value, where in below for found in _all_references(value, where)]


def _escaped(key: str) -> str:
    return key.replace("~", "~0").replace("/", "~1")


def _exists(document: Document, pointer: str) -> bool:
    node: Any = document
    for key in pointer.removeprefix("#/").split("/"):
        key = key.replace("~1", "/").replace("~0", "~")
        if not isinstance(node, dict) or key not in node:
            return False
        node = node[key]
    return True


def _check_schema(document: Document, path: Path) -> None:
    error = next(iter(OpenAPIV2SpecValidator(document).iter_errors()), None)
    if error is not None:
        place = "/".join(["#", *(_escaped(str(part)) for part in error.absolute_path)])
        raise Problem(f"{path}: {place}: {error.message[:300]}")


def _check_operation_ids(document: Document, path: Path) -> None:
    paths = document.get("paths")
    if not isinstance(paths, dict) or not all(isinstance(item, dict) for item in paths.values()):
        raise Problem(f"{path}: #/paths: not an object of objects")
    seen: dict[str, str] = {}
    for where, method, operation in operations(document):
        place = f"#/paths/{_escaped(where)}/{method}"
        name = operation.get("operationId") if isinstance(operation, dict) else None
        if not isinstance(name, str) or not name.isidentifier() or not name.isascii():
            raise Problem(f"{path}: {place}/operationId: {name!r} is not an identifier")
        other = seen.setdefault(snake_case(name), place)
        if other != place:
            raise Problem(f"{path}: {place}/operationId: {name}: the operation at {other} has the same name")
