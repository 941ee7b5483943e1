"""The usage plans' state of a seller, kept in the ledger between two owners."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from spapi_messaging.bulk.accounts import Client

__all__ = ["restore_buckets", "save_buckets"]


def save_buckets(client: Client, now: float, database_time: int) -> dict[str, Any]:
    return {}


def restore_buckets(client: Client, kept: Mapping[str, Any], now: float, database_time: int) -> None:
    return None
