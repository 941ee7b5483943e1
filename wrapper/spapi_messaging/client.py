"""The clients: the generated operations, bound to what they consist of and to the drivers."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from copy import copy
from typing import TYPE_CHECKING, Any, Generic, Self, TypeVar

import httpx

from spapi_messaging import _setup
from spapi_messaging._authorization import TokenProvider
from spapi_messaging._calls import Calls
from spapi_messaging._engine import Engine, Settings, deadline
from spapi_messaging._flow import Flow
from spapi_messaging._retry import RetryPolicy
from spapi_messaging._routes import ACCEPT, router
from spapi_messaging._transport.clock import Clock
from spapi_messaging._transport.cookieless import CookielessAsyncClient, CookielessClient
from spapi_messaging._transport.network import ProxyTypes, VerifyTypes, connect, connect_async
from spapi_messaging._transport.threads import MessagingTransport
from spapi_messaging._transport.tokens import shared_cell
from spapi_messaging._usage_plan import UsagePlan
from spapi_messaging.credentials import Credentials, find_credentials
from spapi_messaging.errors import ConfigurationError
from spapi_messaging.limiters import Limiter
from spapi_messaging.marketplaces import Marketplace
from spapi_messaging.messages import OPERATIONS, Operation, message_by_type
from spapi_messaging_client.facade import AsyncMessagingOperations, MessagingOperations

__all__ = ["AsyncMessagingClient", "MessagingClient"]

# Loaded on first use: attrs and asyncio take as long to load as httpx does, and many programs need neither at once.
if TYPE_CHECKING:
    from spapi_messaging._transport.event_loop import AsyncMessagingTransport
    from spapi_messaging.attachments import AttachmentSource
    from spapi_messaging.results import Attachment, AvailableActions, OrderAttributes, SendReceipt
    from spapi_messaging_client.client import Client as LowLevelClient

    _Operations = MessagingOperations[AttachmentSource, SendReceipt, AvailableActions, OrderAttributes]
    _AsyncOperations = AsyncMessagingOperations[AttachmentSource, SendReceipt, AvailableActions, OrderAttributes]
else:
    _Operations = MessagingOperations
    _AsyncOperations = AsyncMessagingOperations

_T = TypeVar("_T")
_Inner = TypeVar("_Inner", httpx.BaseTransport, httpx.AsyncBaseTransport)

_ROUTE = router(OPERATIONS.values())


class _Client(Generic[_Inner]):
    """What both clients share. Every public argument is described at MessagingClient."""

    _transport: MessagingTransport | AsyncMessagingTransport  # the flow
    _handler: str  # what an innermost transport must have

    def __init__(
        self,
        *,
        credentials: Credentials | None = None,
        marketplace: str | None = None,
        sandbox: bool = False,
        endpoint: str | None = None,
        lwa_endpoint: str | None = None,
        seller: str | None = None,
        limiter: Limiter | None = None,
        retry: RetryPolicy | None = None,
        token_provider: TokenProvider | None = None,
        timeout: float | httpx.Timeout = _setup.DEFAULT_TIMEOUT,
        usage_plans: Mapping[str, UsagePlan] | None = None,
        max_wait: float | None = None,
        deadline: float | None = None,
        proxy: ProxyTypes | None = None,
        verify: VerifyTypes = True,
        transport: _Inner | None = None,
        user_agent: str | None = None,
        clock: Clock | None = None,
    ) -> None:
        if token_provider is None and credentials is None:
            credentials = find_credentials()
        if credentials is not None:
            _setup.check_credentials(credentials)
        if token_provider is not None and not callable(token_provider):
            raise ConfigurationError("token_provider must be a function that returns an access token.")
        self._clock = clock or Clock()
        self._user_agent = _setup.user_agent_of(user_agent)
        self._owns_inner = transport is None
        if transport is not None:
            _setup.check_transport(transport, self._handler, proxy)
        self.marketplace: Marketplace = _setup.marketplace_of(marketplace)
        base = _setup.endpoint_of(self.marketplace, sandbox, endpoint)
        prefix = httpx.URL(base).path.rstrip("/")
        lwa = _setup.lwa_endpoint_of(lwa_endpoint)
        self._explicit_endpoint = endpoint is not None
        self._sandbox = sandbox
        settings = Settings(
            endpoint=base,
            lwa_endpoint=lwa,
            credentials=credentials,
            cell=shared_cell(lwa, credentials) if credentials else None,
            token_provider=token_provider,
            application=credentials.application_key if credentials else "",
            seller=seller or (credentials.seller_key if credentials else ""),
            route=router(OPERATIONS.values(), prefix) if prefix else _ROUTE,
            usage_plans=_setup.usage_plans_of(usage_plans),
            shared_plan=_setup.shared_plan_of(sandbox, base),
            limiter=_setup.limiter_of(limiter),
            policy=_setup.policy_of(retry),
            timeout=_setup.timeout_of(timeout),
            max_wait=_setup.seconds_of("max_wait", max_wait),
            deadline=_setup.seconds_of("deadline", deadline),
            now=self._clock.now,
            random=random.random,
        )
        self._build(settings, transport if transport is not None else self._connect(proxy, verify))

    @classmethod
    def from_env(cls, profile: str | None = None, **arguments: Any) -> Self:
        """A client from the environment's names; an explicit argument always wins, ``sandbox=True`` over an endpoint.

        Reads ``SP_API_REFRESH_TOKEN``, ``LWA_APP_ID``, ``LWA_CLIENT_SECRET``, ``SP_API_DEFAULT_MARKETPLACE``,
        ``SP_API_ENDPOINT``, ``LWA_ENDPOINT`` and ``SP_API_SANDBOX``.

        Args:
            profile: takes the credentials from this account of ``credentials.yml`` instead.
            **arguments: the constructor's own arguments.

        Returns:
            The client.

        Raises:
            ConfigurationError: when credentials or marketplace are missing, or something is no such thing.
        """
        explicit = {name: value for name, value in arguments.items() if value is not None}
        if profile is not None and "credentials" not in explicit:
            explicit["credentials"] = Credentials.from_profile(profile)
        found = _setup.environment()
        if explicit.get("sandbox"):
            found.pop("endpoint", None)  # a production URL left over there must not get what is meant for the sandbox
        return cls(**{**found, **explicit})

    def for_seller(self, *, credentials: Credentials, marketplace: str | None = None) -> Self:
        """A light client for another seller: it shares connections, limiter and token cache with this one.

        Closing it leaves this one open; closing this one ends them all.

        Args:
            credentials: the other seller's.
            marketplace: the other seller's, by default this client's; another region has another endpoint.

        Returns:
            The other seller's client.

        Raises:
            ConfigurationError: when there is no such marketplace.
        """
        _setup.check_credentials(credentials)
        old = self._engine.settings
        other = copy(self)
        other._owns_inner = False
        if marketplace is not None:
            other.marketplace = _setup.marketplace_of(marketplace)
        own_endpoint = old.endpoint if self._explicit_endpoint else None
        settings = old._replace(
            endpoint=_setup.endpoint_of(other.marketplace, self._sandbox, own_endpoint),
            credentials=credentials,
            cell=shared_cell(old.lwa_endpoint, credentials),
            token_provider=None,
            application=credentials.application_key,
            seller=credentials.seller_key,
        )
        other._build(settings, self._inner, self._engine)
        return other

    @property
    def low_level(self) -> LowLevelClient:
        """The generated client, authorized and paced: pass it to any function below ``spapi_messaging_client.api``."""
        return self._low_level

    def __repr__(self) -> str:
        settings = self._engine.settings
        return f"<{type(self).__name__} {self.marketplace.name} {settings.endpoint} {settings.credentials!r}>"

    def _build(self, settings: Settings, inner: _Inner, parent: Engine | None = None) -> None:
        self._inner: _Inner = inner
        self._engine = Engine(settings, parent)
        self._http: Any  # an httpx client above the flow
        self._bind()
        self._low_level = self._make_low_level()
        self._calls = Calls(self._engine, self._http, self._low_level, self.marketplace)

    def _connect(self, proxy: ProxyTypes | None, verify: VerifyTypes) -> _Inner:
        raise NotImplementedError

    def _bind(self) -> None:
        """Makes the httpx client above the flow."""
        raise NotImplementedError

    def _make_low_level(self) -> LowLevelClient:
        from spapi_messaging_client.client import Client as LowLevelClient

        arguments = self._httpx_arguments()
        # What its with_headers() and with_timeout() make goes through the flow as well.
        beneath = {"transport": self._transport, "trust_env": arguments.pop("trust_env")}
        made = LowLevelClient(**arguments, httpx_args=beneath)
        if isinstance(self._http, httpx.Client):
            return made.set_httpx_client(self._http)
        return made.set_async_httpx_client(self._http)

    def _httpx_arguments(self) -> dict[str, Any]:
        settings = self._engine.settings
        return {
            "base_url": settings.endpoint,
            "headers": {"accept": ACCEPT, "user-agent": self._user_agent},
            "timeout": settings.timeout,
            "trust_env": False,  # proxies and certificates belong to the innermost transport
        }

    @contextmanager
    def _deadline(self) -> Iterator[None]:
        """Everything that a call needs, an upload before it included, shares one deadline."""
        before = deadline.set(self._engine.until())
        try:
            yield
        finally:
            deadline.reset(before)


class MessagingClient(
    _Client[httpx.BaseTransport],
    _Operations,
):
    """Sends messages to Amazon buyers, from threads. Safe to share among them.

    Args:
        credentials: the seller's; by default from the environment, ``credentials.yml`` or AWS Secrets Manager.
        marketplace: ``Marketplace.DE``, ``"DE"`` or ``"A1PA6795UKMFR9"``; it decides the region; no default.
        sandbox: talk to Amazon's static sandbox of the region.
        endpoint: base URL of the API, instead of the region's.
        lwa_endpoint: full URL of the token endpoint, instead of Login with Amazon's.
        seller: names the seller whose usage plans apply, where there is no refresh token.
        limiter: keeps the usage plans; by default one for the whole process.
        retry: how often and how long to try again; 4 attempts by default.
        token_provider: returns an access token, instead of LWA; for a restricted data token or a central token service.
        timeout: seconds for each phase of a request, or an httpx.Timeout.
        usage_plans: plans of your own by operationId (``"sendInvoice"``, or ``"*"`` for all others).
        max_wait: seconds that a call may wait for its usage plan and for 429s; None for ever.
        deadline: seconds for a whole call, uploads and waiting included; None for ever.
        proxy: a proxy's URL; by default those of the environment.
        verify: TLS verification, as httpx has it.
        transport: an httpx transport to use below authorization, pacing and retries; it is not closed.
        user_agent: ``MyShop/1.0``; the language is added.
        clock: the clock that waiting goes by, for tests.

    Raises:
        ConfigurationError: when something is missing or cannot work.
    """

    _transport: MessagingTransport
    _handler = "handle_request"

    def send(
        self,
        order_id: str,
        message_type: str,
        *,
        text: str | None = None,
        attachments: Iterable[AttachmentSource] = (),
        marketplace: str | None = None,
        **fields: Any,
    ) -> SendReceipt:
        """Sends a message by its type's name.

        Args:
            order_id: the Amazon order id.
            message_type: such as ``"invoice"``; the operationId (``"sendInvoice"``) works as well.
            text: the message's text, where the type takes one.
            attachments: its files, where the type takes them.
            marketplace: another marketplace of the same region.
            **fields: further fields and parameters by their Python names, such as ``coverage_start_date``.

        Returns:
            The receipt.

        Raises:
            InvalidMessageError: the message breaks a rule; nothing was sent.
            DeliveryUnknownError: the message went out and its fate is unknown; it was not repeated.
            SpApiMessagingError: anything else; nothing was sent.

        Source: ``POST /messaging/v1/orders/{amazonOrderId}/messages/{message_type}``, default usage plan 1 per second,
        burst 5; https://developer-docs.amazon.com/sp-api/docs/messaging-api
        """
        operation, body, parameters = message_by_type(message_type, text, attachments, fields)
        return self._send(operation, order_id, body, parameters, marketplace)

    def upload(
        self,
        order_id: str,
        message_type: str,
        file: AttachmentSource,
        *,
        file_name: str | None = None,
        content_type: str | None = None,
    ) -> Attachment:
        """Uploads a file, to be sent later with this type of message for this order.

        Args:
            order_id: the Amazon order id.
            message_type: such as ``"invoice"``.
            file: a path, ``(name, bytes)`` or a binary file; under 10 MB.
            file_name: the name that the buyer sees, instead of the file's own; keep the extension.
            content_type: the media type, instead of the extension's.

        Returns:
            What to pass among a message's ``attachments``.

        Raises:
            InvalidMessageError: the file breaks a rule; there was no traffic.
            UploadError: the file did not arrive.

        Default usage plan: 10 per second, burst 10.

        Source: ``POST /uploads/2020-11-01/uploadDestinations/{resource}``;
        https://developer-docs.amazon.com/sp-api/reference/createuploaddestinationforresource
        """
        flow = self._calls.upload(order_id, message_type, file, file_name, content_type)
        return self._run(flow)

    def close(self) -> None:
        """Closes the connections and wakes every call that waits; those learn that nothing was sent."""
        self._engine.close()
        if self._owns_inner:
            self._inner.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _send(
        self,
        operation: Operation,
        order_id: str,
        body: dict[str, Any] | None,
        parameters: dict[str, Any],
        marketplace: str | None,
    ) -> SendReceipt:
        return self._run(self._calls.send(operation, order_id, body, parameters, marketplace))

    def _read(self, operation: Operation, order_id: str, parameters: dict[str, Any], marketplace: str | None) -> Any:
        return self._run(self._calls.read(operation, order_id, parameters, marketplace))

    def _run(self, flow: Flow[_T]) -> _T:
        if self._engine.settings.deadline is None:
            return self._transport.run(flow)
        with self._deadline():
            return self._transport.run(flow)

    def _connect(self, proxy: ProxyTypes | None, verify: VerifyTypes) -> httpx.BaseTransport:
        return connect(proxy, verify)

    def _bind(self) -> None:
        self._transport = MessagingTransport(self._engine, self._inner, self._clock)
        self._http = CookielessClient(transport=self._transport, **self._httpx_arguments())


class AsyncMessagingClient(
    _Client[httpx.AsyncBaseTransport],
    _AsyncOperations,
):
    """Sends messages to Amazon buyers, from asyncio. Takes the arguments of MessagingClient.

    ``token_provider`` may be a coroutine function; a plain one runs in a thread.
    """

    _transport: AsyncMessagingTransport
    _handler = "handle_async_request"

    async def send(
        self,
        order_id: str,
        message_type: str,
        *,
        text: str | None = None,
        attachments: Iterable[AttachmentSource] = (),
        marketplace: str | None = None,
        **fields: Any,
    ) -> SendReceipt:
        """Sends a message by its type's name.

        Args:
            order_id: the Amazon order id.
            message_type: such as ``"invoice"``; the operationId (``"sendInvoice"``) works as well.
            text: the message's text, where the type takes one.
            attachments: its files, where the type takes them.
            marketplace: another marketplace of the same region.
            **fields: further fields and parameters by their Python names, such as ``coverage_start_date``.

        Returns:
            The receipt.

        Raises:
            InvalidMessageError: the message breaks a rule; nothing was sent.
            DeliveryUnknownError: the message went out and its fate is unknown; it was not repeated.
            SpApiMessagingError: anything else; nothing was sent.

        Source: ``POST /messaging/v1/orders/{amazonOrderId}/messages/{message_type}``, default usage plan 1 per second,
        burst 5; https://developer-docs.amazon.com/sp-api/docs/messaging-api
        """
        operation, body, parameters = message_by_type(message_type, text, attachments, fields)
        return await self._send(operation, order_id, body, parameters, marketplace)

    async def upload(
        self,
        order_id: str,
        message_type: str,
        file: AttachmentSource,
        *,
        file_name: str | None = None,
        content_type: str | None = None,
    ) -> Attachment:
        """Uploads a file, to be sent later with this type of message for this order.

        Args:
            order_id: the Amazon order id.
            message_type: such as ``"invoice"``.
            file: a path, ``(name, bytes)`` or a binary file; under 10 MB.
            file_name: the name that the buyer sees, instead of the file's own; keep the extension.
            content_type: the media type, instead of the extension's.

        Returns:
            What to pass among a message's ``attachments``.

        Raises:
            InvalidMessageError: the file breaks a rule; there was no traffic.
            UploadError: the file did not arrive.

        Default usage plan: 10 per second, burst 10.

        Source: ``POST /uploads/2020-11-01/uploadDestinations/{resource}``;
        https://developer-docs.amazon.com/sp-api/reference/createuploaddestinationforresource
        """
        flow = self._calls.upload(order_id, message_type, file, file_name, content_type)
        return await self._run(flow)

    async def aclose(self) -> None:
        """Closes the connections and wakes every call that waits; those learn that nothing was sent."""
        self._engine.close()
        if self._owns_inner:
            await self._inner.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    async def _send(
        self,
        operation: Operation,
        order_id: str,
        body: dict[str, Any] | None,
        parameters: dict[str, Any],
        marketplace: str | None,
    ) -> SendReceipt:
        return await self._run(self._calls.send(operation, order_id, body, parameters, marketplace))

    async def _read(
        self, operation: Operation, order_id: str, parameters: dict[str, Any], marketplace: str | None
    ) -> Any:
        return await self._run(self._calls.read(operation, order_id, parameters, marketplace))

    async def _run(self, flow: Flow[_T]) -> _T:
        if self._engine.settings.deadline is None:
            return await self._transport.run(flow)
        with self._deadline():
            return await self._transport.run(flow)

    def _connect(self, proxy: ProxyTypes | None, verify: VerifyTypes) -> httpx.AsyncBaseTransport:
        return connect_async(proxy, verify)

    def _bind(self) -> None:
        from spapi_messaging._transport.event_loop import AsyncMessagingTransport

        self._transport = AsyncMessagingTransport(self._engine, self._inner, self._clock)
        self._http = CookielessAsyncClient(transport=self._transport, **self._httpx_arguments())
