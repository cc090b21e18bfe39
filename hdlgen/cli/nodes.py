"""`hdlgen nodes`: the best design on each technology, and what it takes there to reach the same throughput."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

from rich.box import SIMPLE
from rich.console import Group
from rich.table import Table
from rich.text import Text

from hdlgen.cli.designs import design_document, write_designs
from hdlgen.cli.project import Project, check_tools, measuring, open_project
from hdlgen.cli.searching import RUNS, Plan, header, make_strategy, plan
from hdlgen.errors import InputError, StoreError, ToolError, nearest
from hdlgen.evaluation import Evaluation, Status
from search.confine import ConfinedStrategy
from search.durable import read_document, write_document
from search.explore import Exploration, Progress, explore
from search.fleet import Device, Need, best, fleet
from search.memory import Memory
from search.report.nodes import write_nodes
from search.report.quantities import count, figure, significant
from search.store import RunStore, claim
from sim import tools
from sim.fpga import DEVICES, Fpga, can_place, load_device
from sim.targets import Target
from sim.technology import TECHNOLOGIES

__all__ = ["BUDGET", "TARGETS", "Task", "check_targets", "run", "view"]

TARGETS: tuple[str, ...] = ("gf180_7t_5v", "sky130hd", "sg13g2", "asap7")
"""What is compared where nobody says more: one each at 180, 130, 130 and 7 nm."""

FPGAS: tuple[str, ...] = ("ecp5-25k",)
"""What is added to these where its place and route is installed; others are compared where they are named."""

BUDGET, BATCH = 10, 5
"""Designs measured on each technology, and asked for at a time."""

SETTINGS, RESULT, PAGE = "nodes.json", "result.json", "report.html"


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """What the command was asked for."""

    source: str
    need: Need
    technologies: tuple[str, ...]
    budget: int = BUDGET
    strategy: str | None = None
    seed: int | None = None
    workers: int = 1
    simulator: str | None = None

    def kept(self, spec_digest: str) -> dict[str, Any]:
        """Give what must be the same where a folder is gone on with; what is to be reached may change."""
        return {
            "spec_digest": spec_digest,
            "technologies": list(self.technologies),
            "strategy": self.strategy,
            "seed": self.seed,
        }


def check_targets(text: str | None) -> tuple[str, ...]:
    """Read the names of technologies, with commas between; liberty files and FPGAs are welcome, too.

    Raises: InputError for a name that is none, none at all, or one that stands twice.
    """
    if text is None:
        return TARGETS + tuple(name for name in FPGAS if can_place(load_device(name)))
    names = tuple(name.strip() for name in text.split(",") if name.strip())
    if not names or len(set(names)) != len(names):
        raise InputError(f"--technologies must name at least one technology, and none twice, not {text!r}")
    known = (*TECHNOLOGIES, *DEVICES)
    for name in names:
        if name not in known and not name.endswith(".lib"):
            rule = f"each be one of {', '.join(known)} or a liberty file"
            raise InputError(f"--technologies must {rule}, not {name!r}{nearest(name, known)}")
    return names


def run(
    task: Task,
    *,
    out: Path | None,
    resume: bool,
    on_notice: Callable[[str], None],
    on_progress: Callable[[int, int, str], None],
) -> dict[str, Any]:
    """Search on each technology, choose the design on the least silicon, measure its energy, and count.

    Args:
        out: the folder; `runs/NAME-nodes-N` with the next number, or for `resume` the latest one, where left out.
        on_progress: told how many designs are measured, of how many, and where.
    Returns: the document that `--json` prints, also kept in the folder beside the page.
    Raises: HdlgenError as its parts do; whatever was measured is stored then.
    """
    began = time.monotonic()
    check_tools(task.simulator)
    tools.require("iverilog")
    projects = [open_project(task.source, technology=name) for name in task.technologies]
    spec = projects[0].spec
    folder = _open(task.kept(spec.digest), spec.name, out=out, resume=resume)
    on_notice(f"{count(len(projects), 'technology', 'technologies')}, folder {folder}")
    rows: list[dict[str, Any]] = []
    for place, project in enumerate(projects):
        target = project.technology.name
        settings = plan(
            project,
            workers=task.workers,
            simulator=task.simulator,
            memory=False,
            strategy=task.strategy,
            budget=task.budget,
            seed=task.seed,
            batch=BATCH,
        )
        at = folder / target

        def told(progress: Progress, place: int = place, target: str = target) -> None:
            on_progress(place * task.budget + progress.measured, len(projects) * task.budget, target)

        exploration = _search(project, settings, at, told)
        rows.append(_row(project, exploration, task, at))
    document = {
        "name": spec.name,
        "summary": spec.summary,
        **asdict(task.need),
        "technologies": rows,
        **_compared(rows),
        "command": _command(task),
        "folder": str(folder),
        "wall_s": round(time.monotonic() - began, 2),
    }
    write_document(folder / RESULT, document)
    write_nodes(folder / PAGE, document)
    return document


def _open(kept: Mapping[str, Any], name: str, *, out: Path | None, resume: bool) -> Path:
    """Make the folder, or find the one to go on with.

    Raises: StoreError where it cannot be made, holds a comparison already, or one of something else.
    """
    if not resume:
        folder = claim(RUNS, f"{name}-nodes") if out is None else out
        if (folder / SETTINGS).exists():
            raise StoreError(
                f"{folder}: a new comparison must have a folder without one; --resume goes on with the old"
            )
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StoreError(f"{folder}: the folder must be writable ({error.strerror})") from None
        write_document(folder / SETTINGS, kept)
        return folder
    folder = _latest(name) if out is None else out
    old = read_document(folder / SETTINGS)
    for key, value in kept.items():
        if old.get(key) != value:
            raise StoreError(f"{folder}: {key} must be {old.get(key)!r} as when it began, not {value!r}")
    return folder


def _latest(name: str) -> Path:
    pattern = re.compile(re.escape(name) + r"-nodes-([1-9][0-9]*)")
    found = [
        (int(match[1]), path.parent)
        for path in RUNS.glob(f"*/{SETTINGS}")
        if (match := pattern.fullmatch(path.parent.name))
    ]
    if not found:
        raise StoreError(f"{RUNS}: a folder {name}-nodes-N must be there to resume, and none is")
    return max(found)[1]


def _search(project: Project, settings: Plan, folder: Path, on_progress: Callable[[Progress], None]) -> Exploration:
    """Search on one technology, or go on where its folder ends; no baseline, no pages: these take `hdlgen search`."""
    head = header(project, settings)
    begun = (folder / "run.json").is_file()
    open_store = partial(RunStore.resume, folder, head) if begun else partial(RunStore.create, head, out=folder)
    make = partial(make_strategy, project, settings, Memory())
    with (
        ConfinedStrategy(make, limit_s=settings.decision_limit_s) as strategy,
        open_store() as store,
        measuring(project, workers=settings.workers, simulator=settings.simulator) as measure,
    ):
        return explore(
            project.space,
            project.spec.objectives,
            strategy,
            measure,
            store,
            name=settings.strategy,
            budget=settings.budget,
            batch=settings.batch,
            on_progress=on_progress,
        )


def _row(project: Project, exploration: Exploration, task: Task, folder: Path) -> dict[str, Any]:
    """Choose a technology's design, measure its energy, write its files and count its fleet."""
    technology = project.technology
    device = _device(technology)
    row: dict[str, Any] = {
        "technology": technology.name,
        "title": technology.title,
        "node": "FPGA" if isinstance(technology, Fpga) else technology.node,
        "voltage_v": None if isinstance(technology, Fpga) else technology.voltage_v,
        "evaluated": exploration.summary.evaluated,
        "search": project.command("search"),
    }
    chosen = best((record.evaluation for record in exploration.records), task.need, device)
    if chosen is None:
        return {**row, "design": None, "fleet": None, "energy_pj": None, "power_w": None}
    measured = _measured(project, chosen, task, folder / "best")
    assert measured.score is not None
    energy_pj = measured.score.energy_pj
    return {
        **row,
        "design": design_document(measured, folder / "best"),
        "command": project.measure_command(measured.point),
        "fleet": asdict(fleet(measured.score, task.need, device)),
        "energy_pj": energy_pj,
        "power_w": None if energy_pj is None else energy_pj * task.need.throughput_msps * 1e-6,
    }


