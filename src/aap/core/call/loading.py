"""From the text of a call file to a checked `CallFile`, with every problem at once.

    text -> tree of texts with positions (yaml_tree) -> typed values (schema) -> checks across keys (checks)

Where the typed values can't be built, the broken parts are set aside (repair) so that the checks across keys still
run on what is sound: a person who mends a file sees all of it in one go.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain

from pydantic import ValidationError

from aap.core.call.checks import check_call
from aap.core.call.foreign_keys import Raw, set_aside
from aap.core.call.opening import findings_for_opening
from aap.core.call.refusals import Refusal, described, in_french
from aap.core.call.repair import repaired
from aap.core.call.schema import CallFile
from aap.core.call.yaml_tree import Mapping, Node, Scalar, Sequence, UnreadableYaml, parse_yaml
from aap.core.findings import Finding
from aap.core.paths import Path, overlaps, shown
from aap.core.problems import BadInput, Problem, Severity, in_order, nearest


class CallFileError(BadInput):
    """A call file that can't be used; `problems` lists every error, and the warnings with them."""


@dataclass(frozen=True, slots=True)
class InspectedCall:
    """What a reading found: the call (None when there is an error) and the problems, by place in the file."""

    call: CallFile | None
    problems: tuple[Problem, ...]

    @property
    def warnings(self) -> tuple[Problem, ...]:
        return tuple(problem for problem in self.problems if not problem.is_error)


def load_call(text: str | bytes, *, name: str) -> CallFile:
    """Read and check a call file.

    Args:
        text: the file's content; bytes are UTF-8, with or without BOM.
        name: the file's name, for the problems.

    Raises:
        CallFileError: the file holds at least one error. Warnings alone raise nothing: see `inspect_call`.
    """
    inspected = inspect_call(text, name=name)
    if inspected.call is None:
        raise CallFileError(inspected.problems)
    return inspected.call


def read_sealed_call(text: str | bytes, *, name: str) -> CallFile:
    """The call of a file that was checked when it was loaded: a check that came later doesn't close a call that runs.

    Raises:
        CallFileError: it is no call file.
    """
    try:
        root, _ = parse_yaml(text, name=name)
        raw = plain_tree(root)
        set_aside(raw)
        return CallFile.model_validate(raw)
    except UnreadableYaml as error:
        raise CallFileError((error.problem,)) from None
    except ValidationError as error:
        raise CallFileError(_problem(name, root, refusal) for refusal in in_french(error, raw)) from None


def inspect_call(
    text: str | bytes, *, name: str, conflicts_are_errors: bool = True, online: bool = False
) -> InspectedCall:
    """Read and check a call file, and tell everything that was found; never raises on the file's content.

    `conflicts_are_errors`: false for who goes on to the selection, which names the smallest set of rules in conflict.
    `online`: the call is to be opened, which needs more keys and forbids a few (see `opening`).
    """
    try:
        root, problems = parse_yaml(text, name=name)
    except UnreadableYaml as error:
        return InspectedCall(None, (error.problem,))
    raw = plain_tree(root)
    found = [*problems, *(_problem(name, root, one, one.severity) for one in set_aside(raw))]
    found += _schema_and_checks(root, raw, name, conflicts_are_errors, online)
    call = None
    if not any(problem.is_error for problem in found):
        call = CallFile.model_validate(raw)
    return InspectedCall(call, in_order(found))


def _schema_and_checks(
    root: Mapping, raw: Raw, name: str, conflicts_are_errors: bool, online: bool
) -> Iterator[Problem]:
    assert isinstance(raw, dict)
    broken: list[Path] = []
    try:
        call: CallFile | None = CallFile.model_validate(raw)
    except ValidationError as error:
        for refusal in in_french(error, raw):
            if refusal.concerns is not None:
                broken.append(refusal.concerns)
            yield _problem(name, root, refusal)
        call = repaired(raw, error)
    if call is None:
        return
    for finding in chain(check_call(call), findings_for_opening(call) if online else ()):
        if any(_rests_on(finding, lost, described(raw, lost)) for lost in broken):
            continue
        is_warning = finding.is_conflict and not conflicts_are_errors
        yield _problem(name, root, finding, "warning" if is_warning else finding.severity)


def _problem(name: str, root: Node, at: Refusal | Finding, severity: Severity = "error") -> Problem:
    place = position(root, at.path, of_key=at.at_key)
    return Problem(
        name,
        at.message,
        place.line,
        place.column,
        key=shown(at.path),
        found=at.found,
        allowed=at.allowed,
        nearest=at.nearest,
        severity=severity,
    )


def _rests_on(finding: Finding, lost: Path, text: str) -> bool:
    """Whether a refused value (`text`) may be what a check found: then its refusal says enough.

    A name that was looked for among several values may be the refused one when they look alike.
    """
    if overlaps(finding.path, lost):
        return True
    if not any(overlaps(path, lost) for path in finding.rests_on):
        return False
    return not (finding.among and text) or bool(nearest(finding.found, [text]))


def plain_tree(node: Node) -> Raw:
    """The tree as dicts, lists and texts."""
    if isinstance(node, Mapping):
        return {text: plain_tree(value) for text, (_, value) in node.entries.items()}
    if isinstance(node, Sequence):
        return [plain_tree(item) for item in node.items]
    assert isinstance(node, Scalar)
    return node.text


def position(root: Node, path: Path, *, of_key: bool = False) -> Node:
    """The node at `path`, or its key's; where the path leads nowhere, the key of the nearest part that exists."""
    node, key = root, root
    for step in path:
        child: Node | None = None
        if isinstance(node, Mapping):
            entry = node.entries.get(step) if isinstance(step, str) else None
            if entry is not None:
                key, child = entry
        elif isinstance(node, Sequence) and isinstance(step, int) and step < len(node.items):
            key = child = node.items[step]
        if child is None:
            return key
        node = child
    return key if of_key else node
