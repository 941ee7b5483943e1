"""The fuzzing itself: valid inputs are not refused, inputs are made the same way again, and the script can be used."""

from __future__ import annotations

import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fuzzing import __main__ as fuzzing
from spapi_messaging import SendReceipt
from tests.fuzz import of_files
from tests.fuzz.inputs import made
from tests.fuzz.targets import TARGETS


@given(st.sampled_from(sorted(TARGETS)), st.binary(max_size=100))
def test_a_stream_gives_the_same_input_again(name: str, stream: bytes) -> None:
    assert made(TARGETS[name], stream) == made(TARGETS[name], stream)


def test_changes_on_top_of_each_other_do_not_fill_the_memory() -> None:
    repeated_six_times = bytes([5, 0, 5, *[0, 2, 29] * 6])
    assert len(made(TARGETS["destination"], repeated_six_times)) < 2**20


def test_a_stream_of_zeros_gives_the_first_valid_input() -> None:
    for target in TARGETS.values():
        assert made(target, b"") == target.seeds[0]


def test_a_valid_receipt_is_one() -> None:
    SendReceipt.from_dict(of_files.RECEIPT)


def test_the_script_names_what_can_be_fuzzed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["fuzz"])
    monkeypatch.setattr(fuzzing, "find_spec", lambda _: object())
    assert fuzzing.main() == 0
    assert capsys.readouterr().out.split() == list(TARGETS)


def test_without_atheris_the_script_says_so(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["fuzz", "all"])
    monkeypatch.setattr(fuzzing, "find_spec", lambda _: None)
    assert fuzzing.main() == 0
    assert "nothing was fuzzed" in capsys.readouterr().out
