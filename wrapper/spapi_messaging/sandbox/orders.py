"""The orders of the simulated mode. Each one has a state, a marketplace and a language.

Every id that Amazon could have given is an order. Any other id is one only after it was set.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Any

import yaml

from spapi_messaging._safeguards.bounded_yaml import BoundedLoader, read
from spapi_messaging.errors import SpApiMessagingError
from spapi_messaging.marketplaces import Marketplace
from spapi_messaging.messages import ORDER_ID_PATTERN

LANGUAGES = {
    "AE": "ar-AE", "AU": "en-AU", "BE": "nl-BE", "BR": "pt-BR", "CA": "en-CA", "DE": "de-DE", "EG": "ar-AE",
    "ES": "es-ES", "FR": "fr-FR", "IE": "en-IE", "IN": "en-IN", "IT": "it-IT", "JP": "ja-JP", "MX": "es-MX",
    "NL": "nl-NL", "PL": "pl-PL", "SA": "ar-AE", "SE": "sv-SE", "SG": "en-SG", "TR": "tr-TR", "UK": "en-GB",
    "US": "en-US", "ZA": "en-ZA",
}  # fmt: skip
"""The language of a buyer, by country. An order can have another one."""

_LANGUAGE = re.compile("[A-Za-z]{2,8}([-_][A-Za-z0-9]{1,8})*")
SETTINGS = {"state", "marketplace", "locale", "feedback_removal_requested"}


class State(StrEnum):
    """The state of an order."""

    UNSHIPPED = "unshipped"
    SHIPPED = "shipped"
    DELIVERED = "delivered"
    CANCELLED = "cancelled"


@dataclass
class Order:
    """One order.

    Attributes:
        order_id: The id of the order.
        state: Its state.
        marketplace: The marketplace where it was placed. None: any that a request names.
        locale: The buyer's language. None: the language of the marketplace.
        feedback_removal_requested: Whether the removal of feedback was requested. This can be done once.
    """

    order_id: str
    state: State = State.SHIPPED
    marketplace: Marketplace | None = None
    locale: str | None = None
    feedback_removal_requested: bool = False

    def __post_init__(self) -> None:
        if self.state not in list(State):
            raise ValueError(f"state must be one of {', '.join(State)}, not {self.state!r}")
        self.state = State(self.state)
        self.marketplace = Marketplace.parse(self.marketplace) if self.marketplace is not None else None
        if self.locale is not None and not (isinstance(self.locale, str) and _LANGUAGE.fullmatch(self.locale)):
            raise ValueError("locale must be a language such as de-DE")
        if not isinstance(self.feedback_removal_requested, bool):
            raise ValueError("feedback_removal_requested must be true or false")

    def language(self, marketplace_id: str) -> str:
        """The buyer's language.

        Args:
            marketplace_id: The marketplace that the request names.
        """
        return self.locale or LANGUAGES.get(Marketplace.parse(marketplace_id).name, "en-US")


class Orders:
    """The orders that have their own settings, and the default for all others.

    Args:
        source: A YAML file or a mapping. Its `orders` hold settings by order id, its `default` holds the settings of
            all other orders. The settings are those that `set` takes.

    Raises:
        ValueError: The source does not have this form.
    """

    def __init__(self, source: str | Path | Mapping[str, Any] | None = None) -> None:
        self._orders: dict[str, Order] = {}
        document = _load(source)
        self._default = _changed(Order(""), "", document.get("default") or {})
        for name, settings in (document.get("orders") or {}).items():
            order_id = _checked(str(name))
            if order_id in self._orders:
                raise ValueError(f"orders: {order_id} is there twice")
            self._orders[order_id] = _changed(self._default, order_id, settings or {})

    def exists(self, order_id: str) -> bool:
        """Whether this is the id of an order: one that was set, or one that Amazon could have given."""
        return order_id in self._orders or re.fullmatch(ORDER_ID_PATTERN, order_id) is not None

    def get(self, order_id: str) -> Order:
        """The order with this id. A new order starts with the default settings."""
        order = self._orders.get(order_id) or replace(self._default, order_id=order_id)
        if self.exists(order_id):
            self._orders[order_id] = order
        return order

    def set(self, order_id: str, **settings: Any) -> Order:
        """Changes an order.

        Args:
            order_id: The id of the order; any text.
            **settings: `state`, `marketplace`, `locale`, `feedback_removal_requested`.

        Raises:
            ValueError: A setting is unknown, or its value is invalid.
        """
        order = _changed(self._orders.get(_checked(order_id), self._default), order_id, settings)
        self._orders[order_id] = order
        return order

    def known(self) -> list[Order]:
        """All orders that were changed, or used by a request."""
        return list(self._orders.values())


def _checked(order_id: str) -> str:
    if not isinstance(order_id, str) or not order_id.strip() or not order_id.isprintable():
        raise ValueError("orders: an order id must be text that can be printed")
    return order_id


def _changed(order: Order, order_id: str, settings: Mapping[str, Any]) -> Order:
    name = order_id or "default"
    if not isinstance(settings, Mapping) or set(settings) - SETTINGS:
        raise ValueError(f"orders: {name} takes {', '.join(sorted(SETTINGS))}, not {settings!r}")
    try:
        return replace(order, order_id=order_id, **settings)
    except (ValueError, SpApiMessagingError) as wrong:
        raise ValueError(f"orders: {name}: {wrong}") from wrong


class _Twice(Exception):
    """Raised where a mapping of a file has a key twice."""


class _Loader(BoundedLoader):
    """Refuses a key that a mapping has twice. YAML itself would take the last one, without a word."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        """Makes a dict of a mapping."""
        keys = (key.value for key, _ in node.value if isinstance(key, yaml.ScalarNode) and key.value != "<<")
        seen: set[str] = set()
        for key in keys:
            if key in seen:
                raise _Twice(key)
            seen.add(key)
        return super().construct_mapping(node, deep)


def _load(source: str | Path | Mapping[str, Any] | None) -> Mapping[str, Any]:
    try:
        document = read(Path(source), _Loader) if isinstance(source, str | Path) else source
    except _Twice as key:
        raise ValueError(f"orders: {source} has {key} twice") from key
    except OSError:
        raise
    except Exception as broken:  # PyYAML lets errors of Python through, such as that of `!!int ""`
        raise ValueError(f"orders: {source} is not YAML in UTF-8") from broken
    if document is None:
        return {}
    if not isinstance(document, Mapping) or set(document) - {"orders", "default"}:
        raise ValueError("orders: expected a mapping with `orders` and `default`")
    if not isinstance(document.get("orders") or {}, Mapping):
        raise ValueError("orders: expected the settings by order id in `orders`")
    return document
