"""Files that are written whole or not at all."""

from __future__ import annotations

import os
import stat
import sys
from pathlib import Path

import pytest

from spapi_messaging.bulk.whole_files import begin_of_file, replaced


def test_the_earlier_file_stays_until_the_new_one_is_whole(tmp_path: Path) -> None:
    place = tmp_path / "a.csv"
    place.write_bytes(b"earlier")
    with replaced(place) as file:
        file.write(b"new")
        assert place.read_bytes() == b"earlier"
    assert place.read_bytes() == b"new"

    with pytest.raises(KeyboardInterrupt), replaced(place) as file:
        file.write(b"half of")
        raise KeyboardInterrupt
    assert [(path.name, path.read_bytes()) for path in tmp_path.iterdir()] == [("a.csv", b"new")]


def test_two_may_write_at_the_same_time(tmp_path: Path) -> None:
    with replaced(tmp_path / "a.csv") as one, replaced(tmp_path / "a.csv") as other:
        one.write(b"one" * 100_000)
        other.write(b"other")
    assert (tmp_path / "a.csv").read_bytes() == b"one" * 100_000  # the last one that was whole


@pytest.mark.skipif(sys.platform == "win32", reason="rights of POSIX")
def test_rights_stay_as_they_are_from_the_first_byte_on(tmp_path: Path) -> None:
    place = tmp_path / "a.csv"
    place.touch(mode=0o600)
    with replaced(place) as file:
        assert stat.S_IMODE(os.fstat(file.fileno()).st_mode) == 0o600
    assert stat.S_IMODE(place.stat().st_mode) == 0o600


@pytest.mark.skipif(sys.platform == "win32", reason="links need rights")
def test_a_link_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "a.csv").symlink_to(tmp_path / "real.csv")
    with replaced(tmp_path / "a.csv") as file:
        file.write(b"new")
    assert (tmp_path / "a.csv").is_symlink()
    assert (tmp_path / "real.csv").read_bytes() == b"new"


def test_a_long_name_is_no_trouble(tmp_path: Path) -> None:
    with replaced(tmp_path / f"{'a' * 250}.csv") as file:
        file.write(b"new")


def test_what_a_file_begins_with(tmp_path: Path) -> None:
    (tmp_path / "empty").touch()
    (tmp_path / "a").write_bytes(b"account,state\r\n")
    assert begin_of_file(tmp_path / "empty") == b""
    assert begin_of_file(tmp_path / "a", 8) == b"account,"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes with names")
def test_nothing_is_read_from_a_pipe_or_a_device(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert begin_of_file(tmp_path / "pipe") is None
    assert begin_of_file(Path(os.devnull)) is None
