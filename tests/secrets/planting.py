"""Secrets that a test plants, and the forms in which one of them may come out again."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from functools import cache
from html import escape
from typing import NamedTuple
from urllib.parse import quote, quote_plus

from spapi_messaging import Credentials

#: A piece of PIECE characters is looked for every STRIDE characters. So a piece of PIECE + STRIDE - 1 is always found.
PIECE, STRIDE = 8, 4


class Planted(NamedTuple):
    """Secrets by what they are. Each holds words that no other has, and that stand nowhere else."""

    client_secret: str = "amzn1.oa2-cs.v1.Zk3vTqWm8PxLr2Yd"
    refresh_token: str = "Atzr|Jb7hNcFs4GuEa9Ko"
    access_token: str = "Atza|Qe5yRwXz6VtBi1Mp"
    renewed_token: str = "Atza|Cd8gHjLk3SnUo7Iw"
    signature: str = "f00d5eedc0ffee77babe9911decade42"
    session_token: str = "IQoJb3JpZ2luX2VjEXAMPLExyzzy"
    access_key: str = "AKIAPLUGHTWISTY0042"
    buyers_text: str = "Frau Quirrenbach holt den Schluessel ab"
    key_text: str = "XKCD9-PLMQ7-WZVB3-HJTR5"
    file_content: str = "Rechnung an Zwetschgenhuber Ottokar"
    e_mail: str = "ottilie.grubenhagen@zwirnknopf.test"
    password: str = "gr8Wombat/Nebula+Quartz"

    @property
    def credentials(self) -> Credentials:
        """The credentials of the application and the seller."""
        return Credentials("amzn1.application-oa2-client.test", self.client_secret, self.refresh_token)

    @property
    def query(self) -> str:
        """The query of a presigned URL."""
        parts = {
            "X-Amz-Expires": "900",
            "X-Amz-Credential": f"{self.access_key}/20261122/eu-west-1/s3/aws4_request",
            "X-Amz-Security-Token": self.session_token,
            "X-Amz-Signature": self.signature,
        }
        return "&".join(f"{name}={quote(value, safe='')}" for name, value in parts.items())

    def found_in(self, shown: str) -> list[str]:
        """The names of the secrets that came out, in any form or in a piece."""
        return [
            name for name, value in zip(self._fields, self, strict=True) if any(x in shown for x in forms_of(value))
        ]


SECRETS = Planted()


@cache
def forms_of(secret: str) -> frozenset[str]:
    """What must not come out: the pieces of a secret, in each of the forms in which a program may write them."""
    starts = {*range(0, len(secret) - PIECE + 1, STRIDE), len(secret) - PIECE}
    found = {form for start in starts for form in _forms(secret[start : start + PIECE])}
    for offset in range(3):  # base64 of a longer text that holds it
        encoded = base64.b64encode(b"\0" * offset + secret.encode()).decode()
        found.add(encoded[4:-4])
    return frozenset(found)


def _forms(piece: str) -> set[str]:
    written = {piece, quote(piece, safe=""), quote_plus(piece), escape(piece), json.dumps(piece)[1:-1]}
    return written | {repr(piece)[1:-1], piece.encode().hex(), ascii(piece)[1:-1]}


def environment(secrets: Planted) -> Mapping[str, str]:
    """The variables that hold credentials."""
    return {
        "LWA_APP_ID": secrets.credentials.client_id,
        "LWA_CLIENT_SECRET": secrets.client_secret,
        "SP_API_REFRESH_TOKEN": secrets.refresh_token,
    }
