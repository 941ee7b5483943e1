"""What is known of each operation. Imports the standard library alone.

The generated package has a copy of this file, so that its tables and the generator have the same classes.
"""

from typing import Any, NamedTuple


class Field(NamedTuple):
    """One field of a message's body; lengths count Unicode code points."""

    name: str
    wire_name: str
    kind: str
    required: bool
    min_length: int | None
    max_length: int | None
    min_items: int | None
    max_items: int | None
    enum: tuple[Any, ...]


class Parameter(NamedTuple):
    """A parameter besides the order and the marketplace."""

    name: str
    wire_name: str
    location: str
    required: bool
    enum: tuple[Any, ...]


class Retired(NamedTuple):
    """When an operation left the published model, as far as that is known."""

    date: str | None
    commit: str | None


class Operation(NamedTuple):
    """One operation; `kind` is `read`, `send` or `upload`, `rate` is per second.

    `answer` names the type of a read's result where it is not a generated model. `deprecated` says why the operation
    should not be used any more; it is empty for all others.
    """

    operation_id: str
    kind: str
    http_method: str
    path: str
    success_status: int
    name: str = ""
    message_type: str | None = None
    module: str = ""
    body_model: str | None = None
    rate: float | None = None
    burst: int | None = None
    fields: tuple[Field, ...] = ()
    parameters: tuple[Parameter, ...] = ()
    answer: str | None = None
    retired: Retired | None = None
    deprecated: str = ""
    summary: str = ""
    documentation: str = ""
    accept: str = "application/json"


class SandboxCase(NamedTuple):
    """A request that Amazon's static sandbox answers, and the answer.

    `order_id` None matches any order, `body` None any body.
    """

    order_id: str | None
    parameters: dict[str, Any]
    body: Any
    status: int
    response: Any
