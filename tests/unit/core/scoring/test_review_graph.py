"""Components and weak links of the graph of who reviewed what, against removal of each link in turn."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from aap.core.scoring.review_graph import Component, WeakLinks, components, weak_links


def test_components_come_largest_first() -> None:
    pairs = [("c", "z"), ("a", "x"), ("b", "x"), ("d", "z"), ("e", "z"), ("f", "w")]
    assert components(pairs) == (
        Component(("c", "d", "e"), ("z",)),
        Component(("a", "b"), ("x",)),
        Component(("f",), ("w",)),
    )
    assert components([]) == ()


def test_two_panels_joined_by_one_review_hang_by_it() -> None:
    panel_one = [(a, r) for a in ("a", "b") for r in ("x", "y")]
    panel_two = [(a, r) for a in ("c", "d") for r in ("z", "w")]
    assert weak_links([*panel_one, *panel_two, ("c", "x")]) == WeakLinks(
        reviews=(("c", "x"),), applications=("c",), reviewers=()
    )
    assert weak_links([*panel_one, *panel_two, ("c", "x"), ("d", "y")]) == WeakLinks()


def test_the_links_of_every_component_are_looked_at() -> None:
    panels = [[(a, r) for a in both[:2] for r in both[2:]] for both in ("abtu", "cdvw", "efxy")]
    joined = [*panels[1], *panels[2], ("e", "v")]
    assert weak_links([*panels[0], *joined]) == weak_links(joined) == WeakLinks((("e", "v"),), ("e",), ())


def test_links_are_weak_by_a_review_an_application_or_a_reviewer() -> None:
    assert [bool(links) for links in (WeakLinks((("a", "x"),)), WeakLinks((), ("a",)), WeakLinks((), (), ("x",)))] == (
        [True] * 3
    )
    assert not WeakLinks()


A_PAIR = st.tuples(st.sampled_from("abcdefg"), st.sampled_from("uvwxyz"))
Pairs = st.one_of(st.sets(A_PAIR, min_size=1, max_size=20), st.sets(A_PAIR, min_size=7, max_size=12))


@settings(max_examples=400, deadline=None)
@given(Pairs)
def test_weak_links_are_those_whose_removal_splits(pairs: set[tuple[str, str]]) -> None:
    before = components(pairs)
    reviews, applications, reviewers = [], [], []
    for application, reviewer in sorted(pairs):
        own = next(part for part in before if application in part.applications)
        left = components(pairs - {(application, reviewer)})
        side = next((part for part in left if reviewer in part.reviewers), None)
        mine = len(side.applications) if side else 0
        if (side is None or application not in side.applications) and min(mine, len(own.applications) - mine) >= 2:
            reviews.append((application, reviewer))
    for kind, names, found in ((0, "abcdefg", applications), (1, "uvwxyz", reviewers)):
        for name in names:
            mine_before = [part for part in before if name in (part.applications, part.reviewers)[kind]]
            if not mine_before:
                continue
            sides = [
                set(part.reviewers) for part in components({p for p in pairs if p[kind] != name})
                if set(part.reviewers) <= set(mine_before[0].reviewers)
            ]  # fmt: skip
            whole = set(mine_before[0].reviewers) - {name}
            if any(min(len(side), len(whole - side)) >= 2 for side in sides):
                found.append(name)
    assert weak_links(pairs) == WeakLinks(tuple(reviews), tuple(applications), tuple(reviewers))
