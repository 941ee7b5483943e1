"""Puts a measured text into the README, between two comments that name what was measured.

`python -m marked coverage TEXT` puts it between `<!-- coverage -->` and `<!-- /coverage -->`.
"""

import sys
from pathlib import Path

README = Path(__file__).resolve().parents[1] / "README.md"


def put(name: str, text: str, readme: Path = README) -> None:
    """Replace what stands between the two comments.

    Args:
        name: what was measured, as the comments say it.
        text: the new text.
        readme: the file to change.
    """
    before, begin, rest = readme.read_text(encoding="utf-8").partition(f"<!-- {name} -->")
    _, end, after = rest.partition(f"<!-- /{name} -->")
    if not end:
        sys.exit(f"{readme.name} has no place for it: write <!-- {name} --><!-- /{name} --> where it belongs")
    readme.write_text(f"{before}{begin}{text}{end}{after}", encoding="utf-8", newline="\n")


if __name__ == "__main__":
    put(sys.argv[1], sys.argv[2])
