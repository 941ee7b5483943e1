"""Step 3: sandbox or production, and what decided about it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from urllib.parse import urlsplit

from spapi_messaging import Marketplace, MessagingClient, Region
from spapi_messaging.doctor.examination import Examination
from spapi_messaging.doctor.findings import Finding
from spapi_messaging.errors import ConfigurationError, SpApiMessagingError
from spapi_messaging.local_sandbox import is_local

PRODUCTION = {region.endpoint for region in Region}
AMAZONS_SANDBOX = {region.sandbox_endpoint for region in Region}


def endpoint(examination: Examination) -> Iterator[Finding]:
    """Where messages would go."""
    client = examination.client()
    if isinstance(client, SpApiMessagingError):
        yield _without_client(client, examination)
        return
    decided = f" Decided by {examination.decided_by or _decided_by(client.marketplace)}."
    facts = {"endpoint": client.endpoint, "lwa_endpoint": client.lwa_endpoint}
    code, told, meaning, remedy = _judged(client)
    yield Finding(code, f"{told}{decided}", meaning, remedy, facts)


def leads_to(url: str, endpoints: Iterable[str]) -> bool:
    """Whether a URL leads to one of these servers, by whichever port and with or without a dot at its end."""
    return _host(url) in map(_host, endpoints)


def _host(url: str) -> str:
    return (urlsplit(url).hostname or "").rstrip(".")


def _judged(client: MessagingClient) -> tuple[str, str, str, str]:
    """Code, finding, meaning and remedy."""
    base = client.endpoint
    if leads_to(base, PRODUCTION):
        return (
            "endpoint-production",
            f"PRODUCTION: messages reach real buyers. {base}.",
            "",
            "To try something out, use a sandbox: --sandbox local.",
        )
    if leads_to(base, AMAZONS_SANDBOX):
        return (
            "endpoint-amazon-sandbox",
            f"Amazon's sandbox: messages reach nobody. {base}.",
            "It answers the published examples only, and knows no uploads.",
            "",
        )
    if is_local(base):
        return "endpoint-local", f"This machine: messages reach no buyer, if a sandbox listens there. {base}.", "", ""
    return (
        "endpoint-other",
        f"Another server than Amazon's: {base}.",
        "Access tokens and messages go there. Whether they reach real buyers depends on that server.",
        "If this is not what you want, remove the endpoint: then the marketplace decides.",
    )


def _decided_by(marketplace: Marketplace) -> str:
    return f"the client's arguments; the marketplace is {marketplace.name}"


def _without_client(error: SpApiMessagingError, examination: Examination) -> Finding:
    known = examination.source is not None and bool(examination.source.problem)
    if isinstance(error, ConfigurationError) and error.argument is None and not known:
        return Finding(
            "endpoint-refused",
            str(error),
            meaning="Without a client, no call is possible.",
            remedy="Correct what is named, or unset it: a variable, an option, or what the program gives the client.",
        )
    return Finding(
        "endpoint-not-tried", "There is no client, because credentials or marketplace are missing.",
        remedy="Correct these first.",
    )  # fmt: skip
