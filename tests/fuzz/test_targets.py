"""Whatever a server, a file or a user says: nothing but documented exceptions comes out, and soon.

`pytest tests/fuzz --hypothesis-profile=fuzz` searches for longer. An input that found a fault is kept in `examples/`,
in the folder of its target, so that every run tries it again.
"""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from hypothesis import given, note, settings
from hypothesis import strategies as st

from tests.fuzz.inputs import made
from tests.fuzz.targets import TARGETS
from tests.support.bounds import SOON

EXAMPLES = Path(__file__).with_name("examples")
#: In the gate, which has other tests to run. With the profile "fuzz" there are thousands of inputs.
FEW = 15


@pytest.mark.parametrize("name", TARGETS)
def test_valid_inputs_are_read(name: str) -> None:
    for seed in TARGETS[name].seeds:
        TARGETS[name].run(seed)


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*/*")), ids=lambda path: f"{path.parent.name}/{path.name}")
def test_what_was_found_before(path: Path) -> None:
    began = time.process_time()
    TARGETS[path.parent.name].run(path.read_bytes())
    assert time.process_time() - began < SOON


@pytest.mark.parametrize("name", TARGETS)
@settings(max_examples=min(FEW, settings().max_examples) if settings().derandomize else settings().max_examples)
@given(stream=st.binary(max_size=160))
def test_changed_inputs(name: str, stream: bytes) -> None:
    content = made(TARGETS[name], stream)
    note(f"{name}: {content[:2000]!r}")
    began = time.process_time()
    TARGETS[name].run(content)
    assert time.process_time() - began < SOON
