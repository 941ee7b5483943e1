"""Draws the pictures of the documentation into docs/pictures, and lists the changes of states beside theirs."""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import marked
from drawing import bucket, flow, inbox, progress, screenshots, states, status_page, topology

DOCS = Path(__file__).resolve().parents[2] / "docs"
FOLDER = DOCS / "pictures"
DRAWN: dict[str, Callable[[], str]] = {
    "topology": topology.drawn,
    "flow": flow.drawn,
    "bucket": bucket.drawn,
    "states": states.drawn,
    "progress": progress.drawn,
}


def take_inbox() -> bytes:
    """The inbox of the sandbox."""
    with inbox.served() as sandbox, screenshots.chromium() as browser:
        return screenshots.take(browser, sandbox.url, inbox.html(sandbox))


def take_status() -> bytes:
    """The page of a ledger's status."""
    html = status_page.html()
    with tempfile.TemporaryDirectory() as folder, screenshots.chromium() as browser:
        path = Path(folder, "status.html")
        path.write_text(html, encoding="ascii")
        return screenshots.take(browser, path.as_uri(), html, whole=True)


TAKEN: dict[str, Callable[[], bytes]] = {"inbox": take_inbox, "status": take_status}


def main() -> None:
    parser = argparse.ArgumentParser(prog="scripts/pictures", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"only these: {', '.join([*DRAWN, *TAKEN])}")
    names = parser.parse_args().names or [*DRAWN, *TAKEN]
    if unknown := set(names) - {*DRAWN, *TAKEN}:
        parser.error(f"there is no picture {', '.join(sorted(unknown))}")
    FOLDER.mkdir(exist_ok=True)
    if "states" in names:
        marked.put(states.MARK, f"\n{states.table()}\n", DOCS / states.PAGE)
    for name in names:
        if name in DRAWN:
            (FOLDER / f"{name}.svg").write_text(DRAWN[name](), encoding="utf-8", newline="\n")
        elif screenshots.CHROMIUM:
            (FOLDER / f"{name}.png").write_bytes(TAKEN[name]())
        else:
            print(f"{name}.png stays as it is: there is no Chromium here.", file=sys.stderr)


if __name__ == "__main__":
    main()
