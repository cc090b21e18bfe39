"""The search strategies by name; a new one is a new file here and a new line."""

from __future__ import annotations

from collections.abc import Mapping

from search.strategies.evolution import EvolutionSearch
from search.strategies.exhaustive import ExhaustiveSearch
from search.strategies.local import LocalSearch
from search.strategies.uniform import UniformSearch
from search.strategy import StrategyFactory

__all__ = ["STRATEGIES", "EvolutionSearch", "ExhaustiveSearch", "LocalSearch", "UniformSearch"]

STRATEGIES: Mapping[str, StrategyFactory] = {
    "uniform": UniformSearch,
    "exhaustive": ExhaustiveSearch,
    "local": LocalSearch,
    "evolution": EvolutionSearch,
}
"""Each name with the class that makes the strategy from space, objectives and seed."""
