"""Fuzzes the targets of `tests/fuzz` with atheris, which keeps the inputs that reach new branches."""

from __future__ import annotations

import argparse
import hashlib
import logging
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
CORPUS = ROOT / ".fuzz"
FOUND = CORPUS / "found"
#: Seconds for one input, and MiB for the process.
_LONGEST, _MOST_MEMORY = 20, 2048
# The packages whose branches are followed.
_FOLLOWED = ["spapi_messaging", "regeneration"]


def main() -> int:
    """Runs a target, or each of them in a process of its own."""
    parser = argparse.ArgumentParser(prog="scripts/fuzz", description=__doc__)
    parser.add_argument("target", nargs="?", help="a target, or `all`; without it, they are listed")
    parser.add_argument("--seconds", type=int, default=60, metavar="N", help="how long each target is fuzzed")
    given = parser.parse_args()
    if find_spec("atheris") is None:
        print("atheris is not installed, so nothing was fuzzed. It needs Python 3.11 to 3.13 on Linux.")
        return 0
    if given.target in (None, "all"):
        from tests.fuzz.targets import TARGETS

        if given.target is None:
            print("\n".join(TARGETS))
            return 0
        return max([_in_a_process(name, given.seconds) for name in TARGETS])
    fuzz(given.target, given.seconds)
    return 0


def fuzz(name: str, seconds: int) -> None:
    """Fuzzes one target. libFuzzer ends the process, with a status of its own if something was found."""
    import atheris  # type: ignore[import-not-found,import-untyped,unused-ignore]

    with atheris.instrument_imports(include=_FOLLOWED, enable_loader_override=False):
        from tests.fuzz.inputs import made
        from tests.fuzz.targets import TARGETS
    if name not in TARGETS:
        sys.exit(f"There is no target {name}. There are {', '.join(TARGETS)}.")
    target, corpus = TARGETS[name], CORPUS / name
    for folder in (corpus, FOUND):
        folder.mkdir(parents=True, exist_ok=True)

    logging.disable()  # the package logs each retry

    def one_input(stream: bytes) -> None:
        content = made(target, stream)
        try:
            target.run(content)
        except BaseException:
            _keep(name, content)
            raise

    limits = [
        f"-max_total_time={seconds}",
        f"-timeout={_LONGEST}",
        f"-rss_limit_mb={_MOST_MEMORY}",
        "-max_len=400",
        "-len_control=0",
    ]
    atheris.Setup([sys.argv[0], *limits, f"-artifact_prefix={FOUND}/{name}-stream-", str(corpus)], one_input)
    atheris.Fuzz()


def _keep(name: str, content: bytes) -> None:
    path = FOUND / f"{name}-{hashlib.sha256(content).hexdigest()[:12]}"
    path.write_bytes(content)
    shown: Any = content[:500]
    print(f"Found with {path}: {shown!r}\nPut it into tests/fuzz/examples/{name}, under a name that says what it is.")


def _in_a_process(name: str, seconds: int) -> int:
    print(f"== {name}", flush=True)
    command = [sys.executable, "-m", "fuzzing", name, "--seconds", str(seconds)]
    return subprocess.run(command, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
