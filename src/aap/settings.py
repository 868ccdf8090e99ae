"""All settings, read from `AAP_*` environment variables. docs/settings.md lists them (a test compares)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

from pydantic import Field, ValidationError, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

DEFAULT_SECRET = "insecure-development-secret"  # noqa: S105  (refused in production)
SECRET_LENGTH = 32
"""Characters of a secret in production, at least."""
_GUESSES = 26
"""Powers of ten of guesses that a secret must be worth: 32 random hexadecimal digits are worth 32."""

SECRETS = frozenset({"secret_key", "smtp_password", "data_key", "database_url", "association_register_token"})
"""Settings whose value is never shown (an address of a database may hold a password)."""


@dataclass(frozen=True)
class WrongSetting:
    """One variable: what was found in it (never a secret), what is allowed. French."""

    variable: str
    found: str
    allowed: str

    def __str__(self) -> str:
        return f"{self.variable}\u00a0: trouvé {self.found}\u00a0; attendu {self.allowed}."


class WrongSettings(Exception):
    """Everything that is wrong in the settings, at once."""

    def __init__(self, faults: Sequence[WrongSetting]) -> None:
        super().__init__("\n".join(map(str, faults)))
        self.faults = tuple(faults)


class Settings(BaseSettings):
    """One machine by default: SQLite, files and queue under `instance`. Raises WrongSettings."""

    model_config = SettingsConfigDict(env_prefix="AAP_", frozen=True)

    instance: Path = Field(Path("instance"), description="Folder of the database, the files and the queue.")
    database_url: str = Field("", description="Database; empty: SQLite in the instance folder.")
    queue_url: str = Field(
        "", description="Queue: `postgresql://…` or `redis://…`; empty: SQLite in the instance folder."
    )
    environment: Literal["development", "testing", "demo", "production"] = Field(
        "development", description="`production` refuses a weak secret and asks for HTTPS cookies."
    )
    secret_key: str = Field(
        DEFAULT_SECRET, description="Signs sessions and links; production wants 32 characters that nobody can guess."
    )
    data_key: str = Field(
        "",
        description="Keys of what is encrypted, of the log and of backups, the newest first; empty: the file of keys.",
    )
    data_key_file: Path | None = Field(
        None, description="File of these keys; empty: `data.key` in the instance folder."
    )
    audit_witness: str = Field("", description="E-mail address to which the log's last hash goes every day.")
    base_url: str = Field("http://127.0.0.1:8000", description="Public address, used in mails and letters.")
    mail_sink: Path | None = Field(None, description="Folder for mails as files; empty: `instance/mail`.")
    smtp_host: str = Field("", description="SMTP server; empty: mails are written to the sink.")
    smtp_port: int = Field(25, description="Port of the SMTP server.")
    smtp_user: str = Field("", description="User name at the SMTP server.")
    smtp_password: str = Field("", description="Password at the SMTP server.")
    smtp_tls: Literal["off", "starttls", "tls"] = Field(
        "off", description="`starttls`: encrypted before sending; `tls`: from the first byte (port 465); both verified."
    )
    smtp_ca_file: Path | None = Field(
        None, description="Certificate that the SMTP server's is verified by; empty: the machine's authorities."
    )
    smtp_timeout: int = Field(30, gt=0, description="Seconds that an answer of the SMTP server is waited for.")
    mail_sender: str = Field(
        "ne-pas-repondre@example.org",
        description="Sender of the mails, with its name where no call gives one: `Name <address>`.",
    )
    log_format: Literal["console", "json"] = Field("console", description="How log lines are written.")
    max_request_mb: int = Field(60, description="Largest request accepted, in megabytes.")
    trusted_proxies: int = Field(
        0, ge=0, le=10, description="Proxies in front whose forwarded address, scheme, host and prefix are believed."
    )
    arrival_header: str = Field(
        "", description="Header by which the nearest trusted proxy tells when a request arrived; empty: none does."
    )
    rate_limit: bool = Field(True, description="Limit how often one tries to sign in, registers or has mails sent.")
    limits_url: str = Field(
        "",
        description="Where tries are counted: `redis://…`; empty: the queue's Redis, a file of the instance, or PostgreSQL.",
    )
    tries_of_pair: int = Field(10, ge=1, description="Wrong passwords for one account from one address in 5 minutes.")
    tries_of_account: int = Field(
        100, ge=1, description="Wrong passwords for one account in 5 minutes; past them, 3 from each new address."
    )
    tries_of_address: int = Field(
        300, ge=1, description="Wrong passwords, or links that open nothing, from one address in 5 minutes."
    )
    mails_of_pair: int = Field(
        5, ge=1, description="Registrations or mailed links for one account from one address in an hour."
    )
    mails_of_account: int = Field(30, ge=1, description="Registrations or mailed links for one account in an hour.")
    mails_of_address: int = Field(200, ge=1, description="Registrations or mailed links from one address in an hour.")
    agent_idle_minutes: int = Field(
        30,
        ge=1,
        description="Minutes without use that end the session of an official, a reviewer, a juror, an administrator.",
    )
    agent_session_hours: int = Field(12, ge=1, description="Hours after which such a session ends whatever happens.")
    idle_hours: int = Field(12, ge=1, description="Hours without use that end the session of an association's member.")
    session_hours: int = Field(24, ge=1, description="Hours after which such a session ends whatever happens.")
    remembered_days: int = Field(
        30, ge=1, description="Days of the session of an association's member who ticked « Rester connecté »."
    )
    confirm_minutes: int = Field(
        15, ge=1, description="Minutes after which the password is asked again before what can't be taken back."
    )
    immediate_jobs: bool = Field(False, description="Run jobs in the calling process (tests).")
    second_factor: Literal["production", "always"] = Field(
        "production", description="Where officials, administrators and jury must have one; production always asks."
    )
    second_factor_reviewers: bool = Field(False, description="Reviewers must have a second factor too.")
    clamd: str = Field(
        "",
        description="ClamAV's socket, `unix:/run/clamav/clamd.ctl` or `tcp:host:port`; empty: files are not scanned.",
    )
    business_register: str = Field(
        "",
        description="Address of the State's business register (JSON, asked at `/search?q=`); empty: it is not asked.",
    )
    association_register: str = Field(
        "",
        description="Address of the register of associations (JSON, asked at `/<number>`); empty: it is not asked.",
    )
    association_register_token: str = Field(
        "", description="Token (`Authorization: Bearer …`) for the register of associations; empty: none is sent."
    )
    publisher: str = Field(
        "", description="Publisher of the site (legal notices); empty: the authorities of its calls."
    )
    publication_director: str = Field("", description="Director of the publication, named in the legal notices.")
    hosting: str = Field("", description="Who hosts the site: name, address, telephone (legal notices).")
    contact: str = Field("", description="E-mail address for questions about the site and its accessibility.")
    security_contact: str = Field(
        "", description="Where a weakness is reported (security.txt): e-mail or https address; empty: `AAP_CONTACT`."
    )
    data_protection: str = Field("", description="Address of the data protection officer.")
    metrics_token: str = Field(
        "", description="Who shows it (`Authorization: Bearer …`) reads `/metrics`; empty: only this machine does."
    )

    @field_validator("smtp_tls", mode="before")
    @classmethod
    def yes_or_no(cls, given: object) -> object:
        """Until 0.1.0 it was yes (STARTTLS) or no."""
        said = str(given).lower()
        return {"true": "starttls", "1": "starttls", "false": "off", "0": "off", "": "off"}.get(said, said)

    def __init__(self, **values: Any) -> None:
        try:
            super().__init__(**values)
        except ValidationError as error:
            raise WrongSettings([_wrong(dict(one)) for one in error.errors()]) from None

    @field_validator("secret_key")
    @classmethod
    def _strong(cls, secret: str, info: ValidationInfo) -> str:
        if info.data.get("environment") == "production":
            weakness = _weakness(secret)
            if weakness:
                raise ValueError(
                    f"{weakness}|au moins {SECRET_LENGTH} caractères tirés au hasard, par exemple par openssl rand -hex 32"
                )
        return secret

    @field_validator("base_url")
    @classmethod
    def _address(cls, address: str) -> str:
        parts = urlsplit(address)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
            raise ValueError("|une adresse comme https://aap.exemple.fr")
        return address

    @field_validator("business_register", "association_register")
    @classmethod
    def _register(cls, address: str) -> str:
        """Encrypted, but on this machine (where a stand-in answers)."""
        if not address:
            return ""
        parts = urlsplit(address)
        plain = parts.scheme == "http" and parts.hostname in ("127.0.0.1", "localhost", "::1")
        if not (parts.scheme == "https" or plain) or not parts.hostname or parts.username or parts.fragment:
            raise ValueError("|rien, ou une adresse en https")
        return address.rstrip("/")

    @field_validator("smtp_port")
    @classmethod
    def _port(cls, port: int) -> int:
        if not 0 < port < 65_536:
            raise ValueError("|un nombre de 1 à 65535")
        return port

    @field_validator("max_request_mb")
    @classmethod
    def _room(cls, megabytes: int) -> int:
        if megabytes < 1:
            raise ValueError("|un nombre d’au moins 1")
        return megabytes

    @field_validator("database_url")
    @classmethod
    def _database(cls, url: str) -> str:
        if url and not url.startswith(("sqlite:///", "postgresql+psycopg://")):
            raise ValueError("|rien, sqlite:///chemin ou postgresql+psycopg://…")
        return url

    @field_validator("data_key")
    @classmethod
    def _keys(cls, typed: str) -> str:
        from aap.records.keys import read_keys  # the cryptography takes its time: only where a key is given

        try:
            read_keys(typed)
        except ValueError:
            raise ValueError(
                "|des clés de 44 caractères (aap keys new en donne une), la plus récente d’abord"
            ) from None
        return typed.strip()

    @field_validator("audit_witness")
    @classmethod
    def _witness(cls, address: str) -> str:
        name, at, host = address.strip().partition("@")
        if address.strip() and (
            not name or not at or "." not in host or any(one in address.strip() for one in " ,;<>")
        ):
            raise ValueError("|une adresse électronique")
        return address.strip()

    @property
    def effective_database_url(self) -> str:
        return self.database_url or f"sqlite:///{(self.instance / 'aap.sqlite3').resolve()}"

    @property
    def mail_folder(self) -> Path:
        return self.mail_sink or self.instance / "mail"

    @property
    def files_folder(self) -> Path:
        return self.instance / "files"

    @property
    def key_file(self) -> Path:
        return self.data_key_file or self.instance / "data.key"

    @property
    def asks_second_factor(self) -> bool:
        """Whether anybody must have one: in production whatever is set, elsewhere (a demonstration, tests) where wanted."""
        return self.environment == "production" or self.second_factor == "always"

    @property
    def passkeys_work(self) -> bool:
        """Browsers make passkeys for a domain by HTTPS, or for `localhost`; never for an address of figures."""
        site = urlsplit(self.base_url)
        name = site.hostname or ""
        return name == "localhost" or (site.scheme == "https" and not re.fullmatch(r"[\d.]+|.*:.*", name))


def _weakness(secret: str) -> str:
    """Why a secret doesn't do, in words that don't tell it; empty where it does."""
    if not secret:
        return "rien"
    if secret == DEFAULT_SECRET:
        return "le secret publié avec le logiciel"
    if len(secret) < SECRET_LENGTH:
        return f"{len(secret)} caractères"
    if secret in (secret + secret)[1:-1] or len(set(secret)) < 10:
        return "un secret fait d’un motif répété"
    from zxcvbn import zxcvbn  # its lists of words take their time: only in production

    if float(zxcvbn(secret[:72])["guesses_log10"]) < _GUESSES:
        return "un secret fait de mots ou de suites que l’on devine"
    return ""


_ALLOWED: Mapping[str, str] = {
    "bool": "true ou false",
    "int": "un nombre entier",
    "path": "un chemin",
    "string": "un texte",
}


def _wrong(error: Mapping[str, Any]) -> WrongSetting:
    """One error of pydantic as a wrong setting. Its own words are English and show the value."""
    name = str(error["loc"][0]) if error["loc"] else ""
    found = "une valeur qui n’est pas montrée" if name in SECRETS else f"«\u00a0{error.get('input', '')}\u00a0»"
    kind = str(error["type"])
    if kind == "value_error":
        said, _, allowed = str(error["ctx"]["error"]).partition("|")
        found = said or found
    elif kind == "literal_error":
        allowed = str(error["ctx"]["expected"]).replace("'", "").replace(" or ", " ou ")
    else:
        allowed = _ALLOWED.get(kind.partition("_")[0], "une autre valeur")
    return WrongSetting(f"AAP_{name.upper()}", found, allowed)
