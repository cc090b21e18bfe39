"""A project: a spec with all that is needed to build and measure its designs, put together once a command."""

from __future__ import annotations

import contextlib
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from hdlgen.compiler import Compiler
from hdlgen.errors import InputError, SpecError
from hdlgen.knobs import Mapping, offer
from hdlgen.space import Point, Space
from hdlgen.spec import Spec, load
from sim import tools
from sim.cache import Cache
from sim.energy import check_voltage
from sim.measure import PRELOAD, Measure
from sim.pool import Pool
from sim.recipes import RECIPES
from sim.simulators import choose
from sim.steps import prepare
from sim.technology import Technology
from sim.technology import load as load_technology
from sim.tools import cache_folder
from sim.workload import Workload

__all__ = ["Project", "cache_folder", "check_tools", "measuring", "open_project"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """A spec, its compiler and design space, and the technology that designs are measured on.

    `source` and `technology_option` are what the user gave; the latter is empty where the spec's own is used.
    """

    spec: Spec
    source: str
    technology_option: str
    compiler: Compiler
    technology: Technology
    space: Space

    @property
    def where(self) -> str:
        """Name the spec's file for messages."""
        return str(self.spec.path or self.source)

    def point(self, text: str) -> Point:
        """Read a point; knobs that it leaves out take their first allowed choice.

        Raises: PointError.
        """
        return Point.parse(text, self.space)

    def command(self, name: str, *options: str) -> str:
        """Give a command on this spec and technology, as a shell takes it."""
        technology = ("--technology", self.technology_option) if self.technology_option else ()
        return shlex.join(["hdlgen", name, self.source, *options, *technology])

    def measure_command(self, point: Point) -> str:
        """Give the command that makes the design of a point again."""
        return self.command("measure", "--point", point.text())


def open_project(source: str, *, technology: str | None = None) -> Project:
    """Read a spec and offer its knobs on a technology.

    Args:
        source: a spec file or the name of a shipped design.
        technology: name or liberty file, instead of the spec's own.
    Raises: SpecError, PointError, InputError.
    """
    spec = load(source)
    loaded = load_technology(technology) if technology else _own_technology(spec)
    try:
        compiler = Compiler.of(spec.graph, max_error_lsb=spec.max_error_lsb)
    except SpecError as error:
        raise SpecError(f"{spec.path or source}: {error}") from None
    space = offer(
        compiler.dataflow,
        Mapping(recipes=tuple(RECIPES), full_adder_cells=loaded.full_adder is not None),
        functions=compiler.methods,
        max_error_lsb=compiler.spare_error_lsb,
    ).narrow(dict(spec.knobs), where=str(spec.path or source))
    return Project(
        spec=spec, source=source, technology_option=technology or "", compiler=compiler, technology=loaded, space=space
    )


def _own_technology(spec: Spec) -> Technology:
    """Load the technology that a spec names.

    Raises: SpecError.
    """
    chosen = spec.technology.name or spec.technology.liberty
    assert chosen is not None
    try:
        return load_technology(chosen)
    except InputError as error:
        key = "technology.liberty: " if spec.technology.liberty else ""
        raise SpecError(f"{spec.path}: {key}{error}") from None


def check_tools(simulator: str | None) -> None:
    """Check that the programs are there which every measurement needs.

    Args:
        simulator: `icarus`, `verilator` or None for any.
    Raises: ToolMissing with the line that installs it; InputError for another simulator.
    """
    choose(simulator)
    tools.require("yosys-abc")


@contextlib.contextmanager
def measuring(
    project: Project,
    *,
    workers: int,
    simulator: str | None = None,
    cache: Path | None = None,
    seed: int = 1,
    energy: bool = False,
) -> Iterator[Measure]:
    """Start the workers that measure a project's designs; they end with the block.

    Args:
        cache: the folder of results; the user's own by default.
        seed: of the test tokens.
        energy: whether the energy of a result is measured even where the spec does not ask for it.
    Raises: ToolMissing, InputError as `check_tools` does; StoreError where the cache cannot be written.
    """
    energy = energy or project.spec.wants_energy
    check_tools(simulator)
    if energy:
        tools.require("iverilog")
        check_voltage(project.technology)
    results = Cache((cache or cache_folder()) / "results")
    results.check_writable()
    kept = (project.compiler, project.technology)
    with Pool(workers, preload=PRELOAD, kept=kept, prepare=prepare) as pool:
        yield Measure(
            compiler=project.compiler,
            workload=Workload(project.spec.graph, seed=seed),
            technology=project.technology,
            constraints=project.spec.constraints,
            pool=pool,
            cache=results,
            simulator=simulator,
            energy=energy,
        )
