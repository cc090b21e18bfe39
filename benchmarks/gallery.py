"""`python -m benchmarks.gallery`: search prefix graphs by real mapping and keep the best in `designs/gallery`.

For one width and technology after the other, graphs are changed at random where they were best so far against some
classic structure, and mapped. A search goes on from what the gallery holds, so that more of it never makes it worse.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.adders import WIDTHS, adder_rtlil, classics
from benchmarks.benchmark import ROOT, Say
from benchmarks.shell import Kernel, kernel
from benchmarks.structures import TECHNOLOGIES
from hdlgen.arithmetic.adders import PrefixAdder
from hdlgen.arithmetic.prefix_families import PREFIX_FAMILIES, han_carlson, ladner_fischer
from hdlgen.arithmetic.prefix_fitting import fitted
from hdlgen.arithmetic.prefix_gallery import SEARCHED
from hdlgen.arithmetic.prefix_graph import Columns, depth, size
from hdlgen.arithmetic.prefix_moves import changed
from hdlgen.emit import digest
from sim.steps import map_and_time
from sim.technology import load
from sim.versions import versions

__all__ = ["Search", "Way", "choose", "main"]

PLACE = ROOT / "designs" / "gallery" / "adders.json"
_RECIPES = ("fastest", "keep_fast", "fast", "spare")
"""What is mapped by: one or the other of these gives every classic adder its best area-delay product, or nearly."""
_PARENTS = 4
"""Of how many best ways against a structure one is changed."""


_Entry = dict[str, Any]
"""A graph as it is kept."""


class Way(NamedTuple):
    """A graph, the form of its bits, and a recipe."""

    columns: Columns
    exclusive: bool
    recipe: str


class Search:
    """Search at one width in one technology.

    Args:
        chance: source of randomness.
        say: told of every way that is the best so far against some structure.
    """

    def __init__(self, width: int, technology: str, *, chance: random.Random, say: Say) -> None:
        self.width, self.technology, self.chance, self.say = width, technology, chance, say
        self.known: dict[Way, Kernel] = {}
        self.mapped: dict[tuple[str, str], Kernel] = {}
        self.targets: dict[str, Kernel] = {}
        self.best: dict[str, list[tuple[float, Way]]] = {}
        for structure in classics(width):
            for recipe in _RECIPES:
                point = self._map(structure.rtlil, recipe)
                old = self.targets.get(structure.family)
                if old is None or point.product < old.product:
                    self.targets[structure.family] = point

    def _map(self, rtlil: str, recipe: str) -> Kernel:
        key = digest(rtlil), recipe
        if key not in self.mapped:
            mapped = map_and_time(rtlil, load(self.technology), recipe, "generated")
            self.mapped[key] = kernel(mapped, self.technology)
        return self.mapped[key]

    def measure(self, way: Way) -> Kernel:
        """Map a way, and rank it against every structure."""
        if way not in self.known:
            adder = PrefixAdder(self.width, graph=way.columns, exclusive=way.exclusive)
            point = self.known[way] = self._map(adder_rtlil(adder, self.width), way.recipe)
            for name, target in self.targets.items():
                ranking = self.best.setdefault(name, [])
                value = fitness(point, target)
                if not ranking or value < ranking[0][0]:
                    self.say(
                        f"{len(self.known)}: {value:.3f} against {name}, {point.area_um2:.0f}/{point.delay_ps:.0f}"
                    )
                ranking.append((value, way))
                ranking.sort(key=lambda entry: entry[0])
                del ranking[_PARENTS:]
        return self.known[way]

    def start(self, graphs: Sequence[Columns]) -> None:
        """Map some graphs in both forms by the first recipe, and by the others where that is among the best."""
        for columns in dict.fromkeys(graphs):
            for exclusive in (False, True):
                way = Way(columns, exclusive, _RECIPES[0])
                self.measure(way)
                if any(way == parent for ranking in self.best.values() for _, parent in ranking):
                    for recipe in _RECIPES[1:]:
                        self.measure(way._replace(recipe=recipe))

    def go_on(self, evaluations: int) -> None:
        """Change the best ways against the structure that they do worst against, or against any, and map them."""
        until = len(self.known) + evaluations
        tries = 0
        while len(self.known) < until and tries < 100 * evaluations:
            tries += 1
            hardest = max(self.best, key=lambda name: self.best[name][0][0])
            name = hardest if self.chance.random() < 0.6 else self.chance.choice(sorted(self.best))
            ranking = self.best[name]
            _, parent = ranking[min(int(self.chance.expovariate(0.9)), len(ranking) - 1)]
            if self.chance.random() < 0.9:
                self.measure(parent._replace(columns=changed(parent.columns, self.chance)))
            else:
                self.measure(Way(parent.columns, self.chance.random() < 0.5, self.chance.choice(_RECIPES)))


def fitness(point: Kernel, target: Kernel) -> float:
    """Rate a point against another: its area-delay product in parts of that one's, more where it does not dominate."""
    excess = max(point.area_um2 / target.area_um2, 1.0) * max(point.delay_ps / target.delay_ps, 1.0)
    return point.product / target.product * excess**3


