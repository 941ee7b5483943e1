"""`spec/sources.toml`: the published models, the commits that their facts come from, and the versions of the tools."""

import keyword
import tomllib
from collections import Counter
from dataclasses import dataclass, fields
from pathlib import Path

import tomlkit

from regeneration.apis import Api
from regeneration.files import read_text
from regeneration.problem import Problem
from regeneration.shapes import check_sources

# What is known of the bytes whose facts are in `spec/published`: the commit that has them, its date and their digest;
# and the day on which they were looked up. The rest of a table is written by hand.
KEYS = ("commit", "date", "sha256", "looked_up")

Entry = dict[str, str]
Entries = dict[str, Entry]


@dataclass(frozen=True)
class Sources:
    """The content of the file. The first API is the main one."""

    apis: tuple[Api, ...]
    entries: Entries
    tools: dict[str, str]
    text: str


def read(path: Path) -> Sources:
    """The content of `sources.toml`."""
    text = read_text(path)
    try:
        content = tomllib.loads(text)
    except (ValueError, RecursionError) as error:  # also of a number with thousands of digits
        raise Problem(f"{path}: not TOML: {error}") from error
    check_sources(content, str(path))
    tools = content.pop("tools")
    apis = tuple(_api(name, table) for name, table in content.items())
    _check_differences(apis, path)
    for api in apis:
        if keyword.iskeyword(api.tag):
            raise Problem(f"{path}: #/{api.name}/tag: {api.tag!r} is a word of Python: choose another one")
    entries = {name: {key: table[key] for key in KEYS if key in table} for name, table in content.items()}
    return Sources(apis, entries, tools, text)


def _api(name: str, table: Entry) -> Api:
    return Api(name, *(table[field.name] for field in fields(Api)[1:]))


def _check_differences(apis: tuple[Api, ...], path: Path) -> None:
    """Two APIs with one tag would become one."""
    for key in ("tag", "prefix", "file_name"):
        value, count = Counter(getattr(api, key) for api in apis).most_common(1)[0]
        if count > 1:
            names = " and ".join(api.name for api in apis if getattr(api, key) == value)
            raise Problem(f"{path}: {names} have the same {key} {value}: each needs one of its own")


def to_toml(text: str, entries: Entries) -> str:
    """The `text` of the file with these entries. Comments and order stay."""
    document = tomlkit.parse(text)
    for name, entry in entries.items():
        table = document[name]
        assert isinstance(table, tomlkit.items.Table)
        for key in KEYS:
            if key in entry:
                table[key] = entry[key]
            else:
                table.pop(key, None)
    return tomlkit.dumps(document)
