"""Icarus and Verilator say the same of every shipped design, figure by figure."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import pytest

from hdlgen.cli.project import open_project
from hdlgen.payload import payload_width
from sim import tools
from sim.pace import Pace
from sim.simulate import SimulationJob, simulate
from sim.simulators import SIMULATORS
from sim.verilog import rtlil_to_verilog
from sim.workload import Workload

SHIPPED = sorted(path.parent.name for path in (Path(__file__).parents[1] / "designs").glob("*/spec.toml"))


@pytest.mark.parametrize("name", SHIPPED)
def test_icarus_and_verilator_agree(name: str, tmp_path: Path) -> None:
    if any(tools.find(program) is None for make in SIMULATORS.values() for program in make().programs):
        pytest.skip("both simulators must be installed")
    project = open_project(name)
    design = project.compiler.build(project.space.default())
    job = SimulationJob(
        name=name,
        verilog=rtlil_to_verilog(design.rtlil, seconds=300),
        input_width=payload_width(project.compiler.inputs),
        output_width=payload_width(project.compiler.outputs),
        phases=Workload(project.spec.graph).phases(design.datapath.interval_cycles),
        fields=project.compiler.outputs,
        max_error_lsb=design.error_bound_lsb,
        pace=Pace.of(design.datapath.summary()),
    )
    found = []
    for simulator in SIMULATORS:
        (result,) = simulate([job], simulator=simulator, folder=tmp_path / simulator, seconds=600)
        assert (result.status, result.tokens) == ("ok", job.tokens), result.message
        found.append({key: value for key, value in asdict(result).items() if key != "junit"})
    assert found[0] == found[1]
