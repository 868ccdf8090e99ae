"""How soon a password is guessed: what people type in France is known, and weighing takes a moment whatever is typed."""

from __future__ import annotations

import subprocess
import sys
import time

import pytest

from aap.identity.guessing import WEIGHED, Pattern, french_words, guess

ENOUGH = 10


@pytest.mark.parametrize(
    ("password", "pattern"),
    [
        ("iloveyou1234", Pattern.KNOWN), ("1qaz2wsx3edc", Pattern.KNOWN), ("azertyuiopqs", Pattern.KEYBOARD),
        ("ministere2025", Pattern.WORD), ("Ministère2025!", Pattern.WORD), ("M1n1st3re2025", Pattern.WORD),
        ("motdepasse2026", Pattern.WORD), ("Un-Jeune-1-Mentor", Pattern.WORD), ("subvention2026", Pattern.WORD),
        ("qsdfghjklmwx", Pattern.KEYBOARD), ("wxcvbn,;:!wx", Pattern.KEYBOARD), ("&é\"'(-è_çà)=", Pattern.KEYBOARD),
        ("soleilsoleil12", Pattern.REPEAT), ("aaaaaaaaaaaaaaaa", Pattern.REPEAT), ("abcdefghijkl", Pattern.SEQUENCE),
        ("01021985010285", Pattern.DATE), ("Bonjour12345!", Pattern.WORD),
    ],
)  # fmt: skip
def test_a_password_that_everybody_thinks_of_is_guessed_and_why_is_known(password: str, pattern: Pattern) -> None:
    found = guess(password)
    assert (found.digits < ENOUGH, found.pattern) == (True, pattern)


@pytest.mark.parametrize(
    "password",
    [
        "tulipe-canard-orage-velo",
        "cheval agrafe batterie correct",
        "fdhqsjkfhqsj",
        "un long mot de passe",
        "Ô6kÿ_é2çû+ïq",
    ],
)
def test_unrelated_words_and_chance_are_not_guessed(password: str) -> None:
    assert guess(password).digits > ENOUGH


def test_the_words_of_its_owner_make_a_password_guessable() -> None:
    password = "kerbaolzenaide2025"
    assert guess(password).digits > ENOUGH
    found = guess(password, ["Zénaïde Kerbaol", "zenaide.kerbaol@example.org"])
    assert (found.digits < ENOUGH, found.pattern) == (True, Pattern.OWN)


def test_the_words_of_one_owner_say_nothing_about_another() -> None:
    guess("kerbaolzenaide2025", ["Kerbaol", "zenaide"])
    assert guess("kerbaolzenaide2025", ["Dupont"]).digits > ENOUGH


@pytest.mark.parametrize(
    "password",
    ["a" * 1000, "4@8({[<369!1|70$5+%2" * 50, "12" * 500, "azer" * 250, "motdepasse" * 100, "1é" * 500, "a.b-" * 250],
    ids=lambda text: text[:12],
)
def test_weighing_the_longest_password_takes_a_moment(password: str) -> None:
    guess("de quoi lire les tables")
    started = time.process_time()
    guess(password)
    assert time.process_time() - started < 0.5


def test_what_follows_the_weighed_beginning_changes_nothing() -> None:
    beginning = "tulipe canard orage velo " * 2
    assert len(beginning) > WEIGHED
    assert guess(beginning) == guess(beginning + "suite")


def test_each_word_of_the_list_stands_in_it_without_accents_or_signs() -> None:
    assert [word for word in french_words() if not (word.isascii() and word.isalnum() and word == word.lower())] == []


def test_the_tables_are_read_at_the_first_password_and_not_at_the_start() -> None:
    script = "import sys, aap.identity; print('zxcvbn' in sys.modules)"
    assert subprocess.check_output([sys.executable, "-c", script], text=True) == "False\n"
