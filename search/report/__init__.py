"""What a run looks like: one self-contained HTML file from a run folder alone, and tables for a terminal."""

from __future__ import annotations

from search.report.html import write_report

__all__ = ["write_report"]
