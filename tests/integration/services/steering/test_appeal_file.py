"""The file of an appeal: what is in it, who is not, who gets it."""

from __future__ import annotations

import io
from datetime import date
from typing import Any

import pytest
from pypdf import PdfReader
from sqlmodel import select

from aap.core.call.appeal_texts import appeal_number
from aap.jobs import sweep
from aap.records.associations import Association
from aap.records.audit import AuditLine
from aap.records.rankings import Contest, ContestKind
from aap.services.decision.appeals import record_appeal
from aap.services.dossier.uploads import ReceivedFile
from aap.services.errors import NotFound
from aap.services.steering.appeal_file import ask_appeal_file, hand_out_appeal_file, made_appeal_file
from tests.worlds.offices import Office, recuse_from


def contested(here: Office) -> Contest:
    """An appeal of the association on the waiting list, with a scan of one page and a file that can't be shown."""
    platform = here.factory.platform
    letters = platform.files.put(io.BytesIO(scan()))
    with platform.database.writing() as session:
        return record_appeal(
            session, actor=here.factory.actor(here.first), application_id=here.dossiers[1].id, kind=ContestKind.GRACIEUX,
            received_on=date(2025, 2, 10), body="L’annexe n’a pas été lue.",
            files=(
                ReceivedFile("courrier.pdf", "application/pdf", letters.size, letters.sha256),
                ReceivedFile("budget.xlsx", "application/vnd.ms-excel", 12, "b" * 64),
            ),
            link="https://aap.example.org", now=here.factory.now,
        )  # fmt: skip


def scan() -> bytes:
    import pikepdf

    made = io.BytesIO()
    with pikepdf.Pdf.new() as pdf:
        pdf.add_blank_page()
        pdf.save(made)
    return made.getvalue()


def ask(here: Office, use_case: Any, person: Any, contest: Contest, **values: Any) -> Any:
    with here.factory.platform.database.writing() as session:
        return use_case(
            session, actor=here.factory.actor(person), call_id=here.call.id, contest_id=contest.id, **values
        )


def test_the_file_holds_every_paper_by_its_page_and_names_nobody_else(published: Office) -> None:
    here = published
    contest = contested(here)
    sweep(here.factory.platform)  # the acknowledgement
    now = here.factory.now
    ask(here, ask_appeal_file, here.first, contest, actions={"appeal.recorded": "Recours enregistré"}, now=now)
    sweep(here.factory.platform)
    kept = ask(here, hand_out_appeal_file, here.first, contest, now=now)
    assert kept.name == f"{appeal_number(here.call.file, 1)}-dossier.pdf"
    content = here.factory.platform.files.read(kept.sha256)
    reader = PdfReader(io.BytesIO(content))
    texts = [" ".join(page.extract_text().split()) for page in reader.pages]
    groups = [one for one in reader.outline if not isinstance(one, list)]
    assert [one["/Title"] for one in groups] == [
        "Le recours", "Le dossier de candidature", "L’évaluation", "Le classement", "Les lettres", "Le journal",
    ]  # fmt: skip
    parts = [one for group in reader.outline if isinstance(group, list) for one in group]
    titles = [one["/Title"].replace("\u00a0", " ") for one in parts]
    assert titles == [
        f"Recours gracieux {appeal_number(here.call.file, 1)}", "Pièce jointe : courrier.pdf", "Accusé de réception",
        "Dossier déposé, avec ses pièces", "Grille d’évaluation", "Notes et avis", "Extrait du classement",
        "Règle qui a décidé", "Fiche du traitement algorithmique", "Lettre de décision notifiée le 10 février 2025",
        "Lignes du journal sur ce dossier",
    ]  # fmt: skip
    starts = [reader.get_destination_page_number(one) + 1 for one in parts]
    for title, start in zip(titles, starts, strict=True):
        assert f"{title} {start}" in texts[0].replace("\u00a0", " "), (title, start)
    whole = " ".join(texts)
    for words in ("budget.xlsx", "Bien vu.", "Avis <i>général</i>.", "Recours enregistré", "Autre dossier",
                  f"{here.dossiers[1].reference} (dossier contesté)", "tribunal administratif de Paris"):  # fmt: skip
        assert words in whole, words
    with here.factory.platform.database.reading() as session:
        own = here.dossiers[1].association_id
        others = session.exec(select(Association.name).where(Association.id != own)).all()
        lines = session.exec(select(AuditLine.action).where(AuditLine.object_id == here.dossiers[1].id)).all()
    others = [f"{name} " for name in others]  # « Les Passerelles fictives 1 » begins « … 11 »
    secret = [*others, *(one.reference for one in here.dossiers if one.id != here.dossiers[1].id),
              *(one.name for one in here.reviewers)]  # fmt: skip
    assert [one for one in secret if one in f"{whole} "] == []
    assert "appeal.file_downloaded" in lines


def test_the_same_file_is_made_of_the_same_bytes(published: Office) -> None:
    here = published
    contest = contested(here)
    sweep(here.factory.platform)
    made = []
    for _ in range(2):
        ask(here, ask_appeal_file, here.first, contest, actions={}, now=here.factory.now)
        sweep(here.factory.platform)
        job = ask(here, made_appeal_file, here.first, contest)
        made.append(job.result["sha256"])
    assert made[0] == made[1]


def test_whoever_is_recused_of_the_dossier_gets_no_file_not_even_the_one_they_had_made(published: Office) -> None:
    here = published
    contest = contested(here)
    now = here.factory.now
    ask(here, ask_appeal_file, here.second, contest, actions={}, now=now)
    sweep(here.factory.platform)
    recuse_from(here, here.second, here.dossiers[1])
    for use_case, values in (
        (ask_appeal_file, {"actions": {}, "now": now}), (hand_out_appeal_file, {"now": now}), (made_appeal_file, {}),
    ):  # fmt: skip
        for person in (here.second, here.stranger, here.member):
            with pytest.raises(NotFound):
                ask(here, use_case, person, contest, **values)
    with pytest.raises(NotFound):  # each has their own made: what one may read another may not
        ask(here, hand_out_appeal_file, here.first, contest, now=now)
