"""The clients: the generated operations, bound to the flows that carry them out and to the drivers that run those."""

from __future__ import annotations

import inspect
import random
import threading
import warnings
from collections.abc import Callable, Mapping
from copy import copy
from typing import TYPE_CHECKING, Any, Generic, Self, TypeVar, Unpack

import httpx

from spapi_messaging._call import arguments as checks
from spapi_messaging._call.arguments import DEFAULT_TIMEOUT, SANDBOX_PLAN, require
from spapi_messaging._call.context import CallContext, Observer, Settings, TokenProvider
from spapi_messaging._call.effects import Flow
from spapi_messaging._call.endpoints import checked_url, endpoint_of, is_amazons_host, is_static_sandbox
from spapi_messaging._call.lwa import DEFAULT_ENDPOINT
from spapi_messaging._call.misuse import explained, unexpected
from spapi_messaging._call.places import Places
from spapi_messaging._call.reporting import reported
from spapi_messaging._call.routes import ACCEPT
from spapi_messaging._call.turn import bucket_of
from spapi_messaging._io import environment
from spapi_messaging._io.clock import Clock
from spapi_messaging._io.fork import reset_in_child
from spapi_messaging._io.low_level import FlowTransport
from spapi_messaging._io.pool import VerifyTypes
from spapi_messaging._io.threads import GivenTransport, OwnConnections, ThreadDriver
from spapi_messaging._io.token_cells import token_cell
from spapi_messaging._operation.authorize import authorize
from spapi_messaging._operation.read import read
from spapi_messaging._operation.send import send
from spapi_messaging._operation.upload import upload
from spapi_messaging.credentials import NOT_CREDENTIALS, Credentials, fingerprint, seller_credentials
from spapi_messaging.errors import ConfigurationError
from spapi_messaging.limiters import SHARED, BucketKey, Limiter, UsagePlan
from spapi_messaging.local_sandbox import is_of_local_sandbox
from spapi_messaging.marketplaces import Marketplace
from spapi_messaging.messages import UPLOAD, Operation, message_by_type
from spapi_messaging.proxies import Proxies, ProxyTypes
from spapi_messaging.retry import RetryPolicy
from spapi_messaging_client.facade import AsyncMessagingOperations, MessagingOperations

__all__ = ["AsyncMessagingClient", "MessagingClient"]

# Loaded on first use: attrs and asyncio take as long to load as httpx does, and many programs need neither at once.
if TYPE_CHECKING:
    from spapi_messaging._io.client_arguments import ClientArguments
    from spapi_messaging._io.event_loop import LoopDriver
    from spapi_messaging.attachments import Attachment, AttachmentSource  # noqa: F401 - bases below name them
    from spapi_messaging.errors import Problem  # noqa: F401
    from spapi_messaging.results import AvailableActions, OrderAttributes, SendReceipt  # noqa: F401
    from spapi_messaging_client.client import Client as LowLevelClient

_Transport = TypeVar("_Transport", httpx.BaseTransport, httpx.AsyncBaseTransport)


class _Unchanged:
    def __repr__(self) -> str:
        return "unchanged"


_UNCHANGED: Any = _Unchanged()


