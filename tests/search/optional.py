"""Strategies that need a package beyond hdlgen's own: their cases are skipped, and say so, where it is not there."""

from __future__ import annotations

import importlib.util

import pytest

OPTIONAL = {"optuna_tpe": ["optuna"], "optuna_nsga2": ["optuna"], "optuna_gp": ["optuna", "torch"]}
"""What some strategies need besides hdlgen's own dependencies."""


def listed(*names: str) -> list[pytest.ParameterSet]:
    """Mark those that cannot run here, so that a report says so."""
    missing = {name: [p for p in OPTIONAL.get(name, ()) if importlib.util.find_spec(p) is None] for name in names}
    return [
        pytest.param(name, marks=pytest.mark.skipif(bool(missing[name]), reason=f"needs {', '.join(missing[name])}"))
        for name in sorted(names)
    ]
