"""Mails and their templates."""

from __future__ import annotations

from aap.documents.mail_texts import Mail
from aap.own_files import templates_folder


def test_every_mail_has_its_template_and_every_template_its_mail() -> None:
    assert {path.stem for path in (templates_folder() / "mail").glob("*.txt")} == set(Mail)
