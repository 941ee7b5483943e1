"""Finds out why messages cannot be sent: credentials, endpoint, network, clock, role. It never sends a message.

    from spapi_messaging import MessagingClient
    from spapi_messaging.doctor import examine

    for finding in examine(MessagingClient.from_env, "303-1234567-1234567"):
        print(finding.verdict, finding.step, finding.found, finding.remedy)

The command `spapi-messaging doctor` does the same.
"""

from __future__ import annotations

from spapi_messaging.doctor.bundle import support_bundle
from spapi_messaging.doctor.findings import CODES, Code, Finding, concerns_access, overall
from spapi_messaging.doctor.steps import STEPS, examine

__all__ = ["CODES", "STEPS", "Code", "Finding", "concerns_access", "examine", "overall", "support_bundle"]
