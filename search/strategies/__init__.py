"""The search strategies by name; a new one is a new file here and a new line."""

from __future__ import annotations

from collections.abc import Mapping

from search.strategies.annealing import AnnealingSearch
from search.strategies.bandit import BanditSearch
from search.strategies.evolution import EvolutionSearch
from search.strategies.exhaustive import ExhaustiveSearch
from search.strategies.forest import ForestSearch
from search.strategies.local import LocalSearch
from search.strategies.optuna_samplers import optuna_gp, optuna_nsga2, optuna_tpe
from search.strategies.surrogate import SurrogateSearch
from search.strategies.uniform import UniformSearch
from search.strategy import StrategyFactory

__all__ = [
    "STRATEGIES",
    "AnnealingSearch",
    "BanditSearch",
    "EvolutionSearch",
    "ExhaustiveSearch",
    "ForestSearch",
    "LocalSearch",
    "SurrogateSearch",
    "UniformSearch",
]

STRATEGIES: Mapping[str, StrategyFactory] = {
    "surrogate": SurrogateSearch,
    "forest": ForestSearch,
    "bandit": BanditSearch,
    "evolution": EvolutionSearch,
    "annealing": AnnealingSearch,
    "local": LocalSearch,
    "uniform": UniformSearch,
    "exhaustive": ExhaustiveSearch,
    "optuna_tpe": optuna_tpe,
    "optuna_nsga2": optuna_nsga2,
    "optuna_gp": optuna_gp,
}
"""Each name with what makes the strategy from space, objectives and seed: a class, or a function that gives one.

Those of Optuna raise ToolMissing where that optional package is not installed.
"""