def _device(technology: Target) -> Device | None:
    if not isinstance(technology, Fpga):
        return None
    return Device(luts=technology.luts, dsps=technology.dsps, brams=technology.brams)


def _measured(project: Project, chosen: Evaluation, task: Task, folder: Path) -> Evaluation:
    """Measure the chosen design once more, on cells with its energy, and write its files.

    Raises: ToolError where its energy cannot be measured.
    """
    energy = not isinstance(project.technology, Fpga)
    with measuring(project, workers=task.workers, simulator=task.simulator, energy=energy) as measure:
        measured = next(measure.evaluate([chosen.point]))
        if measured.status is not Status.OK:
            raise ToolError(f"{project.technology.name}: {chosen.point.text()}: {measured.message}")
        write_designs(project, measure, [measured], [folder])
    return measured


def _compared(rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Hold every technology against the one with the strongest chip: how many of its chips stand in for one such."""
    found = [row for row in rows if row["fleet"]]
    if not found:
        return {"strongest": None}
    strongest = max(found, key=lambda row: (row["fleet"]["chip_msps"], -row["fleet"]["room"]))
    for row in found:
        row["chips_for_one"] = strongest["fleet"]["chip_msps"] / row["fleet"]["chip_msps"]
        row["silicon_ratio"] = _ratio(row["fleet"]["silicon_mm2"], strongest["fleet"]["silicon_mm2"])
        row["energy_ratio"] = _ratio(row["energy_pj"], strongest["energy_pj"])
    return {"strongest": strongest["technology"]}


def _ratio(figure: float | None, of: float | None) -> float | None:
    """Divide what both have; silicon and energy are unknown of FPGAs."""
    return None if figure is None or of is None else figure / of


def _command(task: Task) -> str:
    need = task.need
    parts = ["hdlgen nodes", task.source, f"--throughput {need.throughput_msps:g}", f"--chip {need.chip_mm2:g}"]
    parts += [f"--cap {need.cap_msps:g}"] if need.cap_msps is not None else []
    parts += [f"--technologies {','.join(task.technologies)}", f"--budget {task.budget}"]
    return " ".join(parts)


def view(document: Mapping[str, Any]) -> Group:
    """Lay out the comparison for a terminal."""
    cap = f", at most {document['cap_msps']:g} a chip" if document["cap_msps"] is not None else ""
    table = Table(
        title=f"{document['name']}: {document['throughput_msps']:g} Msample/s{cap}, {document['chip_mm2']:g} mm² each",
        title_justify="left",
        box=SIMPLE,
    )
    heads = ("technology", "clock MHz", "Msample/s", "µm² or LUTs", "copies", "silicon mm²", "pJ a result", "power W")
    for name in (*heads, "on a chip", "chips", "for one strongest"):
        table.add_column(name, justify="left" if name == "technology" else "right")
    for row in document["technologies"]:
        table.add_row(*_cells(row))
    lines = [
        f"{row['technology']}: {', '.join(f'{k}={v}' for k, v in row['design']['point'].items())}"
        for row in document["technologies"]
        if row["design"]
    ]
    note = "Energy: switching, leakage, cells' insides as far as the library tells; no wires, no clock tree."
    return Group(table, *map(Text, lines), Text(note), Text(f"{document['folder']}/{PAGE}"))


def _cells(row: Mapping[str, Any]) -> list[str]:
    if not row["fleet"]:
        return [row["technology"], f"no feasible design among {row['evaluated']}", *[""] * 9]
    score, one = row["design"]["score"], row["fleet"]
    return [
        row["technology"],
        figure(score["clock_mhz"]),
        figure(score["throughput_msps"], 1),
        figure(score.get("luts", score.get("area_um2"))),
        figure(one["copies"]),
        significant(one["silicon_mm2"]),
        significant(row["energy_pj"]),
        significant(row["power_w"], 3),
        f"{figure(one['copies_per_chip'])} ({one['limit']})",
        figure(one["chips"]),
        significant(row["chips_for_one"], 3),
    ]
