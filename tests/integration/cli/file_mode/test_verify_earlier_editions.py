"""`aap verify` and `aap bundle public` on a bundle that engine 1.0.0 wrote."""

from __future__ import annotations

import re
from pathlib import Path

from click.testing import CliRunner

from aap.cli import main

KEPT = Path(__file__).resolve().parents[3] / "unit" / "core" / "ranking" / "edition_1_bundle.json"


def test_a_bundle_of_the_first_edition_verifies_and_what_was_taken_as_given_is_said(tmp_path: Path) -> None:
    public = tmp_path / "public.json"
    published = CliRunner().invoke(main, ["bundle", "public", str(KEPT), "--out", str(public), "--key", "secret"])
    assert published.exit_code == 0, published.output
    for bundle in (KEPT, public):
        answer = CliRunner().invoke(main, ["verify", str(bundle)])
        assert answer.exit_code == 0, answer.output
        assert "à partir des notes des dossiers de l’archive" in answer.output
        assert re.search("pris(es)? tel(le)?s quel(le)?s, sans être recalculée?s", answer.output)


def test_a_changed_rank_in_it_is_a_difference(tmp_path: Path) -> None:
    changed = tmp_path / "changed.json"
    changed.write_text(KEPT.read_text(encoding="utf-8").replace('["1","A"', '["2","A"', 1), encoding="utf-8")
    answer = CliRunner().invoke(main, ["verify", str(changed)])
    assert answer.exit_code == 4
    assert "ranking, A, rank" in answer.output
