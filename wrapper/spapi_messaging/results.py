"""What the methods of the clients return."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import attrs

from spapi_messaging.attachments import Attachment

if TYPE_CHECKING:
    from datetime import datetime

_MESSAGE_TYPE = re.compile(r"/messages/([^/?#]+)")

__all__ = ["Attachment", "AvailableAction", "AvailableActions", "OrderAttributes", "SendReceipt"]


@attrs.frozen
class SendReceipt:
    """Amazon's word that a message was accepted. It cannot be read back: keep what you need of it.

    Attributes:
        operation: the operationId, such as ``sendInvoice``.
        amazon_order_id: the order.
        marketplace_id: the marketplace.
        request_id: Amazon's id of the request, for support cases.
        status_code: the HTTP status, 201 as a rule.
        attachments: the files that went with it, in order.
        sent_at: when it was accepted, by this machine's clock, in UTC.
    """

    operation: str
    amazon_order_id: str
    marketplace_id: str
    request_id: str | None
    status_code: int
    attachments: tuple[Attachment, ...]
    sent_at: datetime


@attrs.frozen
class AvailableAction:
    """A message that an order allows, or a read that Amazon lists beside them.

    Attributes:
        name: Amazon's name of the action; not always the message type (``sendInvoice`` is type ``invoice``).
        message_type: the type to pass to ``send``, or None when this release knows no such operation.
        title: a short text for people, or None.
        description: a longer one, or None.
        disabled_reason: why it cannot be used now, or None.
        schema: the JSON schema (draft 4) of the action for this order; ``{}`` when Amazon gave none.
        available: whether it can be used now.
    """

    name: str
    message_type: str | None
    title: str | None = None
    description: str | None = None
    disabled_reason: str | None = None
    schema: Mapping[str, Any] = attrs.field(factory=dict)
    available: bool = True


@attrs.frozen
class AvailableActions:
    """The actions of an order, in Amazon's order. Iterate over it; ``raw`` is Amazon's answer as it came."""

    actions: tuple[AvailableAction, ...]
    raw: Mapping[str, Any] = attrs.field(repr=False)

    def __iter__(self) -> Iterator[AvailableAction]:
        return iter(self.actions)

    def __len__(self) -> int:
        return len(self.actions)

    @classmethod
    def from_raw(cls, raw: Mapping[str, Any], message_types: Mapping[str, str]) -> AvailableActions:
        """Reads Amazon's answer, of which any part may be missing; ``message_types`` has those of the known names."""
        embedded = {_link_name(action): action for action in _dicts(_dict(raw.get("_embedded")).get("actions"))}
        links = {_name_of(link): {"_links": {"self": link}} for link in _dicts(_dict(raw.get("_links")).get("actions"))}
        # The links list what there is, the embedded ones describe it; either may be incomplete.
        names = dict.fromkeys([*links, *embedded])
        actions = (_action(name, embedded.get(name) or links[name], message_types) for name in names if name)
        return cls(tuple(actions), raw)


@attrs.frozen
class OrderAttributes:
    """What Amazon tells about an order's buyer.

    Attributes:
        locale: the buyer's language, such as ``de-DE``, or None when Amazon does not tell.
        raw: Amazon's answer as it came.
    """

    locale: str | None
    raw: Mapping[str, Any] = attrs.field(repr=False)

    @classmethod
    def from_raw(cls, raw: Mapping[str, Any]) -> OrderAttributes:
        """Reads Amazon's answer."""
        return cls(_text(_dict(raw.get("buyer")).get("locale")), raw)


def _action(name: str, action: Mapping[str, Any], message_types: Mapping[str, str]) -> AvailableAction:
    schema = _dict(_dict(action.get("_embedded")).get("schema"))
    # The published model says that the schema is under ``payload``; production puts it inline.
    schema = _dict(schema.get("payload")) or schema
    disabled = schema.get("disabled") is True or action.get("disabled") is True
    return AvailableAction(
        name=name,
        message_type=message_types.get(name) or message_types.get(_path_segment(action)),
        title=_text(schema.get("title")),
        description=_text(schema.get("description")),
        disabled_reason=_text(schema.get("disabledReason")),
        schema={key: value for key, value in schema.items() if key != "_links"},
        available=not disabled,
    )


def _link_name(action: Mapping[str, Any]) -> str:
    for named in (action, _dict(action.get("payload")), _dict(_dict(action.get("_embedded")).get("schema"))):
        if name := _text(named.get("name")):
            return name
    links = _dict(action.get("_links"))
    return next((name for key in ("self", "schema") for link in _dicts(links.get(key)) if (name := _name_of(link))), "")


def _name_of(link: Mapping[str, Any]) -> str:
    return _text(link.get("name")) or _segment(link)


def _path_segment(action: Mapping[str, Any]) -> str:
    return next((_segment(link) for link in _dicts(_dict(action.get("_links")).get("self"))), "")


def _segment(link: Mapping[str, Any]) -> str:
    """The message type in ``…/messages/{type}?…``."""
    href = link.get("href")
    first = href[0] if isinstance(href, list) and href else href
    found = _MESSAGE_TYPE.search(first) if isinstance(first, str) else None
    return found.group(1) if found else ""


def _dict(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _dicts(value: object) -> Sequence[Mapping[str, Any]]:
    """Amazon writes one link where the model has a list, and a list where it has one."""
    return [item for item in (value if isinstance(value, list) else [value]) if isinstance(item, dict)]


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None
