"""Small changes of a source file, one at a time, and the function in which each takes place."""

from __future__ import annotations

import ast
import copy
import hashlib
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from inspect import CO_NEWLOCALS
from pathlib import Path
from types import CodeType

COMPARED: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.In: ast.NotIn, ast.NotIn: ast.In,
}  # fmt: skip
COMPUTED: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.FloorDiv, ast.FloorDiv: ast.Mult, ast.Div: ast.Mult,
    ast.BitOr: ast.BitAnd, ast.BitAnd: ast.BitOr,
}  # fmt: skip
CALLED = {"min": "max", "max": "min", "any": "all", "all": "any", "minimum": "maximum", "maximum": "minimum"}
# Of a dataclass; of a zip, which then only says that a length was wrong. Nor has the `|` of a signature any.
NO_BEHAVIOUR = {"frozen", "slots", "kw_only", "repr", "strict"}


class Mutator(ast.NodeTransformer):
    """Applies the change number `wanted`; without one, counts them. `line`, `change`: where it is and what it does."""

    def __init__(self, wanted: int = -1) -> None:
        self.wanted = wanted
        self.count = 0
        self.line = 0
        self.change = ""

    def _here(self, node: ast.AST, change: str) -> bool:
        self.count += 1
        if self.count - 1 != self.wanted:
            return False
        self.line, self.change = getattr(node, "lineno", 0), change
        return True

    def visit_arg(self, node: ast.arg) -> ast.AST:
        return node

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        returns, node.returns = node.returns, None
        self.generic_visit(node)
        node.returns = returns
        return node

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST:
        if node.value is not None:
            node.value = self.visit(node.value)
        return node

    def visit_keyword(self, node: ast.keyword) -> ast.AST:
        return node if node.arg in NO_BEHAVIOUR else self.generic_visit(node)

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


Place = tuple[str, int]  # qualified name and first line of a function


@dataclass(frozen=True)
class Mutant:
    """One change. `place`, `code`: the outermost function that it changes, and what it becomes; None where the
    module itself or the body of a class changes. `key` stays as long as the statement around the change does."""

    path: Path
    line: int
    change: str
    key: str
    tree: ast.Module
    place: Place | None
    code: CodeType | None

    @property
    def name(self) -> str:
        return f"{self.path}:{self.line}: {self.change}"


def places(path: Path) -> int:
    """How many changes a file has."""
    counter = Mutator()
    counter.visit(ast.parse(path.read_text(encoding="utf-8")))
    return counter.count


def mutants(path: Path, name: str, most: int | None = None) -> Iterator[Mutant]:
    """The changes of a file that change what is compiled. `name`: how the file is called in keys.

    `most`: so many of them, drawn with a fixed seed.
    """
    numbers: Sequence[int] = range(places(path))
    if most is not None and most < len(numbers):
        numbers = sorted(random.Random(0).sample(numbers, most))  # noqa: S311  (which mutants, not a secret)
    tree = ast.parse(path.read_text(encoding="utf-8"))
    original = compile(tree, str(path), "exec")
    for number in numbers:
        mutator = Mutator(number)
        changed = ast.fix_missing_locations(mutator.visit(copy.deepcopy(tree)))
        difference = _difference(original, compile(changed, str(path), "exec"))
        if difference is None:
            continue
        statement = next(one for one in reversed(changed.body) if one.lineno <= mutator.line or one is changed.body[0])
        key = hashlib.sha256(f"{name}\n{ast.unparse(statement)}".encode()).hexdigest()[:24]
        place, code = difference
        yield Mutant(path, mutator.line, mutator.change, key, changed, place, code)


def _difference(old: CodeType, new: CodeType) -> tuple[Place | None, CodeType | None] | None:
    """The outermost function that differs between two modules or class bodies; (None, None): they do themselves."""
    if (old.co_code, old.co_names, _constants(old)) != (new.co_code, new.co_names, _constants(new)):
        return None, None
    for before, after in zip(_inner(old), _inner(new), strict=True):
        if before == after:
            continue
        if before.co_flags & CO_NEWLOCALS:
            return (before.co_qualname, before.co_firstlineno), after
        return _difference(before, after)
    return None


def _constants(code: CodeType) -> list[str]:
    return [repr(one) for one in code.co_consts if not isinstance(one, CodeType)]


def _inner(code: CodeType) -> list[CodeType]:
    return [one for one in code.co_consts if isinstance(one, CodeType)]
