"""Drive a design in Amaranth's own simulator: tokens in, results out, with gaps and stalls; an oracle of hardware."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

from amaranth.sim import Simulator

from hdlgen.hardware import Top


def run_stream(top: Top, tokens: Sequence[int], *, gap: float = 0.0, stall: float = 0.0, seed: int = 1) -> list[int]:
    """Send payloads through a design and collect the results, checking that a waiting result stands still."""
    results: list[int] = []
    chance = random.Random(seed)

    async def bench(context: Any) -> None:
        pending = list(tokens)
        waiting: int | None = None
        offered = False
        for _ in range(200 + 400 * len(tokens)):
            if pending and not offered and chance.random() >= gap:
                context.set(top.inputs.valid, 1)
                context.set(top.inputs.payload, pending[0])
                offered = True
            elif not offered:
                context.set(top.inputs.valid, 0)
                context.set(top.inputs.payload, chance.getrandbits(len(top.inputs.payload)))
            context.set(top.outputs.ready, int(chance.random() >= stall))
            if context.get(top.outputs.valid):
                payload = context.get(top.outputs.payload)
                assert waiting is None or payload == waiting, "a waiting result must stand still"
                waiting = payload
                if context.get(top.outputs.ready):
                    results.append(payload)
                    waiting = None
            else:
                assert waiting is None, "a waiting result must not vanish"
            if offered and context.get(top.inputs.ready):
                pending.pop(0)
                offered = False
            await context.tick()
            if len(results) == len(tokens):
                return

    simulator = Simulator(top)
    simulator.add_clock(1e-6)
    simulator.add_testbench(bench)
    simulator.run()
    return results
