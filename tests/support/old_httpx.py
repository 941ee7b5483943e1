"""Where the oldest httpx that the package takes behaves in another way than today's."""

from __future__ import annotations

import httpx
import pytest

_IS_OLD = tuple(map(int, httpx.__version__.split(".")[:2])) < (0, 28)

writes_json_with_spaces = pytest.mark.skipif(_IS_OLD, reason="httpx before 0.28 writes JSON with spaces, and we do not")
overlooks_certificates = pytest.mark.skipif(_IS_OLD, reason="httpx before 0.28 overlooks a variable that names no file")
