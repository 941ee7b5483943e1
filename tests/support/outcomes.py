"""What one attempt may come to, sorted by what is known after it."""

from __future__ import annotations

import httpx

from tests.support.amazon import EXPIRED, answer, raw, refused, sent, throttled

Outcome = httpx.Response | Exception

#: Nothing left this machine.
NOT_CONNECTED: dict[str, Outcome] = {
    error.__name__: error("no route")
    for error in (
        httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError, httpx.UnsupportedProtocol
    )
}  # fmt: skip
#: Amazon did nothing, and the same call may succeed later.
HARMLESS: dict[str, Outcome] = {
    **NOT_CONNECTED,
    "429": throttled(),
    "429 with Retry-After": throttled(retry_after="2"),
    "expired token": refused(403, EXPIRED),
}
#: The connection broke after the request went out.
LOST: dict[str, Outcome] = {
    type(error).__name__: error
    for error in (
        *(lost("lost") for lost in (httpx.ReadTimeout, httpx.WriteTimeout, httpx.ReadError, httpx.WriteError)),
        *(lost("lost") for lost in (httpx.CloseError, httpx.RemoteProtocolError, httpx.DecodingError)),
        httpx.StreamClosed(),
    )
}
#: Neither a success nor a refusal of Amazon's.
IN_TROUBLE: dict[str, Outcome] = {
    "500": refused(500, "InternalFailure"),
    "502 HTML": raw(502, b"<html>Bad gateway</html>", content_type="text/html"),
    "503 empty": raw(503, b""),
    "599": raw(599, b""),
    "600": raw(600, b"{}"),
    "999": raw(999, b"no status at all"),
    "199": raw(199, b"{}"),
}
#: A success by its status, but nothing that Amazon answers.
NONSENSE: dict[str, Outcome] = {
    "HTML": raw(200, b"<html>Sign in</html>", content_type="text/html"),
    "text": raw(201, b"Created!"),
    "cut JSON": raw(201, b'{"a": '),
    "list": answer(201, []),
    "number": answer(200, 7),
    "null": raw(200, b"null"),
    "string": raw(201, b'"fine"'),
    "no UTF-8": raw(201, b"\xff\xfe\xfa"),
    "endless nesting": raw(201, b"[" * 100_000),
    "errors": answer(201, {"errors": [{"code": "InternalFailure", "message": "sorry"}]}),
}
#: A message that Amazon took.
ACCEPTED: dict[str, Outcome] = {
    "201": sent(),
    "200": sent(200),
    "202 with a new field": answer(202, {"messageId": 1}),
    "204": raw(204, b""),
    "299": raw(299, b" \n"),
    "empty 201": raw(201, b""),
    "errors null": answer(201, {"errors": None}),
    "errors []": answer(201, {"errors": []}),
    "another media type": raw(201, b"{}", content_type="text/html"),
}
#: The answer to another request.
MIXED_UP: dict[str, Outcome] = {name: answer(200, {name: {}}) for name in ("buyer", "_links", "_embedded", "payload")}
REDIRECTS: dict[str, Outcome] = {
    str(status): raw(status, b"", location="https://elsewhere.example/secret?path=1") for status in (301, 302, 307, 308)
}
