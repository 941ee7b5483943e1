"""Real servers on this machine that do what a test says: hold an answer back, read slowly, refuse, close."""

from __future__ import annotations

import contextlib
import json
import os
import select
import socket
import ssl
import stat
import threading
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from io import BufferedReader
from ipaddress import ip_address
from pathlib import Path
from typing import Any, NamedTuple, Self

#: Seconds after which a test that waits for something fails. On a working machine nothing takes so long.
PATIENCE = 20.0

_DESCRIPTORS = Path("/proc/self/fd")
#: Whether open descriptors can be counted here.
CAN_COUNT = _DESCRIPTORS.exists()


class Request(NamedTuple):
    """A whole request as it arrived."""

    connection: int  # connections are counted from 1
    method: str
    target: str
    headers: dict[str, str]  # by lower-case name
    body: bytes

    @property
    def order(self) -> str:
        return self.target.split("/")[4]

    @property
    def is_send(self) -> bool:
        return self.method == "POST" and self.target.startswith("/messaging/")


#: What a server sends: bytes, or pieces of bytes that it sends one by one. None: it closes the connection.
Answer = bytes | Iterable[bytes] | None
Handler = Callable[[Request], Answer]


def reply(status: int, body: object = None, **headers: str) -> bytes:
    """An answer in one piece."""
    content = b"" if body is None else json.dumps(body).encode()
    return reply_head(status, len(content), **headers) + content


def reply_head(status: int, length: int, **headers: str) -> bytes:
    """The head of an answer."""
    named = {"content-type": "application/json", "content-length": str(length), "x-amzn-requestid": "request-1"}
    named |= {name.replace("_", "-"): value for name, value in headers.items()}
    lines = [f"HTTP/1.1 {status} Status", *(f"{name}: {value}" for name, value in named.items()), "", ""]
    return "\r\n".join(lines).encode()


def amazon(request: Request) -> bytes:
    """Answers as Amazon does.

    The locale of an order's buyer is the order id, so that a caller can tell whether an answer is its own.
    A send for an order with "refused" in its id is refused.
    """
    if request.target.startswith("/auth/o2/token"):
        return reply(200, {"access_token": "a-token", "token_type": "bearer", "expires_in": 3600})
    if request.target.startswith("/uploads/"):
        url = f"http://{request.headers['host']}/storage?X-Amz-Expires=900"
        return reply(201, {"payload": {"uploadDestinationId": "d-1", "url": url}})
    if request.method == "PUT":
        return reply(200)
    if request.method == "GET":
        return reply(200, {"buyer": {"locale": request.order}})
    if "refused" in request.order:
        return reply(403, {"errors": [{"code": "Unauthorized", "message": "No.", "details": ""}]})
    return reply(201, {})


class Certificate(NamedTuple):
    """A certificate for localhost, and its key."""

    path: Path
    key: Path


