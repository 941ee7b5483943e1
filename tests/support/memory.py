"""A folder in memory. The tests make thousands of small files, which a disk writes and removes slowly."""

from __future__ import annotations

import shutil
from functools import cache
from pathlib import Path

#: Bytes. More than all processes of the tests need.
_ROOM = 6 * 2**30


@cache
def folder_in_memory() -> str | None:
    """Where this machine keeps files in memory, if there is room; else None, which means its usual folder."""
    folder = "/dev/shm"
    return folder if Path(folder).is_dir() and shutil.disk_usage(folder).free > _ROOM else None
