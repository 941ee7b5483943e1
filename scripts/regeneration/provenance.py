"""`spec/sources.toml`: where each published model comes from, and the exact versions of the tools."""

import json
import tomllib
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from regeneration.problem import Problem
from regeneration.source import MESSAGING, UPLOADS, Source

# Another version of these may write other bytes.
TOOLS = ("oas-patch", "openapi-python-client", "ruff")
HEADING = (
    "# Where each published model came from, written by scripts/regenerate.py; and the exact tools, written by hand.\n"
)

Entry = dict[str, str]
Sources = dict[str, Entry]


def read(path: Path) -> Sources:
    """The entries of `sources.toml`, with the tools."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise Problem(f"{path}: {error}") from error


def origin(sources: Sources) -> tuple[str, dict[str, str]]:
    """Amazon's repository, and the path of each model in it."""
    return sources[MESSAGING]["repository"], {api: sources[api]["path"] for api in (MESSAGING, UPLOADS)}


def entry(sources: Sources, source: Source, commit: str | None, date: str | None) -> Entry:
    """The entry of a published model: repository and path from the earlier entry, and what is known of it now."""
    place = {key: sources[source.api][key] for key in ("repository", "path")}
    known = {"commit": commit, "date": date, "sha256": source.sha256}
    return place | {key: value for key, value in known.items() if value}


def to_toml(sources: Sources) -> str:
    """The text of the file, always in the same order."""
    tables = [
        f"\n[{json.dumps(name) if '.' in name else name}]\n"
        + "".join(f"{key} = {json.dumps(value, ensure_ascii=False)}\n" for key, value in table.items())
        for name, table in sorted(sources.items())
    ]
    return HEADING + "".join(tables)


def check_tools(pinned: Entry) -> None:
    """Refuse to run with other versions than the pinned ones: they may write other bytes."""
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
