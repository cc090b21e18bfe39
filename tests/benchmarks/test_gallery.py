"""The command that fills the gallery, with a mapper that is a formula."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from pathlib import Path

import pytest

from benchmarks import gallery
from benchmarks.adder_search import Search, Way, fitness
from benchmarks.gallery import choose, main
from benchmarks.shell import Kernel
from hdlgen.arithmetic.prefix_adder import PrefixForm
from hdlgen.arithmetic.prefix_families import ladner_fischer
from hdlgen.arithmetic.prefix_gallery import SEARCHED
from hdlgen.arithmetic.prefix_graph import depth, size
from sim.pool import Pool

TARGETS = {"ripple": Kernel(21.0, 26.0), "sklansky": Kernel(40.0, 22.0)}


class ToyMapper:
    """Measures an adder by its size and depth, each technology in units of its own."""

    def __init__(self, technology: str, pool: Pool) -> None:
        self.name, self.unit = technology, len(technology)

    def targets(self, width: int) -> dict[str, Kernel]:
        return {name: Kernel(self.unit * area, delay) for name, (area, delay) in TARGETS.items()}

    def begin(self, ways: Sequence[Way]) -> Sequence[Way]:
        return ways

    def end(self, ways: Sequence[Way]) -> list[Kernel]:
        return [Kernel(self.unit * (10.0 + size(way.columns)), 10.0 + 4 * depth(way.columns)) for way in ways]


def searched(technology: str, seed: int) -> Search:
    with Pool(1) as pool:
        mapper = ToyMapper(technology, pool)
    starts = [Way(ladner_fischer(8, slack=2), PrefixForm(), "fastest")]
    search = Search(mapper.targets(8), starts, enough=0.3, chance=random.Random(seed))
    for _ in range(12):
        ways = search.ask(6)
        search.tell(ways, mapper.end(ways))
    return search


def test_the_chosen_are_different_and_serve_every_technology() -> None:
    searches = {"small": searched("small", 1), "larger": searched("larger", 2)}
    chosen = choose(searches, 4)
    assert len(set(chosen)) == 4
    for search in searches.values():
        for name, target in search.targets.items():
            values = [
                fitness(point, target) for way, point in search.known.items() if (way.columns, way.form) in chosen
            ]
            assert min(values) <= search.best[name][0][0] + 0.02


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(gallery, "Mapper", ToyMapper)
    return tmp_path / "gallery" / "adders.json"


def test_what_is_found_is_kept_beside_other_widths(place: Path) -> None:
    for width in (8, 6, 8):
        assert main(["--widths", str(width), "--evaluations", "90", "--enough", "0.3"], place=place) == 0
    graphs = json.loads(place.read_text())["graphs"]
    assert [(entry["width"], entry["name"]) for entry in graphs] == [
        (width, name) for width in (6, 8) for name in SEARCHED
    ]
    assert all(len(entry["columns"]) == entry["width"] for entry in graphs)
    assert all(entry["scores"] for entry in graphs)


def test_the_command_of_an_entry_makes_it_again_from_nothing(place: Path, tmp_path: Path) -> None:
    main(["--widths", "8", "--evaluations", "60", "--seed", "3", "--afresh"], place=place)
    text = place.read_text()
    command = json.loads(text)["graphs"][0]["command"].split()
    assert command[:3] == ["python", "-m", "benchmarks.gallery"]
    main(["--widths", "8", "--evaluations", "60", "--seed", "4"], place=place)
    assert main(command[3:], place=place) == 0
    assert place.read_text() == text
    assert main(command[3:], place=tmp_path / "adders.json") == 0
    assert (tmp_path / "adders.json").read_text() == text


def test_a_search_goes_on_from_what_is_kept(place: Path) -> None:
    def least() -> float:
        entries = json.loads(place.read_text())["graphs"]
        found: float = min(score["area_um2"] * score["delay_ps"] for entry in entries for score in entry["scores"])
        return found

    main(["--widths", "12", "--evaluations", "150", "--enough", "0.1"], place=place)
    first = least()
    main(["--widths", "12", "--evaluations", "72", "--enough", "0.1", "--seed", "2"], place=place)
    assert least() <= first


def test_a_search_ends_where_it_is_good_enough(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["--widths", "8", "--evaluations", "5000", "--enough", "1.5"], place=place)
    assert "240 mapped" not in capsys.readouterr().err
