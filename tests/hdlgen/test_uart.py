"""The serial line in simulation by Amaranth's own simulator, against bytes written out bit by bit."""

from __future__ import annotations

import random

import pytest
from amaranth.sim import Simulator, SimulatorContext

from hdlgen.uart import Receiver, Transmitter, byte_count, divisor


def levels(byte: int) -> list[int]:
    """Write a byte as the line carries it: a low bit, eight bits from the lowest on, a high one."""
    return [0, *((byte >> place) & 1 for place in range(8)), 1]


@pytest.mark.parametrize(("width", "count"), [(1, 1), (8, 1), (9, 2), (128, 16)])
def test_a_payload_takes_as_few_bytes_as_hold_it(width: int, count: int) -> None:
    assert byte_count(width) == count


@pytest.mark.parametrize(
    ("clock_mhz", "baud", "message"),
    [
        (12.0, 4_000_000, "baud must be at most 3000000 with a clock of 12 MHz, not 4000000"),
        (12.0, 2_600_000, "baud must be near a whole part of 12 MHz, not 2600000: it would be off by 7.7%"),
    ],
)
def test_a_rate_that_the_clock_does_not_give_is_refused(clock_mhz: float, baud: int, message: str) -> None:
    with pytest.raises(ValueError) as error:
        divisor(clock_mhz, baud)
    assert str(error.value) == message


def test_the_usual_rate_is_near_enough() -> None:
    assert divisor(12.0, 115_200) == 104
    assert divisor(25.0, 115_200) == 217


@pytest.mark.parametrize("cycles", [4, 5, 13])
@pytest.mark.parametrize("drift", [-0.02, 0.0, 0.02])
def test_bytes_are_heard_though_the_sender_is_a_little_off(cycles: int, drift: float) -> None:
    receiver, sent, heard = Receiver(cycles), [0x00, 0xFF, 0x55, 0xA3, 0x80, 0x01], list[int]()
    line = [level for byte in sent for level in levels(byte)]

    async def drive(context: SimulatorContext) -> None:
        for cycle in range(int(len(line) * cycles * (1 + drift)) + 6 * cycles):
            place = int(cycle / (cycles * (1 + drift))) - 1
            context.set(receiver.rx, line[place] if 0 <= place < len(line) else 1)
            await context.tick()
            if context.get(receiver.ready):
                heard.append(context.get(receiver.byte))
            assert not context.get(receiver.broken)

    run(receiver, drive)
    assert heard == sent


def test_a_break_is_no_byte_and_lasts_as_long_as_the_line_is_low() -> None:
    receiver, cycles = Receiver(4), 4
    line = [0] * 14 + [1, 1, *levels(0x3C), 1]
    heard, broken = list[int](), list[int]()

    async def drive(context: SimulatorContext) -> None:
        for cycle in range((len(line) + 2) * cycles):
            place = cycle // cycles
            context.set(receiver.rx, line[place] if place < len(line) else 1)
            await context.tick()
            broken.append(context.get(receiver.broken))
            if context.get(receiver.ready):
                heard.append(context.get(receiver.byte))

    run(receiver, drive)
    assert heard == [0x3C]
    assert any(broken[: 14 * cycles]) and not any(broken[15 * cycles :])


@pytest.mark.parametrize("cycles", [4, 7])
def test_bytes_are_sent_as_they_are_written(cycles: int) -> None:
    transmitter = Transmitter(cycles)
    chance = random.Random(1)
    given = [0x00, 0xFF, *(chance.randrange(256) for _ in range(6))]
    seen = list[int]()

    async def drive(context: SimulatorContext) -> None:
        waiting = list(given)
        for _ in range((len(given) + 1) * 11 * cycles):
            context.set(transmitter.valid, int(bool(waiting)))
            context.set(transmitter.byte, waiting[0] if waiting else 0xAA)
            taken = waiting and context.get(transmitter.ready)
            await context.tick()
            seen.append(context.get(transmitter.tx))
            if taken:
                waiting.pop(0)

    run(transmitter, drive)
    found = list[int]()
    place = 0
    while 0 in seen[place:]:
        place = seen.index(0, place)
        bits = [seen[place + bit * cycles + cycles // 2] for bit in range(10)]
        assert bits[0] == 0 and bits[9] == 1
        found.append(sum(level << at for at, level in enumerate(bits[1:9])))
        place += 9 * cycles + cycles // 2
    assert found == given


def run(component: object, bench: object) -> None:
    simulator = Simulator(component)
    simulator.add_clock(1e-6)
    simulator.add_testbench(bench)
    simulator.run()
