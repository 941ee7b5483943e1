"""The storage, Amazon S3: the request that it signed, and what its answers mean. Does no I/O."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

import httpx

from spapi_messaging._call.causes import cause_of, said_by
from spapi_messaging._call.secrets import is_safe
from spapi_messaging._upload.files import PreparedFile
from spapi_messaging.errors import quoted

# A shorter value of a presigned query, such as its lifetime, is no secret.
MIN_SECRET = 8

_LIFETIME = 900.0  # seconds that a destination lives, where its URL does not tell
_URL = re.compile(r"(https?://[^/?#\s]+)(/[\x21\x22\x24-\x3e\x40-\x7e]*)(\?[\x21\x22\x24-\x7e]*)?(?:#.*)?", re.I)
# What S3 knows of an object, and its own. Never the token, nor anything that changes how the request is read.
_UPLOAD_HEADER = re.compile(
    r"content-(?:md5|type|disposition|encoding|language)|cache-control|expires|if-none-match"
    r"|x-amz-(?!access-token$)[a-z0-9-]+",
    re.IGNORECASE | re.ASCII,
)
_VALUE = re.compile(r"[\x20-\x7e]*")
# A UUID is the longest. A signature of a presigned URL is longer, and a server may echo it.
_REQUEST_ID = re.compile(r"[A-Za-z0-9-]{1,36}")
_OWN_HEADERS = frozenset({"host", "content-length"})
_EXPIRED = "Expired"  # S3 says AccessDenied
_DESTINATION_IS_DEAD = frozenset({_EXPIRED, "ExpiredToken", "SignatureDoesNotMatch", "BadDigest", "InvalidDigest"})
_PASSING = frozenset({"IncompleteBody", "OperationAborted", "RequestTimeout", "SlowDown", "ThrottlingException"})
_REMEDIES = {
    _EXPIRED: "The connection is too slow for the time that Amazon gives, or the upload waited too long to begin.",
    "BadDigest": "It was damaged on its way twice: check the network and the proxy.",
    "SignatureDoesNotMatch": "Something on the way changes requests, a proxy perhaps: let it pass them as they are.",
}


class PresignedUrl(httpx.URL):
    """A URL that is sent byte for byte. Its query is as good as a password, and is not shown.

    httpx would rewrite unusual characters, but every byte is signed. Its ``target`` extension is no help: behind a
    proxy it also goes into the CONNECT request, which then fails, and the proxy sees the signature.
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

    def secrets(self) -> list[str]:
        """What nobody may be shown: the query, as a whole and in its parts."""
        query = self.url.query.decode("ascii").removeprefix("?")
        values = (part.partition("=")[2] for part in query.split("&"))
        return [query, *(value for value in values if len(value) >= MIN_SECRET)]


class PutResult(NamedTuple):
    """The result of a PUT."""

    arrived: bool
    happened: str = ""
    status: int | None = None
    code: str | None = None
    again: bool = False  # the same destination may still take the file
    renew: bool = False  # another destination would
    remedy: str | None = None
    cause: BaseException | None = None  # of a connection that broke


def read_destination(
    payload: Mapping[str, Any], file: PreparedFile, now: float, *, plain_http: bool = False
) -> Destination | str:
    """Reads the answer of Amazon's Uploads API, or says why nothing can be sent there.

    That is returned and not raised: the frame here holds a presigned URL. ``plain_http``: it may be http:// on another
    machine.
    """
    found = _URL.fullmatch(payload["url"])
    origin, path, query = found.groups(default="") if found else ("", "", "")
    try:
        url = PresignedUrl(origin, path, query)
    except (httpx.InvalidURL, ValueError):
        return "is not an https URL"
    if not (is_safe(url) or (plain_http and url.scheme == "http")) or url.userinfo:
        return "is not an https URL" + (" without a user name" if url.userinfo else "")
    given = payload.get("headers") or {"Content-Type": file.content_type}
    if wrong := _wrong_headers(given, url, file):
        return f"has headers which an upload cannot have: {wrong}"
    headers = {name: str(value).strip() for name, value in given.items() if name.lower() not in _OWN_HEADERS}
    if "content-md5" not in map(str.lower, headers):
        headers["Content-MD5"] = file.md5  # without it, nobody would see that a file changed after it was hashed
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
    own = {"Host": destination.url.netloc.decode("ascii"), "Content-Length": str(size)}
    headers = own | dict(destination.headers)
    request = httpx.Request("PUT", destination.url, headers=headers, stream=body, extensions={"timeout": timeouts})
    request.url = destination.url  # a request makes a copy of its own, which would be an ordinary URL
    return request


def judge(response: httpx.Response, *, whole: bool = True) -> PutResult:
    """What the storage's answer means; ``whole``: it came after the whole file was sent."""
    status, code = response.status_code, _code(response)
    if 200 <= status < 300 and response.content.strip():
        # S3 accepts a file with an empty answer, so this is another server's page.
        return PutResult(False, f"a page came instead of the storage's answer ({status})", status, code, again=True)
    if 200 <= status < 300:
        early = f"the storage answered {status} before it had the whole file"
        return PutResult(True, status=status) if whole else PutResult(False, early, status, again=True)
    given = response.headers.get("x-amz-request-id", "")
    request_id = given if _REQUEST_ID.fullmatch(given) else None
    happened = f"the storage answered {status}{f' {code}' if code else ''}"
    if 300 <= status < 400:
        happened = f"the storage redirected elsewhere ({status}), which is not followed"
    happened += f" (request id {request_id})" if request_id else ""
    again = status >= 500 or status in (408, 429) or code in _PASSING
    return PutResult(False, happened, status, code, again, code in _DESTINATION_IS_DEAD, _REMEDIES.get(code or ""))


def judge_loss(error: httpx.HTTPError) -> PutResult:
    """What a connection that broke means."""
    said = said_by(error)
    happened = f"the connection failed ({type(error).__name__}{f': {said}' if said else ''})"
    return PutResult(False, happened, again=True, cause=cause_of(error))


def _wrong_headers(headers: Mapping[str, Any], url: httpx.URL, file: PreparedFile) -> str:
    """The names of headers that an upload cannot have, or cannot have with such a value."""
    own = {"host": url.netloc.decode("ascii"), "content-length": str(file.size)}
    lower = [name.lower() for name in headers]

    def fits(name: str, value: object) -> bool:
        if isinstance(value, bool) or not isinstance(value, str | int) or lower.count(name.lower()) > 1:
            return False
        if name.lower() in _OWN_HEADERS:
            return str(value).strip() == own[name.lower()]  # it says what goes out anyway
        return bool(_UPLOAD_HEADER.fullmatch(name) and _VALUE.fullmatch(str(value)))

    return ", ".join(quoted(name) for name, value in headers.items() if not fits(name, value))


def _code(response: httpx.Response) -> str | None:
    """The code of S3's XML error. The rest of it holds what was signed, and is not for showing."""
    found = re.search(rb"<Code>([\w.]{1,64})</Code>", response.content)
    code = found.group(1).decode() if found else None
    return _EXPIRED if code == "AccessDenied" and b"expired" in response.content.lower() else code
