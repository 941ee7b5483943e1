"""Credentials in a secret of AWS Secrets Manager, through boto3."""

from __future__ import annotations

import json
from collections.abc import Mapping

from spapi_messaging._credentials.environment import ENVIRONMENT
from spapi_messaging.errors import ConfigurationError, quoted


def read(name: str) -> Mapping[str, str] | str:
    """The parts that the secret holds, by field, or what is wrong with it."""
    try:
        import boto3  # type: ignore[import-untyped]
        from botocore.exceptions import BotoCoreError, ClientError  # type: ignore[import-untyped]
    except ImportError as missing:
        raise ConfigurationError(
            "Reading AWS Secrets Manager needs boto3: pip install 'spapi-messaging[aws]'."
        ) from missing
    try:
        answer = boto3.client("secretsmanager").get_secret_value(SecretId=name)
    except (BotoCoreError, ClientError) as refused:
        code = getattr(refused, "response", {}).get("Error", {}).get("Code") or type(refused).__name__
        raise ConfigurationError(f"AWS Secrets Manager did not give the secret {_shown(name)}: {code}.") from refused
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


def _shown(secret_id: str) -> str:
    """The last part of a secret's name or ARN."""
    return quoted(secret_id.rpartition("/")[2] or secret_id)
