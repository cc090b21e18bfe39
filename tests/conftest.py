"""An option for what takes too long for every run of the tests."""

from __future__ import annotations

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--all-designs", action="store_true", help="hold the simulators against each other on every shipped design"
    )
