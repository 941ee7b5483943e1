"""Credentials from AWS Secrets Manager: neither botocore's log nor an error shows them, nor the keys of AWS."""

from __future__ import annotations

import json
import logging

import pytest

from spapi_messaging import ConfigurationError, Credentials
from tests.secrets.amazon import echo
from tests.secrets.capturing import check
from tests.secrets.planting import SECRETS, environment
from tests.support.servers import Answer, Request, Server, reply

pytest.importorskip("boto3")


def use(server: Server, patch: pytest.MonkeyPatch) -> None:
    variables = {"ACCESS_KEY_ID": SECRETS.access_key, "SECRET_ACCESS_KEY": SECRETS.password, "ENDPOINT_URL": server.url}
    variables |= {"SESSION_TOKEN": SECRETS.session_token, "DEFAULT_REGION": "eu-west-1", "MAX_ATTEMPTS": "1"}
    for name, value in variables.items():
        patch.setenv(f"AWS_{name}", value)


def gives(_: Request) -> Answer:
    return reply(200, {"Name": "shop", "SecretString": json.dumps(environment(SECRETS))})


def test_a_log_of_everything_shows_no_secret(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with Server(gives) as server:
        use(server, monkeypatch)
        assert Credentials.from_secrets_manager("shop") == SECRETS.credentials
    assert "botocore" in {record.name.partition(".")[0] for record in caplog.records}
    assert SECRETS.found_in(caplog.text) == []
    logging.getLogger("botocore.parsers").debug("later")
    assert "later" in caplog.text


@pytest.mark.parametrize("name", ["refused", "broken"])
def test_an_error_shows_no_secret(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def answer(request: Request) -> Answer:
        return reply(400, {"__type": "AccessDeniedException", "Message": echo(request)}) if name == "refused" else None

    with Server(answer) as server:
        use(server, monkeypatch)
        with pytest.raises(ConfigurationError, match="AWS Secrets Manager did not give") as raised:
            Credentials.from_secrets_manager("shop")
    check(raised.value)
