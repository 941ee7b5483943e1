"""Models that nobody here has seen: whatever Amazon changes, the result imports, type-checks and can be called."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from regeneration.command import main
from regeneration.documents import Document, operations
from regeneration.project import REPOSITORY, Project
from tests.scripts.mutations import Mutant, mutated
from tests.scripts.published import ROOT, SHARED, to_swagger
from tests.scripts.test_models import call_everything, type_check

pytestmark = pytest.mark.usefixtures("node")

# Each takes some four seconds. REGENERATION_EXAMPLES asks for more.
RETIRED = {overlay.retired for overlay in Project(REPOSITORY).read_overlays() if overlay.retired}
EXAMPLES = int(os.environ.get("REGENERATION_EXAMPLES", "6"))


def published() -> Document:
    """Amazon's own file where it lies beside the repository, or one with the same facts."""
    if SHARED.is_dir():
        model: Document = json.loads((SHARED / "messaging.json").read_text())
        return model
    return to_swagger(json.loads((ROOT / "spec" / "published" / "messaging.json").read_text()))


@settings(
    max_examples=EXAMPLES,
    deadline=None,
    database=None,
    # Shrinking takes minutes here, and the changes of a mutant are few anyway.
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(mutant=st.deferred(lambda: mutated(published())))
def test_any_model(mutant: Mutant, tmp_path: Path) -> None:
    model = mutant.model
    made, source = tmp_path / "made", tmp_path / "model.json"
    shutil.rmtree(made, ignore_errors=True)
    source.write_text(json.dumps(model))

    assert main(["--from", str(source), "--into", str(made)]) == 0

    type_check(made, tmp_path / "cache")
    wanted = {operation["operationId"] for _, _, operation in operations(model)}
    openapi = json.loads((made / "spec" / "openapi.json").read_text())
    assert wanted <= {operation["operationId"] for _, _, operation in operations(openapi)}
    # The retired ones are there besides, and each success that is published can be had.
    assert call_everything(made) == len(wanted | RETIRED)
