"""Min-cost flow of dossiers to reviewers, solved by OR-tools on the promising arcs and proven on all of them.

A dossier sends as many units as it needs seats; an arc to a reviewer carries one; a reviewer passes on as many as the
load allows, each unit at a price of its own that doesn't fall from one to the next (so balanced loads are cheaper). A
seat that nobody can take leaves by a dear arc of its own, so that there always is a solution.

At large sizes only the cheapest arcs of each dossier and reviewer go to the solver. The answer is then proven: node
potentials are found by Bellman and Ford's relaxation on the residual network, and an optimal flow is one in which no
arc, pruned ones included, has a negative reduced cost (LP duality; Ahuja, Magnanti, Orlin, Network Flows, 1993,
theorem 9.3). Pruned arcs that have one are added, and the flow is solved again.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from ortools.graph.python import min_cost_flow

from aap.core.assignment.problem import Bools, Ints

SMALL = 60_000
"""Pairs up to which every arc goes to the solver."""

_CHEAPEST = 24  # arcs a dossier at first, in large problems
_ROUNDS = 60  # of adding arcs


class NotOptimal(Exception):
    """The solver's flow could not be proven optimal: an error of the program, never a result."""


@dataclass(frozen=True)
class Network:
    """`needs` (n,): seats to fill; `open` and `cost` (n, m): arcs and their prices; `steps` (m, most): price of a
    reviewer's first, second … unit, not falling; `caps` (m,): units at most; `short` (n, most needs): price of a
    dossier's first, second … seat left empty, not falling; `tie` (n, m), 0 to 255: which of equally cheap arcs go to
    the solver first.
    """

    needs: Ints
    open: Bools
    cost: Ints
    steps: Ints
    caps: Ints
    short: Ints
    tie: Ints


def cheapest_flow(network: Network) -> Bools:
    """The cheapest flow, as (n, m); always the same for the same network. Raises NotOptimal."""
    n, m = network.open.shape
    active = network.open.copy() if n * m <= SMALL else _promising(network)
    for _ in range(_ROUNDS):
        given = _solved(network, active)
        more = _missing_arcs(network, active, given)
        if more is None:
            return given
        active |= more
    raise NotOptimal(f"still arcs to add after {_ROUNDS} rounds")


def _promising(network: Network) -> Bools:
    """The cheapest open arcs of every dossier, and enough of every reviewer to fill the load."""
    closed = np.iinfo(np.int64).max
    cost = np.where(network.open, network.cost * 256 + network.tie, closed)
    n, m = cost.shape
    active = np.zeros_like(network.open)
    a_dossier = min(m, max(_CHEAPEST, 4 * int(network.needs.max(initial=1))))
    cheapest = np.argpartition(cost, a_dossier - 1, axis=1)[:, :a_dossier]
    np.put_along_axis(active, cheapest, True, axis=1)
    a_reviewer = min(n, 2 * int(network.caps.max(initial=1)))
    if a_reviewer:
        cheapest = np.argpartition(cost, a_reviewer - 1, axis=0)[:a_reviewer]
        np.put_along_axis(active, cheapest, True, axis=0)
    return active & network.open


def _solved(network: Network, active: Bools) -> Bools:
    n, m = active.shape
    sink = n + m
    dossiers, reviewers = np.nonzero(active)
    arc_price = network.cost[dossiers, reviewers]
    units = np.arange(network.steps.shape[1])[None, :] < network.caps[:, None]
    unit_reviewer, unit = np.nonzero(units)
    seats = np.arange(network.short.shape[1])[None, :] < network.needs[:, None]
    seat_dossier, seat = np.nonzero(seats)
    tails = np.concatenate([dossiers, unit_reviewer + n, seat_dossier])
    heads = np.concatenate([reviewers + n, np.full(len(unit_reviewer), sink), np.full(len(seat_dossier), sink)])
    prices = np.concatenate([arc_price, network.steps[unit_reviewer, unit], network.short[seat_dossier, seat]])
    solver = min_cost_flow.SimpleMinCostFlow()
    arcs = solver.add_arcs_with_capacity_and_unit_cost(
        tails.astype(np.int32), heads.astype(np.int32), np.ones(len(tails), dtype=np.int64), prices.astype(np.int64)
    )
    solver.set_nodes_supplies(np.arange(n, dtype=np.int32), network.needs.astype(np.int64))
    solver.set_node_supply(sink, -int(network.needs.sum()))
    status = solver.solve()
    if status != solver.OPTIMAL:
        raise NotOptimal(str(status))
    flow = np.asarray(solver.flows(arcs))[: len(dossiers)] > 0
    given = np.zeros_like(active)
    given[dossiers[flow], reviewers[flow]] = True
    return given


