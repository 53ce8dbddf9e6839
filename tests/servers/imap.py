"""A loopback IMAP server over TLS that speaks what a reader needs (RFC 3501), with mail in a dictionary."""

import re
import socketserver
import ssl
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

USER, PASSWORD = "reader", "for-tests"
_SEARCH = re.compile(r"UID (\d+):\* UNDELETED", re.IGNORECASE)


@dataclass(slots=True, kw_only=True)
class Mailbox:
    """Messages by number; a number is given once."""

    validity: int = 1
    following: int = 1
    messages: dict[int, bytes] = field(default_factory=dict)
    deleted: set[int] = field(default_factory=set)


@dataclass(slots=True, kw_only=True)
class ImapStandIn:
    """One account: what it holds, where it listens, and every command that it was sent."""

    port: int
    ca_file: Path
    boxes: dict[str, Mailbox] = field(default_factory=lambda: {"INBOX": Mailbox()})
    commands: list[str] = field(default_factory=list)
    closed: set[str] = field(default_factory=set)

    def deliver(self, content: bytes, box: str = "INBOX") -> int:
        """Put a message into a mailbox; return its number."""
        into = self.boxes.setdefault(box, Mailbox())
        number, into.following = into.following, into.following + 1
        into.messages[number] = content
        return number


class _Session(socketserver.StreamRequestHandler):
    account: ImapStandIn

    def handle(self) -> None:
        """Answer commands until the client leaves."""
        self._selected: Mailbox | None = None
        self._in = False
        self._say("* OK ready")
        while line := self.rfile.readline():
            tag, _, rest = line.decode().rstrip("\r\n").partition(" ")
            command, _, told = rest.partition(" ")
            self.account.commands.append(rest)
            if command.upper() == "UID":
                command, _, told = told.partition(" ")
            self._say(f"{tag} {self._answer(command.upper(), told)}")
            if command.upper() == "LOGOUT":
                return

    def _answer(self, command: str, told: str) -> str:
        if command == "LOGIN":
            self._in = told in {f'{USER} "{PASSWORD}"', f'"{USER}" "{PASSWORD}"', f"{USER} {PASSWORD}"}
            return "OK in" if self._in else "NO not you"
        if command in {"CAPABILITY", "LOGOUT", "NOOP"}:
            self._say(
                "* CAPABILITY IMAP4rev1" if command == "CAPABILITY" else "* BYE" if command == "LOGOUT" else "* OK"
            )
            return "OK done"
        if not self._in:
            return "NO log in first"
        return getattr(self, f"_{command.lower()}", self._unknown)(told)

    def _unknown(self, _: str) -> str:
        return "BAD unknown"

    def _list(self, _: str) -> str:
        self._say('* LIST (\\Noselect \\HasChildren) "/" Archive')
        for name in self.account.boxes:
            self._say(f'* LIST (\\HasNoChildren) "/" "{name}"')
        return "OK listed"

    def _examine(self, told: str) -> str:
        name = told.strip('"')
        box = self.account.boxes.get(name)
        if box is None or name in self.account.closed:
            return "NO no such mailbox"
        self._selected = box
        self._say(f"* {len(box.messages)} EXISTS")
        self._say(f"* OK [UIDVALIDITY {box.validity}] valid")
        return "OK [READ-ONLY] opened"

    def _search(self, told: str) -> str:
        box, asked = self._selected, _SEARCH.fullmatch(told)
        if box is None or asked is None:
            return "BAD search"
        first, there = int(asked.group(1)), sorted(box.messages.keys() - box.deleted)
        found = [number for number in there if number >= first] or there[-1:]  # n:* names the last one in any case
        self._say("* SEARCH " + " ".join(map(str, found)))
        return "OK searched"

    def _fetch(self, told: str) -> str:
        numbers, _, what = told.partition(" ")
        for number in map(int, numbers.split(",")):
            content = self._selected.messages.get(number) if self._selected else None
            if content is None:
                continue
            part, name = content, "BODY[]"
            if "HEADER.FIELDS" in what:
                header = content.partition(b"\r\n\r\n")[0].split(b"\r\n")
                lines = [line for line in header if line.lower().startswith(b"subject:")]
                part, name = b"\r\n".join([*lines, b"", b""]), "BODY[HEADER.FIELDS (SUBJECT)]"
            about = f"UID {number} RFC822.SIZE {len(content)} {name} {{{len(part)}}}"
            self.wfile.write(f"* {number} FETCH ({about}\r\n".encode() + part + b")\r\n")
        return "OK fetched"

    def _say(self, line: str) -> None:
        self.wfile.write(f"{line}\r\n".encode())


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True
    context: ssl.SSLContext

    def get_request(self) -> tuple[Any, Any]:
        """Accept a connection and speak TLS on it."""
        found, address = super().get_request()
        return self.context.wrap_socket(found, server_side=True), address

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ANN401 - socketserver's signature
        """Say nothing of a client that went away."""


@pytest.fixture
def imap(tmp_path: Path) -> Iterator[ImapStandIn]:
    """Serve the stand-in with a certificate of its own."""
    certificate, key = _certified(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    handler = type("Session", (_Session,), {})
    server = _Server(("127.0.0.1", 0), handler)
    server.context = context
    account = ImapStandIn(port=server.server_address[1], ca_file=certificate)
    handler.account = account  # type: ignore[attr-defined] # of this server alone
    serving = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    serving.start()
    yield account
    server.shutdown()
    serving.join()
    server.server_close()


def _certified(folder: Path) -> tuple[Path, Path]:
    """Write a certificate for this machine's loopback address, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    certificate, secret = folder / "imap.pem", folder / "imap.key"
    certificate.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    secret.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return certificate, secret
