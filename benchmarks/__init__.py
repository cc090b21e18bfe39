"""Benchmarks: figures against goals, each by one command; `python -m benchmarks` lists them."""

from __future__ import annotations

from collections.abc import Mapping

from benchmarks import (
    adders,
    constants,
    demo,
    faults,
    features,
    fpga,
    functions,
    fuzz,
    kills,
    learn_iwls,
    learn_registers,
    learn_rv32i,
    learn_words,
    loop,
    multipliers,
    nodes,
    proofs,
    scaling,
    spector,
    stock,
    stopping,
    tables,
)
from benchmarks.benchmark import Benchmark

__all__ = ["BENCHMARKS"]

BENCHMARKS: Mapping[str, Benchmark] = {
    "demo": demo.BENCHMARK,
    "stock": stock.BENCHMARK,
    "constants": constants.BENCHMARK,
    "adders": adders.BENCHMARK,
    "multipliers": multipliers.BENCHMARK,
    "loop": loop.BENCHMARK,
    "functions": functions.BENCHMARK,
    "spector": spector.BENCHMARK,
    "tables": tables.BENCHMARK,
    "features": features.BENCHMARK,
    "stopping": stopping.BENCHMARK,
    "scaling": scaling.BENCHMARK,
    "fpga": fpga.BENCHMARK,
    "fuzz": fuzz.BENCHMARK,
    "kills": kills.BENCHMARK,
    "nodes": nodes.BENCHMARK,
    "proofs": proofs.BENCHMARK,
    "faults": faults.BENCHMARK,
    "learn_words": learn_words.BENCHMARK,
    "learn_rv32i": learn_rv32i.BENCHMARK,
    "learn_iwls": learn_iwls.BENCHMARK,
    "learn_registers": learn_registers.BENCHMARK,
}
"""By name, in the order of the page."""
