"""Names and texts that others chose, in Markdown that they cannot break. Pure."""

import re


def code(text: str) -> str:
    """`text` as code: on one line, between more backticks than it has in a row."""
    line = " ".join(text.split())
    fence = "`" * (max(map(len, re.findall("`+", line)), default=0) + 1)
    space = " " if line.startswith("`") or line.endswith("`") or not line else ""
    return f"{fence}{space}{line}{space}{fence}"


def escaped(text: str) -> str:
    """`text` as text: on one line, with nothing in it that Markdown or HTML would read as markup."""
    return re.sub(r"([\\`*<>\[\]|@#&~])", r"\\\1", " ".join(text.split()))


def shortened(text: str, most: int = 80) -> str:
    """`text`, or its beginning."""
    return text if len(text) <= most else f"{text[: most - 1]}…"
