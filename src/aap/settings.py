"""All settings, read from `AAP_*` environment variables. docs/settings.md lists them (a test compares)."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

DEFAULT_SECRET = "insecure-development-secret"  # noqa: S105  (refused in production)


class Settings(BaseSettings):
    """One machine by default: SQLite, files and queue under `instance`."""

    model_config = SettingsConfigDict(env_prefix="AAP_", frozen=True)

    instance: Path = Field(Path("instance"), description="Folder of the database, the files and the queue.")
    database_url: str = Field("", description="Database; empty: SQLite in the instance folder.")
    queue_url: str = Field(
        "", description="Queue: `postgresql://…` or `redis://…`; empty: SQLite in the instance folder."
    )
    secret_key: str = Field(DEFAULT_SECRET, description="Signs sessions and links; production refuses the default.")
    base_url: str = Field("http://127.0.0.1:8000", description="Public address, used in mails and letters.")
    environment: Literal["development", "testing", "demo", "production"] = Field(
        "development", description="`production` refuses the default secret and asks for HTTPS cookies."
    )
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
    mail_sender: str = Field("ne-pas-repondre@example.org", description="Sender of the mails.")
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
    tries_of_address: int = Field(300, ge=1, description="Wrong passwords from one address in 5 minutes.")
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
    def asks_second_factor(self) -> bool:
        """Whether anybody must have one: in production whatever is set, elsewhere (a demonstration, tests) where wanted."""
        return self.environment == "production" or self.second_factor == "always"

    @property
    def passkeys_work(self) -> bool:
        """Browsers make passkeys for a domain by HTTPS, or for `localhost`; never for an address of figures."""
        site = urlsplit(self.base_url)
        name = site.hostname or ""
        return name == "localhost" or (site.scheme == "https" and not re.fullmatch(r"[\d.]+|.*:.*", name))

    def refuse_unsafe(self) -> None:
        """Raises SystemExit where production would start with the published default secret."""
        if self.environment == "production" and self.secret_key == DEFAULT_SECRET:
            raise SystemExit("AAP_SECRET_KEY must be set in production (e.g. `openssl rand -hex 32`).")
