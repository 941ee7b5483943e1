"""What the methods of the clients return."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, NoReturn
from urllib.parse import unquote

import attrs

from spapi_messaging.attachments import Attachment
from spapi_messaging.errors import quoted
from spapi_messaging.messages import find_operation, operation_for

# The type in …/messages/{type}, and the type alone, for a link may be relative. A template goes on with {.
_MESSAGE_TYPE = re.compile(r"(?:^|/)messages/+([^/{]+)", re.IGNORECASE)
_ALONE = re.compile(r"(?:\./)?(\w+)/?(?:\{.*)?", re.ASCII)
# An error names at most this many of the actions that an order has.
_MAX_NAMES = 12

__all__ = ["Attachment", "AvailableAction", "AvailableActions", "OrderAttributes", "SendReceipt"]


@attrs.frozen
class SendReceipt:
    """Amazon's word that a message was accepted. It cannot be read back: keep what you need of it.

    Attributes:
        operation: the operationId, such as ``sendInvoice``.
        message_type: the message type, such as ``invoice``.
        amazon_order_id: the order.
        marketplace_id: the marketplace.
        endpoint: base URL of the API that took it. If it is a sandbox's, no buyer has the message.
        seller: names the seller, without showing anything of the refresh token: the client's ``seller``, or a digest.
        request_id: Amazon's id of the request, for support cases.
        status_code: the HTTP status, 201 as a rule.
        attachments: the files that went with it, in order.
        sent_at: when it was accepted, by this machine's clock, in UTC.
    """

    operation: str
    message_type: str
    amazon_order_id: str
    marketplace_id: str
    endpoint: str
    seller: str | None
    request_id: str | None
    status_code: int
    attachments: tuple[Attachment, ...]
    sent_at: datetime

    def to_dict(self) -> dict[str, Any]:
        """What ``json.dumps`` takes; ``from_dict`` reads it back. The time is written in ISO 8601."""
        told = {name: getattr(self, name) for name in _names(SendReceipt)}
        return told | {
            "attachments": [attachment.to_dict() for attachment in self.attachments],
            "sent_at": self.sent_at.isoformat(),
        }

    if not TYPE_CHECKING:  # a type checker knows the attributes

        def __getattr__(self, name):
            _no_attribute(self, name)

    @classmethod
    def from_dict(cls, kept: Mapping[str, Any]) -> SendReceipt:
        """Reads back what ``to_dict`` gave; a later release's names that are unknown here are passed over.

        Raises:
            ValueError: this is not what ``to_dict`` gave.
        """
        try:
            told = {name: kept[name] for name in _names(cls)}
            told["attachments"] = tuple(Attachment.from_dict(each) for each in kept["attachments"])
            told["sent_at"] = datetime.fromisoformat(kept["sent_at"])
        except (AttributeError, KeyError, TypeError, ValueError):
            told = {}
        texts = ("operation", "message_type", "amazon_order_id", "marketplace_id", "endpoint")
        is_one = bool(told) and type(told["status_code"]) is int and all(isinstance(told[name], str) for name in texts)
        if not is_one or not all(isinstance(told[name], str | None) for name in ("seller", "request_id")):
            # Raised out here and without the values: nobody knows what was given.
            raise ValueError("This is not a receipt that to_dict() gave, as json.loads() reads it.")
        return cls(**told)


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

    def to_dict(self) -> dict[str, Any]:
        """What ``json.dumps`` takes."""
        return {name: getattr(self, name) for name in _names(AvailableAction)}


@attrs.frozen
class AvailableActions:
    """The actions of an order, in Amazon's order. Iterate over it; ``raw`` is Amazon's answer as it came.

    ``actions["invoice"]`` and ``"invoice" in actions`` go by message type; its operationId and Amazon's own name of the
    action work as well.
    """

    actions: tuple[AvailableAction, ...]
    raw: Mapping[str, Any] = attrs.field(repr=False)

    def __iter__(self) -> Iterator[AvailableAction]:
        return iter(self.actions)

    def __len__(self) -> int:
        return len(self.actions)

    def __getitem__(self, name: str) -> AvailableAction:
        if (found := self._find(name)) is None:
            listed = [action.message_type or action.name for action in self.actions]
            more = f" and {len(listed) - _MAX_NAMES} more" if len(listed) > _MAX_NAMES else ""
            told = f"{', '.join(listed[:_MAX_NAMES]) or 'nothing'}{more}"
            raise KeyError(f"{quoted(name)} is not among what Amazon lists for this order: {told}")
        return found

    def __contains__(self, name: object) -> bool:
        return self._find(name) is not None if isinstance(name, str) else name in self.actions

    def allows(self, name: str) -> bool:
        """Whether the order allows this type of message now.

        Args:
            name: the message type, such as ``"invoice"``, or its operationId.

        Raises:
            InvalidMessageError: there is no such type, and Amazon does not list it either.
        """
        if (found := self._find(name)) is not None:
            return found.available
        operation_for(name)
        return False

    def to_dict(self) -> dict[str, Any]:
        """What ``json.dumps`` takes: the ``actions``. Amazon's answer, ``raw``, is left out."""
        return {"actions": [action.to_dict() for action in self.actions]}

    def _find(self, name: str) -> AvailableAction | None:
        if not isinstance(name, str):
            return None
        known = find_operation(name)
        wanted = (known and known.message_type) or name
        by_type = [action for action in self.actions if action.message_type == wanted]
        found = by_type or [action for action in self.actions if action.name == name]
        # One name among two may be disabled: the message can be sent all the same.
        return next((action for action in found if action.available), None) or next(iter(found), None)

    if not TYPE_CHECKING:  # a type checker knows the attributes

        def __getattr__(self, name):
            _no_attribute(self, name)

    @classmethod
    def from_raw(cls, raw: Mapping[str, Any], message_types: Mapping[str, str]) -> AvailableActions:
        """Reads Amazon's answer, of which any part may be missing; ``message_types`` has those of the known names."""
        embedded: dict[str, Mapping[str, Any]] = {}
        for action in _dicts(_dict(raw.get("_embedded")).get("actions")):
            name = _link_name(action)
            if name not in embedded or _is_disabled(embedded[name]):  # listed twice: the one that can be used
                embedded[name] = action
        links = {_name_of(link): {"_links": {"self": link}} for link in _dicts(_dict(raw.get("_links")).get("actions"))}
        # The links list what there is, the embedded ones describe it; either may be incomplete.
        names = dict.fromkeys([*links, *embedded])
        types = {name.casefold(): message_type for name, message_type in message_types.items()}
        actions = (_action(name, embedded.get(name) or links[name], types) for name in names if name)
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

    def to_dict(self) -> dict[str, Any]:
        """What ``json.dumps`` takes: the ``locale``. Amazon's answer, ``raw``, is left out."""
        return {"locale": self.locale}

    if not TYPE_CHECKING:  # a type checker knows the attributes

        def __getattr__(self, name):
            _no_attribute(self, name)

    @classmethod
    def from_raw(cls, raw: Mapping[str, Any]) -> OrderAttributes:
        """Reads Amazon's answer."""
        return cls(_text(_dict(raw.get("buyer")).get("locale")), raw)


