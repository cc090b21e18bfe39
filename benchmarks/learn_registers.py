"""`learn_registers`: files of registers inside the learnt function, all state in and all state out."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from benchmarks.benchmark import ROOT, Benchmark, Bound, Goal, Measured, Say, Table
from designs.registers.oracle import ports, registers
from hdlgen.bits import Interface
from hdlgen.errors import ToolError
from hdlgen.evaluation import Verdict
from hdlgen.network import Network
from hdlgen.oracle import BitOracle
from search.learn import Settings, learn_seeds
from sim.prove import EquivalenceProver, read_golden

__all__ = ["BENCHMARK", "golden_registers"]

SIZES = ((8, 32), (16, 32), (32, 32))
SETTINGS = Settings(clean_rounds=3, tests=1 << 16)
SEED = 1
_SIZE = "COUNT = 32, WIDTH = 32"


def golden_registers(count: int, width: int) -> Network:
    """Read the golden file of registers with another size."""
    text = (ROOT / "designs" / "registers" / "golden.v").read_text()
    if text.count(_SIZE) != 1:
        raise ToolError(f"designs/registers/golden.v: it must name its size once, as {_SIZE!r}")
    with tempfile.TemporaryDirectory(prefix="hdlgen-registers-") as folder:
        path = Path(folder) / "golden.v"
        path.write_text(text.replace(_SIZE, f"COUNT = {count}, WIDTH = {width}"))
        return read_golden(path, Interface.of(ports(count, width), where="registers"))


def _measure(say: Say) -> Measured:
    rows: list[dict[str, Any]] = []
    for count, width in SIZES:
        name = f"{count} x {width}"
        say(name)
        golden = golden_registers(count, width)
        interface, function = golden.interface, registers(count, width)
        (learnt,) = learn_seeds(
            lambda interface=interface, function=function: BitOracle(  # type: ignore[misc]
                interface, function, where="registers"
            ),
            (SEED,),
            where=f"registers {name}",
            settings=SETTINGS,
            prover=EquivalenceProver(golden),
            on_news=lambda news, name=name: say(f"{name}: {news.stage.value} {news.text}"),  # type: ignore[misc]
        )
        rows.append(
            {
                "registers": count,
                "width": width,
                "inputs": interface.input_bits,
                "outputs": interface.output_bits,
                "proved": learnt.verdict is Verdict.EQUAL,
                "seconds": round(learnt.wall_s, 1),
                "cpu_seconds": round(learnt.cpu_s, 1),
                "queries": learnt.queries,
                "counterexamples": learnt.counterexamples,
                "ands_learnt": learnt.network.and_nodes,
                "ands_rtl": golden.and_nodes,
            }
        )
    proved = [row for row in rows if row["proved"]]
    return Measured(
        figures={
            "registers": max((int(row["registers"]) for row in proved), default=0),
            "proved": len(proved),
            "seconds": max(float(row["seconds"]) for row in rows),
            "seconds_8": float(rows[0]["seconds"]),
            "and_ratio": max(row["ands_learnt"] / row["ands_rtl"] for row in rows),
            "counterexamples": sum(int(row["counterexamples"]) for row in rows),
        },
        rows=rows,
        tables=(Table.of("Files", rows),),
    )


BENCHMARK = Benchmark(
    name="learn_registers",
    summary="One step of a file of registers, all of its state in and out: up to 32 of 32 bits, learnt and proved.",
    method=f"""\
A step writes one register and reads two: `designs/registers/oracle.py`, asked with seed {SEED}. The state is one port,
so that not even the borders of the registers are known. ABC holds what is learnt to `designs/registers/golden.v`.
Seconds are those of learning, tests and proof; `registers` is the largest file that was proved; AND gates are compared
as they come, without shrinking.""",
    goals=(
        Goal(figure="registers", direction=Bound.AT_LEAST, bound=32.0),
        Goal(figure="seconds", direction=Bound.AT_MOST, bound=300.0),
    ),
    measure=_measure,
)
