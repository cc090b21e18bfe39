"""The arrows between the folders, read from the syntax trees: who may import whom, and who may do what."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
MAY_IMPORT: Mapping[str, frozenset[str]] = {
    "hdlgen": frozenset({"hdlgen"}),
    "designs": frozenset({"designs"}),
    "sim": frozenset({"sim", "hdlgen"}),
    "search": frozenset({"search", "hdlgen"}),
    "hdlgen.cli": frozenset({"hdlgen", "designs", "sim", "search"}),
    "designs.rv32i.run": frozenset({"designs", "hdlgen", "sim"}),
}
"""The longest prefix of a module's name counts. `designs.rv32i.run` is a command of its own."""
STANDS_ALONE = {"hdlgen.host"}  # a script that is copied beside a bitstream
STARTS_PROGRAMS = {"sim.tools", "sim.pool"}
READS_ENVIRONMENT = {"sim.tools"}
"""The command line may do both; cocotb's runner starts the simulator."""
CHANGES_FOLDER = {"sim.yosys"}
"""In a child that does nothing else: ABC leaves files where it runs."""
EXECUTES_TEXT = {"sim.faults.lanes"}
"""Its own text: numbers, the names that it gives to nets, and bitwise operators."""
MAX_LINES = 400
FORBIDDEN_NAMES = {"utils", "util", "helpers", "common", "base", "misc"}

Sources = Mapping[str, str]
"""Module name to source text; a package by its own name."""