class _Client(Generic[_Transport]):
    """What both clients share. Every public argument is described at MessagingClient."""

    _driver: Any
    _make_driver: Callable[..., Any]
    _transport_method: str  # what a transport of the user's own must have

    @explained
    def __init__(
        self,
        *,
        credentials: Credentials | None = None,
        marketplace: str | None = None,
        sandbox: bool | None = None,
        endpoint: str | None = None,
        lwa_endpoint: str | None = None,
        seller: str | None = None,
        limiter: Limiter | None = None,
        retry: RetryPolicy | None = None,
        token_provider: TokenProvider | None = None,
        timeout: float | httpx.Timeout = DEFAULT_TIMEOUT,
        usage_plans: Mapping[str, UsagePlan] | None = None,
        max_wait: float | None = None,
        deadline: float | None = None,
        max_connections: int | None = 400,
        keepalive_expiry: float | None = 2.0,
        proxy: ProxyTypes | None = None,
        verify: VerifyTypes = True,
        transport: _Transport | None = None,
        user_agent: str | None = None,
        order_id_pattern: str | None = None,
        allow_http: bool = False,
        observer: Observer | None = None,
        clock: Clock | None = None,
    ) -> None:
        if token_provider is None and credentials is None:
            given = {"marketplace": marketplace, "sandbox": sandbox, "endpoint": endpoint, "lwa_endpoint": lwa_endpoint}
            found = environment.completed({**given, "allow_http": allow_http or None})
            credentials, marketplace, sandbox = found["credentials"], found.get("marketplace"), found.get("sandbox")
            endpoint, lwa_endpoint = found.get("endpoint"), found.get("lwa_endpoint")
            allow_http = found.get("allow_http", False)
        if credentials is not None and not isinstance(credentials, Credentials):
            del credentials  # a dict, say: a traceback would show it
            raise ConfigurationError(NOT_CREDENTIALS, argument="credentials")
        if transport is not None:
            checks.check_transport(transport, self._transport_method)
            require(proxy is None, "Give the proxy to the transport itself: with transport=… the client's is not used.")
        own_marketplace = checks.marketplace_of(marketplace)
        plain = checks.flag_of("allow_http", allow_http)
        base = endpoint_of(own_marketplace, sandbox, endpoint, environment.sandbox_variable, allow_http=plain)
        lwa = checked_url("lwa_endpoint", DEFAULT_ENDPOINT if lwa_endpoint is None else lwa_endpoint, allow_http=plain)
        _refuse_local(None if token_provider else credentials, base, str(lwa))
        expiry = checks.seconds_of("keepalive_expiry", keepalive_expiry)
        require(
            proxy is None or isinstance(proxy, str | httpx.URL | httpx.Proxy),
            f"proxy is one URL for all requests, such as http://proxy.example:8080, not a {type(proxy).__name__}.",
        )
        static_sandbox = bool(sandbox) or is_static_sandbox(base)
        own_clock, proxies = checks.checked_clock(clock or Clock()), Proxies(proxy)
        settings = Settings(
            **_of_seller(own_marketplace, base, str(lwa), credentials, checks.seller_of(seller)),
            lwa_endpoint=str(lwa),
            token_provider=token_provider,
            provider_hears=checks.provider_hears(token_provider),
            order_ids=checks.order_ids_of(order_id_pattern, static_sandbox),
            usage_plans=checks.usage_plans_of(usage_plans),
            shared_plan=SANDBOX_PLAN if static_sandbox else None,
            limiter=checks.checked_limiter(SHARED if limiter is None else limiter),
            retry=checks.retry_of(retry),
            timeouts=checks.timeouts_of(timeout),
            max_wait=checks.seconds_of("max_wait", max_wait),
            deadline=checks.seconds_of("deadline", deadline),
            plain_http=plain and base.startswith("http:"),
            proxied=transport is None and proxies.are_there,
            user_agent=checks.user_agent_of(user_agent),
            places=Places(checks.max_connections_of(max_connections, transport), threading.RLock),
            now=own_clock.now,
            random=random.random,
            observer=checks.observer_of(observer),
        )
        reset_in_child(settings.places)
        self._region_decides = (sandbox, endpoint is None, plain)
        self._is_derived = False
        self._driver = self._make_driver(own_clock, transport, verify, proxies, expiry)
        self._context = CallContext(settings)

    @classmethod
    @explained
    def from_env(cls, profile: str | None = None, **arguments: Unpack[ClientArguments[_Transport]]) -> Self:
        """A client from the environment's names; an explicit argument always wins, ``sandbox=True`` over an endpoint.

        Reads ``SP_API_REFRESH_TOKEN``, ``LWA_APP_ID``, ``LWA_CLIENT_SECRET``, ``SP_API_DEFAULT_MARKETPLACE``,
        ``SP_API_ENDPOINT``, ``LWA_ENDPOINT``, ``SP_API_SANDBOX`` and ``AWS_ENV``. Without a refresh token, the client
        is that of the application alone: ``for_seller(refresh_token=…)`` makes those of its sellers.

        Args:
            profile: an account: its own variables, such as ``SP_API_REFRESH_TOKEN_shop`` for ``"shop"``, or else its
                part of ``credentials.yml``.
            **arguments: the constructor's own arguments.

        Returns:
            The client.

        Raises:
            ConfigurationError: credentials or marketplace are missing, a value is invalid, or the environment asks for
                a sandbox and the client would talk to production.
        """
        if (refused := cls._refused("from_env", arguments, profile)) is not None:
            del arguments, profile  # a traceback would show them
            raise refused
        return cls(**environment.completed(arguments, profile))

    @classmethod
    @explained
    def for_local_sandbox(cls, **arguments: Unpack[ClientArguments[_Transport]]) -> Self:
        """A client of the local sandbox that ``spapi-messaging sandbox serve`` runs; it needs no credentials.

        Args:
            **arguments: the constructor's own arguments, such as ``endpoint`` for another port than 8765; by default it
                is that of ``SP_API_ENDPOINT``, if that is this machine. By default the marketplace is DE.

        Returns:
            The client.

        Raises:
            ConfigurationError: a value is invalid.
        """
        if (refused := cls._refused("for_local_sandbox", arguments)) is not None:
            del arguments  # a traceback would show them
            raise refused
        return cls(**environment.for_local_sandbox(arguments))

    @explained
    def for_seller(
        self,
        *,
        credentials: Credentials | None = None,
        refresh_token: str | None = None,
        marketplace: str | None = None,
    ) -> Self:
        """A light client for another seller: it shares connections, limiter and token cache with this one.

        Closing it leaves this one open. Closing this one closes it too.

        Args:
            credentials: the other seller's.
            refresh_token: the other seller's, instead of credentials; the application stays that of this client.
            marketplace: the other seller's, by default this client's. Another region has another endpoint.

        Returns:
            The other seller's client.

        Raises:
            ConfigurationError: the marketplace is unknown, credentials and refresh_token are both given or both
                missing, or the environment asks for a sandbox and the client would talk to production.
        """
        old = self._context.settings
        chosen = seller_credentials(credentials, refresh_token, old.credentials)
        del credentials, refresh_token  # a traceback would show them
        if isinstance(chosen, str):
            raise ConfigurationError(chosen)
        own_marketplace = old.marketplace if marketplace is None else checks.marketplace_of(marketplace)
        sandbox, by_region, plain = self._region_decides
        # What was allowed for the local sandbox's credentials is not allowed for others.
        plain = plain and (is_of_local_sandbox(chosen) or not is_of_local_sandbox(old.credentials))
        endpoint = None if by_region else old.endpoint
        base = endpoint_of(own_marketplace, sandbox, endpoint, environment.sandbox_variable, allow_http=plain)
        _refuse_local(chosen, base, old.lwa_endpoint)
        seller = _of_seller(own_marketplace, base, old.lwa_endpoint, chosen)
        return self._derived(**seller, token_provider=None)

    @explained
    def with_options(
        self,
        *,
        deadline: float | None = _UNCHANGED,
        max_wait: float | None = _UNCHANGED,
        retry: RetryPolicy | None = _UNCHANGED,
        timeout: float | httpx.Timeout = _UNCHANGED,
    ) -> Self:
        """The same client with other limits, for one call say: ``client.with_options(deadline=5).send_invoice(…)``.

        It shares everything else with this one. Closing it leaves this one open. Closing this one closes it too.

        Args:
            deadline: seconds for a whole call, uploads and waiting included; None for ever.
            max_wait: seconds that a call may wait for its usage plan and for 429s; None for ever.
            retry: how often and how long to try again; None for 4 attempts.
            timeout: seconds for each phase of a request, or an httpx.Timeout.

        Returns:
            The client with these limits.

        Raises:
            ConfigurationError: a value is invalid.
        """
        changed: dict[str, Any] = {}
        if deadline is not _UNCHANGED:
            changed["deadline"] = checks.seconds_of("deadline", deadline)
        if max_wait is not _UNCHANGED:
            changed["max_wait"] = checks.seconds_of("max_wait", max_wait)
        if retry is not _UNCHANGED:
            changed["retry"] = checks.retry_of(retry)
        if timeout is not _UNCHANGED:
            changed["timeouts"] = checks.timeouts_of(timeout)
        return self._derived(**changed)

    def _derived(self, **settings: Any) -> Self:
        """A client that shares everything with this one but these settings."""
        other = copy(self)
        other._is_derived = True
        other._context = CallContext(self._context.settings._replace(**settings), self._context)
        return other

    @classmethod
    def _refused(cls, function: str, arguments: Mapping[str, Any], profile: object = None) -> Exception | None:
        """What is wrong with arguments of which a traceback must not show the values."""
        names: list[str] = list(inspect.signature(cls).parameters)
        if unknown := sorted(arguments.keys() - set(names)):
            return unexpected(f"{cls.__name__}.{function}", unknown[0], ["profile", *names])
        if not isinstance(profile, str | None):
            told = f"The profile is the name of an account, not a {type(profile).__name__}."
            return ConfigurationError(told, argument="credentials")
        if not isinstance(arguments.get("credentials"), Credentials | None):
            return ConfigurationError(NOT_CREDENTIALS, argument="credentials")
        return None

    @property
    def marketplace(self) -> Marketplace:
        """Where the orders are, if a call does not name another marketplace of the region."""
        return self._context.settings.marketplace

    @property
    def endpoint(self) -> str:
        """Base URL of the API that the client talks to: production, or a sandbox."""
        return self._context.settings.endpoint

    @property
    def lwa_endpoint(self) -> str | None:
        """URL of the token endpoint. None: a token_provider gives the tokens."""
        settings = self._context.settings
        return None if settings.token_provider is not None else settings.lwa_endpoint

    @property
    def limiter(self) -> Limiter:
        """What keeps the usage plans."""
        return self._context.settings.limiter

    @explained
    def bucket_key(self, operation: str) -> BucketKey:
        """The bucket that the calls of an operation take their turns from, in the client's limiter.

        Args:
            operation: an operationId such as ``"sendInvoice"``, or a message type such as ``"invoice"``.

        Returns:
            The bucket's key. In Amazon's static sandbox, all operations share one.

        Raises:
            ConfigurationError: there is no such operation.
        """
        return bucket_of(self._context.settings, checks.operation_of(operation))[0]

    @explained
    def usage_plan(self, operation: str) -> UsagePlan:
        """The usage plan that the calls of an operation begin with. Amazon's answers may change its rate later.

        Args:
            operation: an operationId such as ``"sendInvoice"``, or a message type such as ``"invoice"``.

        Returns:
            The first of these that exists: that of ``usage_plans``, that of Amazon's static sandbox, the published one.

        Raises:
            ConfigurationError: there is no such operation.
        """
        return bucket_of(self._context.settings, checks.operation_of(operation))[1]

    @property
    def low_level(self) -> LowLevelClient:
        """A generated client, authorized and paced: pass it to any function below ``spapi_messaging_client.api``.

        Each access gives another one. Headers, cookies and time-outs that are set on it stay with it, and so does
        closing it.
        """
        from spapi_messaging_client.client import Client as LowLevelClient

        settings = self._context.settings
        return LowLevelClient(
            base_url=settings.endpoint,
            headers={"accept": ACCEPT, "user-agent": settings.user_agent},
            timeout=httpx.Timeout(**settings.timeouts),
            # Proxies and certificates belong below the flow.
            httpx_args={"transport": FlowTransport(self._context, self._driver.run), "trust_env": False},
        )

    if not TYPE_CHECKING:  # a type checker knows which attributes there are

        def __setattr__(self, name, value):
            # Somebody who sets an endpoint must not go on with another one. A method may be replaced, for tests.
            if not name.startswith("_") and not callable(getattr(type(self), name, None)):
                del value  # a traceback would show it
                raise AttributeError(_unchangeable(type(self), name))
            super().__setattr__(name, value)

    def __repr__(self) -> str:
        if not hasattr(self, "_context"):  # while it is being made
            return f"<{type(self).__name__}>"
        settings = self._context.settings
        return f"<{type(self).__name__} {settings.marketplace.name} {settings.endpoint} {settings.credentials!r}>"

    def _run(self, flow: Flow[Any]) -> Any:
        """Runs a flow: returns its result, or for asyncio something to await."""
        return self._driver.run(flow)

    def _reported(self, flow: Flow[Any], operation: Operation, order_id: str) -> Any:
        settings = self._context.settings
        return self._run(reported(flow, operation, order_id, settings.order_ids, settings.endpoint))

    # The hooks of the generated methods

    def _send(
        self, operation: Operation, order_id: str, body: Any, parameters: Any, marketplace: str | None, check: Any
    ) -> Any:
        _warn_of_deprecation(operation)
        checks.check_of(check)
        sending = send(self._context, operation, order_id, body, parameters, marketplace, check)
        return self._reported(sending, operation, order_id)

    def _send_by_type(
        self,
        order_id: str,
        name: str,
        text: str | None,
        files: Any,
        marketplace: str | None,
        before_first_byte: Any,
        after_refusal: Any,
        check: Any,
        fields: Any,
    ) -> Any:
        hooks = before_first_byte, after_refusal
        self._check_hook("before_first_byte", before_first_byte)
        self._check_hook("after_refusal", after_refusal)
        checks.check_of(check)
        operation, body, parameters = message_by_type(name, text, files, fields)
        _warn_of_deprecation(operation)
        sending = send(self._context, operation, order_id, body, parameters, marketplace, check, *hooks)
        return self._reported(sending, operation, order_id)

    def _check_hook(self, name: str, hook: Any) -> None:
        require(hook is None or callable(hook), f"{name} must be a function without arguments.")

    def _preflight(self, *message: Any) -> Any:
        from spapi_messaging._operation.preflight import preflight

        return self._run(preflight(self._context, *message))

    def _read(self, operation: Operation, order_id: str, *arguments: Any) -> Any:
        _warn_of_deprecation(operation)
        reading = read(self._context, operation, order_id, *arguments)
        return self._reported(reading, operation, order_id)

    def _upload(self, order_id: str, *arguments: Any) -> Any:
        _warn_of_deprecation(UPLOAD)
        uploading = upload(self._context, order_id, *arguments)
        return self._reported(uploading, UPLOAD, order_id)


