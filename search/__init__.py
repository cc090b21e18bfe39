"""Deciding: which design points to measure next, what was measured, and which of it is Pareto-optimal."""
