"""Step 8: what an order allows, and its buyer's language."""

from __future__ import annotations

from collections.abc import Iterator

from spapi_messaging import AvailableActions, MessagingClient
from spapi_messaging.doctor.examination import Examination, answered, facts_of
from spapi_messaging.doctor.findings import Finding
from spapi_messaging.errors import (
    AccessDeniedError,
    BadRequestError,
    InvalidMessageError,
    MalformedResponseError,
    MessageNotAvailableError,
    NotFoundError,
    SandboxMismatchError,
    SpApiMessagingError,
    ThrottledError,
    UsagePlanTimeout,
)
from spapi_messaging.messages import find_read
from spapi_messaging.preflight.printable import printable

MAX_SHOWN = 15
"""How many types a finding names. Amazon's list may be of any length."""
MAX_LOCALE = 40
"""The most characters of a locale that are shown: enough for language, script, region and variants."""

# The first line that fits.
_FAILURES: tuple[tuple[type[SpApiMessagingError], str, str, str], ...] = (
    (InvalidMessageError, "order-id-invalid", "", "Copy the order id from Seller Central: 303-1234567-1234567."),
    (SandboxMismatchError, "order-not-of-sandbox", "Amazon's sandbox knows the published examples only.",
     "Name the order 123-1234567-1234567, or use the local sandbox: --sandbox local."),
    (NotFoundError, "order-not-found", "This seller has no such order in this marketplace.",
     "Check the order id, the marketplace and the account."),
    (BadRequestError, "order-not-accepted", "Most often, the order was placed in another marketplace.",
     "Give the order's own marketplace with --marketplace."),
    (MessageNotAvailableError, "order-denied", "Amazon knows the request and refuses it for this order.",
     "Try another order."),
    (AccessDeniedError, "order-denied", "", "See the step role, which says what the reason can be."),
    (MalformedResponseError, "order-unreadable", "A proxy or a gateway may have changed the answer.",
     "Try again. If it stays, give Amazon the request id."),
    (ThrottledError, "order-throttled", "Other programs use up the seller's usage plan.", "Try again later."),
    (UsagePlanTimeout, "order-throttled", "The usage plan has no room for this call.", "Try again later."),
    (SpApiMessagingError, "order-failed", "", "Correct what the step network says, if anything. Then try again."),
)  # fmt: skip


def order(examination: Examination) -> Iterator[Finding]:
    """Reads the order."""
    client, found = examination.client(), examination.actions()
    if isinstance(client, SpApiMessagingError) or found is None:
        told, remedy = examination.why_not()
        yield Finding("order-not-tried", told, remedy=remedy)
    elif isinstance(found, SpApiMessagingError):
        yield failed(found)
    else:
        yield _listed(found)
        yield from _language(examination, client)


def failed(error: SpApiMessagingError) -> Finding:
    """Why an order could not be read."""
    if isinstance(error, NotFoundError | BadRequestError) and not error.errors:
        meaning = "Amazon's API answers with a list of errors, so something else may have answered here."
        remedy = "Check the endpoint, and the proxy if there is one."
        return Finding("order-failed", answered(error), meaning, remedy, facts_of(error))
    code, meaning, remedy = next(line[1:] for line in _FAILURES if isinstance(error, line[0]))
    told = "This is not an order id." if isinstance(error, InvalidMessageError) else answered(error)
    return Finding(code, told, meaning, remedy, facts_of(error))


def _listed(found: AvailableActions) -> Finding:
    allowed = sorted({each.message_type for each in found if each.available and each.message_type})
    others = len(found) - sum(1 for each in found if each.available and each.message_type)
    facts = {"allowed": allowed[:MAX_SHOWN], "listed": len(found)}
    if not allowed:
        return Finding(
            "order-empty",
            f"The order was read. It allows no message now; Amazon lists {len(found)} actions.",
            meaning="The list can be empty for a while, for a new order or when Amazon has trouble.",
            remedy="Look again later, or try another order.",
            facts=facts,
        )
    more = f" and {len(allowed) - MAX_SHOWN} more" if len(allowed) > MAX_SHOWN else ""
    beside = f" Actions that are not messages or cannot be sent now: {others}." if others else ""
    return Finding("order-ok", f"The order allows {', '.join(allowed[:MAX_SHOWN])}{more}.{beside}", facts=facts)


def _language(examination: Examination, client: MessagingClient) -> Iterator[Finding]:
    if (read := find_read("OrderAttributes")) is None:
        return
    try:
        # Whoever answers may send anything, so nothing of it may move a terminal's cursor.
        locale = printable(getattr(client, read.name)(examination.order_id).locale or "", MAX_LOCALE)
    except SpApiMessagingError as error:
        yield Finding(
            "order-no-language",
            f"What the order allows was read, but not its buyer's language. {answered(error)}",
            remedy="Write in the language of the marketplace.",
            facts=facts_of(error),
        )
        return
    if not locale:
        yield Finding(
            "order-no-language",
            "Amazon does not say which language the buyer reads.",
            remedy="Write in the language of the marketplace.",
        )
    else:
        yield Finding("order-ok", f"The buyer reads {locale}.", facts={"locale": locale})
