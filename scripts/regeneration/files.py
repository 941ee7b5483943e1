"""Our own files: what cannot be read is a Problem that names the file; what is written is the same on every machine."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from regeneration.problem import Problem

# As yaml.safe_load, but ten times as fast where PyYAML has libyaml.
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
# Brackets within brackets, and lists within lists. Far more of them end the process: libyaml's stack has no limit.
MAX_DEPTH = 100


def read_text(path: Path) -> str:
    """The content of a file."""
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise Problem(f"{path}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise Problem(f"{path}: not UTF-8: {error}") from error


def read_json(path: Path) -> Any:
    """The content of a JSON file."""
    try:
        return json.loads(read_text(path))
    except (ValueError, RecursionError) as error:
        raise Problem(f"{path}: not JSON: {error}") from error


def read_yaml(path: Path) -> Any:
    """The content of a YAML file."""
    text = read_text(path)
    try:
        if any(depth > MAX_DEPTH for depth in _depths(text)):
            raise ValueError(f"it is nested more than {MAX_DEPTH} times")
        return yaml.load(text, Loader=LOADER)
    except Exception as error:  # PyYAML lets errors of Python through, such as that of `!!int ""`
        raise Problem(f"{path}: not YAML: {error}") from error


def _depths(text: str) -> Iterator[int]:
    """How deeply each place of a YAML document is nested."""
    depth = 0
    for event in yaml.parse(text, Loader=LOADER):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        yield depth


def write(path: Path, text: str) -> None:
    """Write a file. The bytes are the same on every machine."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8", newline="\n")
