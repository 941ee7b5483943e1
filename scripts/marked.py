"""Puts what was measured or made into a page, between two comments that name it.

`python -m marked coverage TEXT` puts it between `<!-- coverage -->` and `<!-- /coverage -->` of the README.
"""

import sys
from pathlib import Path

README = Path(__file__).resolve().parents[1] / "README.md"


def replaced(page: str, name: str, text: str) -> str:
    """A page with another text between the two comments.

    Raises:
        ValueError: the page does not have the two comments, each once.
    """
    begin, end = f"<!-- {name} -->", f"<!-- /{name} -->"
    before, _, rest = page.partition(begin)
    if page.count(begin) != 1 or page.count(end) != 1 or end not in rest:
        raise ValueError(f"the page needs {begin} and {end}, each once")
    return f"{before}{begin}{text}{end}{rest.partition(end)[2]}"


def put(name: str, text: str, page: Path = README) -> None:
    """Replace what stands between the two comments.

    Args:
        name: what was measured, as the comments say it.
        text: the new text.
        page: the file to change.
    """
    try:
        changed = replaced(page.read_text(encoding="utf-8"), name, text)
    except ValueError as problem:
        sys.exit(f"{page.name}: {problem}")
    page.write_text(changed, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    put(sys.argv[1], sys.argv[2])
