"""Driver, monitor and checker without a simulator, against the stream's rules written out by hand."""

from __future__ import annotations

import itertools

import pytest

from sim.testbench import PATTERN_LENGTH, Checker, Driver, Monitor, pauses
from sim.wrapper import ACCEPT, OFFER, PAYLOAD_SHIFT


@pytest.mark.parametrize(("probability", "burst"), [(0.3, 1), (0.5, 1), (0.4, 12), (0.9, 4)])
def test_pauses_come_as_often_and_as_long_as_asked_for(probability: float, burst: int) -> None:
    patterns = [pauses(probability, burst, f"seed {index}") for index in range(40)]
    cycles = [cycle for pattern in patterns for cycle in pattern]
    assert sum(cycles) / len(cycles) == pytest.approx(probability, abs=0.05)
    runs = [len(list(run)) for pattern in patterns for paused, run in itertools.groupby(pattern) if paused]
    # Decisions last `burst` cycles on average, and a pause goes on with the given probability.
    assert sum(runs) / len(runs) == pytest.approx(burst / (1 - probability), rel=0.15)


def test_patterns_are_repeatable_and_never_block_for_ever() -> None:
    assert pauses(0.5, 3, "a") == pauses(0.5, 3, "a") != pauses(0.5, 3, "b")
    assert pauses(0.0, 1, "a") == [False]
    assert len(pauses(0.5, 1, "a")) == PATTERN_LENGTH + 1
    assert not all(pauses(0.999999, 1, "a"))


def test_a_token_is_offered_until_it_is_taken_and_a_decoy_between() -> None:
    driver = Driver([0b1100, 0b0110], 4, [False, True, False, False])
    first, second = 0b1100 << PAYLOAD_SHIFT | OFFER, 0b0110 << PAYLOAD_SHIFT | OFFER
    decoy = 0b1001 << PAYLOAD_SHIFT
    assert driver.advance(0, False) == first
    assert driver.advance(1, False) == first  # a pause of the pattern does not withdraw it
    assert driver.advance(5, True) == decoy  # the pattern pauses at 5
    assert driver.advance(6, False) == second
    assert driver.advance(7, True) == decoy
    assert driver.advance(8, False) == decoy
    assert driver.accepted == [5, 7]


def test_after_each_token_the_source_lets_some_cycles_pass() -> None:
    driver = Driver([1, 2, 3, 4], 4, [False], [2, 0])
    offered = [bool(driver.advance(cycle, cycle in (3, 6, 7)) & OFFER) for cycle in range(3, 11)]
    assert offered == [False, False, True, True, False, False, True, True]
    assert driver.accepted == [3, 6, 7]


def test_a_monitor_takes_what_is_valid_while_it_is_ready() -> None:
    monitor = Monitor([False, True])
    assert [monitor.advance(cycle) for cycle in (0, 1, 2)] == [ACCEPT, 0, ACCEPT]
    assert monitor.observe(3, "0110" + "10") == "0110"
    monitor.advance(1)
    assert monitor.observe(4, "0111" + "11") is None
    assert monitor.observe(5, "0111" + "10") is None
    assert monitor.broken == ""
    monitor.advance(2)
    assert monitor.observe(6, "0111" + "11") == "0111"
    assert monitor.broken == ""
    assert monitor.shown == [3, 4]


@pytest.mark.parametrize(
    ("sample", "broken"),
    [
        ("0110" + "10", "outputs__payload must stay until outputs__ready"),
        ("X111" + "10", "outputs__payload must stay until outputs__ready"),
        ("0111" + "01", "outputs__valid must stay until outputs__ready"),
        ("0111" + "X1", "outputs__valid must be 0 or 1, not x"),
        ("0111" + "Z1", "outputs__valid must be 0 or 1, not z"),
        ("0111" + "11", ""),
    ],
)
@pytest.mark.parametrize("ready_later", [0, 1])
def test_a_monitor_sees_a_stalled_result_change(sample: str, broken: str, ready_later: int) -> None:
    monitor = Monitor([True, False])
    monitor.advance(0)
    monitor.observe(0, "0111" + "11")
    monitor.advance(ready_later)
    monitor.observe(1, sample)
    assert monitor.broken == broken


def make_checker() -> Checker:
    return Checker("free", [10, 11, 12], [1, 2, 3], [(4, False)])


def test_right_results_in_order_pass() -> None:
    checker = make_checker()
    for position, payload in enumerate(["0001", "0010", "0011"]):
        checker.check(payload, 7, position + 1)
    assert (checker.results, checker.mismatches, checker.first) == (3, 0, None)


@pytest.mark.parametrize(
    ("payloads", "accepted", "first", "mismatches"),
    [
        (["0001", "0011"], 3, (1, "0xb", "0x2", "0x3", "the result must be the expected one"), 1),
        (["0010", "0011"], 3, (0, "0xa", "0x1", "0x2", "the result must be the expected one"), 2),
        (["0001", "0X10"], 3, (1, "0xb", "0x2", None, "the result must be 0s and 1s, not 0x10"), 1),
        (["0001", "0010"], 1, (1, "0xb", "0x2", "0x2", "a result must not come before its token"), 1),
        (["0001", "0010", "0011", "0011"], 3, (3, None, None, "0x3", "there must not be more results than tokens"), 1),
    ],
)
def test_wrong_results_are_told_by_token(
    payloads: list[str], accepted: int, first: tuple[int, str | None, str | None, str | None, str], mismatches: int
) -> None:
    checker = make_checker()
    for payload in payloads:
        checker.check(payload, 7, accepted)
    assert checker.first is not None
    found = tuple(checker.first[key] for key in ("token", "inputs", "expected", "got", "rule"))
    assert (found, checker.mismatches, checker.first["phase"]) == (first, mismatches, "free")


@pytest.mark.parametrize(
    ("signed", "expected", "payload", "error"),
    [
        (False, "0101" + "1000", "0101" + "0111", 1),
        (False, "0101" + "1000", "0111" + "0111", 2),
        (True, "0000" + "1111", "1111" + "0000", 1),
        (True, "0000" + "0111", "0000" + "1000", 15),
        (False, "1111" + "0000", "0000" + "0000", 15),
    ],
)
def test_an_error_is_the_plain_difference_of_an_element(signed: bool, expected: str, payload: str, error: int) -> None:
    for bound in (error - 1, error):
        checker = Checker("free", [10], [int(expected, 2)], [(4, signed)] * 2, float(bound))
        checker.check(payload, 7, 1)
        assert (checker.error_lsb, checker.mismatches) == (error, int(bound < error))


def test_an_unknown_bit_is_near_to_nothing() -> None:
    checker = Checker("free", [10], [5], [(4, False)], 15.0)
    checker.check("010X", 7, 1)
    assert (checker.error_lsb, checker.mismatches) == (0, 1)


def test_a_missing_result_is_told_by_the_token_that_is_due() -> None:
    checker = make_checker()
    checker.check("0001", 7, 3)
    checker.fail("a token must be taken or given within 9 cycles", 20)
    assert checker.first == {
        "phase": "free", "token": 1, "cycle": 20, "inputs": "0xb", "expected": "0x2", "got": None,
        "rule": "a token must be taken or given within 9 cycles",
    }  # fmt: skip
