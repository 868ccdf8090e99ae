"""Change one operator or constant at a time and see whether a test notices: by hand, never in CI.

    .venv/bin/python scripts/mutate.py --tests tests/unit/selection src/aap/core/selection/rows.py … [--most N]

Each mutant runs in a fork of a process that has the heavy libraries loaded, with the changed source in place of the
file by an import hook: nothing is written. A mutant that takes more than `--seconds` counts as killed. Survivors are
printed with their line; `docs/measures.md` says of each why it lives.
"""

from __future__ import annotations

import argparse
import ast
import copy
import importlib.abc
import importlib.util
import os
import random
import signal
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import ModuleType

SOURCE = Path(__file__).resolve().parent.parent / "src"

COMPARED: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.In: ast.NotIn, ast.NotIn: ast.In,
}  # fmt: skip
COMPUTED: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.FloorDiv, ast.FloorDiv: ast.Mult, ast.Div: ast.Mult,
    ast.BitOr: ast.BitAnd, ast.BitAnd: ast.BitOr,
}  # fmt: skip
CALLED = {"min": "max", "max": "min", "any": "all", "all": "any", "minimum": "maximum", "maximum": "minimum"}


class Mutator(ast.NodeTransformer):
    """Applies the change number `wanted`; without one, counts them. `found`: the line and what was changed."""

    def __init__(self, wanted: int = -1) -> None:
        self.wanted = wanted
        self.count = 0
        self.found = ""

    def _here(self, node: ast.AST, words: str) -> bool:
        self.count += 1
        if self.count - 1 != self.wanted:
            return False
        self.found = f"{getattr(node, 'lineno', 0)}: {words}"
        return True

    def visit_Compare(self, node: ast.Compare) -> ast.AST:
        self.generic_visit(node)
        for at, operator in enumerate(node.ops):
            other = COMPARED[type(operator)]
            if self._here(node, f"{type(operator).__name__} -> {other.__name__}"):
                node.ops[at] = other()
        return node

    def visit_BinOp(self, node: ast.BinOp) -> ast.AST:
        self.generic_visit(node)
        other = COMPUTED.get(type(node.op))
        if other is not None and self._here(node, f"{type(node.op).__name__} -> {other.__name__}"):
            node.op = other()
        return node

    def visit_BoolOp(self, node: ast.BoolOp) -> ast.AST:
        self.generic_visit(node)
        if self._here(node, "and <-> or"):
            node.op = ast.Or() if isinstance(node.op, ast.And) else ast.And()
        return node

    def visit_UnaryOp(self, node: ast.UnaryOp) -> ast.AST:
        self.generic_visit(node)
        if isinstance(node.op, ast.Not | ast.Invert | ast.USub) and self._here(
            node, f"{type(node.op).__name__} dropped"
        ):
            return node.operand
        return node

    def visit_IfExp(self, node: ast.IfExp) -> ast.AST:
        self.generic_visit(node)
        if self._here(node, "branches swapped"):
            node.body, node.orelse = node.orelse, node.body
        return node

    def visit_Constant(self, node: ast.Constant) -> ast.AST:
        if isinstance(node.value, bool):
            if self._here(node, f"{node.value} -> {not node.value}"):
                return ast.copy_location(ast.Constant(not node.value), node)
        elif isinstance(node.value, int | float) and self._here(node, f"{node.value} -> {node.value + 1}"):
            return ast.copy_location(ast.Constant(node.value + 1), node)
        return node

    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
        if name in CALLED and self._here(node, f"{name} -> {CALLED[name]}"):
            if isinstance(node.func, ast.Name):
                node.func.id = CALLED[name]
            elif isinstance(node.func, ast.Attribute):
                node.func.attr = CALLED[name]
        return node

    def visit_Continue(self, node: ast.Continue) -> ast.AST:
        return ast.copy_location(ast.Break(), node) if self._here(node, "continue -> break") else node


class _Loader(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Gives one module from a changed tree."""

    def __init__(self, name: str, path: Path, tree: ast.Module) -> None:
        self.name, self.path, self.tree = name, path, tree

    def find_spec(self, name: str, path: object = None, target: object = None) -> object:
        return importlib.util.spec_from_loader(name, self, origin=str(self.path)) if name == self.name else None

    def create_module(self, spec: object) -> None:
        return None

    def exec_module(self, module: ModuleType) -> None:
        exec(compile(self.tree, str(self.path), "exec"), module.__dict__)  # noqa: S102


def mutants(path: Path) -> Iterator[tuple[ast.Module, str]]:
    """Every changed tree of a file, with what was changed."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    counter = Mutator()
    counter.visit(copy.deepcopy(tree))
    for number in range(counter.count):
        mutator = Mutator(number)
        changed = ast.fix_missing_locations(mutator.visit(copy.deepcopy(tree)))
        yield changed, mutator.found


def survives(name: str, path: Path, tree: ast.Module, tests: Sequence[str], seconds: int) -> bool:
    """Whether every test passes on the mutant, in a fork."""
    child = os.fork()
    if child == 0:
        sink = os.open(os.devnull, os.O_WRONLY)
        os.dup2(sink, 1)
        os.dup2(sink, 2)
        signal.alarm(seconds)
        sys.meta_path.insert(0, _Loader(name, path, tree))
        import pytest

        quiet = [
            "-x",
            "-q",
            "--noconftest",
            "-p",
            "no:cacheprovider",
            "-W",
            "ignore::pytest.PytestAssertRewriteWarning",
        ]
        os._exit(int(pytest.main([*quiet, *tests])))
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status) == 0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="+", type=Path)
    parser.add_argument("--tests", nargs="+", required=True)
    parser.add_argument("--most", type=int, default=10_000, help="so many mutants in all, drawn at random")
    parser.add_argument("--minutes", type=float, default=20)
    parser.add_argument("--seconds", type=int, default=240, help="a mutant that takes longer is killed")
    given = parser.parse_args()
    import highspy  # noqa: F401
    import hypothesis  # noqa: F401
    import pydantic  # noqa: F401
    import pytest  # noqa: F401
    import scipy.linalg  # noqa: F401

    todo = [
        (".".join(path.resolve().relative_to(SOURCE).with_suffix("").parts), path, tree, words)
        for path in given.files
        for tree, words in mutants(path)
    ]
    random.Random(0).shuffle(todo)  # noqa: S311  (which mutants, not a secret)
    name, path, *_ = todo[0]
    if not survives(name, path, ast.parse(path.read_text(encoding="utf-8")), given.tests, given.seconds):
        raise SystemExit("the tests fail on the unchanged source")
    end = time.monotonic() + 60 * given.minutes
    done = living = 0
    for name, path, tree, words in todo[: given.most]:
        if time.monotonic() > end:
            break
        done += 1
        if survives(name, path, tree, given.tests, given.seconds):
            living += 1
            print(f"{path}:{words}", flush=True)
    print(f"{done} of {len(todo)} mutants tried, {done - living} noticed, {living} not")


if __name__ == "__main__":
    main()