class Server:
    """HTTP/1.1 on 127.0.0.1, with a thread for each connection. It keeps connections open.

    Args:
        answer: gives the answer to a request. It may wait, for what ``event`` or ``barrier`` made.
        certificate: makes it a TLS server.
        before_handshake: called in the connection's thread when the client's first bytes are there.
        pause: seconds between two reads of an upload, of 16 KB each.

    Attributes:
        connections: how many were accepted so far.
        begun: for each request of which a byte arrived, its connection.
        requests: the whole requests, in their order.
    """

    def __init__(
        self,
        answer: Handler = amazon,
        *,
        certificate: Certificate | None = None,
        before_handshake: Callable[[], object] = lambda: None,
        pause: float = 0.0,
    ) -> None:
        self.answer = answer
        self.connections = 0
        self.begun: list[int] = []
        self.requests: list[Request] = []
        self._faults: list[BaseException] = []
        self._before_handshake = before_handshake
        self._pause = pause
        self._ends: list[Callable[[], object]] = []
        self._open: dict[int, socket.socket] = {}
        self._threads: list[threading.Thread] = []
        self._stopping = threading.Event()
        self._tls: ssl.SSLContext | None = None
        if certificate is not None:
            self._tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self._tls.load_cert_chain(certificate.path, certificate.key)
        self._socket = socket.socket()
        if pause:
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16384)
        self._socket.bind(("127.0.0.1", 0))
        self._socket.listen(512)
        self.address: tuple[str, int] = self._socket.getsockname()
        self.port = self.address[1]
        self.url = f"https://localhost:{self.port}" if certificate else f"http://127.0.0.1:{self.port}"

    @property
    def sends(self) -> list[Request]:
        """The messages that arrived."""
        return [request for request in self.requests if request.is_send]

    def event(self) -> threading.Event:
        """An event to wait for in an answer. It is set when the server stops."""
        made = threading.Event()
        self._ends.append(made.set)
        return made

    def slowly(self, data: bytes, pause: float = 0.02) -> Iterator[bytes]:
        """The data, a byte at a time, with a pause after each."""
        stopped = self.event()
        for index in range(len(data)):
            yield data[index : index + 1]
            stopped.wait(pause)

    def barrier(self, parties: int) -> threading.Barrier:
        """A barrier to wait at in an answer. It is broken when the server stops."""
        made = threading.Barrier(parties, timeout=PATIENCE / 2)
        self._ends.append(made.abort)
        return made

    def connected(self) -> int:
        """How many descriptors of this process are connected to this server."""
        return sum(_peer(int(path.name)) == self.address for path in _DESCRIPTORS.iterdir())

    def hang_up(self) -> None:
        """Closes all connections, as a server does that finds them idle for too long."""
        for line in list(self._open.values()):
            with contextlib.suppress(OSError):
                line.shutdown(socket.SHUT_WR)

    def __enter__(self) -> Self:
        self._start(self._accept)
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        self._stopping.set()
        for end in self._ends:
            end()
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        for line in list(self._open.values()):
            with contextlib.suppress(OSError):
                line.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(PATIENCE)
            assert not thread.is_alive(), "a thread of the server did not end"
        if kind is None and self._faults:
            raise self._faults[0]

    def _start(self, work: Callable[..., None], *arguments: object) -> None:
        thread = threading.Thread(target=self._guarded, args=(work, *arguments), daemon=True)
        self._threads.append(thread)
        thread.start()

    def _guarded(self, work: Callable[..., None], *arguments: object) -> None:
        try:
            work(*arguments)
        except OSError:
            pass  # the client went away, or the server stops
        except BaseException as fault:
            if not self._stopping.is_set():
                self._faults.append(fault)

    def _accept(self) -> None:
        while True:
            line, _ = self._socket.accept()
            line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.connections += 1
            self._open[self.connections] = line
            if self._stopping.is_set():  # after the others were shut down
                line.close()
                return
            self._start(self._serve, line, self.connections)

    def _serve(self, line: socket.socket, number: int) -> None:
        try:
            if self._tls is not None:
                line.recv(1, socket.MSG_PEEK)
                self._before_handshake()
                line = self._tls.wrap_socket(line, server_side=True, do_handshake_on_connect=False)
                self._open[number] = line
                line.do_handshake()
            with line.makefile("rb") as reader:
                while (request := self._read(reader, number)) is not None:
                    self.requests.append(request)
                    if request.method == "CONNECT":
                        _tunnel(line, request.target)
                        break
                    answer = self.answer(request)
                    if answer is None:
                        break
                    for piece in [answer] if isinstance(answer, bytes) else answer:
                        line.sendall(piece)
        finally:
            del self._open[number]
            line.close()

    def _read(self, reader: BufferedReader, number: int) -> Request | None:
        if not reader.peek(1):
            return None
        self.begun.append(number)
        method, target, _ = reader.readline().decode("ascii").split(" ")
        headers: dict[str, str] = {}
        while line := reader.readline().decode("latin-1").strip():
            name, _, value = line.partition(":")
            headers[name.lower()] = value.strip()
        left = int(headers.get("content-length", 0))
        body = b""
        while left:
            chunk = reader.read(min(left, 16384) if self._pause else left)
            if not chunk:
                return None  # the client went away
            body += chunk
            left -= len(chunk)
            if self._pause and method == "PUT" and self._stopping.wait(self._pause):
                return None
        return Request(number, method, target, headers, body)


def _tunnel(line: socket.socket, target: str) -> None:
    """Carries bytes to the server that a client asked a proxy for, and back."""
    with socket.create_connection(("127.0.0.1", int(target.rpartition(":")[2]))) as other:
        line.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            for ready in select.select([line, other], [], [])[0]:
                data = ready.recv(65536)
                if not data:
                    return
                (other if ready is line else line).sendall(data)


def _peer(descriptor: int) -> Any:
    """The address that a descriptor of this process is connected to, if it is a socket."""
    try:
        if not stat.S_ISSOCK(os.fstat(descriptor).st_mode):
            return None
        with socket.socket(fileno=os.dup(descriptor)) as copy:
            return copy.getpeername()
    except OSError:
        return None  # closed by now, or not connected


def make_certificate(folder: Path) -> Certificate:
    """A certificate for localhost and 127.0.0.1, signed by itself: pass its path as ``verify``."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    names = x509.SubjectAlternativeName([x509.DNSName("localhost"), x509.IPAddress(ip_address("127.0.0.1"))])
    now = datetime.now(UTC)
    usage = dict.fromkeys(
        (
            "content_commitment",
            "key_encipherment",
            "data_encipherment",
            "key_agreement",
            "crl_sign",
            "encipher_only",
            "decipher_only",
        ),
        False,
    )
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(names, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(x509.KeyUsage(digital_signature=True, key_cert_sign=True, **usage), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    certificate = Certificate(folder / "localhost.pem", folder / "localhost-key.pem")
    certificate.path.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    certificate.key.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return certificate