class MessagingClient(
    _Client[httpx.BaseTransport],
    MessagingOperations[
        "AttachmentSource", "Attachment", "SendReceipt", "Problem", "AvailableActions", "OrderAttributes"
    ],
):
    """Sends messages to Amazon buyers, from threads. Safe to share among them, and to use after a fork.

    Args:
        credentials: the seller's. Without them, and without a token_provider, the client is that of ``from_env()``:
            credentials come from the environment, ``credentials.yml`` or AWS Secrets Manager, and marketplace, sandbox
            and endpoints from the environment too, as far as they are not given here.
        marketplace: ``Marketplace.DE``, ``"DE"`` or ``"A1PA6795UKMFR9"``; it decides the region; no default.
        sandbox: True: talk to Amazon's static sandbox of the region. False: no sandbox, whatever ``SP_API_SANDBOX`` and
            ``AWS_ENV`` say. None: production, which is refused if one of these asks for a sandbox.
        endpoint: base URL of the API, instead of the region's.
        lwa_endpoint: full URL of the token endpoint, instead of Login with Amazon's.
        seller: names the seller whose usage plans apply, where there is no refresh token.
        limiter: keeps the usage plans; by default one for the whole process.
        retry: how often and how long to try again; 4 attempts by default.
        token_provider: returns an access token, instead of LWA; for a restricted data token or a central token service.
            If it has a parameter ``refused``, it is told which token Amazon refused, so that it gives another one;
            None: no token was refused.
        timeout: seconds for each phase of a request, or an httpx.Timeout.
        usage_plans: plans of your own by operationId (``"sendInvoice"``, or ``"*"`` for all others).
        max_wait: seconds that a call may wait for its usage plan and for 429s; None for ever.
        deadline: seconds for a whole call, uploads and waiting included; None for ever. A message needs at least 0.5 s.
        max_connections: requests that may be in flight at once; None for no limit. Further calls queue for their turn.
        keepalive_expiry: seconds for which an idle connection may be used again; None for no limit. Servers close
            idle connections, and a message that meets the end of its connection has an unknown outcome.
        proxy: a proxy's URL; by default those of the environment.
        verify: TLS verification, as httpx has it.
        transport: an httpx transport to use below authorization, pacing and retries. It is not closed. It has to
            look after its connections itself, also after a fork and on other event loops.
        user_agent: ``MyShop/1.0``; the language is added.
        order_id_pattern: a regular expression for order ids of another form than Amazon's ``303-1234567-1234567``.
        allow_http: True lets endpoint and lwa_endpoint be ``http://`` on another machine: for a sandbox in a container.
        observer: a function that is called with an ObservedExchange after each exchange with Amazon's API, Login with
            Amazon and the storage, failed ones included. Like a logging handler, it is called in the thread, or on the
            event loop, of the call, and must return at once. What it raises is logged and changes nothing. It must not
            use the client itself: a call in it may wait a minute for the token that the observer holds up.
        clock: the clock that waiting goes by, for tests.

    Raises:
        ConfigurationError: something is missing or cannot work.
    """

    _driver: ThreadDriver
    _transport_method = "handle_request"

    @explained
    def authorize(self) -> float | None:
        """Gets an access token now, unless there is one that is still good. Calls do this by themselves.

        It shows whether the credentials are right before the first message. Amazon's API is not asked, so it does not
        show whether the role is there. A token_provider is asked for its token.

        Returns:
            Seconds until the token is renewed; None for the token of a token_provider. The token itself is not shown.

        Raises:
            AuthorizationError: Login with Amazon refuses the credentials.
            NetworkError: Login with Amazon cannot be reached, or is in trouble.
            ConfigurationError: there is no refresh token, or the token_provider returned no token.
            ClientClosedError: the client was closed.
        """
        seconds: float | None = self._run(authorize(self._context))
        return seconds

    @explained
    def close(self) -> None:
        """Closes the connections and wakes every call that waits; those learn that nothing was sent."""
        self._context.close()
        if not self._is_derived:
            self._driver.connections.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _make_driver(self, clock: Clock, transport: httpx.BaseTransport | None, *own: Any) -> ThreadDriver:
        return ThreadDriver(OwnConnections(*own) if transport is None else GivenTransport(transport), clock)

    def _check_hook(self, name: str, hook: Any) -> None:
        super()._check_hook(name, hook)
        plain = not inspect.iscoroutinefunction(hook)
        require(plain, f"An async {name} needs AsyncMessagingClient; give a plain function here.")


