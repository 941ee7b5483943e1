"""From pip's report to a list of constraints. Pure."""

import re
from typing import Any

HEAD = """\
# What development and CI install, in exact versions: a list of constraints for pip. scripts/lock writes it.
# It names no index and has no hashes, because one list serves all systems, Pythons and mirrors. A library that
# only some of them need, and which this list lacks, is not pinned there.
"""


def listing(report: dict[str, Any]) -> str:
    """One line for each distribution that the report would install, but the project itself."""
    found = [each["metadata"] for each in report["install"] if "dir_info" not in each["download_info"]]
    lines = sorted(f"{_normalized(each['name'])}=={_public(each['version'])}" for each in found)
    return HEAD + "\n".join(lines) + "\n"


def _normalized(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _public(version: str) -> str:
    """Without the label of a local build, which other indexes do not have."""
    return version.partition("+")[0]
