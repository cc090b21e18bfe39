"""`faults`: what is said of the faults of a design, in words and as JSON; and coverage where designs are told of."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from hdlgen.cli import planting
from hdlgen.coverage import Coverage
from tests.hdlgen.cli.command import Hdlgen


def test_faults_are_planted_and_told_of(hdlgen: Hdlgen, dot: str) -> None:
    ran = hdlgen("faults", dot, "--faults", "100", "--seed", "2", "--json")
    assert (ran.status, ran.err) == (0, "")
    document = json.loads(ran.out)
    assert (document["planted"], document["escaped"], document["seed"]) == (100, 0, 2)
    assert document["caught"] + document["caught_by_proof"] + document["equivalent"] == 100
    again = json.loads(hdlgen("faults", dot, "--faults", "100", "--seed", "2", "--json").out)
    assert {**again, "cpu_s": 0} == {**document, "cpu_s": 0}
    ran = hdlgen("faults", dot, "--faults", "100", "--seed", "2", "--no-proof")
    assert ran.status == 0
    assert ran.out.startswith(f"100 faults: {document['caught']} caught by the testbench, 0 by proof alone")


@pytest.mark.parametrize("number", ["0", "20001"])
def test_a_number_of_faults_that_is_none_is_refused(hdlgen: Hdlgen, dot: str, number: str) -> None:
    ran = hdlgen("faults", dot, "--faults", number)
    assert (ran.status, ran.out) == (2, "")
    assert ran.err == f"hdlgen: --faults must be 1 to 20000, not {number}\n"


def test_only_escaped_faults_fail() -> None:
    assert planting.failure({"escaped": 0}) == ""
    assert planting.failure({"escaped": 2}) == "2 faults escaped"


def test_coverage_stands_where_a_design_is_told_of(hdlgen: Hdlgen, dot: str) -> None:
    ran = hdlgen("measure", dot, "--json")
    assert ran.status == 0
    document = json.loads(ran.out)
    coverage = Coverage.from_dict(document["checks"]["coverage"])
    assert coverage.toggled == coverage.nets and coverage.long_tokens > 5000
    folder = Path(document["folder"])
    assert json.loads((folder / "checks.json").read_text())["coverage"] == coverage.as_dict()
    assert f"- exercised: {coverage.text}" in (folder / "README.md").read_text()
