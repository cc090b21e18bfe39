"""All outputs of a table of examples, each learnt alone, in processes side by side; one network of them all."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass

import numpy as np
from threadpoolctl import threadpool_limits

from hdlgen.bits import Interface
from hdlgen.network import Network, NetworkBuilder
from search.portfolio.cases import Bits, Cases, graft
from search.portfolio.portfolio import Outcome, Settings, Shrink, learn_cases

__all__ = ["held_out", "join", "learn_outputs"]

_HELD_OUT = 4
"""One in so many examples is held out, where no validation examples are given."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Job:
    """What a process needs to learn one output."""

    training: Cases
    validation: Cases
    settings: Settings
    shrink: Shrink | None


def held_out(count: int, *, seed: int) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Choose which of some examples are held out."""
    rows = np.zeros(count, dtype=bool)
    rows[np.random.default_rng([seed, 13]).permutation(count)[: count // _HELD_OUT]] = True
    return rows


def learn_outputs(
    training: tuple[Bits, Bits],
    validation: tuple[Bits, Bits],
    settings: Settings,
    *,
    shrink: Shrink | None = None,
    workers: int = 1,
    on_done: Callable[[int, Outcome], None] | None = None,
) -> list[Outcome]:
    """Learn every output bit; each example table is a pair of inputs and outputs, shape (examples, bits).

    Args:
        shrink: a function that processes can be given.
        on_done: told which output is done.
    """
    jobs = [
        _Job(
            training=Cases(inputs=training[0], answers=training[1][:, bit]),
            validation=Cases(inputs=validation[0], answers=validation[1][:, bit]),
            settings=settings,
            shrink=shrink,
        )
        for bit in range(training[1].shape[1])
    ]
    done: dict[int, Outcome] = {}
    tell = on_done or (lambda bit, outcome: None)
    if min(workers, len(jobs)) == 1:
        for bit, job in enumerate(jobs):
            done[bit] = _learn(job)
            tell(bit, done[bit])
        return [done[bit] for bit in range(len(jobs))]
    with ProcessPoolExecutor(min(workers, len(jobs)), multiprocessing.get_context("fork")) as pool:
        futures = {pool.submit(_learn, job): bit for bit, job in enumerate(jobs)}
        try:
            for future in as_completed(futures):
                bit = futures[future]
                done[bit] = future.result()
                tell(bit, done[bit])
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    return [done[bit] for bit in range(len(jobs))]


def _learn(job: _Job) -> Outcome:
    # One thread each: the processes share the cores, and sums come out the same on any machine.
    with threadpool_limits(1):
        return learn_cases(job.training, job.validation, job.settings, shrink=job.shrink)


def join(interface: Interface, networks: Sequence[Network]) -> Network:
    """Make one network of those of the single outputs; equal gates are one."""
    builder = NetworkBuilder(interface)
    return builder.network([graft(builder, network)[0] for network in networks])
