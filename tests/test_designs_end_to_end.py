"""Every shipped design through the whole pipeline: its default point and a folded or pipelined one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from hdlgen.cli.project import Project, open_project
from hdlgen.evaluation import Evaluation, Score, Status
from hdlgen.space import Point
from sim.cache import Cache
from sim.measure import PRELOAD, Measure
from sim.pool import Pool
from sim.technology import TECHNOLOGIES
from sim.workload import Workload

SECOND_POINTS: Mapping[str, str] = {
    "argmax16": "stages=2",
    "biquad": "interval=2",
    "complexmul": "interval=4,fold=2",
    "conv3x3": "interval=4",
    "cubic": "stages=3",
    "dct8": "stages=2",
    "dense16x5": "stages=2",
    "dot16": "interval=16",
    "dot8": "interval=8",
    "fft8": "stages=2",
    "fir16": "interval=16",
    "fir8": "interval=2",
    "gelu": "stages=1",
    "gemm4x4x4": "interval=16",
    "matvec4x4": "interval=16",
    "matrix_engine": "interval=2",
    "median9": "stages=2",
    "mixer12": "interval=2,precision=100",
    "mlp16x32x5": "stages=1",
    "popcount64": "stages=1",
    "rgb2ycbcr": "stages=1",
    "rsqrt": "stages=2",
    "sigmoid": "stages=2",
    "softmax8": "interval=8",
    "sort8": "stages=2",
    "tanh": "stages=1",
}
"""What each design is measured with beside its default point; the heavy ones with what simulates quickly."""


@pytest.fixture(scope="module")
def pool() -> Iterator[Pool]:
    with Pool(2, preload=PRELOAD) as pool:
        yield pool


def measure(project: Project, points: list[Point], pool: Pool, folder: Path) -> list[Evaluation]:
    return list(
        Measure(
            compiler=project.compiler,
            workload=Workload(project.spec.graph),
            technology=project.technology,
            constraints=project.spec.constraints,
            pool=pool,
            cache=Cache(folder),
        ).evaluate(points)
    )


def score_of(evaluation: Evaluation) -> Score:
    assert evaluation.status is Status.OK, evaluation.message
    assert evaluation.score is not None
    return evaluation.score


def test_every_design_has_a_second_point() -> None:
    designs = Path(__file__).parent.parent / "designs"
    assert sorted(SECOND_POINTS) == sorted(path.parent.name for path in designs.glob("*/spec.toml"))


@pytest.mark.parametrize("name", sorted(SECOND_POINTS))
def test_a_shipped_design_measures_ok(name: str, pool: Pool, tmp_path: Path) -> None:
    project = open_project(name)
    points = [project.space.default(), project.point(SECOND_POINTS[name])]
    first, second = (score_of(evaluation) for evaluation in measure(project, points, pool, tmp_path))
    for point, score in zip(points, (first, second), strict=True):
        assert score.interval_cycles == point["interval"]
        assert score.throughput_msps == pytest.approx(1e6 / score.period_ps / score.interval_cycles, rel=1e-4)
        assert score.error_lsb <= score.error_bound_lsb <= project.spec.max_error_lsb
    if points[1]["stages"]:
        assert second.period_ps < first.period_ps and second.flip_flops > first.flip_flops
        assert first.latency_cycles < second.latency_cycles <= first.latency_cycles + int(str(points[1]["stages"]))
    else:
        assert second.latency_cycles > first.latency_cycles


@pytest.mark.parametrize("technology", TECHNOLOGIES[1:])
def test_a_design_measures_ok_on_every_other_technology(technology: str, pool: Pool, tmp_path: Path) -> None:
    project = open_project("fir8", technology=technology)
    (evaluation,) = measure(project, [project.space.default()], pool, tmp_path)
    score = score_of(evaluation)
    # 8 bits in, the 15 that 96 * 128 takes out, 7 samples of 8 bits kept, a valid bit at each end: the same everywhere.
    assert score.flip_flops == 8 + 15 + 7 * 8 + 2
    assert score.area_um2 > score.flip_flop_area_um2 > 0