def choose(searches: Sequence[Search], count: int) -> list[tuple[Columns, bool]]:
    """Choose so many graphs that are together the best against every structure, in every technology.

    One after the other, each the one that brings the sum of the best fitnesses down furthest.
    """
    values: dict[tuple[Columns, bool], dict[tuple[str, str], float]] = {}
    for search in searches:
        for way, point in search.known.items():
            row = values.setdefault((way.columns, way.exclusive), {})
            for name, target in search.targets.items():
                key = search.technology, name
                row[key] = min(row.get(key, 9.0), fitness(point, target))
    covered: dict[tuple[str, str], float] = {}
    chosen: list[tuple[Columns, bool]] = []
    for _ in range(min(count, len(values))):

        def together(graph: tuple[Columns, bool]) -> float:
            joined = {key: min(covered.get(key, 9.0), value) for key, value in values[graph].items()}
            return sum(max(value, 0.85) ** 8 for value in {**covered, **joined}.values())  # the worst ones count

        graph = min((graph for graph in values if graph not in chosen), key=together)
        chosen.append(graph)
        for key, value in values[graph].items():
            covered[key] = min(covered.get(key, 9.0), value)
    return chosen


def _starts(width: int, kept: Sequence[_Entry]) -> list[Columns]:
    """List the graphs to begin with: those kept, and the families that are neither the largest nor the deepest."""
    graphs = [tuple(map(tuple, entry["columns"])) for entry in kept if entry["width"] == width]
    graphs += [ladner_fischer(width, slack=slack) for slack in (0, 1, 2)]
    graphs += [han_carlson(width, sparsity=sparsity) for sparsity in (2, 4)]
    graphs.append(fitted((0.0,) * width))
    return [*graphs, *(PREFIX_FAMILIES[name](width) for name in ("zero_deficiency", "brent_kung"))]


def _entries(searches: Sequence[Search], command: str) -> list[_Entry]:
    """Name the chosen graphs of a width by their order in delay, with what each is best in."""
    found: list[tuple[float, _Entry]] = []
    for columns, exclusive in choose(searches, len(SEARCHED)):
        scores: list[_Entry] = []
        delay = 0.0
        for search in searches:
            ways = [Way(columns, exclusive, recipe) for recipe in _RECIPES]
            best = min(ways, key=lambda way: search.measure(way).product)
            point = search.measure(best)
            delay += point.delay_ps / search.targets["sklansky"].delay_ps
            score = {"technology": search.technology, "recipe": best.recipe}
            scores.append({**score, "area_um2": point.area_um2, "delay_ps": point.delay_ps})
        entry = {"nodes": size(columns), "depth": depth(columns), "exclusive": exclusive, "scores": scores}
        found.append((delay, {"width": searches[0].width, **entry, "columns": columns}))
    found.sort(key=lambda delayed: delayed[0])
    made = {"command": command, "versions": {name: versions()[name] for name in ("python", "amaranth", "pyosys")}}
    return [{"name": name, **entry, **made} for name, (_, entry) in zip(SEARCHED, found, strict=True)]


def main(arguments: Sequence[str] | None = None, *, place: Path = PLACE) -> int:
    """Search some widths, and put what is found in the place of what the gallery holds of them."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.gallery", description="Search prefix graphs.")
    parser.add_argument("--widths", type=int, nargs="+", default=WIDTHS)
    parser.add_argument("--technologies", nargs="+", default=TECHNOLOGIES)
    parser.add_argument("--evaluations", type=int, default=300, help="mappings a width and technology")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args(arguments)
    kept = json.loads(place.read_text(encoding="utf-8"))["graphs"] if place.exists() else []
    for width in given.widths:
        options = f"--widths {width} --technologies {' '.join(given.technologies)}"
        command = f"python -m benchmarks.gallery {options} --evaluations {given.evaluations} --seed {given.seed}"
        searches = []
        for technology in given.technologies:
            chance = random.Random(f"{given.seed} {technology} {width}")
            search = Search(width, technology, chance=chance, say=_say)
            search.start(_starts(width, kept))
            search.go_on(given.evaluations)
            searches.append(search)
        kept = sorted(
            [*(entry for entry in kept if entry["width"] != width), *_entries(searches, command)],
            key=lambda entry: (entry["width"], SEARCHED.index(entry["name"])),
        )
        _write(place, kept)
    return 0


def _write(place: Path, graphs: Sequence[_Entry]) -> None:
    """Keep the graphs, one a line."""
    document = {
        "about": "prefix graphs by column (hdlgen/arithmetic/prefix_graph.py); scores are without registers",
    }
    lines = ",\n".join("  " + json.dumps(entry, separators=(",", ":")) for entry in graphs)
    head = json.dumps(document, indent=1)[:-2]
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(f'{head},\n "graphs": [\n{lines}\n ]\n}}\n', encoding="utf-8")


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
