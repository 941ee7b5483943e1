"""Step 10: one small file is uploaded to a destination. No message is sent."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

from spapi_messaging import AvailableActions, MessagingClient
from spapi_messaging.doctor.endpoint import AMAZONS_SANDBOX, leads_to
from spapi_messaging.doctor.examination import Examination, answered, facts_of
from spapi_messaging.doctor.findings import Finding
from spapi_messaging.doctor.network import reached
from spapi_messaging.doctor.probe import Target
from spapi_messaging.errors import NetworkError, SpApiMessagingError, UploadError
from spapi_messaging.messages import files_field, find_operation

FILE = ("connection-test.txt", b"A file to test the connection. It belongs to no message.\n")

_DIGESTS = {"BadDigest", "InvalidDigest", "XAmzContentSHA256Mismatch"}


def uploads(examination: Examination) -> Iterator[Finding]:
    """Books a destination and uploads a file to it. Amazon deletes files that belong to no message."""
    client, (told, remedy) = examination.client(), examination.why_not()
    if isinstance(client, SpApiMessagingError) or told:
        yield Finding("upload-not-tried", told, "A file is uploaded for an order.", remedy)
    elif isinstance(chosen := _type_for(examination, client), Finding):
        yield chosen
    else:
        yield from _uploaded(examination, client, chosen)


def takes_files(message_type: str | None) -> bool:
    """Whether messages of this type take files."""
    operation = find_operation(message_type or "")
    return operation is not None and files_field(operation) is not None


def _type_for(examination: Examination, client: MessagingClient) -> str | Finding:
    """A type of message that a file can be uploaded for, or why there is none."""
    if leads_to(client.endpoint, AMAZONS_SANDBOX):
        return Finding("upload-not-tried", "Amazon's sandbox knows no uploads.", remedy="Try the local sandbox.")
    if examination.message_type is not None:
        if takes_files(examination.message_type):
            return examination.message_type
        remedy = "Name a type that takes files, such as invoice."
        return Finding("upload-not-tried", "Messages of the named type take no files.", remedy=remedy)
    found = examination.actions()
    if isinstance(found, SpApiMessagingError):
        told = "The order could not be read, so nobody knows which messages it allows."
        remedy = "Correct what the step order says, or name a type: --type invoice."
        return Finding("upload-not-tried", told, remedy=remedy)
    allowed = list(found) if isinstance(found, AvailableActions) else []
    fitting = (each.message_type for each in allowed if each.available and takes_files(each.message_type))
    if (message_type := next(fitting, None)) is not None:
        return message_type
    return Finding(
        "upload-not-tried",
        "The order allows no message that takes files now.",
        remedy="Name a type: --type invoice. The file is uploaded, and nothing is sent.",
    )


def _uploaded(examination: Examination, client: MessagingClient, message_type: str) -> Iterator[Finding]:
    try:
        attachment = client.upload(str(examination.order_id), message_type, FILE)  # type: ignore[arg-type]
    except SpApiMessagingError as error:
        yield _failed(error)
        if isinstance(error, UploadError | NetworkError) and (storage := _storage(examination)) is not None:
            yield reached(examination, Target("storage", storage))
        return
    told = f"A file of {attachment.size} bytes was uploaded for a message of type {message_type}. No message was sent."
    yield Finding("upload-ok", told, facts={"message_type": message_type})


def _failed(error: SpApiMessagingError) -> Finding:
    if not isinstance(error, UploadError):
        remedy = "Correct what the steps above say, if anything. Then try again."
        return Finding("upload-failed", answered(error), "No destination was given.", remedy, facts_of(error))
    said = f" ({error.code})" if error.code else ""
    if error.status_code is None:
        return Finding(
            "upload-storage-unreachable",
            f"A destination was given, and the storage did not answer{said}.",
            meaning="Files go to Amazon S3, which is another host than the API.",
            remedy="Allow connections to *.amazonaws.com in the firewall and in the proxy.",
            facts=facts_of(error),
        )
    told = f"A destination was given, and the storage answered {error.status_code}{said}."
    if error.code in _DIGESTS:
        meaning = "The file arrived changed: something on the way rewrites what is sent."
        remedy = "Exempt *.amazonaws.com from the proxy, or from what looks into connections."
        return Finding("upload-digest", told, meaning, remedy, facts_of(error))
    meaning = "An upload URL is good for 15 minutes, and for the announced file alone."
    remedy = "Check this machine's clock and the proxy, then try again."
    return Finding("upload-storage-refused", told, meaning, remedy, facts_of(error))


def _storage(examination: Examination) -> str | None:
    """Where the storage is, without path and query. None: no exchange with it was observed."""
    for exchange in examination.exchanges:
        seen = exchange.to_dict()
        if seen.get("service") == "storage" and (parts := urlsplit(str(seen.get("url")))).netloc:
            # Not the first page, which a web server may have for people.
            return f"{parts.scheme}://{parts.netloc}/connection-test"
    return None
