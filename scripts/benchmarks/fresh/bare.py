"""An upload with bare httpx: reads and hashes the file, asks for a destination, and puts the file there.

Run with ``python bare.py URL FILE``.
"""

from __future__ import annotations

import base64
import hashlib
import sys
from pathlib import Path
from typing import Any

import httpx

DESTINATION = "/uploads/2020-11-01/uploadDestinations/messaging/v1/orders/303-1234567-1234567/messages/invoice"
QUERY = {"marketplaceIds": "A1PA6795UKMFR9"}


def upload(client: httpx.Client, path: Path) -> None:
    with path.open("rb") as file:
        answer = client.post(DESTINATION, params=QUERY | {"contentMD5": digest(file)})
        destination = answer.json()["payload"]
        file.seek(0)
        headers = destination["headers"] | {"content-length": str(path.stat().st_size)}
        client.put(destination["url"], content=file, headers=headers).raise_for_status()


def digest(file: Any) -> str:
    """The MD5 digest that Amazon wants. A receipt has the SHA-256 digest as well, so it is made here too."""
    md5, sha256 = hashlib.md5(usedforsecurity=False), hashlib.sha256()
    while chunk := file.read(2**18):
        md5.update(chunk)
        sha256.update(chunk)
    return base64.b64encode(md5.digest()).decode()


if __name__ == "__main__":
    with httpx.Client(base_url=sys.argv[1], headers={"x-amz-access-token": "Atza|0"}) as client:
        upload(client, Path(sys.argv[2]))