# Of results of other clients: where the same is here.
_ELSEWHERE = {
    "payload": "raw of a read is Amazon's answer",
    "headers": "request_id of a receipt is Amazon's id of the request",
    "rate_limit": "the client keeps to it",
    "errors": "they are raised",
    "next_token": "there are no pages",
    "buyer": "locale is the buyer's language",
}


def _no_attribute(result: object, name: str) -> NoReturn:
    """Explains a missing attribute to those who know another client."""
    known = _ELSEWHERE | ({} if hasattr(type(result), "raw") else {"payload": "Amazon answers a message with nothing"})
    more = f": {known[name]}" if name in known else ""
    raise AttributeError(f"{type(result).__name__!r} object has no attribute {name!r}{more}")


def _names(result_class: type) -> list[str]:
    return [field.name for field in attrs.fields(result_class)]


def _action(name: str, action: Mapping[str, Any], message_types: Mapping[str, str]) -> AvailableAction:
    """One action; ``message_types`` has the names in lower case."""
    schema = _schema_of(action)
    links = _dict(action.get("_links"))
    segments = (_segment(link) for key in ("self", "schema") for link in _dicts(links.get(key)))
    known = (message_types.get(each.casefold()) for each in (name, *segments))
    return AvailableAction(
        name=name,
        message_type=next(filter(None, known), None),
        title=_text(schema.get("title")) or _text(action.get("title")),
        description=_text(schema.get("description")),
        disabled_reason=_text(schema.get("disabledReason")) or _text(action.get("disabledReason")),
        schema={key: value for key, value in schema.items() if key != "_links"},
        available=not _is_disabled(action),
    )


def _schema_of(action: Mapping[str, Any]) -> Mapping[str, Any]:
    """The published model says that the schema is under ``payload``; production puts it inline."""
    schema = _dict(_dict(action.get("_embedded")).get("schema"))
    return _dict(schema.get("payload")) or schema


def _is_disabled(action: Mapping[str, Any]) -> bool:
    return _schema_of(action).get("disabled") is True or action.get("disabled") is True


def _link_name(action: Mapping[str, Any]) -> str:
    for named in (action, _dict(action.get("payload")), _dict(_dict(action.get("_embedded")).get("schema"))):
        if name := _text(named.get("name")):
            return name
    links = _dict(action.get("_links"))
    return next((name for key in ("self", "schema") for link in _dicts(links.get(key)) if (name := _name_of(link))), "")


def _name_of(link: Mapping[str, Any]) -> str:
    return _text(link.get("name")) or _segment(link)


def _segment(link: Mapping[str, Any]) -> str:
    """The message type in ``…/messages/{type}?…``, whatever is before and behind it."""
    href = link.get("href")
    first = href[0] if isinstance(href, list) and href else href
    if not isinstance(first, str):
        return ""
    path = unquote(re.split("[?#]", first, maxsplit=1)[0])
    found = _MESSAGE_TYPE.search(path) or _ALONE.fullmatch(path)
    return found.group(1) if found else ""


def _dict(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _dicts(value: object) -> Sequence[Mapping[str, Any]]:
    """Amazon writes one link where the model has a list, and a list where it has one."""
    return [item for item in (value if isinstance(value, list) else [value]) if isinstance(item, dict)]


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None
