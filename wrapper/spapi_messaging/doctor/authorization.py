"""Step 5: an access token from Login with Amazon."""

from __future__ import annotations

from collections.abc import Iterator

from spapi_messaging.doctor.examination import Examination, facts_of
from spapi_messaging.doctor.findings import Finding
from spapi_messaging.errors import AuthorizationError, NetworkError, SpApiMessagingError

_REFUSALS = {
    "invalid_client": (
        "lwa-invalid-client",
        "The client id or the client secret is wrong, or the secret has expired: it is good for 180 days.",
        "Compare both with the developer console. If the secret has expired, make a new one there.",
    ),
    "invalid_grant": (
        "lwa-invalid-grant",
        "The refresh token is wrong, was revoked, or belongs to another application.",
        "Let the seller authorise the application anew, and use the new refresh token.",
    ),
}
_REFUSED = (
    "lwa-refused",
    "The application, or what it asks for, is not accepted.",
    "Check the application in the developer console, and that the seller still authorises it.",
)

_CORRECT = "Correct what is named, or what the steps above say."


def authorization(examination: Examination) -> Iterator[Finding]:
    """Gets a token, and shows nothing of it."""
    client = examination.client()
    if isinstance(client, SpApiMessagingError):
        yield Finding(
            "authorization-not-tried", "There is no client to authorise.", remedy="Correct what the steps above say."
        )
        return
    try:
        seconds = client.authorize()
    except SpApiMessagingError as error:
        yield _refused(error)
        return
    examination.authorized = True
    if seconds is None:
        told = "The program's token provider gave an access token."
        yield Finding("authorization-provider", told, "Only a call shows whether Amazon accepts it.")
    else:
        told = f"Login with Amazon gave an access token. It will be renewed in {seconds / 60:.0f} minutes."
        yield Finding("authorization-ok", told, "The credentials are right.", facts={"seconds": round(seconds)})


def _refused(error: SpApiMessagingError) -> Finding:
    if isinstance(error, AuthorizationError):
        code, meaning, remedy = _REFUSALS.get(error.error or "", _REFUSED)
        said = ": ".join(part for part in (error.error, error.description) if part)
        return Finding(code, f"Login with Amazon gave no access token ({said}).", meaning, remedy, facts_of(error))
    if isinstance(error, NetworkError):
        meaning = "This is about the way to Login with Amazon, and not about the credentials."
        remedy = "Correct what the step network says, if anything. Otherwise try again later."
        return Finding("lwa-trouble", str(error), meaning, remedy, facts_of(error))
    return Finding("authorization-failed", str(error), "Calls cannot be authorised.", _CORRECT, facts_of(error))
