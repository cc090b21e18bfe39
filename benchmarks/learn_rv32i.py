"""`learn_rv32i`: the execute step of RV32I, learnt from queries with five seeds and proved."""

from __future__ import annotations

from benchmarks.benchmark import ROOT, Benchmark, Bound, Goal, Measured, Say, Table
from designs.rv32i.oracle import PORTS, step
from hdlgen.bits import Interface
from hdlgen.evaluation import Verdict
from hdlgen.oracle import BitOracle
from search.learn import Settings, learn_seeds, smallest
from sim.networks import SHRINKING, map_network, shrink
from sim.prove import EquivalenceProver, read_golden
from sim.technology import load

__all__ = ["BENCHMARK"]

SEEDS = range(5)
WORKERS = 2
TECHNOLOGY, RECIPE = "sky130hd", "balanced"
UNPROVED = 1000
"""Counterexamples that a seed without a proof counts as."""


def _measure(say: Say) -> Measured:
    interface = Interface.of(PORTS, where="rv32i")
    golden = read_golden(ROOT / "designs" / "rv32i" / "golden.v", interface)
    found = learn_seeds(
        lambda: BitOracle(interface, step, where="rv32i"),
        SEEDS,
        where="rv32i",
        settings=Settings(),
        prover=EquivalenceProver(golden, seconds=240.0),
        workers=WORKERS,
        on_news=lambda news: say(f"seed {news.seed}: {news.stage.value} {news.text}"),
    )
    say("shrinking")
    rows = [
        {
            "seed": one.seed,
            "proved": one.verdict is Verdict.EQUAL,
            "seconds": round(one.wall_s, 1),
            "cpu_seconds": round(one.cpu_s, 1),
            "queries": one.queries,
            "classes": one.classes,
            "nodes": one.nodes,
            "counterexamples": one.counterexamples,
            "errors_before_proof": one.errors_before_proof,
            "ands_learnt": one.network.and_nodes,
            "ands": shrink(one.network, seconds=300.0).and_nodes,
        }
        for one in found
    ]
    best = smallest(found)
    ours, theirs = shrink(best.network, seconds=300.0), shrink(golden, seconds=300.0)
    say("mapping")
    mapped = [map_network(network, load(TECHNOLOGY), recipe=RECIPE) for network in (ours, theirs)]
    return Measured(
        figures={
            "seconds_max": max(one.wall_s for one in found),
            "counterexamples_max": max(
                one.counterexamples if one.verdict is Verdict.EQUAL else UNPROVED for one in found
            ),
            "and_ratio": ours.and_nodes / theirs.and_nodes,
            "errors_before_proof": max(one.errors_before_proof for one in found),
            "proved": sum(one.verdict is Verdict.EQUAL for one in found),
            "cpu_seconds_max": max(one.cpu_s for one in found),
            "ands": ours.and_nodes,
            "ands_rtl": theirs.and_nodes,
            "area_um2": mapped[0].area_um2,
            "area_um2_rtl": mapped[1].area_um2,
            "clock_mhz": round(1e6 / mapped[0].period_ps, 1),
            "clock_mhz_rtl": round(1e6 / mapped[1].period_ps, 1),
        },
        rows=rows,
        tables=(Table.of("Seeds", rows),),
    )


BENCHMARK = Benchmark(
    name="learn_rv32i",
    summary="The execute step of RV32I, 160 bits in and 135 out, learnt from queries alone and proved, by five seeds.",
    method=f"""\
The learner knows names and widths of the ports and asks `designs/rv32i/oracle.py`; ABC holds what it learns to
`designs/rv32i/golden.v`, and its counterexamples are fed back. {WORKERS} seeds at a time; seconds are those of a seed
with its proofs. The smallest circuit is compared with the golden RTL after the same ABC script
(`{"; ".join(SHRINKING)}`), and both are mapped to {TECHNOLOGY} by `{RECIPE}` between the same registers. A seed without
a proof counts as {UNPROVED} counterexamples. Errors before the proof are those in 131,072 fresh examples.""",
    goals=(
        Goal(figure="seconds_max", direction=Bound.AT_MOST, bound=120.0),
        Goal(figure="counterexamples_max", direction=Bound.AT_MOST, bound=15.0),
        Goal(figure="and_ratio", direction=Bound.AT_MOST, bound=2.0),
        Goal(figure="proved", direction=Bound.AT_LEAST, bound=5.0),
    ),
    measure=_measure,
)
