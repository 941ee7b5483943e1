"""What a limiter on Redis is made with."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest

from spapi_messaging.errors import ConfigurationError
from spapi_messaging.limiters import RedisLimiter


@pytest.mark.parametrize(
    "url",
    [
        "",
        "localhost",
        "http://127.0.0.1",
        "redis://:a-secret@127.0.0.1:many",
        "redis://h/?db=a-secret",
        "redis://h/a-secret",
        "redis://h/0?pasword=a-secret",
        "unix://",
        None,
        5,
    ],
)
def test_an_invalid_url_is_refused_without_showing_it(url: Any) -> None:
    with pytest.raises(ConfigurationError, match="redis://host:6379/0") as raised:
        RedisLimiter(url)
    assert "a-secret" not in str(raised.value)


@pytest.mark.parametrize("number", [0, -1, 1.5, float("nan"), True, "0.5"])
def test_an_invalid_share_is_refused(number: Any) -> None:
    with pytest.raises(ConfigurationError, match=r"share_without_redis.*above 0 and 1 at most"):
        RedisLimiter("redis://127.0.0.1", share_without_redis=number)


@pytest.mark.parametrize("options", [{"timeout": 0}, {"timeout": None}, {"prefix": ""}, {"prefix": "{a}"}])
def test_other_invalid_options_are_refused(options: Any) -> None:
    with pytest.raises(ConfigurationError, match=next(iter(options))):
        RedisLimiter("redis://127.0.0.1", **options)


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("redis://user:a-secret@[::1]:7000/2", "[::1]:7000"),
        ("rediss://:a-secret@redis.example", "redis.example:6379"),
        ("unix://user:a-secret@/run/redis.sock?db=1", "/run/redis.sock"),
    ],
)
def test_its_repr_shows_the_server_and_no_secret(url: str, shown: str) -> None:
    assert repr(RedisLimiter(url)) == f"RedisLimiter({shown!r}, prefix='spapi-messaging')"


def test_redis_is_imported_by_nobody_who_does_not_use_it() -> None:
    code = "import sys, spapi_messaging.limiters as made; made.InProcessLimiter; sys.exit('redis' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_without_redis_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "redis", None)

    with pytest.raises(ModuleNotFoundError, match=r"pip install 'spapi-messaging\[redis\]'"):
        RedisLimiter("redis://127.0.0.1")
