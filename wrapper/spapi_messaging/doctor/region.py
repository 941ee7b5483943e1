"""Step 7: the marketplace, its region, and the endpoint's region."""

from __future__ import annotations

from collections.abc import Iterator

from spapi_messaging.doctor.endpoint import leads_to
from spapi_messaging.doctor.examination import Examination
from spapi_messaging.doctor.findings import Finding
from spapi_messaging.doctor.role import names_the_client_secret, possible_causes
from spapi_messaging.errors import (
    AccessDeniedError,
    BadRequestError,
    ConfigurationError,
    NotFoundError,
    SandboxMismatchError,
    SpApiMessagingError,
)


def region(examination: Examination) -> Iterator[Finding]:
    """Whether marketplace, endpoint and order can belong together."""
    client = examination.client()
    if isinstance(client, SpApiMessagingError):
        yield _without_client(client)
        return
    marketplace, own = client.marketplace, client.marketplace.region
    facts = {"marketplace": marketplace.name, "marketplace_id": marketplace.value, "region": own.value}
    told = f"Marketplace {marketplace.name} belongs to region {own.value}"
    if leads_to(client.endpoint, (own.endpoint, own.sandbox_endpoint)):
        yield Finding("region-ok", f"{told}, and so does the endpoint.", facts=facts)
    else:
        yield Finding(
            "region-unknown", f"{told}. The endpoint is not one of Amazon's, so it has no region.", facts=facts
        )
    # The order may belong to another region.
    error = examination.actions()
    if isinstance(error, AccessDeniedError | BadRequestError | NotFoundError) and not _has_another_reason(error):
        yield Finding(
            "region-suspect",
            f"The read of the order was answered with {error.status_code}.",
            meaning="An order of another marketplace or region gets such an answer, and so does a refresh token that "
            f"was given for another region than {own.value}.",
            remedy="Look up the order's marketplace in Seller Central, and in which region the seller authorised the "
            "application.",
        )


def _has_another_reason(error: AccessDeniedError | BadRequestError | NotFoundError) -> bool:
    """Whether the refusal of a read is certainly not about the region."""
    if isinstance(error, AccessDeniedError):
        return possible_causes(error) in (("role",), ("path",)) or names_the_client_secret(error)
    return isinstance(error, SandboxMismatchError) or not error.errors  # a page, say: not Amazon's


def _without_client(error: SpApiMessagingError) -> Finding:
    if isinstance(error, ConfigurationError) and error.argument == "marketplace":
        return Finding(
            "marketplace-unusable",
            str(error),
            meaning="The marketplace decides the region and the endpoint. There is no default.",
            remedy="Give --marketplace DE, for example, or set SP_API_DEFAULT_MARKETPLACE.",
        )
    return Finding("region-not-tried", "There is no client.", remedy="Correct what the steps above say.")
