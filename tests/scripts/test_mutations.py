"""Models that Amazon has not published: the result can be imported, type-checked and called."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from regeneration.command import main
from regeneration.documents import Document, operations
from regeneration.project import REPOSITORY, Project
from tests.scripts.mutations import Mutant, mutated, with_every_name
from tests.scripts.published import SHARED, committed_facts, to_swagger
from tests.scripts.test_models import call_everything, type_check

RETIRED = {overlay.retired for overlay in Project(REPOSITORY).read_overlays() if overlay.retired}
# Each example takes about three seconds, and every run tries the same examples. To look for faults, try others:
# REGENERATION_EXAMPLES=100 pytest --hypothesis-profile=random tests/scripts/test_mutations.py
EXAMPLES = int(os.environ.get("REGENERATION_EXAMPLES", "6"))


def published() -> Document:
    """Amazon's own file, or a model with the same facts when the file is not on this machine."""
    if SHARED.is_dir():
        model: Document = json.loads((SHARED / "messaging.json").read_text())
        return model
    return to_swagger(committed_facts())


def check(model: Document, folder: Path, type_cache: Path) -> None:
    """Regenerate from a model, type-check the result, and call each operation."""
    made, source = folder / "made", folder / "model.json"
    shutil.rmtree(made, ignore_errors=True)
    source.write_text(json.dumps(model))

    assert main(["--from", str(source), "--into", str(made)]) == 0

    type_check(made, type_cache)
    wanted = {operation["operationId"] for _, _, operation in operations(model)}
    openapi = json.loads((made / "spec" / "openapi.json").read_text())
    assert wanted <= {operation["operationId"] for _, _, operation in operations(openapi)}
    # The retired operations are there too, and each published success can be called.
    assert call_everything(made) == len(wanted | RETIRED)


def test_every_name_may_stand_everywhere(tmp_path: Path, type_cache: Path) -> None:
    check(with_every_name(published()), tmp_path, type_cache)


@settings(
    max_examples=EXAMPLES,
    database=None,
    # Shrinking would take minutes, and a mutant has few changes anyway.
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(mutant=st.deferred(lambda: mutated(published())))
def test_any_model(mutant: Mutant, tmp_path: Path, type_cache: Path) -> None:
    check(mutant.model, tmp_path, type_cache)
