"""Removing actions from an overlay. Everything else stays as it is."""

import pytest

from regeneration.merging.prune import prune
from regeneration.problem import Problem

TEXT = """\
# What this is.
overlay: 1.0.0
actions:
  # Reads
  - target: $.a
    description: >-
      A long
      reason.
    update: { b: 1 }
  # Messages
  - target: $.b
    update:
      c: 2

  # The last one
  - target: $.c
    remove: true
"""


def test_the_rest_stays_to_the_letter() -> None:
    assert prune(TEXT, {2}, "a.yaml") == TEXT.replace("  - target: $.b\n    update:\n      c: 2\n", "")


def test_all_of_them_can_go() -> None:
    assert "target" not in prune(TEXT, {1, 2, 3}, "a.yaml")


def test_a_layout_that_is_not_ours_is_left_to_people() -> None:
    with pytest.raises(Problem, match=r"a.yaml: .* by hand: 1"):
        prune("actions:\n  - target: $.a\n    remove: true\n  - { target: $.b, remove: true }\n", {1}, "a.yaml")
    with pytest.raises(Problem, match=r"a.yaml: .* by hand: 2"):
        prune("actions:\n- target: $.a\n  remove: true\n- target: $.b\n  remove: true\n", {2}, "a.yaml")
