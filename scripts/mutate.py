"""Change one operator or constant of the core at a time and see whether a test notices: by hand, never in CI.

    make mutate                                                       # everything, in the order and sizes of PLAN
    .venv/bin/python scripts/mutate.py src/aap/core/ranking/ranking.py        # every mutant of a file
    .venv/bin/python scripts/mutate.py --sample 40 src/aap/core/scoring/reml.py
    .venv/bin/python scripts/mutate.py --report                       # the table of docs/measures.md, and who lives

One process, in which the tests are collected once. They are run once to learn which of them calls which function and
what each costs; then a mutant is a fork in which the changed function has its new code, and in which the tests that
call it run, the cheapest first, until one fails. A change outside functions (a constant of the module, a default)
needs modules imported anew, and whole test files. What was found is kept in `.mutation/`, so that a run that was ended
goes on; `--again` tries anew what lived, after a test was written. A test that takes several times its time notices.

First every mutant meets `--seconds` of tests, then what lives meets all the tests that reach it.
"""

from __future__ import annotations

import argparse
import ast
import collections
import functools
import gc
import hashlib
import importlib.abc
import importlib.util
import json
import os
import resource
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import CodeType, FrameType, FunctionType, ModuleType
from typing import Any

from mutants import Mutant, mutants, places

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "src"
CORE = SOURCE / "aap/core"
KEPT = ROOT / ".mutation"
TESTS = ["tests/unit", "tests/integration/file_mode"]

# What decides who is retained is tried whole; of the rest, so many mutants a file.
WHOLE = (
    "selection/rows", "selection/problem", "selection/outcome", "selection/value", "selection/solving",
    "selection/select", "selection/replacement", "selection/prices", "selection/rules", "selection/ties", "ranking",
    "scoring", "calibration", "review_graph", "selection/reasons", "selection/conflicts", "selection/model",
    "selection/merit", "selection/merit_reasons", "selection/merit_entries",
)  # fmt: skip
SAMPLED = 40
MORE = {CORE / "reml.py": 60}

QUIET = [
    "-x", "-q", "--noconftest", "-p", "no:cacheprovider", "-s", "--timeout=0",
    "-W", "ignore::pytest.PytestAssertRewriteWarning",
]  # fmt: skip


class Kept:
    """What was found, a line a mutant, the last one counts."""

    def __init__(self) -> None:
        KEPT.mkdir(exist_ok=True)
        self.path = KEPT / "results.jsonl"
        lines = self.path.read_text(encoding="utf-8").splitlines() if self.path.exists() else []
        self.found: dict[str, dict[str, Any]] = {}
        for line in lines:
            self._take(json.loads(line))

    def _take(self, result: dict[str, Any]) -> None:
        self.found[result["key"]] = result

    def add(self, mutant: Mutant, by: str, complete: bool, limit: float = 0) -> None:
        result = {
            "key": mutant.key, "path": str(mutant.path.relative_to(ROOT)), "line": mutant.line, "change": mutant.change,
            "by": by, "complete": bool(by) or complete, "seconds": limit,
        }  # fmt: skip
        self._take(result)
        with self.path.open("a", encoding="utf-8") as stream:
            stream.write(json.dumps(result, ensure_ascii=False) + "\n")

    def open(self, mutant: Mutant, again: bool, limit: float = 0) -> bool:
        """Whether it is still to be tried, with so many seconds of tests."""
        result = self.found.get(mutant.key)
        if result is None or result["by"]:
            return result is None
        return again or not (result["complete"] or result.get("seconds", 4) >= limit)


Function = tuple[str, str]  # file and qualified name: lines move while a run's figures are kept


@dataclass
class Cost:
    """Of one test: seconds of the processor and the functions of the core that it calls."""

    seconds: float
    calls: set[Function]


def cut_off(seconds: float) -> None:
    """Ends this process when it has computed, or waited, for much longer than the test needs."""
    signal.setitimer(signal.ITIMER_PROF, 2 + 4 * seconds)
    signal.alarm(int(60 + 30 * seconds))


