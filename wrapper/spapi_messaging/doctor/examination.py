"""What the steps share: the client, the order, and what earlier steps learned."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol

from spapi_messaging import MessagingClient, RetryPolicy
from spapi_messaging.credentials import CredentialsSource
from spapi_messaging.doctor.findings import Finding
from spapi_messaging.errors import ApiError, ConfigurationError, SpApiMessagingError
from spapi_messaging.messages import find_read

if TYPE_CHECKING:
    from spapi_messaging import AvailableActions
    from spapi_messaging.doctor.probe import Probe

CALL_SECONDS = 20.0
"""The longest time of one call, in seconds."""
WAIT_SECONDS = 10.0
"""The longest wait for the usage plan, in seconds."""

Step = Callable[["Examination"], Iterable[Finding]]
MakeClient = Callable[[], "MessagingClient"]


class Exchange(Protocol):
    """An exchange with Amazon that was observed, without secrets."""

    def to_dict(self) -> dict[str, Any]:
        """What `json.dumps` takes."""
        ...


@dataclass
class Examination:
    """One run.

    Attributes:
        make_client: Makes the client to examine.
        probe: Finds out whether a server can be reached.
        now: This machine's time.
        find_source: Finds out where the credentials are. None: a program gives them.
        source: Where they are, once that is known.
        decided_by: What decided about the endpoint, in words; empty if that is not known.
        order_id: An order to read, if the user names one.
        message_type: The type of message to upload a file for, if the user names one.
        exchanges: The exchanges that the client's observer saw so far; they are needed to find the storage.
        server_date: The server's time and this machine's at the same moment, once they are known.
        authorized: Whether the step authorization got an access token.
    """

    make_client: MakeClient
    probe: Callable[..., Probe]
    now: Callable[[], datetime]
    find_source: Callable[[], CredentialsSource] | None = None
    source: CredentialsSource | None = None
    decided_by: str = ""
    order_id: str | None = None
    message_type: str | None = None
    exchanges: Iterable[Exchange] = ()
    server_date: tuple[datetime, datetime] | None = None
    authorized: bool = False
    _made: MessagingClient | SpApiMessagingError | None = field(default=None, repr=False)
    _actions: AvailableActions | SpApiMessagingError | None = field(default=None, repr=False)

    def client(self) -> MessagingClient | SpApiMessagingError:
        """The client, with short limits; or why there is none."""
        if self._made is None:
            try:
                self._made = _checked(self.make_client())
            except SpApiMessagingError as error:
                self._made = error
            except Exception as error:  # a mistake of the program, which is not the examination's own
                self._made = ConfigurationError(f"The program could not make its client: {type(error).__name__}.")
        if isinstance(self._made, SpApiMessagingError):
            return self._made
        # One attempt: a second one could hide a fault that comes and goes.
        return self._made.with_options(deadline=CALL_SECONDS, max_wait=WAIT_SECONDS, retry=RetryPolicy(attempts=1))

    def actions(self) -> AvailableActions | SpApiMessagingError | None:
        """What the order allows, or the error of the read. None: there is nothing to ask with, see `why_not`. Amazon is
        asked only once.
        """
        client, read = self.client(), find_read("AvailableActions")
        if self.why_not()[0] or isinstance(client, SpApiMessagingError) or read is None:
            return None
        if self._actions is None:
            try:
                found: AvailableActions = getattr(client, read.name)(self.order_id)
                self._actions = found
            except SpApiMessagingError as error:
                self._actions = error
        return self._actions

    def why_not(self) -> tuple[str, str]:
        """Why the order cannot be read, and what to do. Empty, if it can."""
        if self.order_id is None:
            return "No order is named.", "Name one of this seller's orders: spapi-messaging doctor 303-1234567-1234567."
        if isinstance(self.client(), SpApiMessagingError):
            return "There is no client.", "Correct what the steps above say."
        if not self.authorized:
            return "There is no access token.", "Correct what the step authorization says."
        if find_read("AvailableActions") is None:
            return "Amazon publishes no such read any more.", "Look for a newer release of spapi-messaging."
        return "", ""

    def close(self) -> None:
        """Closes the client."""
        if self._made is not None and not isinstance(self._made, SpApiMessagingError):
            self._made.close()


def _checked(made: object) -> MessagingClient:
    if isinstance(made, MessagingClient):
        return made
    raise ConfigurationError(f"make_client must return a MessagingClient, not {type(made).__name__}.")


def answered(error: SpApiMessagingError) -> str:
    """What an error tells of Amazon's answer, without remedies that are for programs."""
    if not isinstance(error, ApiError):
        return str(error)
    said = ": ".join(part for part in (error.code, error.message, error.details) if part)
    request = f", request id {error.request_id}" if error.request_id else ""
    return f"The answer to {error.operation} was {error.status_code}{f' ({said})' if said else ''}{request}."


def facts_of(error: SpApiMessagingError) -> dict[str, Any]:
    """What programs want to know of an error."""
    names = ("operation", "status_code", "code", "request_id", "error")
    return {"error_type": type(error).__name__} | {
        name: value for name in names if (value := getattr(error, name, None)) is not None
    }
