"""`hdlgen simulate`: the testbench on a generated design or on a user's own Verilog."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hdlgen.cli.points import built, write_text
from hdlgen.cli.project import Project
from hdlgen.errors import InputError
from hdlgen.limits import MAX_VERILOG_FILE_BYTES
from hdlgen.payload import Port, payload_width, unpack
from sim.foreign import check_foreign
from sim.pace import Pace
from sim.simulate import SimulationJob, SimulationResult, simulate
from sim.stimuli import MEASURED_TOKENS
from sim.workload import Workload

__all__ = ["document", "run", "source", "text"]


def source(project: Project, *, point: str, verilog: Path | None, module: str | None) -> tuple[str, Pace | None]:
    """Give the Verilog to simulate: the user's file, which may take its time, or the design of a point and its pace.

    Raises: InputError for both at once, for a module's name without a file, or a file that cannot be read.
    """
    if verilog is None:
        if module is not None:
            raise InputError("--module must go with --verilog")
        design = built(project, project.point(point))
        return design.verilog, Pace.of(design.datapath)
    if point:
        raise InputError("the design must be named by --point or by --verilog, not by both")
    try:
        if verilog.stat().st_size > MAX_VERILOG_FILE_BYTES:
            raise InputError(f"{verilog}: the file must have at most {MAX_VERILOG_FILE_BYTES} bytes")
        text = verilog.read_text(encoding="utf-8")
    except OSError as error:
        raise InputError(f"{verilog}: the file must be readable ({error.strerror})") from None
    except UnicodeDecodeError:
        raise InputError(f"{verilog}: the file must be UTF-8 text") from None
    check_foreign(text, str(verilog))
    return text, None


def run(
    project: Project,
    verilog: str,
    pace: Pace | None,
    *,
    name: str,
    module: str,
    tokens: int | None,
    seed: int,
    simulator: str | None,
    waves: bool,
    folder: Path,
) -> SimulationResult:
    """Simulate a Verilog text against the spec's golden model; its JUnit XML goes into the folder.

    Args:
        pace: that the text is held to; None where it may take tokens and show results whenever it likes.
        name: of the text, for messages and files.
    """
    workload = Workload(project.spec.graph, seed=seed, tokens=tokens or MEASURED_TOKENS)
    job = SimulationJob(
        name=name,
        verilog=verilog,
        module=module,
        input_width=payload_width(project.compiler.inputs),
        output_width=payload_width(project.compiler.outputs),
        phases=workload.phases(1),
        fields=project.compiler.outputs,
        max_error_lsb=project.spec.max_error_lsb,
        pace=pace,
    )
    result = simulate([job], simulator=simulator, folder=folder, waves=waves, seconds=600.0)[0]
    write_text(folder / "results.xml", result.junit)
    return result


def _fields(ports: tuple[Port, ...], payload: int | None) -> Any:
    """Show a payload by its fields, raw integers."""
    if payload is None:
        return None
    return {name: values[0].tolist() for name, values in unpack(ports, [payload]).items()}


def document(project: Project, result: SimulationResult) -> dict[str, Any]:
    """Describe a simulation as `--json` prints it."""
    first = result.first_mismatch
    return {
        "status": result.status,
        "message": result.message,
        "tokens": result.tokens,
        "mismatches": result.mismatches,
        "error_lsb": result.error_lsb,
        "max_error_lsb": project.spec.max_error_lsb,
        "first_mismatch": None
        if first is None
        else {
            "phase": first.phase,
            "token": first.token,
            "cycle": first.cycle,
            "rule": first.rule,
            "inputs": _fields(project.compiler.inputs, first.inputs),
            "expected": _fields(project.compiler.outputs, first.expected),
            "got": _fields(project.compiler.outputs, first.got),
        },
        "results_per_cycle": result.results_per_cycle,
        "interval_cycles": result.interval_cycles,
        "latency_cycles": result.latency_cycles,
        "cycles": result.cycles,
        "waves": None if result.waves is None else str(result.waves),
    }


def text(project: Project, result: SimulationResult) -> str:
    """Say how a simulation went, the first mismatch in full."""
    shown = document(project, result)
    lines = [f"{result.status}: {result.tokens} results compared, {result.mismatches} mismatches"]
    if project.spec.max_error_lsb:
        lines.append(f"largest error {result.error_lsb} LSB, at most {project.spec.max_error_lsb:g} allowed")
    first = shown["first_mismatch"]
    if first:
        place = f"token {first['token']} of phase {first['phase']}, cycle {first['cycle']}"
        lines.append(f"first mismatch: {place} ({first['rule']})")
        lines += [f"  {key:8} {first[key]}" for key in ("inputs", "expected", "got")]
    if result.results_per_cycle:
        lines.append(f"{result.results_per_cycle:.4g} results per cycle, latency {result.latency_cycles} cycles")
    if result.waves:
        lines.append(f"waveform: {result.waves}")
    return "\n".join(lines)
