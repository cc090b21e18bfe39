"""Benchmarks: figures against goals, each by one command; `python -m benchmarks` lists them."""

from __future__ import annotations

from collections.abc import Mapping

from benchmarks import adders, constants, demo, functions, loop, multipliers, scaling, stock, stopping, tables
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
    "tables": tables.BENCHMARK,
    "stopping": stopping.BENCHMARK,
    "scaling": scaling.BENCHMARK,
}
"""By name, in the order of the page."""
