"""The graph of who reviewed what: its connected components and the places where it hangs by a thread.

Reviewers' severities can be told from the dossiers' quality only through dossiers that several of them reviewed: inside
a component differences of severity can be estimated, across components they can't.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

Node = tuple[str, str]  # ("application" | "reviewer", id)


@dataclass(frozen=True, slots=True)
class Component:
    """Applications and reviewers linked by reviews, each sorted by id."""

    applications: tuple[str, ...]
    reviewers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class WeakLinks:
    """What alone holds two parts of a component together.

    `reviews`: (application id, reviewer id) whose removal would leave two parts of at least two applications each;
    `applications`, `reviewers`: those without whom at least two reviewers would be cut off from at least two others.
    """

    reviews: tuple[tuple[str, str], ...] = ()
    applications: tuple[str, ...] = ()
    reviewers: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.reviews or self.applications or self.reviewers)


def neighbours(pairs: Iterable[tuple[str, str]]) -> dict[Node, list[Node]]:
    """Adjacency of the graph of (application id, reviewer id) pairs, nodes and neighbours in sorted order."""
    edges = sorted(set(pairs))
    graph: dict[Node, list[Node]] = {}
    for application_id, _ in edges:
        graph.setdefault(("application", application_id), [])
    for _, reviewer_id in sorted(edges, key=lambda edge: edge[1]):
        graph.setdefault(("reviewer", reviewer_id), [])
    for application_id, reviewer_id in edges:
        graph["application", application_id].append(("reviewer", reviewer_id))
        graph["reviewer", reviewer_id].append(("application", application_id))
    return graph


def components(pairs: Iterable[tuple[str, str]]) -> tuple[Component, ...]:
    """Connected components of the (application id, reviewer id) pairs: the largest first, then by first application."""
    graph = neighbours(pairs)
    seen: set[Node] = set()
    found: list[Component] = []
    for start in graph:
        if start in seen:
            continue
        seen.add(start)
        stack, members = [start], [start]
        while stack:
            for node in graph[stack.pop()]:
                if node not in seen:
                    seen.add(node)
                    stack.append(node)
                    members.append(node)
        found.append(
            Component(
                tuple(sorted(name for kind, name in members if kind == "application")),
                tuple(sorted(name for kind, name in members if kind == "reviewer")),
            )
        )
    return tuple(sorted(found, key=lambda part: (-len(part.applications), part.applications)))


def weak_links(pairs: Iterable[tuple[str, str]]) -> WeakLinks:
    """The single reviews, applications and reviewers that alone join two parts of the graph.

    Depth-first search with low points (Hopcroft and Tarjan 1973), without recursion: O(number of reviews).
    """
    graph = neighbours(pairs)
    order: dict[Node, int] = {}
    low: dict[Node, int] = {}
    weight: dict[Node, tuple[int, int]] = {}  # (applications, reviewers) of the search subtree
    reviews: set[tuple[str, str]] = set()
    cuts: set[Node] = set()
    for root in graph:
        if root in order:
            continue
        visited: list[tuple[Node, Node | None]] = []
        order[root] = low[root] = len(order)
        path: list[tuple[Node, Node | None, int]] = [(root, None, 0)]
        while path:
            node, parent, position = path.pop()
            if position == 0:
                visited.append((node, parent))
            while position < len(graph[node]):
                other = graph[node][position]
                position += 1
                if other not in order:
                    order[other] = low[other] = len(order)
                    path += [(node, parent, position), (other, node, 0)]
                    break
                if other != parent:
                    low[node] = min(low[node], order[other])
        for node, _ in visited:
            weight[node] = (1, 0) if node[0] == "application" else (0, 1)
        for node, parent in reversed(visited):
            if parent is not None:
                low[parent] = min(low[parent], low[node])
                weight[parent] = (weight[parent][0] + weight[node][0], weight[parent][1] + weight[node][1])
        total = weight[root]
        pieces: dict[Node, list[int]] = {}  # reviewers in each part that the removal of a node would cut off
        for node, parent in visited:
            if parent is None:
                continue
            own = weight[node]
            if low[node] > order[parent] and min(own[0], total[0] - own[0]) >= 2:
                application, reviewer = (node, parent) if node[0] == "application" else (parent, node)
                reviews.add((application[1], reviewer[1]))
            if low[node] >= order[parent]:
                pieces.setdefault(parent, []).append(own[1])
        for node, below in pieces.items():
            others = total[1] - (node[0] == "reviewer")
            above = others - sum(below)
            if any(min(piece, others - piece) >= 2 for piece in (*below, above)):
                cuts.add(node)
    return WeakLinks(
        reviews=tuple(sorted(reviews)),
        applications=tuple(sorted(name for kind, name in cuts if kind == "application")),
        reviewers=tuple(sorted(name for kind, name in cuts if kind == "reviewer")),
    )
