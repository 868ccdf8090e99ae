"""Call files: what is read, and every way in which one can be wrong."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from aap.core.call.canonical import rubric_hash
from aap.core.call.loading import CallFileError, inspect_call, load_call
from aap.core.call.yaml_tree import MAX_BYTES

WHOLE = """\
schema: 1
call:
  id: essai-2025
  opens_at: 2025-01-15T09:00:00+01:00
  closes_at: 2025-02-28T23:59:59+01:00
  decision_by: 2025-03-14
rubric:
  scale: {min: 0, max: 5, step: 0.5}
  threshold: 50
  criteria:
    - {id: quality, weight: 0.1, threshold: 2, comment: "below:2", levels: {0: rien, 2.5: moyen, 5: tout}}
    - {id: reach, weight: 60, scale: {min: 1, max: 10, step: 1}}
  tie_break: [reach, quality]
scoring: {method: calibrated}
selection:
  mode: value
  protect_top: 2
  laureates: 10
  budget: 1000.50
  quotas:
    - {id: rural, where: {territory: rural}, min: 3, max: 5}
    - {id: region, each: region, max_share: 0.25}
"""


def told(text: str | bytes) -> list[str]:
    """Each problem as `line:column key severity: message [found]`."""
    problems = inspect_call(text, name="f.yaml").problems
    return [
        f"{p.line}:{p.column} {p.key} {'!' if p.is_error else '?'} {p.message} [{p.found}]".replace("\u00a0", " ")
        for p in problems
    ]


def changed(old: str, new: str) -> str:
    assert old in WHOLE
    return WHOLE.replace(old, new)


def test_a_sound_file_gives_exact_values() -> None:
    call = load_call(WHOLE, name="f.yaml")
    assert told(WHOLE) == []
    assert [c.weight for c in call.rubric.criteria] == [Decimal("0.1"), Decimal(60)]
    assert call.rubric.criteria[0].levels == {Decimal(0): "rien", Decimal("2.5"): "moyen", Decimal(5): "tout"}
    assert call.selection.budget == Decimal("1000.50")
    assert call.selection.quotas[0].where == {"territory": ("rural",)}
    assert call.call.closes_at is not None
    assert call.call.closes_at.isoformat() == "2025-02-28T23:59:59+01:00"


@pytest.mark.parametrize("written", ["6e1", "60.0", "+60", ".6E+2", "600e-1", "6_0", '"60"', "60."])
def test_a_number_is_the_same_in_every_writing_of_yaml(written: str) -> None:
    call = load_call(changed("weight: 60", f"weight: {written}"), name="f.yaml")
    assert call.rubric.criteria[1].weight == 60
    assert rubric_hash(call) == rubric_hash(load_call(WHOLE, name="f.yaml"))


@pytest.mark.parametrize("written", ["10.0", "10.", "+10", "1_0", '"10"'])
def test_a_whole_number_is_the_same_in_every_writing(written: str) -> None:
    call = load_call(changed("laureates: 10", f"laureates: {written}"), name="f.yaml")
    assert (call.selection.laureates, rubric_hash(call)) == (10, rubric_hash(load_call(WHOLE, name="f.yaml")))


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("11", "11"),
        ("01", "01"),
        ("no", "no"),
        ("yes", "yes"),
        ("oui", "oui"),
        ("true", "true"),
        ("1.50", "1.50"),
        ("2025-01-01", "2025-01-01"),
        ('"a b"', "a b"),
        ("True", "true"),
        ("FALSE", "false"),
        ("E\u0301tat", "\u00c9tat"),
    ],
)
def test_a_quota_matches_the_text_that_is_written(written: str, read: str) -> None:
    call = load_call(changed("{territory: rural}", f"{{territory: {written}}}"), name="f.yaml")
    assert call.selection.quotas[0].where == {"territory": (read,)}


def test_quoted_and_plain_dates_are_the_same() -> None:
    quoted = changed("2025-02-28T23:59:59+01:00", '"2025-02-28 23:59:59 +01:00"')
    assert load_call(quoted, name="f.yaml") == load_call(WHOLE, name="f.yaml")


def test_a_key_left_empty_is_absent() -> None:
    assert load_call(changed("threshold: 50", "threshold:"), name="f.yaml").rubric.threshold is None


def test_bytes_with_a_byte_order_mark_are_read() -> None:
    assert load_call(b"\xef\xbb\xbf" + WHOLE.encode(), name="f.yaml") == load_call(WHOLE, name="f.yaml")


@pytest.mark.parametrize(
    ("old", "new", "problems"),
    [
        ("schema: 1", "schema: 2", ["1:9 schema ! cette valeur n’est pas possible ici [2]"]),
        ("schema: 1\n", "", ["1:1 schema ! cette clé est obligatoire []"]),
        ("essai-2025", "Essai", ["3:7 call.id ! cet identifiant n’est pas bien formé [Essai]"]),
        ("id: essai-2025", "id:", ["3:3 call.id ! cette clé obligatoire ne contient rien []"]),
        ("threshold: 50", "treshold: 50", ["9:3 rubric.treshold ! clé inconnue [treshold]"]),
        (
            "threshold: 50",
            "threshold: 101",
            ["9:14 rubric.threshold ! le seuil général porte sur le total, sur 100 (rubric.out_of) [101]"],
        ),
        ("weight: 60", "weight: 0", ["12:27 rubric.criteria[1].weight ! ce nombre n’est pas possible ici [0]"]),
        ("weight: 60", "weight: e3", ["12:27 rubric.criteria[1].weight ! un nombre est attendu [e3]"]),
        (
            "weight: 60",
            "weight: 1e15",
            ["12:27 rubric.criteria[1].weight ! ce nombre est trop grand ou trop précis [1e15]"],
        ),
        ("weight: 60", "weight: .nan", ["12:27 rubric.criteria[1].weight ! un nombre est attendu [.nan]"]),
        ("weight: 60", "weight: [60]", ["12:27 rubric.criteria[1].weight ! un nombre est attendu [une liste]"]),
        (
            "id: reach",
            "id: quality",
            [
                "12:12 rubric.criteria[1].id ! cet identifiant est déjà celui d’un autre critère (rubric.criteria[0]) [quality]",
                "13:15 rubric.tie_break[0] ! ce critère n’existe pas [reach]",
            ],
        ),
        (
            "step: 0.5",
            "step: 0.3",
            [
                "8:33 rubric.scale.step ! le pas ne divise pas l’étendue de l’échelle (de 0 à 5) [0.3]",
                "11:86 rubric.criteria[0].levels.2.5 ! ce niveau n’est pas une note de l’échelle du critère [2.5]",
                "11:98 rubric.criteria[0].levels.5 ! ce niveau n’est pas une note de l’échelle du critère [5]",
            ],
        ),
        (
            "2.5: moyen",
            "2.4: moyen",
            ["11:86 rubric.criteria[0].levels.2.4 ! ce niveau n’est pas une note de l’échelle du critère [2.4]"],
        ),
        (
            "2.5: moyen",
            "5.0: moyen",
            ["11:76 rubric.criteria[0].levels ! deux niveaux pour la même note : 5.0 et 5 [un ensemble de clés]"],
        ),
        (
            "below:2",
            "bellow:2",
            ["11:57 rubric.criteria[0].comment ! cette règle de commentaire n’existe pas [bellow:2]"],
        ),
        (
            "below:2",
            "below:6",
            [
                "11:57 rubric.criteria[0].comment ! la note de la règle de commentaire est hors de l’échelle du critère [below:6]"
            ],
        ),
        (
            "threshold: 2,",
            "threshold: 6,",
            ["11:45 rubric.criteria[0].threshold ! le seuil est hors de l’échelle du critère [6]"],
        ),
        (
            "  scale: {min: 0, max: 5, step: 0.5}\n",
            "",
            ["10:7 rubric.criteria[0] ! ce critère n’a pas d’échelle de notation []"],
        ),
        ("[reach, quality]", "[reach, quantity]", ["13:22 rubric.tie_break[1] ! ce critère n’existe pas [quantity]"]),
        (
            "[reach, quality]",
            "[reach, reach]",
            ["13:22 rubric.tie_break[1] ! ce critère est déjà cité dans le départage [reach]"],
        ),
        ("[reach, quality]", "reach", ["13:14 rubric.tie_break ! une liste est attendue [reach]"]),
        ("calibrated", "calibrate", ["14:19 scoring.method ! cette valeur n’est pas possible ici [calibrate]"]),
        ("mode: value", "mode: best", ["16:9 selection.mode ! cette valeur n’est pas possible ici [best]"]),
        (
            "mode: value",
            "mode: merit",
            ["17:16 selection.protect_top ? la tête protégée n’a d’effet qu’avec mode: value [2]"],
        ),
        (
            "protect_top: 2",
            "protect_top: 12",
            ["17:16 selection.protect_top ? la tête protégée est plus nombreuse que les lauréats (10) [12]"],
        ),
        ("laureates: 10", "laureates: 10.5", ["18:14 selection.laureates ! un nombre entier est attendu [10.5]"]),
        ("laureates: 10", "laureates: -1", ["18:14 selection.laureates ! ce nombre n’est pas possible ici [-1]"]),
        ("1000.50", "1000.505", ["19:11 selection.budget ! un montant a au plus deux décimales [1000.505]"]),
        ("1000.50", "1000,50", ["19:11 selection.budget ! la décimale s'écrit avec un point [1000,50]"]),
        ("1000.50", "-5", ["19:11 selection.budget ! ce nombre n’est pas possible ici [-5]"]),
        (
            "  budget: 1000.50\n",
            "",
            [
                "21:45 selection.quotas[1].max_share ! une part maximale porte sur l’enveloppe, et l’appel n’en a pas "
                "(selection.budget) [0.25]"
            ],
        ),
        (
            "min: 3",
            "min: 11",
            [
                "21:51 selection.quotas[0].min ! ce minimum dépasse le nombre de lauréats (10) [11]",
                "21:60 selection.quotas[0].max ! le maximum est plus petit que le minimum (« 11 ») [5]",
            ],
        ),
        (
            "max: 5}",
            "max: 2}",
            ["21:59 selection.quotas[0].max ! le maximum est plus petit que le minimum (« 3 ») [2]"],
        ),
        (", min: 3, max: 5", "", ["21:7 selection.quotas[0] ! ce quota ne fixe aucune limite []"]),
        (
            "each: region, ",
            "",
            [
                "22:7 selection.quotas[1] ! un quota porte sur un groupe (where) ou sur chaque valeur (each), l’un des deux "
                "[ni l’un ni l’autre]"
            ],
        ),
        (
            "{territory: rural}",
            "{}",
            ["21:26 selection.quotas[0].where ! il n’y a rien ici [un ensemble de clés vide]"],
        ),
        ("0.25", "25", ["22:45 selection.quotas[1].max_share ! ce nombre n’est pas possible ici [25]"]),
        (
            "2025-02-28T23:59:59+01:00",
            "2025-02-28T23:59:59",
            [
                "5:14 call.closes_at ! il manque le décalage avec l’heure universelle à la fin de la date [2025-02-28T23:59:59]"
            ],
        ),
        (
            "2025-02-28T23:59:59+01:00",
            "2025-02-30T23:59:59+01:00",
            ["5:14 call.closes_at ! cette date n’existe pas [2025-02-30T23:59:59+01:00]"],
        ),
        (
            "2025-02-28T23:59:59+01:00",
            "2025-01-10T00:00:00+01:00",
            [
                "5:14 call.closes_at ! la clôture n’est pas après l’ouverture [2025-01-10T00:00:00+01:00]",
            ],
        ),
        (
            "2025-03-14",
            "2025-03-16",
            [
                "6:16 call.decision_by ? cette date est à plus de deux mois du premier dépôt possible, à l’ouverture : à "
                "compter du 15 mars 2025, le silence gardé vaut rejet (CRPA, article L231-4, 3°). Annoncez-le, et confirmez "
                "chaque décision par courrier [2025-03-16]",
            ],
        ),
        (
            "2025-02-28T23:59:59+01:00",
            "2025-02-28T23:59:59+02:00",
            [
                "5:14 call.closes_at ? ce décalage n’est pas celui de Paris ce jour-là (+01:00 l’hiver, +02:00 l’été) : ce "
                "serait le 28 février 2025 à 22 h 59, heure de Paris [2025-02-28T23:59:59+02:00]",
            ],
        ),
        (
            "2025-03-14",
            "2025-02-01",
            ["6:16 call.decision_by ! la décision est annoncée avant la clôture [2025-02-01]"],
        ),
        ("schema: 1", "schema: 1\nschema: 1", ["2:1  ! clé donnée deux fois (déjà donnée ligne 1) [schema]"]),
    ],
)
def test_a_wrong_file_is_told_with_its_place(old: str, new: str, problems: list[str]) -> None:
    assert told(changed(old, new)) == problems


def test_values_and_links_that_are_wrong_are_told_at_once() -> None:
    text = (
        changed("weight: 60", "weight: x").replace("[reach, quality]", "[reach, quantity]").replace("min: 3", "min: 99")
    )
    assert [line.split(" ! ")[0] for line in told(text)] == [
        "12:27 rubric.criteria[1].weight",
        "13:22 rubric.tie_break[1]",
        "21:51 selection.quotas[0].min",
        "21:60 selection.quotas[0].max",
    ]


def test_nothing_is_said_of_what_rests_on_a_broken_value() -> None:
    assert told(changed("id: quality", "id: Quality")) == [
        "11:12 rubric.criteria[0].id ! cet identifiant n’est pas bien formé [Quality]"
    ]


def test_a_broken_id_hides_only_the_names_that_look_like_it() -> None:
    text = changed("id: quality", "id: Quality").replace("[reach, quality]", "[raech, quality]")
    assert told(text) == [
        "11:12 rubric.criteria[0].id ! cet identifiant n’est pas bien formé [Quality]",
        "13:15 rubric.tie_break[0] ! ce critère n’existe pas [raech]",
    ]


def test_a_stray_key_hides_nothing_of_the_sound_ones_beside_it() -> None:
    found = told(changed("step: 0.5", "step: 0.3, stap: 1"))
    assert [line.split(" [")[0].split(" ! ")[0].split(" ", 1)[1] for line in found] == [
        "rubric.scale.step", "rubric.scale.stap", "rubric.criteria[0].levels.2.5", "rubric.criteria[0].levels.5",
    ]  # fmt: skip


def test_an_unknown_key_comes_with_the_nearest_one() -> None:
    (problem,) = inspect_call(changed("laureates: 10", "lauréats: 10"), name="f.yaml").problems
    assert (problem.nearest, problem.allowed) == (
        "laureates",
        "mode, at_limit, reduce_to, protect_top, laureates, budget, waiting_list, amounts, quotas ou draw_zone",
    )


@pytest.mark.parametrize(
    ("text", "problems"),
    [
        ("", ["1:1  ! le fichier est vide []"]),
        ("# rien\n", None),
        ("- a\n", ["1:1  ! un fichier d’appel est un ensemble de clés (schema : 1, call : …) []"]),
        ("a: [1,\nb: 2", None),
        ("a:\n\tb: 1", ["2:1  ! une tabulation ne peut pas servir à mettre en retrait, utilisez des espaces []"]),
        ("a: 'x", ["1:6  ! un guillemet n’est pas refermé []"]),
        ("a: b: c", ["1:5  ! « : » n’est pas attendu ici (mettez le texte entre guillemets) []"]),
        ("a: \x07", ["1:4  ! caractère de contrôle interdit dans un fichier YAML [U+0007]"]),
        (b"a: \xe9t\xe9", ["1:4  ! le fichier n’est pas en UTF-8 [octet 0xE9]"]),
        ("a: 1\n---\nb: 2", ["2:1  ! le fichier contient plusieurs documents YAML, un seul est attendu []"]),
        ("a: &x [*x]", ["1:8  ! cet alias ne renvoie à aucune ancre placée avant lui []"]),
        ("[" * 5000, ["1:31  ! le fichier emboîte plus de 30 niveaux []"]),
        ("a: " + "x" * MAX_BYTES, ["None:None  ! le fichier est trop grand pour un fichier d’appel [0,4 Mo]"]),
        (b"x" * (MAX_BYTES + 1), ["None:None  ! le fichier est trop grand pour un fichier d’appel [davantage]"]),
    ],
)
def test_a_text_that_is_no_call_is_refused(text: str | bytes, problems: list[str] | None) -> None:
    if problems is None:
        assert len(told(text)) == 1
    else:
        assert told(text) == problems


def test_a_minimum_above_the_count_is_left_to_the_selection_on_demand() -> None:
    inspected = inspect_call(changed("min: 3, max: 5", "min: 11"), name="f.yaml", conflicts_are_errors=False)
    assert [(p.key, p.severity) for p in inspected.problems] == [("selection.quotas[0].min", "warning")]
    assert inspected.call is not None


def test_tags_build_nothing(tmp_path: Path) -> None:
    target = tmp_path / "made"
    text = changed("schema: 1", f"schema: 1\nx: !!python/object/apply:os.mkdir ['{target}']")
    assert told(text) == [
        "2:1 x ! clé inconnue [x]",
        "2:4  ! étiquette YAML refusée : « !!python/object/apply:os.mkdir » []",
    ]
    assert not target.exists()


def test_aliases_that_explode_are_refused() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]" for i in range(1, 9)]
    (line,) = told("\n".join(lines))
    assert line.endswith("! le fichier contient trop de valeurs (plus de 20000, alias compris) []")


def test_a_refused_file_raises_every_problem() -> None:
    with pytest.raises(CallFileError) as refused:
        load_call(changed("mode: value", "mode: best"), name="f.yaml")
    assert str(refused.value).replace("\u00a0", " ") == (
        "f.yaml:16:9 : selection.mode : cette valeur n’est pas possible ici ; trouvé : « best » ; "
        "attendu : value ou merit"
    )
