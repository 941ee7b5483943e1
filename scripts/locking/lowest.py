"""The lowest versions that pyproject.toml allows, as constraints: `python -m locking.lowest` prints them."""

import re
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
LOWEST = re.compile(r"(?P<name>[A-Za-z0-9._-]+)(?:\[[^]]*\])?>=(?P<version>[0-9][0-9A-Za-z.]*)")


def lowest(project: dict[str, Any]) -> Iterator[str]:
    """One constraint for each library of the core and of the extras.

    A library that several extras want stands there with the highest of its lowest versions, because the extra `all`
    needs that one.
    """
    found: dict[str, str] = {}
    for line in (
        line for lines in (project["dependencies"], *project["optional-dependencies"].values()) for line in lines
    ):
        if match := LOWEST.match(line):
            name, version = match.group("name", "version")
            found[name] = max(found.get(name, "0"), version, key=_numbers)
    return (f"{name}=={version}" for name, version in sorted(found.items()))


def _numbers(version: str) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", version)]


if __name__ == "__main__":
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    sys.stdout.write("".join(f"{line}\n" for line in lowest(project)))
