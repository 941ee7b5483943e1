"""Sees when Amazon refuses nearly every message of a type in the same way: then the fault is probably Amazon's."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import Any

__all__ = ["MIN_ORDERS", "MIN_SHARE", "Refusals"]

MIN_ORDERS = 20
MIN_SHARE = 0.9
# Refused messages that are remembered for each type and way, in case that it turns out to be Amazon's side.
_MAX_REMEMBERED = 1000

Signature = tuple[str, int, str]


class Refusals:
    """What Amazon said to the messages of one run."""

    def __init__(self) -> None:
        self._answered: Counter[str] = Counter()
        self._refused: Counter[tuple[str, Signature]] = Counter()
        self._orders: defaultdict[tuple[str, Signature], set[str]] = defaultdict(set)
        self._remembered: defaultdict[tuple[str, Signature], list[Any]] = defaultdict(list)

    def accepted(self, message_type: str) -> None:
        """Amazon accepted a message."""
        self._answered[message_type] += 1

    def refused(self, message_type: str, signature: Signature, order_id: str) -> bool:
        """Amazon refused a message. Returns whether that is probably Amazon's side."""
        way = (message_type, signature)
        self._answered[message_type] += 1
        self._refused[way] += 1
        if len(self._orders[way]) < MIN_ORDERS:
            self._orders[way].add(order_id)
        return self.is_amazons_side(*way)

    def is_amazons_side(self, message_type: str, signature: Signature) -> bool:
        """Whether nearly all messages of a type were refused in this way."""
        way = (message_type, signature)
        return len(self._orders[way]) >= MIN_ORDERS and self._refused[way] > MIN_SHARE * self._answered[message_type]

    def remember(self, message_type: str, signature: Signature, message: Any) -> None:
        """Keeps a refused message that was written down as rejected."""
        kept = self._remembered[message_type, signature]
        if len(kept) < _MAX_REMEMBERED:
            kept.append(message)

    def take_remembered(self, message_type: str, signature: Signature) -> list[Any]:
        """Takes out the messages that were refused in this way before."""
        return self._remembered.pop((message_type, signature), [])
