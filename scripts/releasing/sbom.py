"""A bill of materials of a wheel, from an environment in which it is installed. `scripts/sbom` runs it."""

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from releasing.problem import Problem

ROOT = Path(__file__).resolve().parents[2]
VERSION = SchemaVersion.V1_6


def describe(wheel: Path, python: Path, epoch: str) -> str:
    """The bill of materials, as JSON of CycloneDX 1.6.

    Args:
        wheel: the file that it is about; its SHA-256 is in the list.
        python: the interpreter of an environment that has this wheel, its dependencies, and nothing else.
        epoch: the time of the list, in seconds since 1970.

    Raises:
        Problem: the environment cannot be read.
    """
    options = ["--mc-type", "library", "--no-validate", "--output-reproducible", "--short-PURLs"]
    command = [sys.executable, "-m", "cyclonedx_py", "environment", *options, "--sv", VERSION.to_version()]
    command += ["--pyproject", str(ROOT / "pyproject.toml"), str(python)]
    done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, "SOURCE_DATE_EPOCH": epoch})
    if done.returncode:
        raise Problem(f"cyclonedx-py fails: {done.stderr[-2000:]}")
    return json.dumps(_with_wheel(json.loads(done.stdout), wheel), indent=2, sort_keys=True) + "\n"


def check(text: str) -> None:
    """Raise a Problem unless the list follows the schema of CycloneDX. It takes seconds."""
    if error := JsonStrictValidator(VERSION).validate_str(text):
        raise Problem(f"the list does not follow the schema of CycloneDX: {error}")


def _with_wheel(bill: dict[str, Any], wheel: Path) -> dict[str, Any]:
    """With the wheel's version and digest, which pyproject.toml does not have."""
    root = bill["metadata"]["component"]
    root["version"] = wheel.name.split("-")[1]
    root["purl"] = f"pkg:pypi/{root['name']}@{root['version']}"
    root["hashes"] = [{"alg": "SHA-256", "content": hashlib.sha256(wheel.read_bytes()).hexdigest()}]
    return bill


def main() -> int:
    """Run the command: WHEEL PYTHON FILE. Returns 1 after a line on stderr that says what is wrong."""
    wheel, python, target = map(Path, sys.argv[1:])
    try:
        epoch = subprocess.run(
            ["git", "log", "-1", "--format=%ct"], cwd=ROOT, check=True, capture_output=True, text=True
        )
        text = describe(wheel, python, epoch.stdout.strip())
        check(text)
        target.write_text(text, encoding="utf-8", newline="\n")
    except (Problem, OSError, subprocess.CalledProcessError) as problem:
        print(f"sbom: {problem}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
