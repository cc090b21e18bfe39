"""`python -m benchmarks.gallery`: search adders by real mapping and keep the best in `designs/gallery`.

For one width after the other prefix graphs, their forms and recipes are changed at random where they were best so far
against some classic structure, and mapped, in all technologies alike. A search goes on from what the gallery holds, so
that more of it never makes it worse; with `--afresh` it begins from the families alone.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from benchmarks.adder_search import Search, Way, fitness, map_ways
from benchmarks.adders import WIDTHS, classics
from benchmarks.benchmark import ROOT, Say
from benchmarks.fronts import NOTHING
from benchmarks.shell import Kernel, register_delay_ps
from benchmarks.structures import TECHNOLOGIES
from hdlgen.arithmetic.prefix_adder import PrefixForm
from hdlgen.arithmetic.prefix_families import PREFIX_FAMILIES
from hdlgen.arithmetic.prefix_fitting import fitted
from hdlgen.arithmetic.prefix_gallery import SEARCHED
from hdlgen.arithmetic.prefix_graph import Columns, depth, size
from sim.pool import Pool, Task
from sim.recipes import RECIPES
from sim.steps import map_and_time
from sim.technology import load
from sim.versions import versions

__all__ = ["Mapper", "choose", "main"]

PLACE = ROOT / "designs" / "gallery" / "adders.json"
_BATCH, _TOGETHER = 24, 6
"""How many ways a search asks for at once, and how many of them a worker maps in one go."""
_SECONDS = 600.0
_STEPS = 10
"""After how many batches the state is told."""

_Entry = dict[str, Any]
"""An adder as it is kept."""
_Design = tuple[Columns, PrefixForm]


class Mapper:
    """Maps on one technology, with the workers of a pool."""

    def __init__(self, technology: str, pool: Pool) -> None:
        self.name, self.pool, self.technology = technology, pool, load(technology)
        self.register_ps = register_delay_ps(technology)

    def targets(self, width: int) -> dict[str, Kernel]:
        """Give the best area-delay product of each classic structure by any recipe, by its name."""
        tasks = [
            (structure.family, self.pool.submit(map_and_time, structure.rtlil, self.technology, recipe, "generated"))
            for structure in classics(width)
            for recipe in RECIPES
        ]
        best: dict[str, Kernel] = {}
        for family, task in tasks:
            mapped = task.result().require()
            point = self._kernel(mapped.area_um2 - mapped.flip_flop_area_um2, mapped.period_ps)
            best[family] = min(best.get(family, point), point, key=lambda point: point.product)
        return best

    def begin(self, ways: Sequence[Way]) -> list[Task[list[tuple[float, float]]]]:
        """Begin to map some ways."""
        chunks = [ways[begin : begin + _TOGETHER] for begin in range(0, len(ways), _TOGETHER)]
        return [self.pool.submit(map_ways, chunk, self.technology, cpu_seconds=_SECONDS) for chunk in chunks]

    def end(self, tasks: Sequence[Task[list[tuple[float, float]]]]) -> list[Kernel]:
        """Wait for what was begun."""
        return [self._kernel(area, period) for task in tasks for area, period in task.result().require()]

    def _kernel(self, area_um2: float, period_ps: float) -> Kernel:
        return Kernel(round(area_um2, 4), round(period_ps - self.register_ps, 2))


def _search(
    width: int, mappers: Sequence[Mapper], kept: Sequence[_Entry], given: argparse.Namespace, say: Say
) -> list[Search]:
    """Search at one width in all technologies, side by side."""
    searches: list[Search] = []
    for mapper in mappers:
        chance = random.Random(f"{given.seed} {mapper.name} {width}")
        searches.append(Search(mapper.targets(width), _starts(width, kept), enough=given.enough, chance=chance))
    for step in range(-(-given.evaluations // _BATCH)):
        pairs = [(search, mapper) for search, mapper in zip(searches, mappers, strict=True) if not search.done]
        if not pairs:
            break
        asked = [search.ask(min(_BATCH, given.evaluations - step * _BATCH)) for search, _ in pairs]
        begun = [mapper.begin(ways) for (_, mapper), ways in zip(pairs, asked, strict=True)]
        for (search, mapper), ways, tasks in zip(pairs, asked, begun, strict=True):
            search.tell(ways, mapper.end(tasks))
        if step % _STEPS == 0:
            for search, mapper in pairs:
                best = ", ".join(f"{name} {ranking[0][0]:.3f}" for name, ranking in search.best.items())
                say(f"{mapper.name}, {width} bits, {len(search.known)} mapped: {best}")
    return searches


def _starts(width: int, kept: Sequence[_Entry]) -> list[Way]:
    """List what to begin with: the designs kept, and all families, in the better forms first."""
    starts = [
        Way(tuple(map(tuple, entry["columns"])), PrefixForm(**entry["form"]), score["recipe"])
        for entry in kept
        if entry["width"] == width
        for score in entry["scores"]
    ]
    graphs = [make(width) for make in PREFIX_FAMILIES.values()] + [fitted((0.0,) * width)]
    forms = [PrefixForm(propagation="ling", shared_halves=shared) for shared in (False, True)]
    upper = (width + 1) // 2
    for letter in "wp":
        forms.append(PrefixForm(propagation="ling", sums="x" * (width - upper) + letter * upper))
        forms.append(PrefixForm(propagation="ling", sums=letter * width))
    forms += [PrefixForm(propagation=propagation) for propagation in ("either", "exclusive")]
    forms.append(PrefixForm(sums="p" * width))
    starts += [Way(graphs[0], forms[0], recipe) for recipe in RECIPES]
    return [*starts, *(Way(graph, form, "fastest") for form in forms for graph in graphs)]


def choose(searches: Mapping[str, Search], count: int) -> list[_Design]:
    """Choose so many designs that are together the best against every structure, in every technology.

    One after the other, each the one that brings the sum of the best fitnesses down furthest.

    Args:
        searches: by technology.
    """
    values: dict[_Design, dict[tuple[str, str], float]] = {}
    for technology, search in searches.items():
        for way, point in search.known.items():
            row = values.setdefault((way.columns, way.form), {})
            for name, target in search.targets.items():
                key = technology, name
                row[key] = min(row.get(key, NOTHING), fitness(point, target))
    covered = {(technology, name): NOTHING for technology, search in searches.items() for name in search.targets}
    chosen: list[_Design] = []
    for _ in range(min(count, len(values))):

        def together(design: _Design) -> float:
            # The worst ones count.
            return sum(min(value, values[design].get(key, NOTHING)) ** 8 for key, value in covered.items())

        design = min((design for design in values if design not in chosen), key=together)
        chosen.append(design)
        for key, value in values[design].items():
            covered[key] = min(covered[key], value)
    return chosen


def _entries(searches: Mapping[str, Search], command: str) -> list[_Entry]:
    """Name the chosen designs of a width by their order in delay, with the front of what each was measured to be."""
    found: list[tuple[float, _Entry]] = []
    for columns, form in choose(searches, len(SEARCHED)):
        scores: list[_Entry] = []
        delays: list[float] = []
        for technology, search in searches.items():
            points = {way.recipe: point for way, point in search.known.items() if way[:2] == (columns, form)}
            for recipe, point in points.items():
                if not any(other != point and other.dominates(point) for other in points.values()):
                    score = {"technology": technology, "recipe": recipe}
                    scores.append({**score, "area_um2": point.area_um2, "delay_ps": point.delay_ps})
            if points:  # else another technology's discovery
                shortest = min(point.delay_ps for point in points.values())
                delays.append(shortest / search.targets["sklansky"].delay_ps)
        entry = {"nodes": size(columns), "depth": depth(columns), "form": asdict(form), "scores": scores}
        found.append((sum(delays) / len(delays), {"width": len(columns), **entry, "columns": columns}))
    found.sort(key=lambda delayed: delayed[0])
    made = {"command": command, "versions": {name: versions()[name] for name in ("python", "amaranth", "pyosys")}}
    return [{"name": name, **entry, **made} for name, (_, entry) in zip(SEARCHED, found, strict=True)]


def main(arguments: Sequence[str] | None = None, *, place: Path = PLACE) -> int:
    """Search some widths, and put what is found in the place of what the gallery holds of them."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.gallery", description="Search prefix adders.")
    parser.add_argument("--widths", type=int, nargs="+", default=WIDTHS)
    parser.add_argument("--technologies", nargs="+", default=TECHNOLOGIES)
    parser.add_argument("--evaluations", type=int, default=2000, help="mappings a width and technology")
    parser.add_argument("--enough", type=float, default=0.9, help="a fitness at which no more is searched")
    parser.add_argument("--afresh", action="store_true", help="begin from the families alone, not from the gallery")
    parser.add_argument("--workers", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args(arguments)
    kept = json.loads(place.read_text(encoding="utf-8"))["graphs"] if place.exists() else []
    with Pool(given.workers, preload=("benchmarks.adder_search",)) as pool:
        mappers = [Mapper(technology, pool) for technology in given.technologies]
        for width in given.widths:
            searches = _search(width, mappers, [] if given.afresh else kept, given, _say)
            by_name = {mapper.name: search for mapper, search in zip(mappers, searches, strict=True)}
            options = f"--technologies {' '.join(given.technologies)} --evaluations {given.evaluations}"
            options += f" --enough {given.enough} --seed {given.seed}{' --afresh' if given.afresh else ''}"
            entries = _entries(by_name, f"python -m benchmarks.gallery --widths {width} {options}")
            kept = sorted(
                [*(entry for entry in kept if entry["width"] != width), *entries],
                key=lambda entry: (entry["width"], SEARCHED.index(entry["name"])),
            )
            _write(place, kept)
    return 0


def _write(place: Path, graphs: Sequence[_Entry]) -> None:
    """Keep the designs, one a line."""
    document = {
        "about": "prefix graphs by column (hdlgen/arithmetic/prefix_graph.py) with the form of their logic"
        " (hdlgen/arithmetic/prefix_adder.py); scores are without registers; a command without --afresh went on from"
        " what earlier ones had found",
    }
    lines = ",\n".join("  " + json.dumps(entry, separators=(",", ":")) for entry in graphs)
    head = json.dumps(document, indent=1)[:-2]
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(f'{head},\n "graphs": [\n{lines}\n ]\n}}\n', encoding="utf-8")


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
