"""Static mode: like Amazon's sandbox, it answers only the requests that the published model lists."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from spapi_messaging.messages import sandbox_cases
from spapi_messaging.sandbox.answers import HAL, Answer, invalid_input, json_answer
from spapi_messaging.sandbox.call import MARKETPLACE_IDS, Call

if TYPE_CHECKING:
    from spapi_messaging.messages import SandboxCase


def answer(call: Call) -> Answer:
    """Answers a call from the first published case that matches it."""
    if _complete(call):
        for case in sandbox_cases().get(call.operation.operation_id, ()):
            if _matches(case, call):
                return json_answer(case.status, case.response, HAL)
    return invalid_input("", "Could not match input arguments")


def _complete(call: Call) -> bool:
    parameters = {**call.path, **call.query}
    # `Call` has no headers, so headers are not checked.
    asked = (parameter for parameter in call.operation.parameters if parameter.location != "header")
    required = [parameter.wire_name for parameter in asked if parameter.required]
    has_body = call.operation.body_model is None or call.json_object() is not None
    return has_body and all(parameters.get(name) for name in [MARKETPLACE_IDS, *required])


def _matches(case: SandboxCase, call: Call) -> bool:
    parameters = {**call.path, **call.query}
    return (
        case.order_id in (None, call.order_id)
        and all(parameters.get(name) == _written(value) for name, value in case.parameters.items())
        and (case.body is None or _canonical(case.body) == _canonical(call.json_object()))
    )


def _written(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _canonical(value: Any) -> str:
    return json.dumps(value, sort_keys=True)
