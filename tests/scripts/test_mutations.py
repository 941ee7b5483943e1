"""Models that Amazon has not published: the result can be imported, type-checked and called."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from regeneration.command import main
from regeneration.documents import Document, operation_ids
from tests.scripts.fixture_repository import openapi, published
from tests.scripts.mutations import Mutant, mutated, with_every_name
from tests.scripts.packages import call_everything, type_check
from tests.support.thorough import choose

# Each example takes about three seconds, and every run tries the same examples; a thorough one tries others, and more:
# THOROUGH=1 REGENERATION_EXAMPLES=100 pytest tests/scripts/test_mutations.py
EXAMPLES = int(os.environ.get("REGENERATION_EXAMPLES", choose("2", "20")))


def check(model: Document, root: Path, folder: Path, type_cache: Path) -> None:
    """Regenerate from a model, type-check the result, and call each operation."""
    made, source = folder / "made", folder / "model.json"
    shutil.rmtree(made, ignore_errors=True)
    source.write_text(json.dumps(model))

    assert main(["--from", str(source), "--into", str(made)], root=root) == 0

    type_check(made, type_cache)
    assert operation_ids(model) | {"createFarewell"} <= operation_ids(openapi(made))
    call_everything(made)


def test_every_name_may_stand_everywhere(laid_out: Path, tmp_path: Path, type_cache: Path) -> None:
    check(with_every_name(published()), laid_out, tmp_path, type_cache)


@settings(
    max_examples=EXAMPLES,
    database=None,
    # Shrinking would take minutes, and a mutant has few changes anyway.
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(mutant=st.deferred(lambda: mutated(published())))
def test_any_model(mutant: Mutant, laid_out: Path, tmp_path: Path, type_cache: Path) -> None:
    check(mutant.model, laid_out, tmp_path, type_cache)
