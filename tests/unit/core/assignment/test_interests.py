"""Declared interests against the parties of dossiers: certain by identifiers, probable by names."""

from __future__ import annotations

import pytest

from aap.core.assignment.interests import Interest, Match, Party, matches, name_words


def interest(name: str = "", kind: str = "organisation", **more: str) -> Interest:
    return Interest("p", kind, name, **more)  # type: ignore[arg-type]


def party(name: str, kind: str = "organisation", **more: str) -> Party:
    return Party("d", kind, name, more.pop("role", "l’association"), **more)  # type: ignore[arg-type]


def certainty(one: Interest, other: Party) -> bool | None:
    """True: certain, False: probable, None: no conflict."""
    found = matches([one], [other])
    return found[0].certain if found else None


@pytest.mark.parametrize(
    ("declared", "standing", "expected"),
    [
        (interest("X", siret="13002526500013"), party("Y", siret="13002526500013"), True),
        (interest("X", rna="w751234567"), party("Y", rna="W751234567"), True),
        (interest("X", "person", email="A@example.org"), party("Y", "person", email="a@example.org"), True),
        (interest("X", siret="13002526500021"), party("Y", siret="13002526500013"), False),
        (interest("Association Les Étoiles"), party("LES ETOILES (association loi 1901)"), False),
        (interest("Étoiles du Nord"), party("Nord-Étoiles"), False),
        (interest("La Croix bleue"), party("Croix-Bleue de Lyon"), False),
        (interest("UNAF"), party("Union fictive des familles", acronym="U.N.A.F."), False),
        (interest("ADF"), party("Alliance fictive", acronym="A.D.F."), False),
        (interest("AF"), party("Alliance fictive", acronym="A.F."), None),
        (interest("Mme Élodie Le Goff", "person"), party("LE GOFF Elodie", "person"), False),
        (interest("Jean Martin", "person"), party("Jean-Pierre Martin", "person"), False),
        (interest("Martin", "person"), party("Jean Martin", "person"), None),
        (interest("Jean Martin", "person"), party("Jeanne Martin", "person"), None),
        (interest("Étoiles"), party("Étoiles du Nord"), None),
        (interest("Jean Martin", "person"), party("Jean Martin"), None),
        (interest("", siret=""), party("", siret=""), None),
        (interest("Association"), party("Société"), None),
    ],
)
def test_what_is_certain_what_is_probable_and_what_is_none(
    declared: Interest, standing: Party, expected: bool | None
) -> None:
    assert certainty(declared, standing) is expected


def test_the_strongest_match_of_a_pair_is_kept_with_its_reason() -> None:
    found = matches(
        [
            interest("Les Passerelles", relation="administrateur"),
            interest("Passerelles", siret="13002526500013", relation="employeur"),
        ],
        [party("Les Passerelles", siret="13002526500013"), party("Passerelles", role="partenaire")],
    )
    assert [(one.person_id, one.application_id, one.certain) for one in found] == [("p", "d", True)]
    assert found[0].reason.replace("\u00a0", " ") == (
        "Même SIRET 13002526500013 : « Passerelles » (employeur), et « Les Passerelles », l’association."
    )


def test_a_match_hides_no_later_one_and_the_first_reason_of_two_stays() -> None:
    one = interest("Les Passerelles", siret="13002526500013")
    parties = [
        Party("1", "organisation", "Passerelles du Lot", "partenaire"),
        Party("2", "organisation", "Les Passerelles", "partenaire", siret="13002526500013"),
        Party("3", "organisation", "Les Passerelles", "partenaire", siret="13002526500021"),
        Party("4", "organisation", "Passerelles", "partenaire"),
    ]
    assert [
        (match.application_id, match.certain, match.reason.partition(":")[0]) for match in matches([one], parties)
    ] == [
        ("2", True, "Même SIRET 13002526500013\u00a0"),
        ("3", False, "Même SIREN, autre établissement\u00a0"),
        ("4", False, "Noms semblables\u00a0"),
    ]
    two_words = [Party("1", "organisation", "Étoiles du Sud", "x"), Party("2", "organisation", "Nord Étoiles", "x")]
    assert [match.application_id for match in matches([interest("Étoiles du Nord")], two_words)] == ["2"]


def test_matches_come_sorted_whatever_the_order_given() -> None:
    interests = [Interest(person, "organisation", "Les Étoiles") for person in ("b", "a")]
    parties = [Party(name, "organisation", "Étoiles", "partenaire") for name in ("2", "1")]
    found = matches(interests, parties)
    assert [(one.person_id, one.application_id) for one in found] == [("a", "1"), ("a", "2"), ("b", "1"), ("b", "2")]
    assert found == matches(interests[::-1], parties[::-1])
    assert all(isinstance(one, Match) for one in found)


def test_a_name_of_small_words_only_is_compared_as_it_stands() -> None:
    assert name_words("Association pour la", "organisation") == {"association", "pour", "la"}
    assert name_words("M. Dr", "person") == {"m", "dr"}
