"""How one file gets to Amazon: a destination, a PUT, and again where that helps."""

from __future__ import annotations

import contextlib

import httpx

from spapi_messaging._call.context import CallLimits
from spapi_messaging._call.effects import Flow, Invoke, Purpose
from spapi_messaging._call.first_byte import DeadlinePassed
from spapi_messaging._call.outcome import Answer, FailureKind
from spapi_messaging._call.reporting import log, log_retry, saying_more
from spapi_messaging._call.requests import OrderScope, perform
from spapi_messaging._upload.files import FileBody, FileTrouble, PreparedFile
from spapi_messaging._upload.storage import Destination, PutResult, judge, judge_loss, put_request, read_destination
from spapi_messaging.attachments import Attachment
from spapi_messaging.errors import (
    AccessDeniedError,
    AuthorizationError,
    NotFoundError,
    SpApiMessagingError,
    UploadError,
)
from spapi_messaging.messages import UPLOAD, Operation

# Seconds. A destination with less time left is not used any more.
MIN_DESTINATION_SECONDS = 5.0


def upload_file(scope: OrderScope, operation: Operation, file: PreparedFile | Attachment) -> Flow[Attachment]:
    """Takes one file to Amazon, for one order and message type; an Attachment is there already."""
    if isinstance(file, Attachment):
        return file
    arguments = {"message_type": operation.message_type, "content_md5": file.md5, "content_type": file.content_type}
    try:
        for last in (False, True):
            # Not kept in a variable, which a traceback would show: it holds a presigned URL.
            destination = _destination((yield from perform(scope, UPLOAD, arguments)), file, scope)
            if isinstance(destination, UploadError):
                raise destination
            if (yield from _put(scope, destination, file, last=last)):
                log.info("%s order=%s outcome=uploaded size=%d", UPLOAD.operation_id, scope.order_id, file.size)
                return Attachment(destination.id, file.name, file.size, file.sha256)
        raise AssertionError("the last destination either works or raises")
    except FileTrouble as trouble:
        raise UploadError(
            f"{file.name} {trouble}, so neither the file nor a message was sent. "
            "Send it when nobody writes to it any more.",
            file_name=file.name,
        ) from trouble
    except SpApiMessagingError as error:
        if isinstance(error, UploadError | AuthorizationError):  # the latter is not about a file
            raise
        told = f"This was for uploading {file.name}; no message was sent."
        if operation.retired is not None and isinstance(error, AccessDeniedError | NotFoundError):
            told += " Amazon has retired this type of message, and that is the most likely reason."
        raise saying_more(error, told) from error.__cause__


def _put(scope: OrderScope, destination: Destination, file: PreparedFile, *, last: bool) -> Flow[bool]:
    """PUTs the file, again and again while the destination lives. False: a new destination is needed."""
    context, limits = scope.context, CallLimits(scope.context, scope.until)
    while True:
        result = yield from _attempt(scope, destination, file, limits.attempt)
        status = result.status or type(result.cause).__name__
        log.debug("PUT order=%s status=%s code=%s attempt=%d", scope.order_id, status, result.code, limits.attempt)
        if result.arrived:
            return True
        attempt, delay = limits.attempt, limits.next_delay(FailureKind.UNKNOWN)
        lives = delay is None or context.now() + delay < destination.expires_at - MIN_DESTINATION_SECONDS
        if not last and (result.renew or (result.again and not lives)):
            log_retry(f"PUT order={scope.order_id}", attempt, _refused(file, result), 0.0)
            return False
        if delay is None or not result.again or not lives:
            raise _refused(file, result) from result.cause
        log_retry(f"PUT order={scope.order_id}", attempt, _refused(file, result), delay)
        yield from context.sleep(delay)


def _attempt(scope: OrderScope, destination: Destination, file: PreparedFile, attempt: int) -> Flow[PutResult]:
    context, until = scope.context, scope.until
    purpose = Purpose("storage", UPLOAD, scope.order_id, attempt, destination.secrets)
    body = FileBody(file, may_block=until is None)
    request = put_request(destination, file.size, body, context.settings.timeouts)
    try:
        result = judge((yield from context.exchange(request, until, purpose)), whole=not body.is_cut)
    except httpx.HTTPError as error:
        return judge_loss(error)
    except DeadlinePassed:
        return judge_loss(httpx.ConnectTimeout("the deadline passed"))
    if result.code == "BadDigest":
        with contextlib.suppress(DeadlinePassed):
            yield Invoke(file.hash, until)  # was it damaged on its way, or did the file change?
    return result


def _destination(answer: Answer, file: PreparedFile, scope: OrderScope) -> Destination | UploadError:
    context, payload = scope.context, answer.body["payload"]  # its shape was checked with the answer
    found = read_destination(payload, file, context.now(), plain_http=context.settings.plain_http)
    if isinstance(found, Destination):
        return found
    return UploadError(
        f"Amazon gave a destination for {file.name} that {found}. No message was sent. Try again.",
        file_name=file.name,
    )


def _refused(file: PreparedFile, result: PutResult) -> UploadError:
    return UploadError(
        f"{file.name} did not reach its upload destination: {result.happened}. No message was sent. "
        f"{result.remedy or _remedy(result)}",
        file_name=file.name,
        status_code=result.status,
        code=result.code,
        retryable=result.again or result.renew,
    )


def _remedy(result: PutResult) -> str:
    if result.status == 407:
        return "A proxy on the way wants a user name and a password: give them with proxy=."
    if result.again or result.renew:
        return "Try again later."
    return "Something on the way may have refused it, a proxy perhaps: check that."
