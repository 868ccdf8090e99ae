"""The instance's keys: what is secret in a row is encrypted with them, and the audit log and backups are sealed with them.

A key is 32 random bytes, written as 44 characters of URL-safe Base64. The newest one comes first and is what is written
with; the older ones still read. From each, one key a purpose is derived (HKDF-SHA256, RFC 5869), so that no two purposes
share one. The engine of a database carries its keys: whatever reads or writes a row finds them by its dialect.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import os
import secrets
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import Any

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from sqlalchemy import Engine
from sqlmodel import Session

from aap.whole_files import whole_file

KEY_BYTES = 32
_MOST_OPENED = 10_000
_HEADER = "# Clés de l’instance, la plus récente d’abord. À garder à part des sauvegardes.\n"


class KeyFault(Exception):
    """The keys are missing, unreadable or not those of this database. `fault` names which; `where` is the file, if any."""

    def __init__(self, fault: str, where: str = "") -> None:
        super().__init__(f"{fault} {where}".strip())
        self.fault = fault  # unreadable | empty | missing | foreign | undecipherable
        self.where = where


def new_key() -> str:
    """A key from the system's source of chance, as text."""
    return base64.urlsafe_b64encode(secrets.token_bytes(KEY_BYTES)).decode()


def read_keys(text: str) -> tuple[bytes, ...]:
    """Keys of a text, one a word; what follows `#` on a line is a remark. Raises ValueError where a word is no key."""
    words = [word for line in text.splitlines() for word in line.partition("#")[0].replace(",", " ").split()]
    found = []
    for word in words:
        try:
            key = base64.b64decode(word.encode("ascii"), altchars=b"-_", validate=True)
        except (binascii.Error, UnicodeEncodeError) as error:
            raise ValueError("a key is 44 characters of URL-safe Base64") from error
        if len(key) != KEY_BYTES:
            raise ValueError("a key is 32 bytes")
        found.append(key)
    return tuple(dict.fromkeys(found))


@dataclass(frozen=True)
class _Derived:
    """The keys that one key of the instance gives, each made at its first use."""

    key: bytes
    _made: dict[str, bytes] = field(default_factory=dict, compare=False, repr=False)

    def of(self, purpose: str) -> bytes:
        if purpose not in self._made:
            derivation = HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=None, info=f"aap {purpose}".encode())
            self._made[purpose] = derivation.derive(self.key)
        return self._made[purpose]

    @cached_property
    def cipher(self) -> Fernet:
        return Fernet(base64.urlsafe_b64encode(self.of("secrets at rest")))

    def mac(self, purpose: str, message: bytes) -> str:
        return hmac.new(self.of(purpose), message, sha256).hexdigest()


class KeyRing:
    """The keys of an instance, newest first: from a setting (`keys`), or from a file that is read again when it changed.

    Processes that run while `aap keys rotate` puts a new key into the file take it up by themselves.
    """

    def __init__(self, keys: Sequence[bytes] = (), *, file: Path | None = None) -> None:
        """Raises KeyFault (`unreadable`, `empty`)."""
        self.file = file
        self._stamp: tuple[int, int, int] | None = None
        self._opened: dict[str, str] = {}  # a list of associations opens each IBAN once a process, not once a page
        self._keys = tuple(_Derived(key) for key in keys)
        self._taken_up()
        if not self._keys:
            raise KeyFault("empty", str(file or ""))

    def _taken_up(self) -> tuple[_Derived, ...]:
        """The keys, read again where the file is another one than before."""
        if self.file is None:
            return self._keys
        try:
            found = self.file.stat()
            stamp = (found.st_mtime_ns, found.st_size, found.st_ino)
            if stamp != self._stamp:
                read = read_keys(self.file.read_text(encoding="utf-8"))
                known = {one.key: one for one in self._keys}
                self._opened.clear()
                self._keys, self._stamp = tuple(known.get(key) or _Derived(key) for key in read), stamp
        except (OSError, ValueError) as error:
            raise KeyFault("unreadable", str(self.file)) from error
        return self._keys

    @property
    def keys(self) -> tuple[bytes, ...]:
        return tuple(one.key for one in self._taken_up())

    @property
    def texts(self) -> tuple[str, ...]:
        """The keys as they are written down."""
        return tuple(base64.urlsafe_b64encode(one).decode() for one in self.keys)

    @property
    def name(self) -> str:
        """Eight hexadecimal digits that tell the newest key from another without giving it away."""
        return self._taken_up()[0].mac("name", b"")[:8]

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(one.mac("name", b"")[:8] for one in self._taken_up())

    def encrypt(self, text: str) -> str:
        return self._taken_up()[0].cipher.encrypt(text.encode()).decode("ascii")

    def decrypt(self, token: str) -> str:
        """Raises KeyFault (`undecipherable`): another instance's, or its key was taken away."""
        keys = self._taken_up()
        if token in self._opened:
            return self._opened[token]
        for key in keys:
            with suppress(InvalidToken):
                plain = key.cipher.decrypt(token.encode("ascii", "replace")).decode()
                if len(self._opened) >= _MOST_OPENED:
                    self._opened.clear()
                self._opened[token] = plain
                return plain
        raise KeyFault("undecipherable", str(self.file or ""))

    def is_current(self, token: str) -> bool:
        """Whether a secret was encrypted with the newest key."""
        with suppress(InvalidToken):
            self._taken_up()[0].cipher.decrypt(token.encode("ascii", "replace"))
            return True
        return False

    def digest(self, text: str) -> str:
        """The same for the same text: finds equal secrets without reading them. Empty for the empty text."""
        return self._taken_up()[0].mac("equal secrets", text.encode()) if text else ""

    def mac(self, purpose: str, message: bytes) -> str:
        """HMAC-SHA256 with the newest key's own key for this purpose, hexadecimal."""
        return self._taken_up()[0].mac(purpose, message)

    def verifies(self, purpose: str, message: bytes, mac: str) -> bool:
        """Whether one of the keys made this."""
        return any(hmac.compare_digest(key.mac(purpose, message), mac) for key in self._taken_up())

    def add(self, key: str) -> None:
        """Puts a new key before the others, in the file: whole or not at all."""
        if self.file is None:
            raise KeyFault("unreadable")
        write_keys(self.file, [key, *self.texts])


def write_keys(file: Path, keys: Sequence[str], *, only_new: bool = False) -> None:
    """Writes the file (0600), durable before it has its name. `only_new`: raises FileExistsError where there is one."""
    with whole_file(file, durable=True, only_new=only_new) as stream:
        if os.geteuid() == 0:  # an operator's command: the file stays the service's
            owner = file.parent.stat()
            os.fchown(stream.fileno(), owner.st_uid, owner.st_gid)
        stream.write((_HEADER + "".join(f"{key}\n" for key in keys)).encode())


def give_keys(engine: Engine, keys: KeyRing | None) -> None:
    """Whatever comes through this engine uses these keys."""
    engine.dialect.aap_keys = keys  # type: ignore[attr-defined]


def dialect_keys(dialect: Any) -> KeyRing:
    """The keys of the database that this dialect speaks to. Raises KeyFault (`missing`)."""
    keys: KeyRing | None = getattr(dialect, "aap_keys", None)
    if keys is None:
        raise KeyFault("missing")
    return keys


def session_keys(session: Session) -> KeyRing:
    """The keys of the database that this session reads and writes."""
    return dialect_keys(session.get_bind().dialect)
