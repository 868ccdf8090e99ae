"""What is secret is unreadable in the database, equal secrets are found, and a new key leaves nothing behind."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import text
from sqlmodel import Session, select

from aap.records.associations import Association
from aap.records.audit import AuditLine
from aap.records.keys import KeyFault, KeyRing, new_key, read_keys
from aap.services.audit import verify_chain
from aap.services.platform import Platform, open_platform
from aap.services.upkeep import rotating
from aap.services.upkeep.rotating import Rotation, rotate_keys
from tests.databases import on_both_databases
from tests.factories import Factory

IBAN, OTHER = "FR7630006000011234567890189", "FR7610107001011234567890129"


@pytest.fixture
def ibans(factory: Factory) -> list[str]:
    """Ids of three associations; the first two give the same IBAN, a fourth gives none."""
    made = [factory.association(factory.person(), siret=None, iban=iban) for iban in (IBAN, IBAN, OTHER, "")]
    return [one.id for one in made[:3]]


def stored(platform: Platform) -> dict[str, tuple[str, str]]:
    with platform.database.reading() as session:
        rows = session.execute(text("SELECT id, iban, iban_digest FROM association")).all()
    return {one: (iban, digest) for one, iban, digest in rows}


def read(platform: Platform) -> list[str]:
    with platform.database.reading() as session:
        return sorted(session.exec(select(Association.iban)))


@on_both_databases
def test_an_iban_is_unreadable_in_the_database_and_equal_ones_have_equal_digests(
    platform: Platform, ibans: list[str]
) -> None:
    held = stored(platform)
    first, second, third = (held.pop(one) for one in ibans)
    assert not any(iban[:8] in kept for iban in (IBAN, OTHER) for pair in (first, second, third) for kept in pair)
    assert (first[1] == second[1], first[1] == third[1], first[0] == second[0]) == (True, False, False)
    assert list(held.values()) == [("", "")]
    assert read(platform) == ["", OTHER, IBAN, IBAN]
    with platform.database.writing() as session:
        session.get_one(Association, ibans[0]).iban = OTHER
    held = stored(platform)
    assert held[ibans[0]][1] == held[ibans[2]][1] == platform.keys.digest(OTHER)


@on_both_databases
def test_a_new_key_encrypts_everything_and_the_old_one_opens_nothing_more(platform: Platform, ibans: list[str]) -> None:
    before, old = stored(platform), platform.keys.texts
    serving = open_platform(platform.settings, clock=platform.clock, migrate=False)  # another process that goes on
    assert read(serving) == ["", OTHER, IBAN, IBAN]
    done = rotate_keys(platform)
    assert done == Rotation(platform.keys.name, made=True, secrets=3)
    assert platform.keys.texts[1:] == old
    after = stored(platform)
    assert all(after[one][0] != before[one][0] and after[one][1] != before[one][1] for one in ibans)
    newest = KeyRing(platform.keys.keys[:1])
    assert [newest.decrypt(after[one][0]) for one in ibans] == [IBAN, IBAN, OTHER]
    with pytest.raises(KeyFault):
        KeyRing(read_keys(old[0])).decrypt(after[ibans[0]][0])
    assert read(serving) == ["", OTHER, IBAN, IBAN]
    with serving.database.writing() as session:
        session.get_one(Association, ibans[2]).iban = IBAN
    assert (platform.keys.is_current(stored(platform)[ibans[2]][0]), stored(platform)[ibans[2]][1]) == (
        True, stored(platform)[ibans[0]][1],
    )  # fmt: skip
    with platform.database.reading() as session:
        assert verify_chain(session, rows=True).sound is True
        assert session.exec(select(AuditLine.action)).all().count("keys.rotated") == 1
    serving.database.dispose()


@on_both_databases
def test_a_rotation_that_was_killed_is_taken_up_with_the_same_key(
    platform: Platform, ibans: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    whole: Callable[[Session, KeyRing], int] = rotating._encrypt_anew

    def killed(session: Session, keys: KeyRing) -> int:
        whole(session, keys)
        raise KeyboardInterrupt

    monkeypatch.setattr(rotating, "_encrypt_anew", killed)
    before = stored(platform)
    with pytest.raises(KeyboardInterrupt):
        rotate_keys(platform)
    assert (stored(platform), read(platform)) == (before, ["", OTHER, IBAN, IBAN])
    monkeypatch.undo()
    keys = platform.keys.texts
    assert (rotate_keys(platform), platform.keys.texts) == (Rotation(platform.keys.name, made=False, secrets=3), keys)
    assert all(platform.keys.is_current(stored(platform)[one][0]) for one in ibans)
    assert rotate_keys(platform).made is True


def test_keys_from_the_setting_are_the_operator_s_to_change(platform: Platform, ibans: list[str]) -> None:
    old, fresh = platform.keys.texts[0], new_key()
    given = platform.settings.model_copy(update={"data_key": old})
    with_setting = open_platform(given, clock=platform.clock)
    assert rotate_keys(with_setting) == Rotation(with_setting.keys.name, made=False, secrets=0)
    with_setting.database.dispose()
    changed = open_platform(given.model_copy(update={"data_key": f"{fresh} {old}"}), clock=platform.clock)
    assert (rotate_keys(changed).secrets, [KeyRing(read_keys(fresh)).decrypt(stored(changed)[one][0]) for one in ibans]) == (
        3, [IBAN, IBAN, OTHER],
    )  # fmt: skip
    changed.database.dispose()
