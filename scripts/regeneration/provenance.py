"""`spec/sources.toml`: where each published model came from, and the exact tools that made the rest of it."""

import json
import tomllib
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from regeneration.problem import Problem
from regeneration.source import MESSAGING, UPLOADS, Source

# These decide bytes of the result, as does swagger2openapi, which npm installs from package-lock.json.
TOOLS = ("oas-patch", "openapi-python-client", "ruff")
HEADING = (
    "# Where each published model came from, written by scripts/regenerate.py; and the exact tools, written by hand.\n"
)

Entry = dict[str, str]
Sources = dict[str, Entry]


def read(path: Path) -> Sources:
    """The entries of `sources.toml`, the tools among them."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise Problem(f"{path}: {error}") from error


def origin(sources: Sources) -> tuple[str, dict[str, str]]:
    """Amazon's repository, and where in it each model lies."""
    return sources[MESSAGING]["repository"], {api: sources[api]["path"] for api in (MESSAGING, UPLOADS)}


def entry(sources: Sources, source: Source, commit: str | None, date: str | None) -> Entry:
    """What is known of a published model, at the place that earlier entries name."""
    place = {key: sources[source.api][key] for key in ("repository", "path")}
    known = {"commit": commit, "date": date, "sha256": source.sha256}
    return place | {key: value for key, value in known.items() if value}


def to_toml(sources: Sources) -> str:
    """The file's text, in one order."""
    tables = [
        f"\n[{json.dumps(name) if '.' in name else name}]\n"
        + "".join(f"{key} = {json.dumps(value, ensure_ascii=False)}\n" for key, value in table.items())
        for name, table in sorted(sources.items())
    ]
    return HEADING + "".join(tables)


def check_tools(pinned: Entry) -> None:
    """Refuse to run with other tools than the pinned ones: they would write other bytes."""
    for name in TOOLS:
        installed = _installed(name)
        if installed != pinned.get(name):
            raise Problem(
                f"{name} {pinned.get(name)} is needed and {installed or 'none'} is installed: "
                f"python -m pip install '{name}=={pinned.get(name)}'"
            )


def _installed(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None