def forked(work: Callable[[Callable[[str], None]], None]) -> tuple[str, int]:
    """Does `work` in a fork without output; what it says by the function that it is given, and its exit code."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        code = 1
        try:
            os.close(reading)
            sink = os.open(os.devnull, os.O_WRONLY)
            os.dup2(sink, 1)
            os.dup2(sink, 2)
            resource.setrlimit(resource.RLIMIT_AS, (6 << 30, 6 << 30))
            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
            work(lambda text: _write(writing, text))
            code = 0
        finally:
            os._exit(code)
    os.close(writing)
    with os.fdopen(reading, encoding="utf-8") as stream:
        said = stream.read()
    _, status = os.waitpid(child, 0)
    return said, os.waitstatus_to_exitcode(status)


def _write(descriptor: int, text: str) -> None:
    data = text.encode()
    while data:
        data = data[os.write(descriptor, data) :]


class Plan:
    """Which files, and how many mutants of each (None: all)."""

    def __init__(self, files: Sequence[Path], sample: int | None) -> None:
        whole = [CORE / f"{name}.py" for name in WHOLE]
        self.sizes: dict[Path, int | None] = {path.resolve(): sample for path in files}
        if not files:
            self.sizes = dict.fromkeys(whole)
            self.sizes |= {
                path: sample or MORE.get(path, SAMPLED) for path in sorted(CORE.rglob("*.py")) if path not in whole
            }
        self._made: dict[Path, list[Mutant]] = {}

    def of(self, path: Path) -> list[Mutant]:
        if path not in self._made:
            self._made[path] = list(mutants(path, str(path.relative_to(ROOT)), self.sizes[path]))
        return self._made[path]

    def __iter__(self) -> Iterator[Mutant]:
        for path in self.sizes:
            yield from self.of(path)


class Server:
    """A plugin: instead of running the collected tests, tries mutants on them."""

    def __init__(self, plan: Plan, kept: Kept, given: argparse.Namespace) -> None:
        self.plan, self.kept, self.given = plan, kept, given
        self.failed = False
        self.left: list[Mutant] = []  # those that need modules imported anew
        self.costs: dict[str, Cost] = {}

    def pytest_runtest_logreport(self, report: Any) -> None:
        self.failed = self.failed or report.failed

    def pytest_runtestloop(self, session: Any) -> bool:
        self.items = {item.nodeid: item for item in session.items}
        self.costs = measured(self)
        self.kills: collections.Counter[tuple[str, str, str]] = collections.Counter()
        gc.collect()
        objects = gc.get_objects()
        self.caches = [one for one in objects if isinstance(one, functools._lru_cache_wrapper)]
        self.functions = collections.defaultdict(list)
        for one in objects:
            if isinstance(one, FunctionType) and one.__code__.co_filename.startswith(str(CORE)):
                code = one.__code__
                self.functions[code.co_filename, (code.co_qualname, code.co_firstlineno)].append(one)
        del objects
        gc.freeze()
        for limit in self.given.seconds:
            self._pass(limit)
        (KEPT / "left.json").write_text(json.dumps([one.key for one in self.left]))
        return True

    def _pass(self, limit: float) -> None:
        for mutant in self.plan:
            if time.monotonic() > self.given.end:
                return
            if mutant.place is None or mutant.code is None:
                continue
            functions = self.functions.get((str(mutant.path), mutant.place), [])
            calls = (str(mutant.path.relative_to(ROOT)), mutant.place[0])
            tests = [name for name, cost in self.costs.items() if calls in cost.calls]
            if not functions or not tests or len({one.__code__ for one in functions}) > 1:
                if mutant not in self.left:
                    self.left.append(mutant)
                continue
            if not self.kept.open(mutant, self.given.again and limit == self.given.seconds[0], limit):
                continue
            tests = self._in_turn(tests, calls)
            chosen, spent = [], 0.0
            for name in tests:
                spent += self.costs[name].seconds
                if spent > limit and chosen:
                    break
                chosen.append(name)
            by = self._noticed(functions, mutant.code, chosen)
            if by in self.costs:
                self.kills[*calls, by] += 1
            self.kept.add(mutant, by, len(chosen) == len(tests), limit)
            if not by and len(chosen) == len(tests):
                print(f"lives: {mutant.name}", flush=True)

    def _in_turn(self, tests: Sequence[str], calls: Function) -> list[str]:
        """The cheapest of each file first, as much time for one file as for the other; what noticed before, earlier."""
        spent: dict[str, float] = collections.defaultdict(float)
        turns = {}
        for name in sorted(tests, key=lambda name: self.costs[name].seconds):
            file = name.partition("::")[0]
            spent[file] += self.costs[name].seconds + 0.01
            turns[name] = spent[file] / (1 + 3 * self.kills[*calls, name])
        return sorted(tests, key=turns.__getitem__)

    def _noticed(self, functions: Sequence[FunctionType], code: CodeType, chosen: Sequence[str]) -> str:
        def work(say: Callable[[str], None]) -> None:
            for one in functions:
                one.__code__ = code
            for cache in self.caches:
                cache.cache_clear()
            for at, name in enumerate(chosen):
                say(f"{name}\n")
                cut_off(self.costs[name].seconds)
                if not self.passes(name, chosen[at + 1] if at + 1 < len(chosen) else None):
                    return
            say("\n")

        said, status = forked(work)
        last = said.split("\n")[-2] if said else "?"
        return last or ("" if status == 0 else "?")

    def passes(self, name: str, following: str | None) -> bool:
        item = self.items[name]
        self.failed = False
        item.config.hook.pytest_runtest_protocol(item=item, nextitem=self.items[following] if following else None)
        return not self.failed


def measured(server: Server) -> dict[str, Cost]:
    """The cost of every collected test, kept a test file as long as the file stays the same."""
    path = KEPT / "tests.json"
    known: dict[str, list[list[Any]]] = json.loads(path.read_text()) if path.exists() else {}
    costs: dict[str, Cost] = {}
    files = collections.defaultdict(list)
    for name, item in server.items.items():
        files[item.path].append(name)
    for file, names in files.items():
        digest = hashlib.sha256(json.dumps([file.read_text(encoding="utf-8"), names]).encode()).hexdigest()[:24]
        if digest not in known:
            said, status = forked(functools.partial(_measure, server, names))
            lines = [json.loads(line) for line in said.splitlines()]
            if status != 0:
                print("can't be run in a fork, left out:", file, flush=True)
            else:
                known[digest] = lines
                path.write_text(json.dumps(known))
        else:
            lines = known[digest]
        for name, seconds, calls in lines:
            if seconds < 0:
                print("fails on the unchanged source, left out:", name, flush=True)
                continue
            costs[name] = Cost(seconds, {(where, function) for where, function, *_ in calls})
    return costs


def _measure(server: Server, names: Sequence[str], say: Callable[[str], None]) -> None:
    seen: set[CodeType] = set()

    def tracer(frame: FrameType, _event: str, _argument: object) -> None:
        seen.add(frame.f_code)

    core = f"{CORE}/"
    for at, name in enumerate(names):
        seen.clear()
        start = time.process_time()
        sys.settrace(tracer)
        threading.settrace(tracer)
        passed = server.passes(name, names[at + 1] if at + 1 < len(names) else None)
        sys.settrace(None)
        calls = [
            (str(Path(code.co_filename).relative_to(ROOT)), code.co_qualname)
            for code in seen
            if code.co_filename.startswith(core)
        ]
        say(json.dumps([name, time.process_time() - start if passed else -1, calls]) + "\n")


class Changed(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Gives one module from a changed tree."""

    def __init__(self, path: Path, tree: ast.Module) -> None:
        self.name = ".".join(path.relative_to(SOURCE).with_suffix("").parts)
        self.path, self.tree = path, tree

    def find_spec(self, name: str, path: object = None, target: object = None) -> Any:
        return importlib.util.spec_from_loader(name, self, origin=str(self.path)) if name == self.name else None

    def create_module(self, spec: object) -> None:
        return None

    def exec_module(self, module: ModuleType) -> None:
        exec(compile(self.tree, str(self.path), "exec"), module.__dict__)  # noqa: S102


