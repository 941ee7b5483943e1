"""YAML that people write. A few lines of it can stand for more than fits into memory, so its size is bounded."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

__all__ = ["BoundedLoader", "read"]

# Characters of a document.
_MAX_SIZE = 2 * 2**20
# Keys of a mapping, including those that it takes over from others. Each line can double their number.
_MAX_KEYS = 100_000
_MERGE = "tag:yaml.org,2002:merge"
# Characters of an integer. 1:30 is 90 in YAML, and each further colon multiplies by 60. A million of them take minutes.
_MAX_DIGITS = 1000
_INT = "tag:yaml.org,2002:int"


class BoundedLoader(yaml.SafeLoader):
    """As ``yaml.SafeLoader``, for documents that are not larger than 2 MiB of characters.

    It lets errors of Python through, as PyYAML does: ``!!int ""`` raises an IndexError.

    Raises:
        YAMLError: the document is not YAML, or stands for too much.
    """

    def __init__(self, text: str) -> None:
        if len(text) > _MAX_SIZE:
            raise yaml.YAMLError(f"it has more than {_MAX_SIZE:,} characters")
        super().__init__(text)

    def flatten_mapping(self, node: yaml.MappingNode) -> None:
        """Puts what is taken over with ``<<`` into a mapping."""
        values = [value for key, value in node.value if key.tag == _MERGE and isinstance(value, yaml.SequenceNode)]
        taken: list[Any] = [each for value in values for each in value.value if isinstance(each, yaml.MappingNode)]
        for each in {id(each): each for each in taken}.values():
            self.flatten_mapping(each)
        if len(node.value) + sum(len(each.value) for each in taken) > _MAX_KEYS:
            told = f"a mapping has more than {_MAX_KEYS:,} keys"
            raise yaml.constructor.ConstructorError(problem=told, problem_mark=node.start_mark)
        super().flatten_mapping(node)

    def construct_yaml_int(self, node: yaml.ScalarNode) -> int:
        """Makes an integer."""
        if len(str(node.value)) > _MAX_DIGITS:
            told = f"an integer has more than {_MAX_DIGITS:,} characters"
            raise yaml.constructor.ConstructorError(problem=told, problem_mark=node.start_mark)
        return super().construct_yaml_int(node)


BoundedLoader.add_constructor(_INT, BoundedLoader.construct_yaml_int)


def read(path: Path, loader: type[BoundedLoader] = BoundedLoader) -> Any:
    """What a file holds. A file that is too large is read only until that is certain."""
    with path.open(encoding="utf-8") as file:
        return yaml.load(file.read(_MAX_SIZE + 1), loader)
