"""Claims: their words, their record, and what may not be claimed."""

from __future__ import annotations

import pytest

from hdlgen.claims import Claim, Outcome


@pytest.mark.parametrize(
    ("claim", "text"),
    [
        (Claim(subject="mapping", outcome=Outcome.PROVED), "proved"),
        (Claim(subject="handshake", outcome=Outcome.BOUNDED, cycles=20), "bounded to 20 cycles"),
        (Claim(subject="function", outcome=Outcome.SIMULATED, message="time limit"), "simulated only (time limit)"),
        (Claim(subject="function", outcome=Outcome.REFUTED, message="at y"), "refuted (at y)"),
    ],
)
def test_a_claim_says_how_far_it_goes(claim: Claim, text: str) -> None:
    assert claim.text == text and Claim.from_dict(claim.as_dict()) == claim


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        (
            {"subject": "beauty", "outcome": Outcome.PROVED},
            "Claim: subject must be one of mapping, function, handshake, not 'beauty'",
        ),
        (
            {"subject": "mapping", "outcome": Outcome.PROVED, "cycles": 3},
            "Claim: cycles must go with bounded alone, not with proved",
        ),
        (
            {"subject": "mapping", "outcome": Outcome.BOUNDED},
            "Claim: cycles must go with bounded alone, not with bounded",
        ),
        ({"subject": "mapping", "outcome": Outcome.SIMULATED}, "Claim: a message must go with simulated only"),
    ],
)
def test_what_is_no_claim_is_refused(fields: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=f"^{message}$"):
        Claim(**fields)  # type: ignore[arg-type]
