"""A toy design space with known scores, its evaluator, and a search over it that another process can run and kill."""

from __future__ import annotations

import sys
import time
import zlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from hdlgen.evaluation import Direction, Evaluation, Objective, Score, Status
from hdlgen.space import Knob, Point, Space
from search.explore import Exploration, explore
from search.store import HEADER_KEYS, RunStore
from search.strategies import STRATEGIES

OBJECTIVES = (
    Objective(metric="area_um2", direction=Direction.MINIMIZE),
    Objective(metric="throughput_msps", direction=Direction.MAXIMIZE),
)
TOY = Space(
    knobs=(
        Knob(name="interval", choices=(1, 2, 4, 8)),
        Knob(name="fold", choices=("none", "serial"), requires=(("serial", (("interval", (2, 4, 8)),)),)),
        Knob(name="stages", choices=(0, 1, 2, 3)),
        Knob(name="adder", choices=("ripple", "brent_kung", "sklansky", "kogge_stone")),
        Knob(name="share", choices=(False, True), requires=((True, (("fold", ("serial",)),)),)),
    )
)
"""160 valid points."""

TINY = TOY.narrow({"stages": 0, "interval": [1, 4], "adder": ["ripple", "sklansky"]})
"""8 valid points."""


def score(area_um2: float, clock_mhz: float, interval: float = 1.0) -> Score:
    """Make a score of an area and a throughput."""
    return Score(
        area_um2=area_um2,
        flip_flop_area_um2=0.0,
        clock_mhz=clock_mhz,
        period_ps=1e6 / clock_mhz,
        throughput_msps=clock_mhz / interval,
        interval_cycles=interval,
        latency_cycles=1,
        latency_ns=1e3 / clock_mhz,
        error_lsb=0.0,
        cells=10,
        flip_flops=2,
    )


def evaluation(point: Point, area_um2: float, clock_mhz: float, **changes: Any) -> Evaluation:
    """Make a good evaluation."""
    return Evaluation(
        **{"point": point, "status": Status.OK, "score": score(area_um2, clock_mhz), "feasible": True, **changes}
    )


def toy_score(point: Point) -> Score:
    """Score a toy design: folding saves area, stages and prefix adders cost it and gain clock."""
    interval = int(point["interval"])
    rank = ("ripple", "brent_kung", "sklansky", "kogge_stone").index(str(point["adder"]))
    stages = int(point["stages"])
    area = 100 + 800 / (interval if point["fold"] == "serial" else interval**0.5) + 40 * stages + 25 * rank**1.5
    area -= 15 if point["share"] else 0
    clock = 1000 / (2 + 6 / (1 + stages) + 4 / (1 + rank) + (0.5 if point["share"] else 0) - 0.1 * stages * rank)
    return score(area, clock, interval)


class ToyEvaluator:
    """Score toy designs; of every 16 about one is invalid, one mismatches, one times out, some are infeasible.

    Without stages all prefix adders are the same hardware, so that some points repeat.
    """

    def __init__(self, *, delay_s: float = 0.0, failures: bool = True) -> None:
        self.asked: list[Point] = []
        self._delay_s = delay_s
        self._failures = failures

    def evaluate(self, points: Sequence[Point]) -> Iterator[Evaluation]:
        """Evaluate point by point."""
        for point in points:
            time.sleep(self._delay_s)
            self.asked.append(point)
            yield self.evaluate_one(point)

    def evaluate_one(self, point: Point) -> Evaluation:
        """Evaluate one point."""
        if point["stages"] == 0 and point["adder"] in ("sklansky", "kogge_stone"):
            same = {**dict(point.values), "adder": "brent_kung"}
        else:
            same = dict(point.values)
        hardware = Point(values=tuple(same.items()))
        lot = zlib.crc32(hardware.text().encode()) % 16 if self._failures else 15
        if lot == 0:
            return Evaluation(point=point, status=Status.INVALID, message="toy: this cannot be built")
        key = f"{zlib.crc32(hardware.text().encode()):08x}"
        if lot in (1, 2):
            status = Status.MISMATCH if lot == 1 else Status.TIMEOUT
            return Evaluation(point=point, status=status, key=key, runtime_s=0.25)
        return Evaluation(
            point=point, status=Status.OK, score=toy_score(hardware), feasible=lot != 3, key=key, runtime_s=0.125
        )


def header(**changes: Any) -> Mapping[str, Any]:
    """Make a run's header."""
    values: dict[str, Any] = dict.fromkeys(HEADER_KEYS, "")
    values |= {"name": "toy", "strategy": "evolution", "seed": 1, "budget": 60, "batch": 8, "spec_digest": "abc"}
    values |= {"versions": {"yosys": "0.66", "python": "3.11"}, "knobs": {k.name: k.choices for k in TOY.knobs}}
    return {**values, **changes}


def search_toy(store: RunStore, evaluator: ToyEvaluator, **changes: Any) -> Exploration:
    """Search the toy space as a store's header says."""
    strategy = STRATEGIES[store.header["strategy"]](TOY, OBJECTIVES, seed=store.header["seed"])
    settings = {"name": store.header["strategy"], "budget": store.header["budget"], "batch": store.header["batch"]}
    return explore(TOY, OBJECTIVES, strategy, evaluator, store, **{**settings, **changes})


def main(out: Path, strategy: str) -> None:
    """Begin a run in a folder, or go on with the one that it holds."""
    wanted = header(strategy=strategy)
    begun = (out / "run.json").is_file()
    with RunStore.resume(out, wanted) if begun else RunStore.create(wanted, out=out) as store:
        found = search_toy(store, ToyEvaluator(delay_s=0.004))
        store.write_result({"front": [member.as_dict() for member in found.summary.front], **found.summary.counts})


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