def try_anew(todo: Iterable[Mutant], kept: Kept, given: argparse.Namespace) -> None:
    """The mutants that need modules imported anew: test files that call the file's functions, the cheapest first."""
    known: dict[str, list[list[Any]]] = json.loads((KEPT / "tests.json").read_text())
    of_files: dict[str, tuple[float, set[str]]] = {}
    for lines in known.values():
        if lines and lines[0][0].startswith(tuple(test.partition("::")[0] for test in given.tests)):
            called = {where for _, _, calls in lines for where, *_ in calls}
            of_files[lines[0][0].split("::")[0]] = (sum(max(0, seconds) for _, seconds, _ in lines), called)
    for mutant in todo:
        if time.monotonic() > given.end:
            return
        if not kept.open(mutant, given.again, given.seconds[-1]):
            continue
        where = str(mutant.path.relative_to(ROOT))
        files = sorted((cost, file) for file, (cost, called) in of_files.items() if where in called)
        if not files:
            files = sorted((cost, file) for file, (cost, _) in of_files.items() if cost < 5)
        by, spent = "", 0.0
        for cost, file in files:
            spent += cost + 1  # second of importing
            if spent > given.seconds[-1]:
                break
            said, _ = forked(functools.partial(_run_anew, Changed(mutant.path, mutant.tree), cost, file))
            if said != "0":
                by = file
                break
        complete = spent <= given.seconds[-1]
        kept.add(mutant, by, complete, given.seconds[-1])
        if not by and complete:
            print(f"lives: {mutant.name}", flush=True)


