"""The three services that a client talks to: the API, the token endpoint and S3.

Each one records the request, looks for a fault, and answers.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import replace

from starlette.requests import Request
from starlette.responses import Response

from spapi_messaging.sandbox import faults, lwa, s3, simulated, static
from spapi_messaging.sandbox.address import own_address
from spapi_messaging.sandbox.answers import Answer, access_denied, error, new_request_id, throttled
from spapi_messaging.sandbox.call import Call
from spapi_messaging.sandbox.connection import CutResponse, ResetResponse
from spapi_messaging.sandbox.faults import Fault
from spapi_messaging.sandbox.incoming import MAX_BODY_BYTES, read_body
from spapi_messaging.sandbox.operations import Operations, retired_hint
from spapi_messaging.sandbox.requests import ReceivedRequest
from spapi_messaging.sandbox.routes import Route, Routes
from spapi_messaging.sandbox.state import STATIC, SandboxState

TOKEN_HEADER = "x-amz-access-token"
RATE_HEADER, REQUEST_ID_HEADER = "x-amzn-RateLimit-Limit", "x-amzn-RequestId"
_FAULT_TARGETS = {"send": faults.SENDS, "read": faults.READS, "upload": faults.UPLOADS}


class Endpoints:
    """The endpoints of one sandbox.

    Args:
        state: The state of the sandbox.
    """

    def __init__(self, state: SandboxState) -> None:
        self._state = state
        self._routes = Routes(state.operations)
        self._all_routes = Routes(Operations())

    async def token(self, request: Request) -> Response:
        """Login with Amazon."""
        received = await self._receive(request, faults.TOKEN)
        content_type, address = (
            received.headers.get("content-type", ""),
            own_address(request, self._state.allowed_hosts),
        )

        def work(fault: Fault | None) -> Answer:
            if received.method != "POST":
                return Answer(405, headers={"allow": "POST"})
            if received.body_size > MAX_BODY_BYTES:
                return lwa.too_large()
            return self._state.tokens.answer(content_type, received.body, address)

        return await self._answer(received, [faults.TOKEN], work)

    async def s3(self, request: Request) -> Response:
        """S3, where files are uploaded."""
        headers = dict(request.headers.items())
        refusal = s3.refuse_unread(request.method, headers)
        body, size = (b"", 0) if refusal else await read_body(request, s3.MAX_BYTES)
        received = self._record(request, faults.S3, b"", size)
        url = (
            own_address(request, self._state.allowed_hosts)
            + received.path
            + (f"?{received.query}" if received.query else "")
        )

        def work(fault: Fault | None) -> Answer:
            if fault and fault.kind == "expired-url":
                return s3.expired(url, self._state.clock)
            return refusal or s3.put(url, headers, body, self._state.uploads, self._state.clock)

        return await self._answer(received, [faults.S3], work)

    async def api(self, request: Request) -> Response:
        """Messaging and Uploads."""
        received = await self._receive(request, faults.API)
        route = self._routes.find(received.method, received.path)
        targets = [faults.API]
        if route:
            received.operation = route.operation.operation_id
            targets += [received.operation, _FAULT_TARGETS[route.operation.kind]]
        request_id, origin = new_request_id(), own_address(request, self._state.allowed_hosts)

        def work(fault: Fault | None) -> Answer:
            answer = self._call(received, route, request_id, origin, fault)
            return replace(answer, headers={**answer.headers, **self._amazon_headers(answer, route, request_id)})

        return await self._answer(received, targets, work, request_id)

    def _call(
        self, received: ReceivedRequest, route: Route | None, request_id: str, origin: str, fault: Fault | None
    ) -> Answer:
        token = received.headers.get(TOKEN_HEADER, "")
        self._end_token(token, fault)
        refusal = self._refuse_token(token)
        if refusal or route is None:
            return refusal or access_denied(self._retired_hint(received))
        seller = self._state.tokens.seller(token) or ""
        if not self._state.plans.take(seller, route.operation.operation_id, self._state.clock.now()):
            return throttled()
        if received.body_size > MAX_BODY_BYTES:
            return error(413, "RequestTooLarge", "The body is too large.")
        call = Call(
            route.operation,
            route.path_parameters,
            received.parameters,
            received.body,
            received.headers.get("content-type", ""),
            seller,
            origin,
            request_id,
            null_headers=fault is not None and fault.kind == "null-headers",
        )
        return static.answer(call) if self._state.mode == STATIC else simulated.answer(call, self._state)

    def _retired_hint(self, received: ReceivedRequest) -> str:
        route = self._all_routes.find(received.method, received.path)
        return retired_hint(route.operation.operation_id) if route else ""

    def _end_token(self, token: str, fault: Fault | None) -> None:
        ends = {"expired-token": self._state.tokens.expire, "revoked-token": self._state.tokens.revoke}
        if fault is None or fault.kind not in ends:
            return
        if self._refuse_token(token):
            fault.did_not_happen()
        else:
            ends[fault.kind](token)

    def _refuse_token(self, token: str) -> Answer | None:
        if not token:
            return access_denied("The access token is missing.")
        if self._state.tokens.seller(token) is None:
            return access_denied("The access token is revoked, malformed or invalid.")
        if self._state.tokens.expired(token):
            return access_denied("The access token you provided has expired.")
        return None

    def _amazon_headers(self, answer: Answer, route: Route | None, request_id: str) -> dict[str, str]:
        headers = {REQUEST_ID_HEADER: request_id}
        if route and self._state.plans.announced and (answer.ok or answer.status in (400, 404)):
            headers[RATE_HEADER] = str(float(self._state.plans.plan(route.operation.operation_id).rate))
        return headers

    async def _receive(self, request: Request, service: str) -> ReceivedRequest:
        return self._record(request, service, *await read_body(request))

    def _record(self, request: Request, service: str, body: bytes, body_size: int) -> ReceivedRequest:
        received = ReceivedRequest(
            service,
            request.method,
            request.scope["raw_path"].decode("latin-1"),
            request.scope["query_string"].decode("latin-1"),
            dict(request.headers.items()),
            body,
            body_size,
        )
        self._state.record(received)
        return received

    async def _answer(
        self,
        received: ReceivedRequest,
        targets: Collection[str],
        work: Callable[[Fault | None], Answer],
        request_id: str | None = None,
    ) -> Response:
        try:
            fault = self._state.faults.find(targets, received.headers.get(faults.HEADER))
        except ValueError as invalid:
            return _response(received, error(400, "InvalidInput", str(invalid)))
        if fault and fault.seconds:
            await self._state.sleep(fault.seconds)
        does_work = fault is None or fault.recorded or not fault.replaces_answer
        answer = work(fault) if does_work else Answer(200, b"{}" * 8)
        if fault and fault.needs_success and not answer.ok:
            fault.did_not_happen()
        elif fault and fault.replaces_answer:
            return _fault_response(received, fault, answer, request_id)
        return _response(received, answer)


def _fault_response(received: ReceivedRequest, fault: Fault, answer: Answer, request_id: str | None) -> Response:
    if fault.effect == "reset":
        return ResetResponse()
    if fault.effect == "cut":
        return CutResponse(answer if len(answer.body) > 1 else replace(answer, body=b"{}"))
    instead = fault.answer(received.service)
    if request_id and fault.effect in ("throttle", "denied", "error"):
        instead = replace(instead, headers={**instead.headers, REQUEST_ID_HEADER: request_id})
    return _response(received, instead)


def _response(received: ReceivedRequest, answer: Answer) -> Response:
    received.status = answer.status
    return Response(answer.body, answer.status, answer.headers)
