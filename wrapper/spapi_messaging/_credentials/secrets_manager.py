"""Credentials in a secret of AWS Secrets Manager, through boto3."""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from spapi_messaging._credentials.environment import ENVIRONMENT
from spapi_messaging.errors import ConfigurationError, is_shown_as_it_is, quoted

#: By the code of the error, as AWS or boto3 calls it.
_REMEDIES = {
    "AccessDeniedException": "Its user or role needs the permission secretsmanager:GetSecretValue for it.",
    "NoCredentialsError": "boto3 found no credentials of AWS: give the machine a role, or set AWS_PROFILE.",
    "NoRegionError": "Set AWS_DEFAULT_REGION to the region of the secret, such as eu-central-1.",
    "ResourceNotFoundException": "Compare its name, and the region in AWS_DEFAULT_REGION.",
}


def read(name: str) -> Mapping[str, str] | str:
    """The parts that the secret holds, by field, or what is wrong with it."""
    try:
        import boto3
        from botocore.exceptions import BotoCoreError, ClientError  # type: ignore[import-untyped]
    except ImportError as missing:
        raise ConfigurationError(
            "Reading AWS Secrets Manager needs boto3: pip install 'spapi-messaging[aws]'."
        ) from missing
    try:
        client = boto3.client("secretsmanager")
        with _without_debugging():
            answer = client.get_secret_value(SecretId=name)
    except (BotoCoreError, ClientError) as refused:
        answered = getattr(refused, "response", None) or {}  # None: the connection was lost
        code = answered.get("Error", {}).get("Code") or type(refused).__name__
        remedy = f" {_REMEDIES[code]}" if code in _REMEDIES else ""
        return f"AWS Secrets Manager did not give the secret {_shown(name)}: {code}.{remedy}"
    try:
        found = json.loads(answer["SecretString"])
    except (KeyError, RecursionError, TypeError, ValueError):
        found = None
    if not isinstance(found, dict):
        return f"The secret {_shown(name)} is not a JSON object."
    if missing_names := [
        ENVIRONMENT[field] for field in ("client_id", "client_secret") if not found.get(ENVIRONMENT[field])
    ]:
        return f"The secret {_shown(name)} lacks {', '.join(missing_names)}."
    return {field: found.get(key) or "" for field, key in ENVIRONMENT.items()}


@contextmanager
def _without_debugging() -> Iterator[None]:
    """Keeps botocore's debugging out of the log: it holds the whole answer, and the headers that are signed."""
    here = threading.get_ident()

    def passes(record: logging.LogRecord) -> bool:
        return record.levelno > logging.DEBUG or threading.get_ident() != here

    names = [name for name in tuple(logging.root.manager.loggerDict) if name.partition(".")[0] == "botocore"]
    for name in names:
        logging.getLogger(name).addFilter(passes)
    try:
        yield
    finally:
        for name in names:
            logging.getLogger(name).removeFilter(passes)


def _shown(secret_id: str) -> str:
    """A secret's name, if all of its parts are names, or else the last part of a name or an ARN."""
    *parents, last = secret_id.split("/")
    named = all(is_shown_as_it_is(part) for part in (*parents, last))
    return repr(secret_id) if named else quoted(last or secret_id)
