"""`prove`, and `search --prove`: what is said of a design, in words, as JSON, in its folder and in the report."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from hdlgen.claims import SUBJECTS
from hdlgen.cli import proving
from tests.hdlgen.cli.command import Hdlgen

PROVED = dict.fromkeys(SUBJECTS, "proved")


def claims_of(checks: dict[str, list[dict[str, str]]]) -> dict[str, str]:
    return {claim["subject"]: claim["outcome"] for claim in checks["claims"]}


def test_a_design_is_proved_and_simulated_at_both_levels(hdlgen: Hdlgen, dot: str) -> None:
    ran = hdlgen("prove", dot, "--point", "interval=2", "--prove-limit", "300", "--json")
    assert (ran.status, ran.err) == (0, "")
    document = json.loads(ran.out)
    assert document["checks"]["gate_level"]["status"] == "ok" and document["checks"]["gate_level"]["tokens"] > 256
    assert claims_of(document["checks"]) == PROVED
    ran = hdlgen("prove", dot, "--point", "interval=2", "--prove-limit", "300")
    assert ran.status == 0 and "netlist simulated: ok" in ran.out and "handshake: proved" in ran.out


def test_the_designs_of_a_search_are_proved_where_wanted(hdlgen: Hdlgen, dot: str) -> None:
    options = ("--strategy", "uniform", "--budget", "1", "--prove", "--prove-limit", "300")
    ran = hdlgen("search", dot, *options, "--no-memory", "--json")
    assert ran.status == 0
    (design,) = json.loads(ran.out)["front"]
    assert claims_of(design["checks"]) == PROVED
    folder = Path(design["folder"])
    assert "- function (" in (folder / "README.md").read_text() and ": proved" in (folder / "README.md").read_text()
    assert claims_of(json.loads((folder / "checks.json").read_text())) == PROVED
    page = (folder.parent.parent / "report.html").read_text()
    assert "netlist simulated by the same testbench" in page and "<td>proved</td>" in page


def test_too_little_time_is_refused(hdlgen: Hdlgen, dot: str) -> None:
    ran = hdlgen("prove", dot, "--prove-limit", "0")
    assert (ran.status, ran.err) == (2, "hdlgen: --prove-limit must be at least 1, not 0.0\n")


@pytest.mark.parametrize(
    ("checks", "message"),
    [
        ({"gate_level": {"status": "ok", "message": ""}, "claims": []}, ""),
        (
            {"gate_level": {"status": "mismatch", "message": "token 3"}, "claims": []},
            "netlist: mismatch: token 3",
        ),
        (
            {
                "gate_level": {"status": "ok", "message": ""},
                "claims": [{"subject": "mapping", "outcome": "refuted", "cycles": 0, "message": "at y[0]"}],
            },
            "mapping: refuted (at y[0])",
        ),
        (
            {
                "gate_level": {"status": "ok", "message": ""},
                "claims": [{"subject": "mapping", "outcome": "simulated only", "cycles": 0, "message": "time limit"}],
            },
            "",
        ),
    ],
)
def test_only_what_is_wrong_fails(checks: dict[str, object], message: str) -> None:
    assert proving.failure({"checks": checks}) == message
