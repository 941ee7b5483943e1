"""Checks of a message before it is sent. The libraries are in the extra `preflight`, and load on first use.

A client does all of them: `client.preflight(…)`. Each is also a function of its own, which asks nobody: `check_text` in
`texts`, `check_file` in `files`, `check_availability` in `availability`, `check_schema` in `schemas`, `limits_of` in
`limits`.
"""

from __future__ import annotations

__all__: list[str] = []
