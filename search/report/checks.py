"""What was checked of a design besides its measurement, as its folder's checks.json has it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from hdlgen.claims import SUBJECTS, Claim, Outcome
from hdlgen.coverage import Coverage
from hdlgen.errors import StoreError
from search.report.fields import read_object

__all__ = ["Checks", "checks_sentence", "read_checks"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Checks:
    """The testbench on the mapped netlist, and the claims with how far each was shown.

    Args:
        gate_level: status of that simulation; `ok` where it passed.
        message: a sentence where it did not.
        coverage: how much of the netlist was exercised; None where that is not known.
    """

    gate_level: str
    tokens: int
    message: str
    claims: tuple[Claim, ...]
    coverage: Coverage | None = None

    @property
    def lines(self) -> list[tuple[str, str, str]]:
        """List what was checked, how it ended, and whether that is passed, failed or skipped."""
        passed = self.gate_level == "ok"
        level = f"passed, {self.tokens} results" if passed else f"{self.gate_level}: {self.message}"
        found = [("netlist simulated by the same testbench", level, "passed" if passed else "failed")]
        if self.coverage is not None:
            found.append(("exercised by it", self.coverage.text, "passed"))
        if not self.claims:
            found.append(("proofs", "simulated only (not asked for)", "skipped"))
        kinds = {Outcome.PROVED: "passed", Outcome.REFUTED: "failed"}
        return [
            *found,
            *((f"{c.subject}: {SUBJECTS[c.subject]}", c.text, kinds.get(c.outcome, "skipped")) for c in self.claims),
        ]


def read_checks(path: Path) -> Checks:
    """Read a checks.json.

    Raises: StoreError for anything else.
    """
    record = read_object(path)
    try:
        level, claims = record.values["gate_level"], record.values["claims"]
        return Checks(
            gate_level=str(level["status"]),
            tokens=int(level["tokens"]),
            message=str(level["message"]),
            coverage=Coverage.from_dict(record.values["coverage"]) if record.values.get("coverage") else None,
            claims=tuple(Claim.from_dict(claim) for claim in claims),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise StoreError(f"{path}: the file must hold what was checked, not {str(error)!r}") from None


def checks_sentence(checks: Sequence[Checks | None]) -> str:
    """Say in one line how far the designs of a front are to be trusted; empty where nothing is known."""
    known = [each for each in checks if each is not None]
    if not known:
        return ""
    total = len(checks)
    parts = [f"simulated at both levels: {sum(each.gate_level == 'ok' for each in known)} of {total}"]
    if any(each.claims for each in known):
        for subject in SUBJECTS:
            proved = sum(c.outcome is Outcome.PROVED for each in known for c in each.claims if c.subject == subject)
            parts.append(f"{subject} proved: {proved} of {total}")
    else:
        parts.append("nothing proved (search --prove does)")
    refuted = sum(c.outcome is Outcome.REFUTED for each in known for c in each.claims)
    return "; ".join([*parts, *([f"REFUTED: {refuted}"] if refuted else [])])
