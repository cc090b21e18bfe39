"""The search for prefix graphs, with a mapper that is a formula."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest

from benchmarks import gallery
from benchmarks.gallery import Search, Way, choose, fitness, main
from benchmarks.shell import Kernel
from hdlgen.arithmetic.prefix_families import ladner_fischer
from hdlgen.arithmetic.prefix_gallery import SEARCHED
from hdlgen.arithmetic.prefix_graph import depth, size, verify_columns

TARGET = Kernel(21.0, 26.0)


class ToySearch(Search):
    """Measures a classic adder as something poor and a graph by its size and depth."""

    def _map(self, rtlil: str, recipe: str) -> Kernel:
        return TARGET

    def measure(self, way: Way) -> Kernel:
        point = Kernel(10.0 + size(way.columns) + way.exclusive, 10.0 + 4 * depth(way.columns))
        self.known[way] = point
        for name, target in self.targets.items():
            ranking = self.best.setdefault(name, [])
            ranking.append((fitness(point, target), way))
            ranking.sort(key=lambda entry: entry[0])
            del ranking[4:]
        return point


def toy(seed: int) -> ToySearch:
    search = ToySearch(8, "sky130hd", chance=random.Random(seed), say=lambda _: None)
    search.start([ladner_fischer(8, slack=2)])
    search.go_on(60)
    return search


def test_a_search_goes_on_to_better_graphs_and_repeats_itself() -> None:
    search = toy(1)
    start = fitness(search.known[Way(ladner_fischer(8, slack=2), False, "fastest")], TARGET)
    assert search.best["ripple"][0][0] < start
    for way in search.known:
        verify_columns(way.columns)
    assert list(toy(1).known) == list(search.known)
    assert list(toy(2).known) != list(search.known)


def test_the_chosen_are_different_and_the_first_is_the_best_of_all() -> None:
    search = toy(1)
    chosen = choose([search], 4)
    assert len(set(chosen)) == 4
    least = min(point.product for point in search.known.values())
    assert min(point.product for way, point in search.known.items() if way[:2] == chosen[0]) <= 1.1 * least


def test_domination_is_worth_more_than_a_good_product() -> None:
    target = Kernel(10.0, 10.0)
    assert fitness(Kernel(9.0, 10.0), target) == pytest.approx(0.9)
    assert fitness(Kernel(5.0, 12.0), target) > 0.9


def test_what_is_found_is_kept_beside_other_widths(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gallery, "Search", ToySearch)
    place = tmp_path / "gallery" / "adders.json"
    for width in (8, 5, 8):
        assert main(["--widths", str(width), "--evaluations", "20"], place=place) == 0
    graphs = json.loads(place.read_text())["graphs"]
    assert [(entry["width"], entry["name"]) for entry in graphs] == [
        (width, name) for width in (5, 8) for name in SEARCHED
    ]
    assert all(len(entry["columns"]) == entry["width"] for entry in graphs)