def _missing_arcs(network: Network, active: Bools, given: Bools) -> Bools | None:
    """Closed arcs that would make the flow cheaper; None: there is none, the flow is optimal over all open arcs."""
    from_dossier, at_reviewer = potentials(network, active, given)
    reduced = network.cost + from_dossier[:, None] - at_reviewer[None, :]
    cheaper = network.open & ~given & (reduced < 0)
    if not cheaper.any():
        return None
    if (cheaper & active).any():
        raise NotOptimal("a residual arc has a negative reduced cost")
    wanted = np.where(cheaper, reduced * 256 + network.tie, 256)
    most = min(_CHEAPEST, wanted.shape[1])
    worst = np.argpartition(wanted, most - 1, axis=1)[:, :most]
    more = np.zeros_like(active)
    np.put_along_axis(more, worst, True, axis=1)
    return more & cheaper


def potentials(network: Network, active: Bools, given: Bools) -> tuple[Ints, Ints]:
    """Shortest distances in the residual network of the active arcs: of the dossiers (n,), of the reviewers (m,).

    With them `cost + dossier - reviewer` is the reduced cost of an arc. Raises NotOptimal (a negative cycle).
    """
    n, m = active.shape
    load, filled = given.sum(axis=0), given.sum(axis=1)
    lost = network.needs - filled
    far = np.int64(np.iinfo(np.int64).max // 4)
    onward = _at(network.steps, load, load < network.caps, far)  # reviewer -> sink
    back = -_at(network.steps, load - 1, load > 0, -far)  # sink -> reviewer
    leave = _at(network.short, lost, filled > 0, far)  # dossier -> sink
    enter = -_at(network.short, lost - 1, lost > 0, -far)  # sink -> dossier
    out_d, out_r = np.nonzero(active & ~given)
    out_cost = network.cost[out_d, out_r]
    in_d, in_r = np.nonzero(given)
    in_cost = -network.cost[in_d, in_r]
    order = np.argsort(out_r, kind="stable")
    out_d, out_r, out_cost = out_d[order], out_r[order], out_cost[order]
    starts, heads = _groups(out_r)
    in_starts, in_heads = _groups(in_d)
    dossier, reviewer, sink = np.zeros(n, np.int64), np.zeros(m, np.int64), np.int64(0)
    for _ in range(2 * (n + m) + 2):
        before = (dossier.copy(), reviewer.copy(), sink)
        if len(out_d):
            reached = np.minimum.reduceat(dossier[out_d] + out_cost, starts)
            reviewer[heads] = np.minimum(reviewer[heads], reached)
        sink = min(sink, (reviewer + onward).min(initial=far), (dossier + leave).min(initial=far))
        reviewer = np.minimum(reviewer, sink + back)
        dossier = np.minimum(dossier, sink + enter)
        if len(in_d):
            reached = np.minimum.reduceat(reviewer[in_r] + in_cost, in_starts)
            dossier[in_heads] = np.minimum(dossier[in_heads], reached)
        if sink == before[2] and (dossier == before[0]).all() and (reviewer == before[1]).all():
            return dossier, reviewer
    raise NotOptimal("a negative cycle is left")


def _at(prices: Ints, position: Ints, there: Bools, otherwise: np.int64) -> Ints:
    """`prices[row, position]` where there is such a unit."""
    if not prices.shape[1]:
        return np.full(len(position), otherwise)
    safe = np.clip(position, 0, prices.shape[1] - 1)
    return np.where(there, prices[np.arange(len(position)), safe], otherwise)


def _groups(sorted_keys: Ints) -> tuple[Ints, Ints]:
    """Where each run of equal keys begins, and its key."""
    if not len(sorted_keys):
        return sorted_keys, sorted_keys
    starts = np.flatnonzero(np.r_[True, sorted_keys[1:] != sorted_keys[:-1]])
    return starts, sorted_keys[starts]
