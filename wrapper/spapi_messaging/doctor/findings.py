"""What a step can find: every code, with its step and its verdict. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

Verdict = Literal["ok", "warning", "wrong", "not-tried"]


class Code(NamedTuple):
    """What a code stands for.

    Attributes:
        step: The step that finds it.
        verdict: "ok", "warning", "wrong" or "not-tried".
        about_access: Whether it is about credentials, authorization or the role.
    """

    step: str
    verdict: Verdict
    about_access: bool = False


# A step that hangs here would hang in a program too. A step that broke leaves something open, so it is not "ok".
_CUT_SHORT: Mapping[str, Verdict] = {"too-slow": "wrong", "broke": "warning"}

_FOUND = {
    "versions": Code("versions", "ok"),
    #
    "credentials-found": Code("credentials", "ok"),
    "credentials-given": Code("credentials", "ok"),
    "credentials-local": Code("credentials", "ok"),
    "credentials-suspect": Code("credentials", "warning"),
    "credentials-no-seller": Code("credentials", "wrong", about_access=True),
    "credentials-unusable": Code("credentials", "wrong", about_access=True),
    #
    "endpoint-production": Code("endpoint", "ok"),
    "endpoint-amazon-sandbox": Code("endpoint", "ok"),
    "endpoint-local": Code("endpoint", "ok"),
    "endpoint-other": Code("endpoint", "warning"),
    "endpoint-refused": Code("endpoint", "wrong"),
    "endpoint-not-tried": Code("endpoint", "not-tried"),
    #
    "network-ok": Code("network", "ok"),
    "network-no-tls": Code("network", "ok"),
    "server-trouble": Code("network", "warning"),
    "dns-failed": Code("network", "wrong"),
    "connection-refused": Code("network", "wrong"),
    "connection-timeout": Code("network", "wrong"),
    "connection-failed": Code("network", "wrong"),
    "tls-self-signed": Code("network", "wrong"),
    "tls-unknown-authority": Code("network", "wrong"),
    "tls-expired": Code("network", "wrong"),
    "tls-not-yet-valid": Code("network", "wrong"),
    "tls-wrong-host": Code("network", "wrong"),
    "tls-failed": Code("network", "wrong"),
    "proxy-invalid": Code("network", "wrong"),
    "proxy-unreachable": Code("network", "wrong"),
    "proxy-password": Code("network", "wrong"),
    "proxy-refused": Code("network", "wrong"),
    "foreign-answer": Code("network", "wrong"),
    "network-not-tried": Code("network", "not-tried"),
    #
    "authorization-ok": Code("authorization", "ok"),
    "authorization-provider": Code("authorization", "ok"),
    "lwa-invalid-client": Code("authorization", "wrong", about_access=True),
    "lwa-invalid-grant": Code("authorization", "wrong", about_access=True),
    "lwa-refused": Code("authorization", "wrong", about_access=True),
    "lwa-trouble": Code("authorization", "wrong"),
    "authorization-failed": Code("authorization", "wrong", about_access=True),
    "authorization-not-tried": Code("authorization", "not-tried"),
    #
    "clock-ok": Code("clock", "ok"),
    "clock-off": Code("clock", "warning"),
    "clock-wrong": Code("clock", "wrong"),
    "clock-not-tried": Code("clock", "not-tried"),
    #
    "region-ok": Code("region", "ok"),
    "region-unknown": Code("region", "ok"),
    "region-suspect": Code("region", "warning"),
    "marketplace-unusable": Code("region", "wrong"),
    "region-not-tried": Code("region", "not-tried"),
    #
    "order-ok": Code("order", "ok"),
    "order-empty": Code("order", "warning"),
    "order-no-language": Code("order", "warning"),
    "order-throttled": Code("order", "warning"),
    "order-id-invalid": Code("order", "wrong"),
    "order-not-found": Code("order", "wrong"),
    "order-not-accepted": Code("order", "wrong"),
    "order-not-of-sandbox": Code("order", "wrong"),
    "order-denied": Code("order", "wrong"),
    "order-unreadable": Code("order", "wrong"),
    "order-failed": Code("order", "wrong"),
    "order-not-tried": Code("order", "not-tried"),
    #
    "role-ok": Code("role", "ok"),
    "role-missing": Code("role", "wrong", about_access=True),
    "role-unclear": Code("role", "wrong", about_access=True),
    "token-refused": Code("role", "wrong", about_access=True),
    "path-wrong": Code("role", "wrong"),
    "secret-expired": Code("role", "wrong", about_access=True),
    "role-not-tried": Code("role", "not-tried"),
    #
    "upload-ok": Code("uploads", "ok"),
    "upload-digest": Code("uploads", "wrong"),
    "upload-storage-refused": Code("uploads", "wrong"),
    "upload-storage-unreachable": Code("uploads", "wrong"),
    "upload-failed": Code("uploads", "wrong"),
    "upload-not-tried": Code("uploads", "not-tried"),
    #
    "invoice-listed": Code("invoices", "ok"),
    "invoice-channels": Code("invoices", "ok"),
    "invoice-not-listed": Code("invoices", "warning"),
    "invoices-not-tried": Code("invoices", "not-tried"),
}

CODES: Mapping[str, Code] = _FOUND | {
    f"{step}-{ended}": Code(step, verdict)
    for step in dict.fromkeys(code.step for code in _FOUND.values())
    for ended, verdict in _CUT_SHORT.items()
}
"""Every code. Each step has two more, for when it takes too long, and for when it ends with an exception."""


@dataclass(frozen=True)
class Finding:
    """What one step found.

    Attributes:
        code: A stable name, one of `CODES`.
        found: What was found. It shows no secret and no text of a message.
        meaning: What that means; may be empty.
        remedy: What to do; empty if nothing has to be done.
        facts: The same for programs: names and values that `json.dumps` takes.
    """

    code: str
    found: str
    meaning: str = ""
    remedy: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)

    @property
    def step(self) -> str:
        """The step that found it."""
        return CODES[self.code].step

    @property
    def verdict(self) -> Verdict:
        """ "ok", "warning", "wrong" or "not-tried"."""
        return CODES[self.code].verdict

    def to_dict(self) -> dict[str, Any]:
        """What `json.dumps` takes."""
        return {
            "step": self.step,
            "verdict": self.verdict,
            "code": self.code,
            "found": self.found,
            "meaning": self.meaning,
            "remedy": self.remedy,
            "facts": dict(self.facts),
        }


def overall(findings: Iterable[Finding]) -> Verdict:
    """The worst verdict: "wrong", "warning" or "ok". A step that could not be tried has no weight of its own."""
    verdicts = {finding.verdict for finding in findings}
    if "wrong" in verdicts:
        return "wrong"
    return "warning" if "warning" in verdicts else "ok"


def concerns_access(findings: Iterable[Finding]) -> bool:
    """Whether something about the credentials, the authorization or the role is wrong."""
    return any(CODES[finding.code].about_access and finding.verdict == "wrong" for finding in findings)
