"""Step 9: the role, as far as an answer tells. A role cannot be asked for."""

from __future__ import annotations

from collections.abc import Iterator

from spapi_messaging.doctor.examination import Examination, answered, facts_of
from spapi_messaging.doctor.findings import Finding
from spapi_messaging.errors import AccessDeniedError, InvalidMessageError, MessageNotAvailableError, SpApiMessagingError

_REMEDIES = {
    "role": "Give the application the role Buyer Communication in the developer console. Then let the seller authorise "
    "it anew: a new role counts from the next authorisation on.",
    "token": "Use the refresh token of this seller and this region, and let the seller authorise the application anew.",
    "path": "Check the endpoint and the marketplace, and whether something between this machine and Amazon changes "
    "requests.",
}
_CODES = {"role": "role-missing", "token": "token-refused", "path": "path-wrong"}
_MEANINGS = {
    "role": "The application lacks the role Buyer Communication, or the seller authorised it before it had the role.",
    "token": "Amazon does not accept the access token for this seller.",
    "path": "The request did not reach the operation, or it named another marketplace.",
}


def role(examination: Examination) -> Iterator[Finding]:
    """What the read of the order tells about the role."""
    found = examination.actions()
    if found is None:
        told, remedy = examination.why_not()
        yield Finding("role-not-tried", told, "Only a call for an order shows whether the role is there.", remedy)
    elif isinstance(found, AccessDeniedError | MessageNotAvailableError):
        yield _denied(found)
    elif isinstance(found, InvalidMessageError):
        told = "The order was not read, because this is not an order id."
        yield Finding("role-not-tried", told, remedy="Correct what the step order says.")
    elif isinstance(found, SpApiMessagingError):
        told = "The read of the order failed for another reason, which tells nothing about the role."
        yield Finding("role-not-tried", told, remedy="Correct what the step order says.")
    else:
        yield Finding("role-ok", "A read was answered: role, token and path are right.")


def _denied(error: AccessDeniedError | MessageNotAvailableError) -> Finding:
    causes, decided = possible_causes(error), " ".join(error.facts)
    facts = {**facts_of(error), "possible_causes": list(causes)}
    if names_the_client_secret(error):
        meaning = "The application's LWA client secret has expired, 180 days after it was made."
        return Finding("secret-expired", answered(error), meaning, "Make a new one in the developer console.", facts)
    if causes == ("not-available",):
        told = "Amazon refuses the read for this order alone, which tells nothing about the role."
        return Finding("role-not-tried", told, decided, "Try another order.", facts)
    known = [cause for cause in causes if cause in _CODES] or list(_CODES)
    if len(known) == 1:
        (cause,) = known
        meaning = f"{_MEANINGS[cause]} {decided}".rstrip()
        return Finding(_CODES[cause], answered(error), meaning, _REMEDIES[cause], facts)
    return Finding(
        "role-unclear",
        answered(error),
        meaning=f"Amazon does not say which of these it is: {', '.join(known)}. {decided}".rstrip(),
        remedy=" ".join(f"({number}) {_REMEDIES[cause]}" for number, cause in enumerate(known, 1)),
        facts=facts,
    )


def possible_causes(error: AccessDeniedError | MessageNotAvailableError) -> tuple[str, ...]:
    """What may be the reason of a 403, the most likely first. Role, token and path, if the error names none."""
    return error.possible_causes or tuple(_CODES)


def names_the_client_secret(error: AccessDeniedError | MessageNotAvailableError) -> bool:
    """Whether Amazon refused because of the application's client secret."""
    return any("client secret" in fact for fact in error.facts)
