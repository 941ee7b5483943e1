"""An upload with our client, which also asks for a token. Run with ``python ours.py URL FILE``."""

import sys
from pathlib import Path

from spapi_messaging import Credentials, MessagingClient

url = sys.argv[1]
with MessagingClient(
    credentials=Credentials("amzn1.application-oa2-client.bench", "secret", "Atzr|bench"),
    marketplace="DE",
    endpoint=url,
    lwa_endpoint=f"{url}/auth/o2/token",
) as client:
    client.upload("303-1234567-1234567", "invoice", Path(sys.argv[2]))
