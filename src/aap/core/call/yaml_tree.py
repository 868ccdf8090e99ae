"""A YAML text as a tree of plain texts with their positions.

Only the events of ruamel.yaml are used: no object is ever built from the file, a scalar stays the text that was
written (`0.1`, `01`, `no` and `2025-01-15` are not interpreted here), and the size of the tree is bounded before it is
built, aliases counted as many times as they are used.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)
from ruamel.yaml.reader import ReaderError

from aap.core.composed import MOST_MARKS, nfc, piled_marks
from aap.core.french import NBSP, plain
from aap.core.problems import Problem, cited

MAX_BYTES = 300_000  # ten times a large call; a parser in Python reads about 0.3 MB a second
MAX_NODES = 20_000
MAX_DEPTH = 30

PLAIN_TAGS = {
    f"tag:yaml.org,2002:{name}" for name in ("str", "int", "float", "bool", "null", "seq", "map", "timestamp")
}
NULLS = {"", "~", "null", "Null", "NULL"}

# What ruamel.yaml says, and what we say.
SYNTAX = (
    ("found character '\\t'", "une tabulation ne peut pas servir à mettre en retrait, utilisez des espaces"),
    ("could not find expected ':'", f"il manque «{NBSP}:{NBSP}» après une clé"),
    ("mapping values are not allowed", f"«{NBSP}:{NBSP}» n’est pas attendu ici (mettez le texte entre guillemets)"),
    ("found unexpected end of stream", "un guillemet n’est pas refermé"),
    ("expected <block end>", "le retrait n’est pas celui des lignes du même niveau"),
    ("expected ',' or ']'", f"il manque une virgule ou le crochet «{NBSP}]{NBSP}»"),
    ("expected ',' or '}'", f"il manque une virgule ou l’accolade «{NBSP}}}{NBSP}»"),
    ("that cannot start any token", "ce caractère ne peut pas commencer un texte (mettez le texte entre guillemets)"),
    ("found unknown escape character", "cette séquence après une barre oblique inverse n’existe pas"),
    ("found undefined tag handle", "étiquette YAML refusée"),
    ("found undefined alias", "cet alias ne renvoie à aucune ancre placée avant lui"),
    ("found duplicate anchor", "cette ancre est définie deux fois"),
)


@dataclass(frozen=True, slots=True)
class Node:
    """A value of the file. `line` and `column` count from 1; `size` counts the node and those in it."""

    line: int
    column: int
    size: int = 1


@dataclass(frozen=True, slots=True)
class Scalar(Node):
    """A value as it is typed."""

    text: str | None = None  # None: an empty value


@dataclass(frozen=True, slots=True)
class Sequence(Node):
    """A list."""

    items: tuple[Node, ...] = ()


@dataclass(frozen=True, slots=True)
class Mapping(Node):
    """Keys with their values, in the file's order."""

    entries: dict[str, tuple[Scalar, Node]] = field(default_factory=dict)  # key's text -> (key, value)


