"""Asks pip what it would install, and writes that down."""

import argparse
import json
import subprocess
import sys
import tomllib
from pathlib import Path

from locking.listing import listing

ROOT = Path(__file__).resolve().parents[2]
LOCK = ROOT / "requirements" / "dev.txt"
NOT_LOCKED = {"actionlint"}  # its installation downloads a program, which not every machine reaches


def main() -> int:
    """Run the command. Returns pip's exit status."""
    parser = argparse.ArgumentParser(prog="scripts/lock", description=__doc__)
    parser.add_argument("--upgrade", action="store_true", help="take the newest versions, and not those that are there")
    options = parser.parse_args()
    command = [sys.executable, "-m", "pip", "install", "--dry-run", "--quiet", "--ignore-installed", "--report", "-"]
    if LOCK.is_file() and not options.upgrade:
        command += ["--constraint", str(LOCK)]
    groups = (
        tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["dependency-groups"].keys() - NOT_LOCKED
    )
    command += [f"{ROOT}[all]", *(f"--group={ROOT / 'pyproject.toml'}:{name}" for name in sorted(groups))]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, encoding="utf-8")
    if done.returncode:
        print("lock: if versions that are there do not fit any more, run `scripts/lock --upgrade`.", file=sys.stderr)
        return done.returncode
    LOCK.write_text(listing(json.loads(done.stdout)), encoding="utf-8", newline="\n")
    print(f"{LOCK.relative_to(ROOT).as_posix()} is written. Run scripts/test with it.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
