"""All fuzz targets. `tests/fuzz` tries a few inputs of each; `scripts/fuzz` searches as long as you like."""

from __future__ import annotations

from tests.fuzz import of_files, of_models, of_redis, of_sandbox, of_servers, of_users
from tests.fuzz.target import Target

_PARTS = (of_servers, of_files, of_users, of_sandbox, of_redis, of_models)

TARGETS: dict[str, Target] = {target.name: target for part in _PARTS for target in part.TARGETS}
