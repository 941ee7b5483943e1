"""The requests that Amazon's static sandbox answers."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pytest

from spapi_messaging.messages import OPERATIONS, sandbox_cases

if TYPE_CHECKING:
    from _pytest.mark import ParameterSet

    from spapi_messaging.messages import SandboxCase


def published_success(operation_id: str) -> SandboxCase:
    """The first success that Amazon's static sandbox answers with."""
    return next(case for case in sandbox_cases()[operation_id] if case.status < 300)


def published_cases() -> list[ParameterSet]:
    """An operation and a case, for each request that Amazon's static sandbox answers.

    Their ids are sendInvoice-201, sendInvoice-201-2, and so on: an id stays when Amazon adds a case after it.
    """
    parameters = []
    for operation_id, cases in sorted(sandbox_cases().items()):
        seen: Counter[int] = Counter()
        for case in cases:
            seen[case.status] += 1
            number = f"-{seen[case.status]}" if seen[case.status] > 1 else ""
            name = f"{operation_id}-{case.status}{number}"
            parameters.append(pytest.param(OPERATIONS[operation_id], case, id=name))
    return parameters