class AsyncMessagingClient(
    _Client[httpx.AsyncBaseTransport],
    AsyncMessagingOperations[
        "AttachmentSource", "Attachment", "SendReceipt", "Problem", "AvailableActions", "OrderAttributes"
    ],
):
    """Sends messages to Amazon buyers, from asyncio. Takes the arguments of MessagingClient.

    It may be used on several event loops, one after the other or at once. ``token_provider`` may be a coroutine
    function; a plain one runs in a thread.
    """

    _driver: LoopDriver
    _transport_method = "handle_async_request"

    @explained
    async def authorize(self) -> float | None:
        """Gets an access token now, unless there is one that is still good. Calls do this by themselves.

        It shows whether the credentials are right before the first message. Amazon's API is not asked, so it does not
        show whether the role is there. A token_provider is asked for its token.

        Returns:
            Seconds until the token is renewed; None for the token of a token_provider. The token itself is not shown.

        Raises:
            AuthorizationError: Login with Amazon refuses the credentials.
            NetworkError: Login with Amazon cannot be reached, or is in trouble.
            ConfigurationError: there is no refresh token, or the token_provider returned no token.
            ClientClosedError: the client was closed.
        """
        seconds: float | None = await self._run(authorize(self._context))
        return seconds

    @explained
    async def aclose(self) -> None:
        """Closes the connections and wakes every call that waits; those learn that nothing was sent."""
        self._context.close()
        if not self._is_derived:
            await self._driver.connections.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    def _make_driver(self, clock: Clock, transport: httpx.AsyncBaseTransport | None, *own: Any) -> LoopDriver:
        from spapi_messaging._io.event_loop import LoopDriver
        from spapi_messaging._io.loop_connections import GivenLoopTransport, OwnLoopConnections

        return LoopDriver(OwnLoopConnections(*own) if transport is None else GivenLoopTransport(transport), clock)


