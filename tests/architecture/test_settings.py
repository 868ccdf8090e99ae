"""Settings are documented: the table of docs/settings.md is the class."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from aap.cli import main
from aap.settings import DEFAULT_SECRET, Settings, WrongSetting, WrongSettings

DOCUMENT = Path(__file__).parents[2] / "docs/settings.md"


def shown(default: object) -> str:
    if default in ("", None):
        return ""
    return f"`{str(default).lower() if isinstance(default, bool) else default}`"


def test_every_setting_is_documented_with_its_default_and_its_words() -> None:
    rows = re.findall(r"^\| `(AAP_\w+)` \| (.*?) ?\| (.+) \|$", DOCUMENT.read_text(), re.M)
    fields = Settings.model_fields.items()
    assert [tuple(row) for row in rows] == [
        (f"AAP_{name.upper()}", shown(field.default), field.description) for name, field in fields
    ]


def test_every_setting_is_used() -> None:
    source = Path(__file__).parents[2] / "src/aap"
    code = "\n".join(path.read_text() for path in source.rglob("*.py"))
    unused = [name for name in Settings.model_fields if not re.search(rf"(settings|self)\.{name}\b", code)]
    assert unused == []


@pytest.mark.parametrize(
    ("secret", "found"),
    [
        (DEFAULT_SECRET, "le secret publié avec le logiciel"),
        ("", "rien"),
        ("k7Q" * 10, "30 caractères"),
        ("k7Q!pz" * 8, "un secret fait d’un motif répété"),
        ("abababababccabababababccabababab", "un secret fait d’un motif répété"),
        ("motdepassemotdepasse1234567890azertyuiop"[:36], "un secret fait de mots ou de suites que l’on devine"),
        ("correct horse battery staple password", "un secret fait de mots ou de suites que l’on devine"),
    ],
)
def test_production_refuses_a_secret_that_can_be_guessed_and_never_shows_it(secret: str, found: str) -> None:
    with pytest.raises(WrongSettings) as refused:
        Settings(environment="production", secret_key=secret)
    allowed = "au moins 32 caractères tirés au hasard, par exemple par openssl rand -hex 32"
    assert refused.value.faults == (WrongSetting("AAP_SECRET_KEY", found, allowed),)
    assert secret == "" or secret not in str(refused.value)
    assert Settings(environment="testing", secret_key=secret).secret_key == secret


@pytest.mark.parametrize("make", [lambda: secrets.token_hex(32), lambda: secrets.token_urlsafe(32)])
def test_production_takes_a_secret_of_chance(make: Callable[[], str]) -> None:
    for _again in range(20):
        secret = make()
        assert Settings(environment="production", secret_key=secret).secret_key == secret


def test_wrong_settings_are_told_all_at_once_with_what_was_found_and_what_is_allowed(tmp_path: Path) -> None:
    environment = {
        "AAP_INSTANCE": str(tmp_path / "instance"),
        "AAP_ENVIRONMENT": "prod", "AAP_BASE_URL": "aap.example.org", "AAP_SMTP_PORT": "vingt-cinq",
        "AAP_SMTP_TLS": "peut-être", "AAP_MAX_REQUEST_MB": "0", "AAP_DATABASE_URL": "mysql://moi:hunter2@base/aap",
        "AAP_DATA_KEY": "courte", "AAP_AUDIT_WITNESS": "personne", "AAP_LOG_FORMAT": "xml",
    }  # fmt: skip
    done = CliRunner().invoke(main, ["audit", "verify"], env=environment)
    assert (done.exit_code, done.output.replace("\u00a0", " ").splitlines()) == (
        2,
        [
            "Les réglages ne conviennent pas :",
            "AAP_DATABASE_URL : trouvé une valeur qui n’est pas montrée ; attendu rien, sqlite:///chemin ou "
            "postgresql+psycopg://….",
            "AAP_ENVIRONMENT : trouvé « prod » ; attendu development, testing, demo ou production.",
            "AAP_DATA_KEY : trouvé une valeur qui n’est pas montrée ; attendu des clés de 44 caractères (aap keys new en "
            "donne une), la plus récente d’abord.",
            "AAP_AUDIT_WITNESS : trouvé « personne » ; attendu une adresse électronique.",
            "AAP_BASE_URL : trouvé « aap.example.org » ; attendu une adresse comme https://aap.exemple.fr.",
            "AAP_SMTP_PORT : trouvé « vingt-cinq » ; attendu un nombre entier.",
            "AAP_SMTP_TLS : trouvé « peut-être » ; attendu off, starttls ou tls.",
            "AAP_LOG_FORMAT : trouvé « xml » ; attendu console ou json.",
            "AAP_MAX_REQUEST_MB : trouvé « 0 » ; attendu un nombre d’au moins 1.",
        ],
    )
    assert not (tmp_path / "instance").exists()
