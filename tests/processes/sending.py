"""A program that sends one message with a hook: python -m tests.processes.sending KIND URL CERTIFICATE MARKER.

The hook makes the file MARKER. Prints the receipt's status code.
"""

from __future__ import annotations

import sys
from pathlib import Path

from tests.support.programs import Program


def main(kind: str, url: str, certificate: str, marker: str) -> None:
    with Program(kind, url, verify=certificate) as program:
        print(program.say(before_first_byte=lambda: Path(marker).touch()).status_code)


if __name__ == "__main__":
    main(*sys.argv[1:])