def _unchangeable(client: type, name: str) -> str:
    if name in inspect.signature(client).parameters:
        return f"The {name} of a client cannot be changed: give {name}=… when you make a client."
    return f"{client.__name__!r} object has no attribute {name!r}"


def _refuse_local(credentials: Credentials | None, *endpoints: str) -> None:
    amazons = next(filter(is_amazons_host, endpoints), None)
    require(
        amazons is None or not is_of_local_sandbox(credentials),
        f"These credentials are for the local sandbox alone, and this client would talk to Amazon at {amazons}. "
        "Give the seller's own, or make a client with MessagingClient.for_local_sandbox().",
    )


def _warn_of_deprecation(operation: Operation) -> None:
    if operation.deprecated:
        # Above are the hook, the generated method, explained() and the caller.
        warnings.warn(operation.deprecated, DeprecationWarning, stacklevel=5)


def _of_seller(
    marketplace: Marketplace, base: str, lwa_endpoint: str, credentials: Credentials | None, seller: str | None = None
) -> dict[str, Any]:
    """The settings that are different for each seller."""
    refresh_token = credentials.refresh_token if credentials else ""
    return {
        "marketplace": marketplace,
        "endpoint": base,
        "base_url": httpx.URL(base),
        "credentials": credentials,
        "token_cell": token_cell(lwa_endpoint, credentials) if credentials and refresh_token else None,
        "application": fingerprint(credentials.client_id) if credentials else "",
        "seller": seller or (fingerprint(refresh_token) if refresh_token else ""),
    }


def _explain(client: type, operations: type) -> None:
    """Has each generated method explain arguments that do not fit: many users know another client."""
    for name, method in vars(operations).items():
        if not name.startswith("_"):
            setattr(client, name, explained(method))


_explain(MessagingClient, MessagingOperations)
_explain(AsyncMessagingClient, AsyncMessagingOperations)
