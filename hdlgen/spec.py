"""The spec: a TOML file that says what is to be designed, and what is sought, becomes one checked record."""

from __future__ import annotations

import hashlib
import importlib.resources
import math
import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hdlgen.accuracy import allowed_error_lsb
from hdlgen.compute import Constant, Output, compile_graph
from hdlgen.constants import read_constant
from hdlgen.conversion import FORBID
from hdlgen.errors import SpecError, nearest
from hdlgen.evaluation import Constraint, Objective
from hdlgen.functions import FUNCTIONS
from hdlgen.goals import read_constraints, read_objectives
from hdlgen.graph import Graph
from hdlgen.limits import MAX_ELEMENTS, MAX_PAYLOAD_WIDTH, MAX_SPEC_BYTES
from hdlgen.number import OVERFLOWS, ROUNDINGS, Format
from hdlgen.payload import Port, input_ports, output_ports, payload_width
from hdlgen.space import Choice
from hdlgen.table import Table, check_name

__all__ = ["DEFAULT_TECHNOLOGY", "Spec", "TechnologyChoice", "load", "parse"]

DEFAULT_TECHNOLOGY = "sky130hd"
"""The technology of a spec that names none."""

_SECTIONS = (
    *("name", "summary", "inputs", "constants", "outputs", "compute"),
    *("constraints", "objectives", "knobs", "technology", "search"),
)
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,63}")
_TOML_PLACE = re.compile(r" \(at (?:line (\d+), column \d+|end of document)\)$")


@dataclass(frozen=True, slots=True, kw_only=True)
class TechnologyChoice:
    """Where designs are measured: a technology by name, a liberty file or an FPGA by name; just one of them is set."""

    name: str | None = None
    liberty: Path | None = None
    fpga: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Spec:
    """What a spec file says, checked and compiled.

    Args:
        name, summary: of the design.
        inputs, outputs: the fields of the streams, each a name, a format and a shape.
        graph: what is computed.
        compute: name and text of each line.
        constraints, objectives: what is sought.
        knobs: name and remaining choices of each knob that the user narrowed; one choice where it is pinned.
        technology: where designs are measured.
        strategy, budget, seed, batch, patience: of the search; None where left out.
        path: the file, None where the text came from elsewhere.
        text: the file's text.
        digest: of the text and of every file that it names as a constant.
    """

    name: str
    summary: str
    inputs: tuple[Port, ...]
    outputs: tuple[Port, ...]
    graph: Graph
    compute: tuple[tuple[str, str], ...]
    constraints: tuple[Constraint, ...]
    objectives: tuple[Objective, ...]
    knobs: tuple[tuple[str, tuple[Choice, ...]], ...]
    technology: TechnologyChoice
    strategy: str | None
    budget: int | None
    seed: int | None
    batch: int | None
    patience: int | None
    path: Path | None
    text: str
    digest: str

    @property
    def max_error_lsb(self) -> float:
        """Tell how far an output may lie from the golden model's, in units of its last place."""
        return allowed_error_lsb(self.constraints, self.graph)

    @property
    def wants_energy(self) -> bool:
        """Tell whether an objective or a constraint asks for the energy, which is measured for nobody else."""
        metrics = [objective.metric for objective in self.objectives]
        metrics += [constraint.metric for constraint in self.constraints]
        return "energy_pj" in metrics


def load(source: str | Path) -> Spec:
    """Read a spec: a file, or the name of a shipped design.

    Raises: SpecError for a file that cannot be read, is not UTF-8 or too large, and as `parse` does.
    """
    path = _find(source)
    try:
        with path.open("rb") as stream:
            data = stream.read(MAX_SPEC_BYTES + 1)
    except OSError as error:
        raise SpecError(f"{path}: spec must be a readable file ({error.strerror})") from None
    if len(data) > MAX_SPEC_BYTES:
        raise SpecError(f"{path}: spec must have at most {MAX_SPEC_BYTES} bytes")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise SpecError(
            f"{path}: line {line}: spec must be UTF-8 text, not hold the byte {data[error.start]:#04x}"
        ) from None
    return parse(text, path=path)


def parse(text: str, *, path: Path | None = None) -> Spec:
    """Read the text of a spec.

    Args:
        text: TOML.
        path: the file that it came from; files that it names are sought in its folder.
    Raises: SpecError naming file, key and rule.
    """
    where = "spec" if path is None else str(path)
    whole = Table(_toml(text, where), where=where, known=_SECTIONS)
    name = whole.text("name")
    if not _NAME.fullmatch(name):
        raise SpecError(f"{whole.place('name')} must be a letter and at most 63 letters, digits, - and _, not {name!r}")
    summary = whole.text("summary", default="")
    if not summary.isprintable():
        raise SpecError(f"{whole.place('summary')} must be one line without control characters")
    inputs = _inputs(whole)
    read = [
        read_constant(whole.table("constants"), key, path.parent if path else None)
        for key in whole.table("constants").values
    ]
    lines = whole.table("compute")
    compute = {line: lines.text(line) for line in lines.values}
    _check_names(whole)
    graph = _graph(whole, inputs, [constant for constant, _ in read], compute)
    technology = _technology(whole, path)
    search = whole.table("search", ("strategy", "budget", "seed", "batch", "patience"))
    digest = hashlib.sha256(b"\0".join([text.encode("utf-8"), *(data for _, data in read if data)]))
    return Spec(
        name=name,
        summary=summary,
        inputs=input_ports(graph),
        outputs=output_ports(graph),
        graph=graph,
        compute=tuple(compute.items()),
        constraints=read_constraints(whole, fpga=technology.fpga is not None),
        objectives=read_objectives(whole, fpga=technology.fpga is not None),
        knobs=_knobs(whole),
        technology=technology,
        strategy=search.text("strategy") if "strategy" in search.values else None,
        budget=search.integer("budget", least=1),
        seed=search.integer("seed", least=0),
        batch=search.integer("batch", least=1),
        patience=search.integer("patience", least=1),
        path=path,
        text=text,
        digest=digest.hexdigest(),
    )


