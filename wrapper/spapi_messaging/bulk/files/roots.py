"""The folder, or the URL of one, below which all files of a ledger lie."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from spapi_messaging.bulk.files import urls
from spapi_messaging.bulk.files.filesystems import require_filesystem
from spapi_messaging.bulk.files.locating import Root
from spapi_messaging.bulk.files.refusals import Refused, StorageTrouble
from spapi_messaging.errors import ConfigurationError

__all__ = ["checked_root"]


def checked_root(given: Any, argument: str = "attachments_root") -> Root:
    """The root that a caller gave: a folder's absolute path, with links followed, or its URL as a string.

    Args:
        given: a path or a URL; None: files may lie anywhere.
        argument: the name of the caller's argument, for errors.

    Raises:
        ConfigurationError: there is no such folder, or this machine cannot read such URLs.
    """
    if given is None:
        return None
    if urls.looks_like_url(str(given)):
        try:
            return _behind_url(str(given), argument)
        except (Refused, StorageTrouble) as wrong:
            raise ConfigurationError(f"{argument}: {wrong.told} {wrong.remedy}") from None
    return _folder(Path(given), argument)


def _behind_url(given: str, argument: str) -> Root:
    url = urls.checked_root(given)
    if (path := urls.local_path(url)) is not None:
        return _folder(Path(path), argument)
    require_filesystem(url)
    return url


def _folder(folder: Path, argument: str) -> Path:
    if not folder.is_dir():
        raise ConfigurationError(f"{argument} is not a folder. Give the path of one that exists.")
    return folder.resolve()
