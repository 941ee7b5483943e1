"""The published schemas of other people's files, as `check-jsonschema` brings them."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from check_jsonschema import main  # type: ignore[import-untyped]
from click.testing import CliRunner


def assert_follows(schema: str, files: Iterable[Path]) -> None:
    """Fails if one of the files does not follow the schema of this name.

    It runs in this process: to start the program takes longer than what it does.
    """
    done = CliRunner().invoke(main, ["--builtin-schema", schema, *map(str, files)])
    assert done.exit_code == 0, done.output
