"""The public registers, asked over HTTP at a stand-in: what is kept of whole answers, and that no fault ever goes further."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from aap.records.associations import Register, RegisterOutcome
from aap.services.association import registers
from aap.services.association.registers import AssociationRegister, BusinessRegister, Said, ask, open_registers
from aap.settings import Settings, WrongSettings
from tests.worlds.registers import SIRET, Standing, standing_registers

UNKNOWN = "13002526500013"


@pytest.fixture
def standing(monkeypatch: pytest.MonkeyPatch) -> Iterator[Standing]:
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    monkeypatch.setattr(registers, "PATIENCE", 20)  # a busy machine is no silent register
    with standing_registers() as found:
        yield found


def business(standing: Standing, siret: str = SIRET) -> Said:
    (said,) = ask([BusinessRegister(standing.business_register)], siret)
    return said


def test_whole_answers_become_what_a_description_needs_and_nothing_else(standing) -> None:
    both = [BusinessRegister(standing.business_register), AssociationRegister(standing.association_register, "jeton")]
    assert ask(both, SIRET) == (
        Said(Register.BUSINESS, RegisterOutcome.FOUND, {
            "name": "LES PASSERELLES FICTIVES", "acronym": "LPF", "siret": SIRET, "rna": "W691000901",
            "created_on": "2016-09-12", "address": "BATIMENT B 12 BIS RUE DE L'EXEMPLE", "postal_code": "69003",
            "commune_code": "69383", "commune_name": "LYON",
            "officers": [{"name": "Dominique Exemple", "capacity": "Présidente"},
                         {"name": "Sacha Fictif", "capacity": "Trésorier"}],
            "closed": False, "association": True,
        }),
        Said(Register.ASSOCIATIONS, RegisterOutcome.FOUND, {
            "name": "Les Passerelles fictives", "acronym": "LPF", "rna": "W691000901",
            "object": "Relier les générations par l’entraide et le mentorat.", "created_on": "2016-06-03",
            "address": "12 RUE de l’Exemple", "postal_code": "69003", "commune_code": "69383", "commune_name": "Lyon",
            "closed": False, "association": True,
        }),
    )  # fmt: skip
    assert sorted(standing.asked) == [
        f"/associations/{SIRET[:9]}?context=essai", f"/entreprises/search?q={SIRET}&page=1&per_page=1",
    ]  # fmt: skip
    assert sorted(standing.tokens) == ["", "Bearer jeton"]


def test_a_number_that_no_register_has_is_unknown_and_so_is_another_office_of_a_known_one(standing) -> None:
    both = [BusinessRegister(standing.business_register), AssociationRegister(standing.association_register)]
    assert [one.outcome for one in ask(both, UNKNOWN)] == [RegisterOutcome.UNKNOWN] * 2
    assert business(standing, SIRET[:9] + "00027").outcome == RegisterOutcome.UNKNOWN


def test_an_office_that_has_closed_says_since_when_and_where_the_seat_is_now(standing) -> None:
    standing.close_down("2025-06-30", seat="00000901900027")
    content = business(standing).content
    assert (content["closed"], content["closed_on"], content["seat"]) == (True, "2025-06-30", "00000901900027")


def test_what_its_owner_hides_is_not_taken_for_a_value(standing) -> None:
    standing.unit.update(nom_raison_sociale="[NON-DIFFUSIBLE]", nom_complet="[ND]", dirigeants=[
        {"nom": "[NON-DIFFUSIBLE]", "prenoms": "[NON-DIFFUSIBLE]", "type_dirigeant": "personne physique"}])  # fmt: skip
    standing.unit["siege"]["libelle_voie"] = "[NON-DIFFUSIBLE]"
    assert business(standing).content.keys().isdisjoint({"name", "address", "officers"})


@pytest.mark.parametrize("status", [400, 401, 403, 429, 500, 502, 503])
def test_a_refusal_is_silence(standing, status: int) -> None:
    standing.status = status
    assert business(standing) == Said(Register.BUSINESS, RegisterOutcome.SILENT)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>panne</html>",
        b"\xff\xfe\x00",
        b"null",
        b"[1, 2]",
        b'{"results": "x"}',
        b"[" * 200_000,
        b"9" * 9_000,
    ],
    ids=range(8),
)
def test_garbage_is_silence(standing, body: bytes) -> None:
    standing.body = body
    assert business(standing) == Said(Register.BUSINESS, RegisterOutcome.SILENT)


@pytest.mark.parametrize("wrong", [None, 7, "x" * 9_000, ["a"], {"a": 1}, True])
def test_values_of_another_kind_are_left_out_and_long_ones_are_cut(standing, wrong: object) -> None:
    for name in (
        "nom_raison_sociale",
        "nom_complet",
        "sigle",
        "dirigeants",
        "nature_juridique",
        "date_creation",
        "complements",
    ):
        standing.unit[name] = wrong
    for name in ("libelle_voie", "code_postal", "commune", "libelle_commune", "date_fermeture"):
        standing.unit["siege"][name] = standing.unit["matching_etablissements"][0][name] = wrong
    said = business(standing)
    assert said.outcome == RegisterOutcome.FOUND
    assert said.content.keys() <= {
        "siret",
        "closed",
        "association",
        "name",
        "acronym",
        "address",
        "commune_code",
        "commune_name",
    }
    assert len(str(said.content.get("name", ""))) <= 250


def test_an_answer_without_end_is_left_off(standing) -> None:
    standing.body = b'{"results": [' + b" " * registers.MOST_BYTES + b"]}"
    assert business(standing) == Said(Register.BUSINESS, RegisterOutcome.SILENT)


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirection_is_not_followed(standing, status: int) -> None:
    standing.status, standing.leads_to = status, f"{standing.business_register}/search?q=elsewhere"
    assert business(standing) == Said(Register.BUSINESS, RegisterOutcome.SILENT)
    assert len(standing.asked) == 1


@pytest.mark.parametrize("slow", [{"waits": 1.0}, {"drips": 0.02}])
def test_whoever_is_slow_is_not_waited_for(standing, monkeypatch, slow: dict[str, float]) -> None:
    """The second gives a byte within every time limit of a socket, and would go on for a minute."""
    monkeypatch.setattr(registers, "PATIENCE", 0.2)
    vars(standing).update(slow)
    began = time.monotonic()
    both = [BusinessRegister(standing.business_register), AssociationRegister(standing.association_register)]
    assert [one.outcome for one in ask(both, SIRET)] == [RegisterOutcome.SILENT] * 2
    assert time.monotonic() - began < 0.9


def test_a_machine_that_is_not_there_is_silence() -> None:
    (said,) = ask([BusinessRegister("http://127.0.0.1:9")], SIRET)
    assert said == Said(Register.BUSINESS, RegisterOutcome.SILENT)


def test_nothing_is_asked_without_a_setting() -> None:
    assert open_registers(Settings(secret_key="x")) == ()
    assert ask((), SIRET) == ()


@pytest.mark.parametrize(
    "address",
    ["http://register.example.org", "ftp://127.0.0.1", "https://", "file:///etc/passwd", "https://a:b@c.example"],
)
def test_a_register_is_asked_encrypted_or_on_this_machine(address: str) -> None:
    with pytest.raises(WrongSettings, match="AAP_BUSINESS_REGISTER"):
        Settings(secret_key="x", business_register=address)


def test_the_token_is_never_shown() -> None:
    settings = Settings(secret_key="x", association_register="https://a.example", association_register_token="jeton")
    (register,) = open_registers(settings)
    assert "jeton" not in repr(register)
