"""Arguments that do not fit: those of another client, and those without their names."""

from __future__ import annotations

import inspect
import traceback
from collections.abc import Callable
from typing import Any
from unittest.mock import create_autospec

import pytest

from spapi_messaging import AsyncMessagingClient, InvalidMessageError, MessagingClient
from spapi_messaging._call.misuse import HINTS, explained
from tests.support.amazon import CREDENTIALS, ORDER, TEXT, Amazon, Shop, both

CLIENTS = (MessagingClient, AsyncMessagingClient)


@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("account", r'from_env\(profile="…"\)'),
        ("refresh_token", r"for_seller\(refresh_token=…\)"),
        ("proxies", 'proxy="http'),
        ("restricted_data_token", "token_provider="),
        ("region", "the marketplace decides"),
    ],
)
def test_an_argument_of_another_client_names_ours(client: Any, name: str, told: str) -> None:
    for make in (client, client.from_env, client.for_local_sandbox):
        with pytest.raises(TypeError, match=rf"unexpected keyword argument '{name}'\. {name}=: .*{told}"):
            make(**{name: "Atzr|a-secret"})


@pytest.mark.parametrize("client", CLIENTS)
def test_the_value_of_such_an_argument_is_in_no_frame(client: Any) -> None:
    def make() -> None:
        client(**{"refresh_token": "Atzr|a-secret"})

    with pytest.raises(TypeError) as raised:
        make()
    frames = [frame for frame, _ in traceback.walk_tb(raised.value.__traceback__)]
    assert len(frames) > 1
    assert not any("a-secret" in repr(frame.f_locals) for frame in frames[1:])
    assert raised.value.__context__ is None


@both
@pytest.mark.parametrize("name", ["body", "restricted_data_token", "marketplaceIds"])
def test_so_does_one_of_a_method(kind: str, name: str) -> None:
    shop = Shop(kind, Amazon())

    with pytest.raises(TypeError, match=rf"'{name}'\. {name}=: {HINTS[name][:20]}"):
        shop.create_confirm_order_details(ORDER, text=TEXT, **{name: {"text": TEXT}})
    with pytest.raises(InvalidMessageError, match=rf"{name}: .*no such field\. It takes text\. {name}=: "):
        shop.send(ORDER, "confirmOrderDetails", text=TEXT, **{name: {"text": TEXT}})


@pytest.mark.parametrize("client", CLIENTS)
def test_a_name_that_is_spelled_wrongly_is_mended(client: Any) -> None:
    made = client(credentials=CREDENTIALS, marketplace="DE", transport=Amazon())

    calls: tuple[tuple[Callable[[], object], str], ...] = (
        (lambda: client(marketplce="DE"), r"Client\(\) got .* Did you mean marketplace="),
        (lambda: client.from_env(marketplce="DE"), r"Client\.from_env\(\) got .* Did you mean marketplace="),
        (lambda: made.with_options(dedline=5), r"Client\.with_options\(\) got .* Did you mean deadline="),
        (lambda: made.with_options(5), r"Client\.with_options\(\) takes .* by name: deadline=…, max_wait=…"),
        (lambda: made.for_seller("Atzr|x"), r"Client\.for_seller\(\) takes .* by name: credentials=…, refresh_token=…"),
        (lambda: made.for_seller(account="x"), r"account=: from_env\(profile="),
        (lambda: client.for_local_sandbox("http://127.0.0.1"), r"Client\.for_local_sandbox\(\) takes .* by name"),
    )
    for call, told in calls:
        with pytest.raises(TypeError, match=told):
            call()


