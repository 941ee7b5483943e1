"""Step 4: whether the servers can be reached: proxy, name, connection, TLS, and who answers."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from spapi_messaging.doctor.examination import Examination
from spapi_messaging.doctor.findings import Finding
from spapi_messaging.doctor.probe import Probe, Target
from spapi_messaging.errors import SpApiMessagingError
from spapi_messaging.local_sandbox import is_local
from spapi_messaging.messages import find_read

NAMES = {"api": "the API", "lwa": "Login with Amazon", "storage": "the storage for files"}
ABOUT_DATES = ("tls-expired", "tls-not-yet-valid")

_COMPANY = (
    "Many companies look into TLS connections with a proxy that signs certificates of its own. Ask your network's "
    "administrator for its certificate, and let SSL_CERT_FILE name a file that holds it."
)
_REMEDIES = {
    "dns-failed": "Check the network connection and the spelling of the endpoint.",
    "connection-refused": "Check host and port of the endpoint, and that the server runs.",
    "connection-timeout": "Check the network connection, and whether a firewall lets connections to this host out.",
    "connection-failed": "Check the network connection. If all connections need a proxy, set HTTPS_PROXY.",
    "tls-self-signed": "Check the endpoint: Amazon's certificates are not self-signed. " + _COMPANY,
    "tls-unknown-authority": _COMPANY,
    "tls-expired": "Check this machine's date. If it is right, the server's certificate has ended: check the endpoint.",
    "tls-not-yet-valid": "Set this machine's date: a certificate is seldom used before its time.",
    "tls-wrong-host": "Check the endpoint. In a network with a sign-in page, sign in first.",
    "tls-failed": "Check that the endpoint's port speaks TLS, and that no firewall interferes.",
    "proxy-invalid": "Correct the proxy, for example HTTPS_PROXY=http://proxy.example:8080. "
    "A socks5:// proxy needs: pip install 'httpx[socks]'.",
    "proxy-unreachable": "Check host and port of the proxy in HTTPS_PROXY. Without a proxy, unset the variable.",
    "proxy-password": "Write them into HTTPS_PROXY: http://user:password@proxy.example:8080.",
    "proxy-refused": "Ask the proxy's administrator to allow connections to this host.",
    "foreign-answer": "Open any page in a browser: a network with a sign-in page lets nothing through until you sign "
    "in. Otherwise check the endpoint and the proxy.",
    "server-trouble": "Try again later. If it stays, check whether a proxy or a gateway answers instead.",
}
_FAILURES = {
    "dns-failed": "the name {nearest} has no address",
    "connection-refused": "{nearest} refuses the connection",
    "connection-timeout": "{nearest} does not answer in time",
    "connection-failed": "the connection to {nearest} failed",
    "tls-self-signed": "the certificate is self-signed",
    "tls-unknown-authority": "the certificate is from an authority that this machine does not know",
    "tls-expired": "the certificate has expired, by this machine's clock, which says {now:%Y-%m-%d}",
    "tls-not-yet-valid": "the certificate is not valid yet, by this machine's clock, which says {now:%Y-%m-%d}",
    "tls-wrong-host": "the certificate is for another host",
    "tls-failed": "no TLS connection came about",
    "proxy-invalid": "the proxy of the environment cannot be used",
    "proxy-unreachable": "the proxy {nearest} cannot be reached",
    "proxy-password": "the proxy {nearest} wants a user name and a password",
    "proxy-refused": "the proxy {nearest} refuses the connection",
    "foreign-answer": "a web page or a redirect came back, which is not what Amazon's services answer",
    "server-trouble": "the server is in trouble",
}


def network(examination: Examination) -> Iterator[Finding]:
    """Asks the API's server and Login with Amazon's. No secret is sent."""
    client = examination.client()
    if isinstance(client, SpApiMessagingError):
        yield Finding(
            "network-not-tried", "There is no client, so nobody knows which servers it needs.",
            remedy="Correct what the steps above say.",
        )  # fmt: skip
        return
    read = find_read("AvailableActions")
    path = "/" if read is None else read.path.partition("{")[0]
    targets = [Target("api", f"{client.endpoint}{path}")]
    if client.lwa_endpoint is not None:
        targets.append(Target("lwa", client.lwa_endpoint, "POST"))
    for target in targets:
        yield reached(examination, target)


def reached(examination: Examination, target: Target) -> Finding:
    """Whether one server can be reached."""
    result = examination.probe(target)
    examination.server_date = examination.server_date or result.server_date
    if result.failure in ABOUT_DATES and examination.server_date is None:
        # What a server without a valid certificate says is a hint about the clock, and nothing more.
        examination.server_date = examination.probe(target, verify=False).server_date
    told = f"{NAMES[target.service]}, {result.host}"
    if result.failure:
        local = examination.source is not None and examination.source.is_of_local_sandbox
        return _failed(result, told, examination.now(), local=local)
    if not result.tls:
        code, detail = "network-no-tls", f"answers{_through(result)}, without TLS."
        here = is_local(target.url)
        meaning = "That is fine on this machine." if here else "Nothing is encrypted: that is fine for a sandbox alone."
    else:
        code, detail, meaning = "network-ok", f"answers{_through(result)}. {_certificate(result)}.", ""
    return Finding(code, f"{_capital(told)}, {detail}", meaning, facts=_facts(result))


def _failed(result: Probe, told: str, now: datetime, *, local: bool) -> Finding:
    happened = _FAILURES[result.failure].format(nearest=result.proxy or result.host, now=now)
    detail = f" ({result.detail})" if result.detail else ""
    remedy = _REMEDIES[result.failure]
    if result.failure == "connection-refused" and local:
        remedy = "Start the local sandbox: spapi-messaging sandbox serve. If it runs, check its port."
    elif result.proxy and not result.failure.startswith("proxy"):
        remedy += f" The way leads through the proxy {result.proxy}."
    return Finding(
        result.failure,
        f"{_capital(told)}: {happened}{detail}.",
        meaning=f"Calls cannot reach {NAMES[result.target.service]}." if result.failure != "server-trouble" else "",
        remedy=remedy,
        facts=_facts(result),
    )


def _through(result: Probe) -> str:
    return f" through the proxy {result.proxy}" if result.proxy else f" at {', '.join(result.addresses[:2])}"


def _certificate(result: Probe) -> str:
    until = f", valid until {result.valid_until:%Y-%m-%d}" if result.valid_until else ""
    return f"{result.tls}; certificate by {result.issuer or 'an authority without a name'}{until}"


def _facts(result: Probe) -> dict[str, object]:
    found = {
        "service": result.target.service,
        "host": result.host,
        "proxy": result.proxy,
        "addresses": list(result.addresses),
        "tls": result.tls or None,
        "issuer": result.issuer or None,
        "valid_until": result.valid_until.isoformat() if result.valid_until else None,
        "status": result.status,
    }
    return {name: value for name, value in found.items() if value not in (None, [])}


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
