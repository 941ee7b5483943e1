"""An access token, without a call: shows whether the credentials are good."""

from __future__ import annotations

import math

from spapi_messaging._call.context import CallContext
from spapi_messaging._call.effects import Flow
from spapi_messaging._call.tokens import fetch_token


def authorize(context: CallContext) -> Flow[float | None]:
    """Gets a token, unless there is a good one.

    Returns:
        Seconds until it is renewed. None: it comes from a token provider.
    """
    context.check_open()
    token = yield from fetch_token(context, None, context.until())
    return None if token.renew_at == math.inf else max(0.0, token.renew_at - context.now())