def _find(source: str | Path) -> Path:
    """Find the file of a spec: as a path, else among the shipped designs."""
    path = Path(source)
    if path.is_file():
        return path
    if path.exists() and len(path.parts) > 1:
        raise SpecError(f"{source}: spec must be a file")
    try:
        folder = Path(str(importlib.resources.files("designs")))
    except ModuleNotFoundError:
        folder = Path("designs")
    shipped = {found.parent.name: found for found in folder.glob("*/spec.toml")}
    if str(source) in shipped:
        return shipped[str(source)]
    if len(path.parts) > 1 or path.suffix:
        raise SpecError(f"{source}: spec must be a readable file (No such file or directory)")
    hint = nearest(str(source), shipped)
    raise SpecError(f"{source}: spec must be a file, or the name of a shipped design{hint}")


def _toml(text: str, where: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        message = str(error)
        place = _TOML_PLACE.search(message)
        line = place[1] if place and place[1] else text.count("\n") + 1
        rule = _TOML_PLACE.sub("", message)
        raise SpecError(f"{where}: line {line}: spec must be valid TOML ({rule[:1].lower()}{rule[1:]})") from None
    except RecursionError:
        raise SpecError(f"{where}: spec must not nest its values so deep") from None


def _check_names(whole: Table) -> None:
    """Check that every name can be told from every other; only an output shares its name with its line."""
    taken: dict[str, str] = {}
    for section in ("inputs", "constants", "outputs", "compute"):
        table = whole.table(section)
        for name in table.values:
            check_name(name, table.place(name))
            if name in FUNCTIONS:
                raise SpecError(f"{table.place(name)} must have a name of its own: {name} is a function")
            if name in taken and (taken[name], section) != ("outputs", "compute"):
                raise SpecError(f"{table.place(name)} must have a name of its own: {taken[name]}.{name} has it already")
            taken[name] = section


def _inputs(whole: Table) -> list[Port]:
    section = whole.table("inputs")
    if not section.values:
        raise SpecError(f"{whole.place('inputs')} must have at least one input")
    ports = []
    for name in section.values:
        table = section.table(name, ("format", "shape"))
        table.text("format")
        port = Port(name, table.parsed("format", Format.parse), table.shape("shape") or ())
        if math.prod(port.shape) > MAX_ELEMENTS:
            raise SpecError(
                f"{table.place('shape')} must have at most {MAX_ELEMENTS} elements, not {math.prod(port.shape)}"
            )
        ports.append(port)
    return ports


def _outputs(whole: Table) -> list[Output]:
    section = whole.table("outputs")
    if not section.values:
        raise SpecError(f"{whole.place('outputs')} must have at least one output")
    outputs = []
    for name in section.values:
        table = section.table(name, ("format", "shape", "rounding", "overflow"))
        output = Output(
            name=name,
            format=table.parsed("format", Format.parse),
            shape=table.shape("shape"),
            rounding=table.choice("rounding", tuple(ROUNDINGS)),
            overflow=table.choice("overflow", (*OVERFLOWS, FORBID)),
        )
        for key in ("rounding", "overflow"):
            if output.format is None and key in table.values:
                raise SpecError(f"{table.place(key)} must go with a format")
        outputs.append(output)
    return outputs


def _graph(whole: Table, inputs: list[Port], constants: list[Constant], lines: dict[str, str]) -> Graph:
    outputs = _outputs(whole)
    graph = compile_graph(inputs=inputs, constants=constants, outputs=outputs, lines=lines, where=whole.where)
    for section, ports in (("inputs", input_ports(graph)), ("outputs", output_ports(graph))):
        width = payload_width(ports)
        if width > MAX_PAYLOAD_WIDTH:
            raise SpecError(f"{whole.place(section)} must have at most {MAX_PAYLOAD_WIDTH} bits in all, not {width}")
    return graph


def _knobs(whole: Table) -> tuple[tuple[str, tuple[Choice, ...]], ...]:
    """Read [knobs]: a scalar pins, a list narrows; names and choices are the space's to judge."""
    section = whole.table("knobs")
    knobs = []
    for name, value in section.values.items():
        choices = value if isinstance(value, list) else [value]
        for choice in choices:
            if not isinstance(choice, int | float | str) or (isinstance(choice, float) and not math.isfinite(choice)):
                raise SpecError(
                    f"{section.place(name)} must be a number, a text, a truth value or a list of them, not {value!r}"
                )
        if not choices:
            raise SpecError(f"{section.place(name)} must name at least one choice, not []")
        knobs.append((name, tuple(choices)))
    return tuple(knobs)


def _technology(whole: Table, path: Path | None) -> TechnologyChoice:
    section = whole.table("technology", ("name", "liberty", "fpga"))
    if len(section.values) > 1:
        raise SpecError(f"{whole.place('technology')} must have one of name, liberty and fpga, and no second")
    if "fpga" in section.values:
        return TechnologyChoice(fpga=section.text("fpga"))
    if "liberty" not in section.values:
        name = section.text("name", default=DEFAULT_TECHNOLOGY)
        if not name:
            raise SpecError(f"{section.place('name')} must not be empty")
        return TechnologyChoice(name=name)
    liberty = Path(section.text("liberty"))
    return TechnologyChoice(liberty=path.parent / liberty if path else liberty)