class UnreadableYaml(Exception):
    """The text is no YAML, or YAML that a call file doesn't accept. One problem."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        super().__init__(str(problem))


def parse_yaml(text: str | bytes, *, name: str) -> tuple[Mapping, tuple[Problem, ...]]:
    """Read one document, a mapping at its top.

    Args:
        text: the file's content; bytes are UTF-8, with or without BOM.
        name: the file's name, for the problems.

    Returns:
        The tree, and the problems that don't stop the reading (keys given twice, tags).

    Raises:
        UnreadableYaml: syntax error, other encoding, too large, too deep, too many nodes, not a mapping.
    """
    return _Builder(name).build(_decoded(text, name))


def _decoded(text: str | bytes, name: str) -> str:
    if len(text) > MAX_BYTES:
        tenths = -(-len(text) // 100_000)
        size = f"{plain(Fraction(tenths, 10))} Mo" if len(text) > MAX_BYTES + 1 else "davantage"  # a cut reading
        message = "le fichier est trop grand pour un fichier d’appel"
        raise UnreadableYaml(Problem(name, message, found=size, allowed=f"0,3{NBSP}Mo au plus"))
    decoded = (text if isinstance(text, str) else _from_utf8(text, name)).removeprefix("\ufeff")
    piled = piled_marks(decoded)
    if piled is not None:
        line, column = decoded.count("\n", 0, piled) + 1, piled - decoded.rfind("\n", 0, piled)
        allowed = f"{MOST_MARKS} au plus"
        raise UnreadableYaml(Problem(name, "trop d’accents sur une même lettre", line, column, allowed=allowed))
    return nfc(decoded)


def _from_utf8(content: bytes, name: str) -> str:
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        before = content[: error.start]
        line = before.count(b"\n") + 1
        column = len(before[before.rfind(b"\n") + 1 :].decode("utf-8", "replace")) + 1
        found = f"octet 0x{content[error.start]:02X}"
        problem = Problem(name, "le fichier n’est pas en UTF-8", line, column, found=found, allowed="UTF-8")
        raise UnreadableYaml(problem) from None


class _Builder:
    def __init__(self, name: str) -> None:
        self.name = name
        self.problems: list[Problem] = []
        self.anchors: dict[str, Node] = {}
        self.nodes = 0

    def build(self, text: str) -> tuple[Mapping, tuple[Problem, ...]]:
        try:
            root = self._document(YAML(typ="safe", pure=True).parse(text))
        except MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            said = f"{error.problem or ''} {error.context or ''}"
            message = next((ours for theirs, ours in SYNTAX if theirs in said), "la syntaxe YAML est incorrecte ici")
            place = (mark.line + 1, mark.column + 1) if mark is not None else (None, None)
            raise UnreadableYaml(Problem(self.name, message, *place)) from None
        except ReaderError as error:
            before = text[: error.position]
            place = (before.count("\n") + 1, error.position - before.rfind("\n"))
            code = error.character if isinstance(error.character, int) else ord(error.character)
            message = "caractère de contrôle interdit dans un fichier YAML"
            raise UnreadableYaml(Problem(self.name, message, *place, found=f"U+{code:04X}")) from None
        except (YAMLError, ValueError) as error:
            raise UnreadableYaml(Problem(self.name, "la syntaxe YAML est incorrecte", found=str(error))) from None
        if isinstance(root, Mapping):
            return root, tuple(self.problems)
        if root is None or (isinstance(root, Scalar) and root.text is None):
            raise UnreadableYaml(Problem(self.name, "le fichier est vide", 1, 1))
        message = f"un fichier d’appel est un ensemble de clés (schema{NBSP}: 1, call{NBSP}: …)"
        raise UnreadableYaml(Problem(self.name, message, root.line, root.column))

    def _document(self, events: Iterator[Event]) -> Node | None:
        root: Node | None = None
        for event in events:
            if isinstance(event, DocumentStartEvent):
                if root is not None:
                    raise self._refusal(event, "le fichier contient plusieurs documents YAML, un seul est attendu")
            elif isinstance(event, (ScalarEvent, SequenceStartEvent, MappingStartEvent, AliasEvent)):
                root = self._node(event, events, depth=1)
        return root

    def _refusal(self, event: Event, message: str) -> UnreadableYaml:
        mark = event.start_mark
        return UnreadableYaml(Problem(self.name, message, mark.line + 1, mark.column + 1))

    def _node(self, event: Event, events: Iterator[Event], depth: int) -> Node:
        line, column = event.start_mark.line + 1, event.start_mark.column + 1
        self.nodes += 1
        if depth > MAX_DEPTH:
            raise self._refusal(event, f"le fichier emboîte plus de {MAX_DEPTH} niveaux")
        if isinstance(event, AliasEvent):
            if event.anchor not in self.anchors:
                raise self._refusal(event, "cet alias ne renvoie à aucune ancre placée avant lui")
            node = self.anchors[event.anchor]
            self.nodes += node.size - 1
        elif isinstance(event, ScalarEvent):
            self._check_tag(event)
            is_null = event.value in NULLS and event.style is None and event.tag is None
            node = Scalar(line, column, text=None if is_null else event.value)
        elif isinstance(event, SequenceStartEvent):
            self._check_tag(event)
            items = []
            while not isinstance(inner := next(events), SequenceEndEvent):
                items.append(self._node(inner, events, depth + 1))
            node = Sequence(line, column, 1 + sum(item.size for item in items), tuple(items))
        else:
            assert isinstance(event, MappingStartEvent)
            self._check_tag(event)
            node = self._mapping(line, column, events, depth)
        if self.nodes > MAX_NODES:
            raise self._refusal(event, f"le fichier contient trop de valeurs (plus de {MAX_NODES}, alias compris)")
        if not isinstance(event, AliasEvent) and event.anchor is not None:
            self.anchors[event.anchor] = node
        return node

    def _mapping(self, line: int, column: int, events: Iterator[Event], depth: int) -> Mapping:
        entries: dict[str, tuple[Scalar, Node]] = {}
        size = 1
        while not isinstance(inner := next(events), MappingEndEvent):
            key = self._node(inner, events, depth + 1)
            value = self._node(next(events), events, depth + 1)
            size += key.size + value.size
            if isinstance(value, Scalar) and value.text is None:
                value = Scalar(key.line, key.column)  # the parser places an empty value after the following blank
            if not isinstance(key, Scalar):
                self.problems.append(Problem(self.name, "une clé est un texte simple", key.line, key.column))
                continue
            text = key.text or ""
            if text in entries:
                first = f"déjà donnée ligne {entries[text][0].line}"
                message = f"clé donnée deux fois ({first})"
                self.problems.append(Problem(self.name, message, key.line, key.column, found=text))
            else:
                entries[text] = (Scalar(key.line, key.column, text=text), value)
        return Mapping(line, column, size, entries)

    def _check_tag(self, event: ScalarEvent | SequenceStartEvent | MappingStartEvent) -> None:
        tag = str(event.tag) if event.tag is not None else ""
        if tag and tag != "!" and tag not in PLAIN_TAGS:
            shown = tag.replace("tag:yaml.org,2002:", "!!")
            mark = event.start_mark
            message = f"étiquette YAML refusée{NBSP}: {cited(shown)}"
            self.problems.append(Problem(self.name, message, mark.line + 1, mark.column + 1))
