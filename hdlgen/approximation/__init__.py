"""Approximation: elementary functions as tables and polynomials, proved on every argument to be near enough."""

from __future__ import annotations

from hdlgen.approximation.choice import METHODS, Approximation, approximate
from hdlgen.approximation.goal import Goal

__all__ = ["METHODS", "Approximation", "Goal", "approximate"]
