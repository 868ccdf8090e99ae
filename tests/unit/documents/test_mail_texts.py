"""Mails and their templates."""

from __future__ import annotations

import re
from itertools import product
from typing import Any

import pytest
from jinja2 import Environment, meta

from aap.documents.mail_html import html_of
from aap.documents.mail_texts import Mail, plain, render_mail
from aap.own_files import templates_folder

SITE = "https://aap.example.org"
TURNS = {  # what a template asks about, each way
    "accepted": (True, False), "approved": (True, False), "completed": (True, False), "contact": ("c@example.org", ""),
    "new": (True, False), "on_paper": (True, False), "lapsed": (True, False), "lapses": (True, False),
    "correcting": (True, False), "replaces": ("ESSAI-1", ""), "what": ("begun", "abandoned", "lapsed"),
    "again": (True, False), "confirmation_link": (f"{SITE}/confirmation/t", ""), "remark": ("Une <b> remarque", ""),
}  # fmt: skip
FIXED = {
    "count": 2, "missing": 2, "submitted": 1, "assigned": 3, "days": 14, "lines": 12, "site": SITE, "trial": "",
    "sections": ["Le projet", "Le budget"], "files": [{"label": "Statuts", "name": "statuts.pdf"}],
    "items": [{"subject": "Un <message>", "text": "Bien reçu."}],
}  # fmt: skip


def source(mail: Mail) -> str:
    return (templates_folder() / "mail" / f"{mail}.txt").read_text(encoding="utf-8")


def ways(mail: Mail) -> list[dict[str, Any]]:
    """Values for the template, for each way that it can turn."""
    jinja = Environment(autoescape=True)
    jinja.filters["quoted"] = str
    names = sorted(meta.find_undeclared_variables(jinja.parse(source(mail))))
    turning = [name for name in names if name in TURNS and (name != "confirmation_link" or mail is Mail.KNOWN_ADDRESS)]
    fixed = {
        name: FIXED.get(name) or (f"{SITE}/page/{name}" if "link" in name or name in PAGES else f"Un <{name}>")
        for name in names
    }
    return [{**fixed, **dict(zip(turning, way, strict=True))} for way in product(*(TURNS[name] for name in turning))]


PAGES = ("account", "sign_in", "interests")


def test_every_mail_has_its_template_and_every_template_its_mail() -> None:
    assert {path.stem for path in (templates_folder() / "mail").glob("*.txt")} == set(Mail)


@pytest.mark.parametrize("mail", Mail)
def test_every_mail_leads_to_a_page_by_a_button_that_says_what_for(mail: Mail) -> None:
    for values in ways(mail):
        subject, body = render_mail(mail, values)
        page = html_of(subject, body, site=SITE)
        assert (
            len(re.findall(r'class="button" href="https://aap.example.org/[^"]+">[A-ZÉ][^<]{4,60}</a>', page)) == 1
        ), body
        assert f">{SITE}/" not in page  # each address has its words
        assert "<b>" not in page
        assert "\u2028" not in body
        assert plain(body) == "\n".join(line.rstrip(" ") for line in body.split("\n"))


def test_a_subject_keeps_its_no_break_spaces_and_is_one_line() -> None:
    values = {
        "reference": "A\u00a01",
        "title": "Titre",
        "call_title": "Appel\u00a0: x",
        "message": "Bonjour",
        "contact": "",
    }
    subject, _ = render_mail(Mail.MESSAGE_FROM_SERVICE, {**values, "link": SITE, "reference": "A\u00a01\nBcc: x"})
    assert subject == "Votre dossier A\u00a01 Bcc: x\u00a0: un message du service"


def test_a_template_s_full_lines_go_on_and_what_somebody_wrote_keeps_its_lines() -> None:
    values = {
        "reference": "A1", "title": "Titre", "call_title": "Appel", "contact": "",
        "message": "Un point.\nUn autre point.\n\nMerci\u00a0!", "link": f"{SITE}/x",
    }  # fmt: skip
    _, body = render_mail(Mail.MESSAGE_FROM_SERVICE, values)
    assert plain(body).startswith(
        "Bonjour,\n\nLe service qui examine votre dossier A1 («\u00a0Titre\u00a0»),\ndéposé pour"
    )
    page = html_of("", body, site=SITE)
    assert "<p>Le service qui examine votre dossier A1 («\u00a0Titre\u00a0»), déposé pour l’appel" in page
    assert "<p>Un point.<br>Un autre point.</p>\n<p>Merci\u00a0!</p>" in page


def test_a_link_that_somebody_wrote_is_no_button_of_ours() -> None:
    body = f"Cliquez :\nhttps://ailleurs.example/x\n\nCliquez :\n{SITE}.ailleurs.example/x\n"
    page = html_of("", body, site=SITE)
    assert 'class="button"' not in page
    assert "href" not in page.replace(f'<a href="{SITE}">{SITE}</a>', "")


def test_labelled_lines_and_lists_stay_apart() -> None:
    values = {
        "number": "N1", "received_at": "hier", "association": "Les <Amis>", "title": "Titre", "call_title": "Appel",
        "rejection_on": "5 mai 2025", "files": [{"label": "Statuts", "name": "a&b.pdf"}], "contact": "", "completed": False,
        "replaces": "", "link": f"{SITE}/x",
    }  # fmt: skip
    page = html_of("Objet <i>", render_mail(Mail.RECEIPT, values)[1], site=SITE)
    assert (
        "<p>Numéro\u00a0: N1<br>Reçu le\u00a0: hier (heure de Paris)<br>Projet\u00a0: Titre<br>Appel\u00a0: Appel</p>"
        in page
    )
    assert "<p>Pièces reçues\u00a0:</p>\n<ul><li>Statuts\u00a0: a&amp;b.pdf</li></ul>" in page
    assert "Les &lt;Amis&gt;" in page
    assert "<title>Objet &lt;i&gt;</title>" in page
    assert '<html lang="fr">' in page
    assert [found for found in ("<img", "<link", "src=", "url(", "@import") if found in page] == []
