"""The storage, Amazon S3: the request that it signed, and what its answers mean. Does no I/O."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

import httpx

from spapi_messaging._call.secrets import is_safe, redact

_LIFETIME = 900.0  # seconds that a destination lives, where its URL does not tell
_URL = re.compile(r"(https?://[^/?#\s]+)(/[\x21\x22\x24-\x3e\x40-\x7e]*)(\?[\x21\x22\x24-\x7e]*)?(?:#.*)?", re.I)
_HEADER = re.compile(r"[\w!#$%&'*+.^`|~-]+:[\x20-\x7e]*", re.ASCII)
_LENGTH_HEADERS = frozenset({"content-length", "transfer-encoding"})
_EXPIRED = "Expired"  # S3 says AccessDenied
_DESTINATION_IS_DEAD = frozenset({_EXPIRED, "ExpiredToken", "SignatureDoesNotMatch", "BadDigest", "InvalidDigest"})
_PASSING = frozenset({"IncompleteBody", "OperationAborted", "RequestTimeout", "SlowDown", "ThrottlingException"})
_REMEDIES = {
    _EXPIRED: "The connection is too slow for the time that Amazon gives, or the upload waited too long to begin.",
    "BadDigest": "It was damaged on its way twice: check the network and the proxy.",
    "SignatureDoesNotMatch": "Something on the way changes requests, a proxy perhaps: let it pass them as they are.",
}


class PresignedUrl(httpx.URL):
    """A URL that goes out to the byte, and whose query, which is as good as a password, is not shown.

    httpx would rewrite what it finds odd, and every byte is signed. Its ``target`` extension does not do: behind a
    proxy it lands in the CONNECT request as well, which fails and shows the proxy the signature.
    """

    def __init__(self, origin: str, path: str, query: str) -> None:
        super().__init__(origin + path)
        self._target = (path + query).encode("ascii")

    @property
    def raw_path(self) -> bytes:
        return self._target

    @property
    def query(self) -> bytes:
        return self._target.partition(b"?")[2]


class Destination(NamedTuple):
    """Where Amazon wants one file."""

    id: str
    url: PresignedUrl
    headers: Mapping[str, str]
    expires_at: float  # on the client's clock


class PutResult(NamedTuple):
    """The result of a PUT."""

    arrived: bool
    happened: str = ""
    status: int | None = None
    code: str | None = None
    again: bool = False  # the same destination may still take the file
    renew: bool = False  # another destination would
    remedy: str | None = None
    cause: httpx.HTTPError | None = None  # of a connection that broke


def read_destination(payload: Mapping[str, Any], md5: str, content_type: str, now: float) -> Destination:
    """Reads what createUploadDestinationForResource answered; ValueError says why nothing can be sent there."""
    found = _URL.fullmatch(payload["url"])
    if found is None:
        raise ValueError("is not an https URL")
    origin, path, query = found.groups(default="")
    try:
        url = PresignedUrl(origin, path, query)
    except httpx.InvalidURL as invalid:
        raise ValueError("is not an https URL") from invalid
    if not is_safe(url):
        raise ValueError("is not an https URL")
    headers = _checked(payload.get("headers") or {"Content-Type": content_type})
    if "content-md5" not in map(str.lower, headers):
        headers["Content-MD5"] = md5  # without it, nobody would see that a file changed after it was hashed
    lifetime = re.search(r"[?&]X-Amz-Expires=(\d{1,6})(?:&|$)", query)
    expires_at = now + (float(lifetime.group(1)) if lifetime else _LIFETIME)
    return Destination(payload["uploadDestinationId"], url, headers, expires_at)


def put_request(
    destination: Destination,
    size: int,
    body: httpx.SyncByteStream | httpx.AsyncByteStream,
    timeouts: Mapping[str, float | None],
) -> httpx.Request:
    """The PUT. It carries what the signature covers, and nothing else: no token, no user agent, no chunked body."""
    given = {name.lower() for name in destination.headers}
    own = {"Host": destination.url.netloc.decode("ascii"), "Content-Length": str(size)}
    headers = {name: value for name, value in own.items() if name.lower() not in given} | dict(destination.headers)
    request = httpx.Request("PUT", destination.url, headers=headers, stream=body, extensions={"timeout": timeouts})
    request.url = destination.url  # a request makes a copy of its own, which would be an ordinary URL
    return request


def judge(response: httpx.Response) -> PutResult:
    """What the storage's answer means."""
    status, code = response.status_code, _code(response)
    if 200 <= status < 300:
        return PutResult(True, status=status)
    request_id = response.headers.get("x-amz-request-id")
    happened = f"the storage answered {status}{f' {code}' if code else ''}"
    if 300 <= status < 400:
        happened = f"the storage redirected elsewhere ({status}), which is not followed"
    happened += f" (request id {request_id})" if request_id else ""
    again = status >= 500 or status in (408, 429) or code in _PASSING
    return PutResult(False, happened, status, code, again, code in _DESTINATION_IS_DEAD, _REMEDIES.get(code or ""))


def judge_loss(error: httpx.HTTPError) -> PutResult:
    """What a connection that broke means."""
    said = redact(str(error))
    happened = f"the connection failed ({type(error).__name__}{f': {said}' if said else ''})"
    return PutResult(False, happened, again=True, cause=error)


def _checked(headers: Mapping[str, Any]) -> dict[str, str]:
    """The headers as they go out, without those that say how long the body is."""
    for name, value in headers.items():
        if not isinstance(value, str | int) or not _HEADER.fullmatch(f"{name}:{value}"):
            raise ValueError("has headers which cannot be sent")
    return {name: str(value).strip() for name, value in headers.items() if name.lower() not in _LENGTH_HEADERS}


def _code(response: httpx.Response) -> str | None:
    """The code of S3's XML error. The rest of it holds what was signed, and is not for showing."""
    found = re.search(rb"<Code>([\w.]+)</Code>", response.content)
    code = found.group(1).decode() if found else None
    return _EXPIRED if code == "AccessDenied" and b"expired" in response.content.lower() else code
