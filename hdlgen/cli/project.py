"""A project: a spec with all that is needed to build and measure its designs, put together once a command."""

from __future__ import annotations

import contextlib
import shlex
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from hdlgen.compiler import Compiler
from hdlgen.errors import InputError, SpecError
from hdlgen.evaluation import CELL_METRICS, FPGA_METRICS
from hdlgen.goals import transferred
from hdlgen.knobs import Mapping, carried, offer
from hdlgen.space import Point, Space
from hdlgen.spec import Spec
from hdlgen.spec import load as load_spec
from sim import tools
from sim.cache import Cache
from sim.energy import check_voltage
from sim.fpga import FPGA_RECIPES, Fpga, load_device
from sim.measure import PRELOAD, Measure
from sim.pool import Pool
from sim.recipes import RECIPES
from sim.simulators import choose
from sim.steps import prepare
from sim.targets import Target, load_target
from sim.technology import Technology, load
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
    technology: Target
    space: Space

    @property
    def where(self) -> str:
        """Name the spec's file for messages."""
        return str(self.spec.path or self.source)

    @property
    def cell_technology(self) -> Technology:
        """Give the technology where it is one of cells.

        Raises: InputError for an FPGA.
        """
        if isinstance(self.technology, Fpga):
            raise InputError(f"technology: it must be one of cells, not {self.technology.name}")
        return self.technology

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
    spec = load_spec(source)
    loaded = load_target(technology) if technology else _own_technology(spec)
    abroad = isinstance(loaded, Fpga) != (spec.technology.fpga is not None)
    spec = _carried_over(spec, loaded)
    try:
        compiler = Compiler.of(spec.graph, max_error_lsb=spec.max_error_lsb)
    except SpecError as error:
        raise SpecError(f"{spec.path or source}: {error}") from None
    space = offer(
        compiler.dataflow,
        _mapping(loaded),
        functions=compiler.methods,
        max_error_lsb=compiler.spare_error_lsb,
    )
    pins = carried(dict(spec.knobs), space) if abroad else dict(spec.knobs)
    space = space.narrow(pins, where=str(spec.path or source))
    return Project(
        spec=spec, source=source, technology_option=technology or "", compiler=compiler, technology=loaded, space=space
    )


def _mapping(target: Target) -> Mapping:
    """Tell the compiler what a technology and its tools offer."""
    if isinstance(target, Fpga):
        return Mapping(recipes=tuple(FPGA_RECIPES), full_adder_cells=False, carry_chains=True, dsps=target.dsps > 0)
    return Mapping(recipes=tuple(RECIPES), full_adder_cells=target.full_adder is not None)


def _carried_over(spec: Spec, target: Target) -> Spec:
    """Carry the goals over where the command line names a technology of another kind than the spec.

    Raises: SpecError for a constraint or an objective that it does not have.
    """
    fpga = isinstance(target, Fpga)
    if fpga == (spec.technology.fpga is not None):
        return spec
    for constraint in spec.constraints:
        if constraint.metric in (CELL_METRICS if fpga else FPGA_METRICS):
            where = f"{spec.path}: constraints.{constraint.metric}"
            raise SpecError(f"{where} must not be there with --technology {target.name}, which does not have it")
    try:
        return replace(spec, objectives=transferred(spec.objectives, fpga=fpga))
    except SpecError as error:
        raise SpecError(f"{spec.path}: {error}") from None


def _own_technology(spec: Spec) -> Target:
    """Load the technology that a spec names.

    Raises: SpecError.
    """
    chosen = spec.technology.fpga or spec.technology.name or spec.technology.liberty
    assert chosen is not None
    try:
        return load_device(spec.technology.fpga) if spec.technology.fpga else load(chosen)
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
        check_voltage(project.cell_technology)
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