def read_sources() -> dict[str, str]:
    sources = {}
    for folder in ("hdlgen", "designs", "sim", "search"):
        for path in (ROOT / folder).rglob("*.py"):
            parts = path.relative_to(ROOT).with_suffix("").parts
            sources[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path.read_text()
    return sources


def imports(source: str) -> Iterator[tuple[str, ast.Import | ast.ImportFrom]]:
    """Yield every name that is imported, wherever it stands: `a.b` of `import a.b` and of `from a import b`."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from ((f"{'.' * node.level}{node.module or ''}.{alias.name}", node) for alias in node.names)


def allowed(module: str) -> frozenset[str]:
    while module not in MAY_IMPORT:
        module = module.rpartition(".")[0]
    return MAY_IMPORT[module]


def is_cli(module: str) -> bool:
    return module.split(".")[:2] == ["hdlgen", "cli"]


def find_upward_imports(sources: Sources) -> list[str]:
    ours = {"hdlgen", "designs", "sim", "search", "tests", "benchmarks"}
    return [
        f"{module} imports {name}"
        for module, source in sources.items()
        for name, _ in imports(source)
        if (name.split(".")[0] in ours - allowed(module))
        or (name.startswith("hdlgen.cli") and not is_cli(module))
        or name.startswith(".")
    ]


def find_cycles(sources: Sources) -> list[str]:
    """Name each module that reaches itself by imports that are run when it is imported.

    A module stands for itself, not for the packages around it: `from hdlgen.arithmetic import ADDERS` needs the
    package, `from hdlgen.arithmetic.adders import Adder` the module.
    """
    edges: dict[str, set[str]] = {}
    for module, source in sources.items():
        found = set()
        for name, _ in imports(source):
            target = name if name in sources else name.rpartition(".")[0]
            if target in sources:
                found.add(target)
        edges[module] = found
    cycles = []
    for module in sources:
        reached: set[str] = set()
        frontier = set(edges[module])
        while frontier:
            reached |= frontier
            frontier = {target for one in frontier for target in edges[one]} - reached
        if module in reached:
            cycles.append(module)
    return cycles


def find_manners(sources: Sources) -> list[str]:
    """Name what the house does not do: hidden imports, printing, exits, programs, environment, other folders."""
    found = []
    for module, source in sources.items():
        tree = ast.parse(source)
        found += [f"{module} imports {name} below the top" for name, node in imports(source) if node.col_offset]
        if "TYPE_CHECKING" in source:
            found.append(f"{module} uses TYPE_CHECKING")
        if source.strip() and not ast.get_docstring(tree):
            found.append(f"{module} has no docstring")
        if len(source.splitlines()) > MAX_LINES:
            found.append(f"{module} has more than {MAX_LINES} lines")
        if module.rpartition(".")[2] in FORBIDDEN_NAMES:
            found.append(f"{module} says nothing by its name")
        if not is_cli(module) and module not in STANDS_ALONE:
            used = {ast.unparse(node) for node in ast.walk(tree) if isinstance(node, ast.Attribute | ast.Name)}
            found += [f"{module} uses {name}" for name in sorted(used & {"print", "sys.exit", "exit"})]
            if module not in CHANGES_FOLDER:
                found += [f"{module} uses {name}" for name in sorted(used & {"os.chdir"})]
            if module not in READS_ENVIRONMENT:
                found += [f"{module} uses {name}" for name in sorted(used & {"os.environ", "os.getenv"})]
            if module not in STARTS_PROGRAMS:
                found += [f"{module} uses {name}" for name in sorted(used & {"subprocess", "os.system", "os.popen"})]
        if module not in EXECUTES_TEXT and any(
            isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in {"eval", "exec"}
            for node in ast.walk(tree)
        ):
            found.append(f"{module} executes text")
    return found


def test_no_import_goes_upward() -> None:
    assert find_upward_imports(read_sources()) == []


def test_no_module_imports_itself_round_a_corner() -> None:
    assert find_cycles(read_sources()) == []


def test_every_module_keeps_the_manners() -> None:
    assert find_manners(read_sources()) == []


@pytest.mark.parametrize(
    ("module", "line"),
    [
        ("sim.measure", "import search.store"),
        ("sim.measure", "from search import store"),
        ("search.store", "from sim.pool import Pool"),
        ("search.strategies.local", "def f():\n    from sim import pool"),
        ("hdlgen.spec", "import designs"),
        ("hdlgen.spec", "from sim.tools import run"),
        ("hdlgen.spec", "from hdlgen.cli import main"),
        ("hdlgen.spec", "from . import graph"),
        ("designs.dot8.reference", "import hdlgen.golden"),
        ("sim.measure", "from tests.sim import test_pool"),
    ],
)
def test_a_planted_upward_import_is_seen(module: str, line: str) -> None:
    assert len(find_upward_imports({module: line})) == 1


def test_the_right_imports_are_not_blamed() -> None:
    sources = {
        "sim.measure": "from hdlgen.spec import Spec\nimport sim.tools\nimport numpy as np",
        "search.store": "from hdlgen.space import Space",
        "hdlgen.cli.search": "from sim import pool\nfrom search import store\nfrom hdlgen.cli import options",
    }
    assert find_upward_imports(sources) == []


def test_a_planted_cycle_is_seen() -> None:
    sources = {"hdlgen.a": "from hdlgen import b", "hdlgen.b": "from hdlgen.c import f", "hdlgen.c": "import hdlgen.a"}
    assert find_cycles(sources) == ["hdlgen.a", "hdlgen.b", "hdlgen.c"]
    assert find_cycles({**sources, "hdlgen.c": "import numpy"}) == []


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("def f():\n    import json", "imports json below the top"),
        ("from typing import TYPE_CHECKING", "uses TYPE_CHECKING"),
        ("print(1)", "uses print"),
        ("import os\nos.environ['A']", "uses os.environ"),
        ("import subprocess\nsubprocess.run([])", "uses subprocess"),
        ("import os\nos.chdir('/')", "uses os.chdir"),
        ("eval('1')", "executes text"),
        ("\n" * 401, "has more than 400 lines"),
    ],
)
def test_a_planted_bad_manner_is_seen(line: str, complaint: str) -> None:
    assert find_manners({"hdlgen.spec": f'"""Docstring."""\n{line}'}) == [f"hdlgen.spec {complaint}"]
