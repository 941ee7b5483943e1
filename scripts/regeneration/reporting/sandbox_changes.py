"""The differences between the published sandbox cases of an operation, in words. Pure."""

import json
from collections.abc import Collection

from regeneration.generating.records import SandboxCase
from regeneration.reporting.markdown import code


def sandbox_words(old: tuple[SandboxCase, ...], new: tuple[SandboxCase, ...]) -> str:
    """What came, what went and what is answered otherwise. Empty: nothing that the sandbox would compare."""
    before, after = _by_request(old), _by_request(new)
    changed = [request for request in before.keys() & after.keys() if before[request] != after[request]]
    came = {_case(after[request]) for request in after.keys() - before.keys()}
    went = {_case(before[request]) for request in before.keys() - after.keys()}
    others = {f"another answer to {_case(after[request])}" for request in changed}
    # A case with another body looks like a new case and a missing one.
    others |= {f"another body for {case}" for case in came & went}
    return "; ".join(part for part in (came_and_went(went - came, came - went), *sorted(others)) if part)


def came_and_went(old: Collection[str], new: Collection[str]) -> str:
    """`new 418; no longer 415`."""
    came, went = [name for name in sorted(new) if name not in old], [name for name in sorted(old) if name not in new]
    return "; ".join(f"{what} {', '.join(names)}" for what, names in (("new", came), ("no longer", went)) if names)


def _case(case: SandboxCase) -> str:
    return f"{case.status} for order {code(case.order_id) if case.order_id else 'of any id'}"


def _by_request(cases: tuple[SandboxCase, ...]) -> dict[str, SandboxCase]:
    return {
        json.dumps([case.order_id, case.parameters, case.body, case.status], sort_keys=True): case for case in cases
    }
