"""Past grants: read from a published table once, told by row where they can't be, and shown beside the dossier."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import pytest
from sqlmodel import func, select

from aap.documents.tables.table_files import TableFile
from aap.records.associations import Association
from aap.records.calls import CallState
from aap.records.past_grants import PastGrant
from aap.services.association.past_grants import grants_by_siren, import_grants
from aap.services.candidates.known import known_of
from aap.services.errors import InvalidInput
from tests.databases import on_both_databases
from tests.worlds.offices import Office, Offices

Browsers = Callable[[], Any]
TABLE = """nomAttribuant;idAttribuant;dateConvention;referenceDecision;nomBeneficiaire;idBeneficiaire;objet;montant
Ville de Lyon;21690123100011;2023-05-04;2023-12;Essai;13002526500013;Mentorat;12000,50
Région fictive;20005376700014;03/02/2024;;Essai;130 025 265;;8000
Ville de Lyon;21690123100011;2023-05-04;2023-12;Essai;13002526500013;Mentorat;12000,50
Ville de Lyon;21690123100011;2023-05-04;2023-13;Essai;1300252650001;Mentorat;12000
Ville de Lyon;21690123100011;hier;2023-14;Essai;13002526500013;Mentorat;beaucoup
""".encode()


def read(here: Office, content: bytes = TABLE) -> Any:
    with here.factory.platform.database.writing() as session:
        return import_grants(
            session,
            actor=here.factory.actor(here.first),
            file=TableFile("subventions.csv", content),
            now=here.factory.now,
        )


@on_both_databases
def test_a_published_table_is_kept_once_and_what_can_t_be_read_is_told_by_row(office: Offices) -> None:
    here = office()
    first, again = read(here), read(here)
    assert (first.kept, first.known, len(first.refused)) == (2, 0, 3)
    assert (again.kept, again.known, len(again.refused)) == (0, 2, 3)
    told = " ".join(str(one.values["text"]) for one in first.refused)
    assert all(words in told for words in ("5", "idBeneficiaire", "dateConvention", "montant", "beaucoup"))
    with here.factory.platform.database.reading() as session:
        assert session.exec(select(func.count()).select_from(PastGrant)).one() == 2
        found = grants_by_siren(session, ["130025265", "999999999"])
    assert [(one.year, one.amount) for one in found["130025265"]] == [(2024, 8000_00), (2023, 12000_50)]
    with pytest.raises(InvalidInput):
        read(here, b"nom;age\nx;3\n")


def test_what_is_known_adds_up_and_says_nothing_of_calls_that_one_does_not_follow(office: Offices) -> None:
    here = office(CallState.PUBLISHED)
    read(here)
    with here.factory.platform.database.reading() as session:
        association = session.get_one(Association, here.dossiers[0].association_id)
        actor, stranger = here.factory.actor(here.first), here.factory.actor(here.stranger)
        seen = known_of(session, actor=actor, association=association, call_id="another")
        unseen = known_of(session, actor=stranger, association=association, call_id="another")
    assert seen.by_year[2024] == 8000_00
    assert [one.reference for one in seen.here] == [here.dossiers[0].reference]
    assert seen.here[0].granted is not None
    assert seen.total == 8000_00 + 12000_50 + seen.here[0].granted
    assert (unseen.here, unseen.total) == ((), 8000_00 + 12000_50)


def test_an_official_reads_a_table_in_and_sees_it_on_the_dossier(office: Offices, browser: Browsers) -> None:
    here = office()
    signed = browser().sign_in(here.first)
    page = "/instruction/aides-passees"
    sent = signed.post(page, {"fichier": (io.BytesIO(TABLE), "subventions.csv")}, page=page)
    assert sent.status_code == 200
    assert "lignes ajoutées" in sent.text
    assert "beaucoup" in sent.text
    wrong = signed.post(page, {"fichier": (io.BytesIO(b"x;y\n1;2\n"), "autre.csv")}, page=page)
    assert (wrong.status_code, "idBeneficiaire" in wrong.text) == (422, True)
    shown = signed.get(here.address(f"dossiers/{here.dossiers[0].reference}")).text
    assert "Région fictive" in shown
    assert browser().sign_in(here.member).get(page).status_code == 404
