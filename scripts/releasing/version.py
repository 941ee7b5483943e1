"""Which version may follow another one. Pure."""

import re

from regeneration.reporting.change import ADDS, BREAKS, HARMLESS
from regeneration.reporting.versions import VERSION, next_version
from releasing.problem import Problem

FORM = re.compile(r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)")


def check_form(version: str) -> None:
    """Raise a Problem unless the version has three numbers, and nothing else."""
    if not FORM.fullmatch(version):
        raise Problem(f"{version!r} is not a version: give three numbers, such as 0.1.0")


def check_next(version: str, before: str | None, *, breaks: bool) -> None:
    """Raise a Problem unless a version may follow the one before.

    Args:
        version: the version to release.
        before: the newest version that was released. None: this is the first one.
        breaks: whether callers must change something.
    """
    check_form(version)
    if before is None:
        return
    if _numbers(version) <= _numbers(before):
        raise Problem(f"{version} is not higher than {before}, the newest version in CHANGELOG.md")
    least = next_version(before, BREAKS if breaks else HARMLESS)
    if _numbers(version) < _numbers(least):
        raise Problem(
            f"CHANGELOG.md has a change that breaks callers, so the version after {before} is {least} or higher"
        )
    steps = sorted(
        {*(next_version(before, bump) for bump in (HARMLESS, ADDS, BREAKS)), _next_major(before)}, key=_numbers
    )
    if version not in steps:
        raise Problem(f"{version} leaves out a version: after {before} comes one of {', '.join(steps)}")


def with_version(source: str, version: str) -> str:
    """The source of the package's `__init__.py` with another version."""
    changed, count = VERSION.subn(f'__version__ = "{version}"', source)
    if count != 1:
        raise Problem(f"the package has {count} lines `__version__ = …`, and there must be one")
    return changed


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(map(int, version.split(".")))


def _next_major(version: str) -> str:
    return f"{_numbers(version)[0] + 1}.0.0"
