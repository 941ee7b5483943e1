"""What a fuzz target is."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple


class Target(NamedTuple):
    """Something that reads what a server, a file or a user says.

    Args:
        name: such as ``read-answer``; the name of its folder of examples as well.
        run: reads an input as a user's program would have it read. It swallows the documented exceptions, and nothing
            else.
        seeds: valid inputs, from which others are made.
        words: pieces that mean something to it.
        form: ``json`` if the seeds are JSON, whose values are changed one by one, too.
    """

    name: str
    run: Callable[[bytes], None]
    seeds: tuple[bytes, ...]
    words: tuple[bytes, ...] = ()
    form: str = "bytes"
