"""A project: a spec with all that is needed to build and measure its designs, put together once a command."""

from __future__ import annotations

import contextlib
import os
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from hdlgen.compiler import Compiler
from hdlgen.knobs import Mapping, offer
from hdlgen.space import Point, Space
from hdlgen.spec import Spec, load
from sim.cache import Cache
from sim.measure import PRELOAD, Measure
from sim.pool import Pool
from sim.recipes import RECIPES
from sim.technology import Technology
from sim.technology import load as load_technology
from sim.workload import Workload

__all__ = ["Project", "cache_folder", "measuring", "open_project"]


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

    def point(self, text: str) -> Point:
        """Read a point; knobs that it leaves out take their first allowed choice."""
        return Point.parse(text, self.space)

    def command(self, point: Point) -> str:
        """Give the command that makes the design of a point again."""
        option = f" --technology {shlex.quote(self.technology_option)}" if self.technology_option else ""
        return f"hdlgen measure {shlex.quote(self.source)} --point {point.text()}{option}"


def open_project(source: str, *, technology: str | None = None) -> Project:
    """Read a spec and offer its knobs on a technology.

    Args:
        source: a spec file or the name of a shipped design.
        technology: name or liberty file, instead of the spec's own.
    Raises: SpecError, PointError, InputError.
    """
    spec = load(source)
    chosen = technology or spec.technology.name or spec.technology.liberty
    assert chosen is not None
    loaded = load_technology(chosen)
    compiler = Compiler.of(spec.graph)
    space = offer(
        compiler.dataflow, Mapping(recipes=tuple(RECIPES), full_adder_cells=loaded.full_adder is not None)
    ).narrow(dict(spec.knobs), where=str(spec.path or source))
    return Project(
        spec=spec, source=source, technology_option=technology or "", compiler=compiler, technology=loaded, space=space
    )


def cache_folder() -> Path:
    """Find the folder in which results are kept between runs: below XDG_CACHE_HOME, else below ~/.cache."""
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "hdlgen"


@contextlib.contextmanager
def measuring(
    project: Project, *, workers: int, simulator: str | None = None, cache: Path | None = None, seed: int = 1
) -> Iterator[Measure]:
    """Start the workers that measure a project's designs; they end with the block.

    Args:
        cache: the folder of results; the user's own by default.
        seed: of the test tokens.
    """
    with Pool(workers, preload=PRELOAD) as pool:
        yield Measure(
            compiler=project.compiler,
            workload=Workload(project.spec.graph, seed=seed),
            technology=project.technology,
            constraints=project.spec.constraints,
            pool=pool,
            cache=Cache((cache or cache_folder()) / "results"),
            simulator=simulator,
        )
