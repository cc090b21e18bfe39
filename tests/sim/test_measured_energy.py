"""Energy through the whole pipeline: measured where asked for, under a key of its own, and never of a wrong netlist."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from hdlgen.evaluation import Status
from hdlgen.spec import parse
from sim.artifacts import collect
from sim.mapped import Mapped
from sim.measure import PRELOAD
from sim.pool import Pool
from sim.steps import Count, map_and_time
from sim.technology import Technology
from tests.sim.specs import PAIR, make_measure, point_of

pytestmark = pytest.mark.skipif(shutil.which("iverilog") is None, reason="Icarus Verilog (iverilog) is not installed")
POINT = "full_adders=gates,recipe=lean"


@pytest.fixture(scope="module")
def pool() -> Iterator[Pool]:
    with Pool(1, preload=PRELOAD) as pool:
        yield pool


def map_with_wrong_tokens(
    rtlil: str, technology: Technology, recipe: str, flow: str, gate_share: float, count: Count
) -> Mapped:
    """Hold the netlist to results of which one bit is turned round."""
    expected = (*count.phase.expected[:20], count.phase.expected[20] ^ 1, *count.phase.expected[21:])
    wrong = replace(count, phase=replace(count.phase, expected=expected))
    return map_and_time(rtlil, technology, recipe, flow, gate_share, wrong)


def test_energy_is_measured_where_it_is_asked_for(pool: Pool, tmp_path: Path) -> None:
    plain, measuring = (make_measure(PAIR, pool, tmp_path, energy=energy) for energy in (False, True))
    point = point_of(plain, POINT)
    (without,), (found,) = list(plain.evaluate([point])), list(measuring.evaluate([point]))
    assert without.score is not None and found.score is not None
    assert without.score.energy_pj is None and "energy_pj" not in without.score.as_dict()
    assert found.score.energy_pj is not None and found.score.as_dict()["energy_pj"] == found.score.energy_pj
    assert without.key != found.key
    assert replace(found.score, energy_pj=None) == without.score
    # Above what the clock pins alone take, and not beyond all reason.
    technology = measuring.technology
    assert isinstance(technology, Technology)
    register = technology.cells[technology.register.cell].pins[technology.register.clock]
    clock_pj = found.score.flip_flops * register.capacitance_ff * technology.voltage_v**2 / 1000
    assert clock_pj < found.score.energy_pj < 100 * clock_pj
    # It comes from the cache the second time, and the files of the design are there.
    (again,) = list(measuring.evaluate([point]))
    assert again.score == found.score and again.runtime_s == 0.0
    assert "module top" in collect(measuring, [point])[0]["netlist.v"]


def test_a_netlist_with_wrong_results_has_no_energy(
    pool: Pool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sim.measure.map_and_time", map_with_wrong_tokens)
    measure = make_measure(PAIR, pool, tmp_path, energy=True)
    (found,) = list(measure.evaluate([point_of(measure, POINT)]))
    assert found.status is Status.TOOL_FAILED and found.score is None
    assert found.message.startswith(
        "activity: the mapped netlist must give the golden model's results (energy, token 20,"
    )


@pytest.mark.parametrize(
    ("section", "wanted"),
    [
        ("", False),
        ('[objectives]\nminimize = ["area_um2", "energy_pj"]\n', True),
        ("[constraints]\nenergy_pj = 2.5\n", True),
        ("[constraints]\narea_um2 = 2500\n", False),
    ],
)
def test_a_spec_asks_for_it_by_an_objective_or_a_constraint(section: str, wanted: bool) -> None:
    assert parse(PAIR + section).wants_energy is wanted
