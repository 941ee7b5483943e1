"""Runs git and gh."""

import json
import os
import subprocess
from collections.abc import Mapping
from typing import Any

from proposal.problem import Problem

# The checkout keeps no credentials. git asks gh for them, and only where it talks to GitHub.
WITH_CREDENTIALS = ("-c", "credential.helper=", "-c", "credential.helper=!gh auth git-credential")


def git(*arguments: str, environment: Mapping[str, str] | None = None) -> str:
    """What git prints."""
    return _run("git", *arguments, environment=environment)


def remote_git(*arguments: str) -> str:
    """What git prints, where it talks to GitHub."""
    return git(*WITH_CREDENTIALS, *arguments)


def gh(*arguments: str) -> str:
    """What gh prints."""
    return _run("gh", *arguments)


def pull_requests(*options: str) -> list[dict[str, Any]]:
    """The pull requests that gh lists, without those from forks: a fork may give its branch any name."""
    fields = "number,url,headRefName,isCrossRepository"
    listed: list[dict[str, Any]] = json.loads(gh("pr", "list", "--limit", "100", "--json", fields, *options))
    return [found for found in listed if not found["isCrossRepository"]]


def _run(program: str, *arguments: str, environment: Mapping[str, str] | None = None) -> str:
    try:
        done = subprocess.run(
            [program, *arguments],
            env={**os.environ, **(environment or {})},
            capture_output=True,
            encoding="utf-8",
            errors="replace",
        )
    except OSError as error:
        raise Problem(f"{program} cannot be run: {error.strerror}") from error
    if done.returncode:
        what = " ".join([program, *(part for part in arguments if part not in WITH_CREDENTIALS)][:3])
        raise Problem(f"{what}: {done.stderr or done.stdout}")
    return done.stdout