@both
def test_an_argument_without_its_name_is_explained(kind: str) -> None:
    shop = Shop(kind, Amazon())

    calls: tuple[tuple[Callable[[], object], str], ...] = (
        (
            lambda: shop.send_invoice(ORDER, ["invoice.pdf"]),
            r"\.send_invoice\(\) takes 2 .*\. Give order_id in this order",
        ),
        (lambda: shop.create_confirm_order_details(ORDER, TEXT), "and the others by name: text=…, marketplace=…"),
        (lambda: shop.upload(ORDER, "invoice"), "missing 1 .* 'file'. Give order_id, message_type, file in this order"),
        (lambda: type(shop.client)("DE"), r'MessagingClient\(\) takes 1 .* by name, such as marketplace="DE"'),
    )
    for call, told in calls:
        with pytest.raises(TypeError, match=told):
            call()


class Owner:
    """A class with methods like a client's."""

    @explained
    def method(self, order_id: str, *, text: str = "") -> None: ...

    @explained
    def named(self, *, text: str) -> None: ...

    @explained
    def ordered(self, order_id: str) -> None: ...


OWNER: Any = Owner()


@pytest.mark.parametrize(
    ("call", "told"),
    [
        (lambda: OWNER.method("1", selv=1), "method() got an unexpected keyword argument 'selv'"),
        (lambda: OWNER.method("1", zzzz=1), "method() got an unexpected keyword argument 'zzzz'"),
        (lambda: OWNER.method("1", txt=1), "method() got an unexpected keyword argument 'txt'. Did you mean text=?"),
        (lambda: OWNER.named(), "named() missing 1 required keyword-only argument: 'text'"),
        (
            lambda: OWNER.ordered("1", "2"),
            "ordered() takes 2 positional arguments but 3 were given. Give order_id in this order, and the others by "
            "name.",
        ),
    ],
)
def test_nothing_is_told_that_does_not_help(call: Callable[[], None], told: str) -> None:
    with pytest.raises(TypeError) as raised:
        call()
    assert str(raised.value) == f"Owner.{told}"


def test_a_method_of_the_class_needs_a_client() -> None:
    with pytest.raises(TypeError, match=r"missing 2 required positional arguments: 'self' and 'order_id'"):
        Owner.method()  # type: ignore[call-arg]


@both
def test_what_a_call_raises_itself_stays_as_it_is(kind: str) -> None:
    def refuse() -> None:
        raise TypeError("takes 1 positional argument, says the hook")

    with pytest.raises(TypeError, match=r"says the hook$"):
        Shop(kind, Amazon()).send(ORDER, "confirmOrderDetails", text=TEXT, before_first_byte=refuse)


@pytest.mark.parametrize("client", CLIENTS)
def test_an_attribute_that_cannot_be_set_is_refused(client: Any) -> None:
    made = client(credentials=CREDENTIALS, marketplace="DE", transport=Amazon())

    with pytest.raises(AttributeError, match=f"'{client.__name__}' object has no attribute 'restricted_data_token'"):
        made.restricted_data_token = "token"
    for name in ("endpoint", "credentials", "timeout", "deadline"):
        with pytest.raises(AttributeError, match=rf"{name} of a client cannot be changed: give {name}=… when you make"):
            setattr(made, name, "https://example.com")
    made.send_invoice = lambda *arguments: "a test's own"
    assert made.send_invoice() == "a test's own"


@pytest.mark.parametrize("client", CLIENTS)
def test_the_methods_look_as_they_are(client: Any) -> None:
    signature = inspect.signature(client.send_invoice)

    assert list(signature.parameters) == ["self", "order_id", "attachments", "marketplace", "check"]
    assert inspect.iscoroutinefunction(client.send_invoice) is (client is AsyncMessagingClient)
    mock = create_autospec(client, instance=True)
    with pytest.raises(TypeError):
        mock.send_invoice(ORDER, attachment=[])


@pytest.mark.parametrize("name", HINTS)
def test_each_hint_is_about_an_argument_that_is_not_ours(name: str) -> None:
    assert name not in inspect.signature(MessagingClient).parameters
    given: dict[str, Any] = {name: None}
    with pytest.raises(TypeError, match="unexpected keyword argument"):
        MessagingClient(credentials=CREDENTIALS, marketplace="DE", transport=Amazon(), **given)
