"""Step 1: Python, the platform, the libraries, the extras."""

from __future__ import annotations

import platform
import re
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, requires, version
from typing import Any

from spapi_messaging import __version__
from spapi_messaging.doctor.examination import Examination
from spapi_messaging.doctor.findings import Finding

DISTRIBUTION = "spapi-messaging"
LIBRARIES = ("httpx", "httpcore")

_REQUIREMENT = re.compile(r"(?P<name>[A-Za-z0-9._-]+).*\bextra == ['\"](?P<extra>[\w-]+)['\"]")


def versions(_: Examination) -> Iterator[Finding]:
    """What is installed."""
    facts = versions_of_this_machine()
    told = [f"{name} {facts[name]}" for name in (DISTRIBUTION, *LIBRARIES)]
    there = [name for name, complete in facts["extras"].items() if complete]
    missing = ", ".join(name for name, complete in facts["extras"].items() if not complete)
    absent = f"; not installed: {missing}" if missing else ""
    yield Finding(
        "versions",
        f"Python {facts['python']} on {facts['platform']}; {', '.join(told)}. "
        f"Extras: {', '.join(there) or 'none'}{absent}.",
        facts=facts,
    )


def versions_of_this_machine() -> dict[str, Any]:
    """Versions by name. The names of the machine and of its user are not among them."""
    return {
        "python": platform.python_version(),
        "implementation": platform.python_implementation(),
        "platform": f"{platform.system()} {platform.machine()}",
        DISTRIBUTION: __version__,
        **{name: installed(name) or "not installed" for name in LIBRARIES},
        "extras": extras(),
    }


def installed(name: str) -> str | None:
    """The version of a distribution. None: it is not installed."""
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def extras() -> dict[str, bool]:
    """Whether all libraries of each extra are installed, by the extra's name. Empty: the package is not installed."""
    found: dict[str, bool] = {}
    try:
        needed = requires(DISTRIBUTION) or []
    except PackageNotFoundError:
        return {}
    for requirement in needed:
        named = _REQUIREMENT.match(requirement)
        if named and named["extra"] != "all":
            complete = installed(named["name"]) is not None
            found[named["extra"]] = found.get(named["extra"], True) and complete
    return found