def _run_anew(changed: Changed, cost: float, file: str, say: Callable[[str], None]) -> None:
    import pytest

    cut_off(cost + 2)
    sys.meta_path.insert(0, changed)
    say(str(int(pytest.main([*QUIET, file]))))


def report(kept: Kept, plan: Plan) -> None:
    """A line a file (mutants, tried, noticed, alive), then who lives."""
    living: list[tuple[Mutant, bool]] = []
    for path in plan.sizes:
        tried = [(one, kept.found[one.key]) for one in plan.of(path) if one.key in kept.found]
        alive = [(one, bool(result["complete"])) for one, result in tried if not result["by"]]
        living += alive
        figures = places(path), len(tried), len(tried) - len(alive), len(alive)
        print(f"{path.relative_to(CORE)!s:32}", *(f"{figure:4}" for figure in figures))
    for one, complete in living:
        print(f"{one.path.relative_to(ROOT)}:{one.line}: {one.change}", "" if complete else "(not yet by all tests)")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="*", type=Path, help="default: the whole core")
    parser.add_argument("--tests", nargs="+", default=TESTS)
    parser.add_argument("--sample", type=int, help="at most so many mutants a file, drawn with a fixed seed")
    parser.add_argument("--seconds", type=float, nargs="+", default=[4, 100_000], help="of tests a mutant, each pass")
    parser.add_argument("--minutes", type=float, default=600)
    parser.add_argument("--again", action="store_true", help="try anew what lived")
    parser.add_argument("--report", action="store_true", help="only tell what was found")
    given = parser.parse_args()
    given.end = time.monotonic() + 60 * given.minutes
    os.chdir(ROOT)
    sys.path.insert(0, str(ROOT))
    kept, plan = Kept(), Plan(given.files, given.sample)
    if given.report:
        report(kept, plan)
        return
    import highspy  # noqa: F401
    import hypothesis
    import numpy  # noqa: F401
    import pydantic  # noqa: F401
    import pytest
    import scipy.linalg  # noqa: F401

    hypothesis.settings.register_profile(
        "mutation",
        phases=[hypothesis.Phase.explicit, hypothesis.Phase.generate],
        derandomize=True,
        database=None,
        deadline=None,
        suppress_health_check=list(hypothesis.HealthCheck),
    )
    hypothesis.settings.load_profile("mutation")
    server = os.fork()
    if server == 0:
        with tempfile.TemporaryDirectory() as folder:
            plugin = Server(plan, kept, given)
            pytest.main([*QUIET, f"--basetemp={folder}/pytest", *given.tests], plugins=[plugin])
            sys.stdout.flush()
        os._exit(0)
    os.waitpid(server, 0)
    left = set(json.loads((KEPT / "left.json").read_text()))
    kept = Kept()
    try_anew((one for one in plan if one.place is None or one.key in left), kept, given)
    report(kept, plan)


if __name__ == "__main__":
    main()
