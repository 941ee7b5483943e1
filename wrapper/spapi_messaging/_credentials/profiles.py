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
        return [Path(own).expanduser() / FILE_NAME]
    folders = [Path(folder).expanduser() / _FOLDER for folder in dict.fromkeys(_parents())]
    # python-amazon-sp-api prefers a folder that has a config.yaml.
    folders.sort(key=lambda folder: not (folder / "config.yaml").is_file())
    return [folder / FILE_NAME for folder in folders]


def read(account: str) -> Mapping[str, str] | str | None:
    """The account of the first file that has it, or what is wrong with it. None: no file has it."""
    for path in filter(Path.is_file, files()):
        accounts = _accounts(path)
        if isinstance(accounts, str):
            return accounts
        if account in accounts:
            values = accounts[account] if isinstance(accounts[account], dict) else {}
            found = {field: values.get(key) or "" for field, key in _KEYS.items()}
            if missing := [_KEYS[field] for field in APPLICATION if not found[field]]:
                there = [_KEYS[field] for field, value in found.items() if value]
                known = f"; it has {', '.join(there)}" if there else ""
                return f"The account {quoted(account)} in {path} lacks {', '.join(missing)}{known}."
            return found
    return None


def names() -> list[str]:
    """The accounts that there are. Files that cannot be read are passed over."""
    found: dict[str, None] = {}
    for path in filter(Path.is_file, files()):
        try:
            accounts = _accounts(path)
        except ConfigurationError:
            return []
        if not isinstance(accounts, str):
            found.update(dict.fromkeys(name for name, values in accounts.items() if isinstance(values, dict)))
    return [name for name in found if isinstance(name, str)]


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
    except ImportError as missing:
        raise ConfigurationError(
            f"Reading {path} needs PyYAML: pip install 'spapi-messaging[cli]', or set {VARIABLES} instead."
        ) from missing
    try:
        accounts = yaml.safe_load(path.read_text(encoding="utf-8"))
        return accounts if isinstance(accounts, dict) else {}
    except yaml.YAMLError as broken:
        mark = getattr(broken, "problem_mark", None)
        return f"{path} is not valid YAML{f' near line {mark.line + 1}' if mark else ''}."
    except (OSError, RecursionError, ValueError) as unreadable:
        return f"{path} cannot be read: {type(unreadable).__name__}."
