"""Accounts in ``credentials.yml``, the file of python-amazon-sp-api, in the folders where that looks for it."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from spapi_messaging._credentials.environment import APPLICATION, VARIABLES
from spapi_messaging.errors import ConfigurationError, quoted

FILE_NAME = "credentials.yml"
_FOLDER = "python-sp-api"
_OWN_FOLDER_VARIABLE = "PYTHON-SP-APIDIR"
_KEYS = {"refresh_token": "refresh_token", "client_id": "lwa_app_id", "client_secret": "lwa_client_secret"}


def files() -> list[Path]:
    """Where the file may be, the first place first."""
    if own := os.environ.get(_OWN_FOLDER_VARIABLE):
        return [_expanded(own) / FILE_NAME]
    folders = [_expanded(folder) / _FOLDER for folder in dict.fromkeys(_parents())]
    # python-amazon-sp-api prefers a folder that has a config.yaml.
    folders.sort(key=lambda folder: not _is_file(folder / "config.yaml"))
    return [folder / FILE_NAME for folder in folders]


def read(account: str) -> Mapping[str, str] | str | None:
    """The account of the first file that has it, or what is wrong with it. None: no file has it."""
    path = file_of(account)
    if path is None:
        return None
    accounts = _accounts(path)
    return (
        accounts if isinstance(accounts, str) else _parts(accounts[account], f"The account {quoted(account)} in {path}")
    )


def file_of(account: str) -> Path | None:
    """The first file that has the account, or that is broken. None: no file has it."""
    for path in filter(_is_file, files()):
        accounts = _accounts(path)
        if isinstance(accounts, str) or account in accounts:
            return path
    return None


def _parts(account: object, shown: str) -> Mapping[str, str] | str:
    """The parts of an account, by field, or what is wrong with them."""
    values = account if isinstance(account, dict) else {}
    found = {field: values.get(key) or "" for field, key in _KEYS.items()}
    if missing := [_KEYS[field] for field in APPLICATION if not found[field]]:
        there = ", ".join(quoted(key) for key, value in values.items() if value)
        return f"{shown} lacks {', '.join(missing)}{f'; it has {there}' if there else ''}."
    if wrong := [_KEYS[field] for field, value in found.items() if not isinstance(value, str)]:
        return f"{shown} has no text as {', '.join(wrong)}: put the value in quotes."
    return found


def names() -> list[str]:
    """The names of all accounts. Files that cannot be read are passed over."""
    found: dict[str, None] = {}
    for path in filter(_is_file, files()):
        try:
            accounts = _accounts(path)
        except ConfigurationError:
            return []
        if not isinstance(accounts, str):
            found.update(dict.fromkeys(name for name, values in accounts.items() if isinstance(values, dict)))
    return [name for name in found if isinstance(name, str)]


def _is_file(path: Path) -> bool:
    """Whether there is such a file, as far as this user may know."""
    try:
        return path.is_file()
    except OSError:
        return False


def _expanded(folder: str) -> Path:
    """The path with the home folder in it, if this user has one."""
    try:
        return Path(folder).expanduser()
    except RuntimeError:
        return Path(folder)


def _parents() -> Iterator[str]:
    if sys.platform == "win32":
        yield "~\\AppData\\Roaming"
        yield from filter(None, [os.environ.get("APPDATA")])
        return
    yield "~/.config"
    if sys.platform == "darwin":
        yield "~/Library/Application Support"
    yield from filter(None, [os.environ.get("XDG_CONFIG_HOME")])
    yield from filter(None, os.environ.get("XDG_CONFIG_DIRS", "/etc/xdg").split(":"))
    yield "/etc"


def _accounts(path: Path) -> Mapping[Any, Any] | str:
    try:
        import yaml

        from spapi_messaging._safeguards import bounded_yaml
    except ImportError as missing:
        raise ConfigurationError(
            f"Reading {path} needs PyYAML: pip install 'spapi-messaging[cli]', or set {VARIABLES} instead."
        ) from missing
    try:
        accounts = bounded_yaml.read(path)
        return accounts if isinstance(accounts, dict) else {}
    except yaml.YAMLError as broken:
        mark = getattr(broken, "problem_mark", None)
        return f"{path} is not valid YAML{f' near line {mark.line + 1}' if mark else ''}."
    except Exception as unreadable:  # PyYAML lets errors of Python through, such as that of `!!int ""`
        return f"{path} cannot be read: {type(unreadable).__name__}."
