"""A mail server of one's own: it keeps what it is sent, counts, and refuses as it is told."""

from __future__ import annotations

import asyncio
import email
import email.policy
import ipaddress
import socket
import ssl
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

Answer = Callable[[str], str]


@dataclass
class Received:
    """One mail as the server took it."""

    recipient: str
    message: EmailMessage
    encrypted: bool
    options: tuple[str, ...]

    @property
    def id(self) -> str:
        return str(self.message["Message-ID"])


@dataclass
class MailServer:
    """`answer_to`: what is answered to a recipient; `answer_after`: to a message, by its recipient,
    after a `pause` in seconds."""

    host: str = "127.0.0.1"
    port: int = 0
    received: list[Received] = field(default_factory=list)
    connections: int = 0
    pause: float = 0
    answer_to: Answer = lambda _recipient: "250 OK"
    answer_after: Answer = lambda _recipient: "250 OK"

    def times(self) -> Counter[tuple[str, str]]:
        """(recipient, Message-ID) → how often it came."""
        return Counter((one.recipient, one.id) for one in self.received)

    # What aiosmtpd calls.

    async def handle_RCPT(self, server: SMTP, session: Session, envelope: Envelope, address: str, options: Any) -> str:
        answer = self.answer_to(address)
        if answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        await asyncio.sleep(self.pause)
        answer = self.answer_after(envelope.rcpt_tos[0])
        if answer.startswith("250"):
            message = email.message_from_bytes(envelope.content or b"", policy=email.policy.default)
            encrypted = session.ssl is not None or server.transport.get_extra_info("sslcontext") is not None
            for recipient in envelope.rcpt_tos:
                self.received.append(Received(recipient, message, encrypted, tuple(envelope.mail_options)))  # type: ignore[arg-type]
        return answer


@contextmanager
def mail_server(
    *, tls: str = "off", certificate: Path | None = None, password: str = "", **values: Any
) -> Iterator[MailServer]:
    """Listens until the block ends. `tls`: as AAP_SMTP_TLS; `password`: asked for from the user `aap`."""
    held = MailServer()
    for name in ("answer_to", "answer_after", "pause"):
        if name in values:
            setattr(held, name, values.pop(name))
    context = None
    if certificate is not None:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(certificate)
    if tls == "starttls":
        values |= {"tls_context": context, "require_starttls": True}
    if password:

        def known(_server: Any, _session: Any, _envelope: Any, _mechanism: str, given: Any) -> AuthResult:
            right = (given.login, given.password) == (b"aap", password.encode())
            return AuthResult(success=right, handled=False)

        values |= {"authenticator": known, "auth_required": True, "auth_require_tls": tls == "starttls"}

    class Counting(Controller):
        def factory(self) -> SMTP:
            held.connections += 1
            return super().factory()

    with_tls = {"ssl_context": context} if tls == "tls" else {}
    with socket.socket() as free:
        free.bind((held.host, 0))
        held.port = free.getsockname()[1]
    controller = Counting(held, hostname=held.host, port=held.port, **with_tls, **values)
    controller.start()
    try:
        held.connections = 0  # the controller itself looks whether it listens
        yield held
    finally:
        controller.stop()


def certificate_for(host: str, path: Path) -> Path:
    """A certificate that nobody but itself vouches for, with its key, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(host))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(made.public_bytes(serialization.Encoding.PEM) + private)
    return path
