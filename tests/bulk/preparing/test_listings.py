"""A name is found among many without looking at each: what is found is the same."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from spapi_messaging.bulk.preparing.listings import Listing, Piece, WantedName

ON_POSIX = pytest.mark.skipif(os.name == "nt", reason="Windows takes no such names, and knows no capital letters")
PARTS = st.sampled_from(["R-1", "R-10", "1", "10", "2026", "-", "_", "RE", "re", "x", "é", "e\u0301", "ß", " ", "."])
NAMES = st.lists(PARTS, min_size=1, max_size=4).map("".join).filter(lambda name: not name.startswith("."))
PIECES = st.lists(
    st.tuples(PARTS, st.sampled_from(["text", "cell", "any"])).map(
        lambda each: Piece("" if each[1] == "any" else each[0], each[1])  # type: ignore[arg-type]
    ),
    min_size=1,
    max_size=5,
).filter(lambda pieces: any(each.text for each in pieces))


@ON_POSIX
@example(names={"RE11"}, pieces=[Piece("", "any"), Piece("1", "text")])
@example(names={"11-x"}, pieces=[Piece("1", "text"), Piece("", "any")])
@example(names={"1-1"}, pieces=[Piece("", "any"), Piece("-", "cell"), Piece("1", "text"), Piece("", "any")])
@given(names=st.sets(NAMES, max_size=12), pieces=PIECES)
def test_what_fits_is_found(names: set[str], pieces: list[Piece]) -> None:
    wanted = WantedName(pieces)
    with tempfile.TemporaryDirectory() as folder:
        for name in names:
            Path(folder, name).touch()
        found, _ = Listing(folder, of_files=True).matching(wanted)

    exact = {name for name in names if wanted.fits(name, exactly=True)}
    assert {Path(path).name for path in found} == (
        exact or {name for name in names if wanted.fits(name, exactly=False)}
    )
