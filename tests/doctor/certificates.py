"""Certificates with which something is wrong, made by an authority of the test's own."""

from __future__ import annotations

import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from tests.support.servers import Certificate

DAY = timedelta(days=1)
USAGE = (
    "digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement",
    "key_cert_sign", "crl_sign", "encipher_only", "decipher_only",
)  # fmt: skip


class Authority:
    """Signs certificates.

    Args:
        folder: Where the files are written.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = _name("A test's own authority")
        usage = dict.fromkeys(USAGE, False) | {"key_cert_sign": True}
        made = (
            self._builder(self._name, self._key, -DAY, DAY)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(x509.KeyUsage(**usage), critical=True)
        )
        self.path = folder / "authority.pem"
        self.path.write_bytes(self._signed(made).public_bytes(serialization.Encoding.PEM))

    @property
    def trust(self) -> ssl.SSLContext:
        """Trusts this authority alone, as `verify` takes it."""
        return ssl.create_default_context(cafile=str(self.path))

    def certificate(self, host: str = "localhost", begins: timedelta = -DAY, ends: timedelta = DAY) -> Certificate:
        """A certificate of a server, valid between two times from now on."""
        key = ec.generate_private_key(ec.SECP256R1())
        names = x509.SubjectAlternativeName([x509.DNSName(host)])
        made = self._builder(_name(host), key, begins, ends).add_extension(names, critical=False)
        found = Certificate(self._folder / "server.pem", self._folder / "server-key.pem")
        found.path.write_bytes(self._signed(made).public_bytes(serialization.Encoding.PEM))
        found.key.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )
        return found

    def _builder(self, subject: x509.Name, key: Any, begins: timedelta, ends: timedelta) -> x509.CertificateBuilder:
        now = datetime.now(UTC)
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now + begins)
            .not_valid_after(now + ends)
            # Python 3.13 wants to know whose keys these are.
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()), critical=False)
        )

    def _signed(self, builder: x509.CertificateBuilder) -> x509.Certificate:
        return builder.sign(self._key, hashes.SHA256())


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, common)])
