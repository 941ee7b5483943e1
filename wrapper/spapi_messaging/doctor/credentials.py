"""Step 2: where the credentials are, and which of their parts."""

from __future__ import annotations

from collections.abc import Iterator

from spapi_messaging.credentials import ENVIRONMENT, CredentialsSource
from spapi_messaging.doctor.examination import Examination
from spapi_messaging.doctor.findings import Finding
from spapi_messaging.errors import ConfigurationError


def credentials(examination: Examination) -> Iterator[Finding]:
    """What is known about the credentials, without showing a secret."""
    if examination.find_source is not None:
        examination.source = examination.find_source()
    source = examination.source
    if source is None:
        yield from _of_a_program(examination)
    elif source.problem:
        yield Finding(
            "credentials-unusable",
            source.problem,
            meaning="Without credentials, no call is possible.",
            remedy="Correct this first. To try the command without credentials: --sandbox local.",
            facts=_facts(source),
        )
    elif source.is_of_local_sandbox:
        told = f"Those of the local sandbox ({source.place})."
        yield Finding(
            "credentials-local", told, "They are no secret, and Amazon does not know them.", "", _facts(source)
        )
    elif "refresh_token" not in source.parts:
        yield Finding(
            "credentials-no-seller",
            f"Found in {source.place}: client_id and client_secret, and no refresh_token.",
            meaning="The refresh token says for which seller the application works.",
            remedy=f"Set {ENVIRONMENT['refresh_token']}, or add refresh_token where the other two are.",
            facts=_facts(source),
        )
    else:
        told = f"Found in {source.place}. There are {', '.join(source.parts)}."
        ending = f" The client_id ends with {source.client_id_end}." if source.client_id_end else ""
        yield Finding("credentials-found", f"{told}{ending}", facts=_facts(source))
        for doubt in source.doubts:
            yield Finding(
                "credentials-suspect",
                doubt,
                meaning="Perhaps another value was pasted by mistake.",
                remedy="Compare it with the developer console.",
            )


def _of_a_program(examination: Examination) -> Iterator[Finding]:
    """A program makes the client, and nothing but the client is known."""
    client = examination.client()
    if isinstance(client, ConfigurationError) and client.argument == "credentials":
        yield Finding(
            "credentials-unusable",
            str(client),
            meaning="Without credentials, no call is possible.",
            remedy="Give the client credentials that are complete.",
        )
    else:
        yield Finding("credentials-given", "The program that makes the client gives them.")


def _facts(source: CredentialsSource) -> dict[str, object]:
    return {"place": source.place, "parts": list(source.parts), "client_id_end": source.client_id_end}
