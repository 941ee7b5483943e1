"""Remembers which calls succeeded. That helps to explain why Amazon refuses another call. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx

if TYPE_CHECKING:  # loaded when Amazon denies access
    from spapi_messaging._call.denials import Success
    from spapi_messaging.messages import Operation

# An access token is good for an hour. A call that was answered longer ago says little about a refusal now.
MAX_AGE_SECONDS = 3600.0


class Successes:
    """Which operations succeeded for one seller, when, and with which token. One entry for each operation."""

    def __init__(self) -> None:
        self._found: dict[str, tuple[Operation, str, float, httpx.URL]] = {}

    def note(self, operation: Operation, token: str, now: float, url: httpx.URL) -> None:
        """An operation was answered."""
        if operation.module:  # only operations of the table: other names may be endless
            self._found[operation.operation_id] = (operation, token, now, url)

    def until(self, now: float, token: str, url: httpx.URL, *, same_credentials: bool) -> tuple[Success, ...]:
        """The successes of the last hour, the latest first.

        Args:
            now: the client's clock, in seconds.
            token: the token of the call that was refused.
            url: where that call went, which names its marketplace.
            same_credentials: whether each token was for the same seller. A provider's may be for another one.
        """
        from spapi_messaging._call.denials import Success

        found = [
            Success(operation, now - at, used == token, _marketplace(answered) == _marketplace(url))
            for operation, used, at, answered in tuple(self._found.values())
            if now - at <= MAX_AGE_SECONDS and (same_credentials or used == token)
        ]
        return tuple(sorted(found, key=lambda success: success.seconds_ago))

    def tokens(self) -> set[str]:
        """The tokens that were used. They must not be shown to anybody."""
        return {token for _, token, *_ in tuple(self._found.values())}


def _marketplace(url: httpx.URL) -> str | None:
    found: str | None = url.params.get("marketplaceIds")
    return found
