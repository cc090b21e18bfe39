"""`kills`: searches killed with SIGKILL at random moments and resumed: nothing lost, and the same result."""

from __future__ import annotations

import random
import shutil
import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.benchmark import Benchmark, Bound, Goal, Measured, Say, Table
from benchmarks.run_data import run_data
from benchmarks.warm import Ended, Warm
from hdlgen.errors import ToolError
from sim.cache import Cache

__all__ = ["BENCHMARK", "Tally", "kill_and_resume"]

KILLS = 200
SEEDS = (1, 2, 3)
_COLD = 4
"""One run in so many begins with nothing known, the others with the stock baseline: else most kills would hit that."""
_SITTINGS = 4
"""About so many sittings measure the points of the others, so far as their kills let them."""

SPEC = """\
name = "pair"
[inputs]
a = { format = "i2", shape = [2] }
b = { format = "u2", shape = [2] }
[outputs]
y = {}
[compute]
y = "sum(a * b)"
"""
SEARCH = ("search", "pair.toml", "--strategy", "evolution", "--budget", "8", "--batch", "4", "--no-memory")


@dataclass(slots=True, kw_only=True)
class Tally:
    """What came of the kills.

    Args:
        killed: kills so far. resumed: those after which the run went on with all that it had, to the same end.
        left: kills after which a process or a temporary file stayed.
        moments: kills by what the run was doing. troubles: what went wrong, one sentence each.
    """

    killed: int = 0
    resumed: int = 0
    left: int = 0
    runs: int = 0
    cpu_s: float = 0.0
    moments: Counter[str] = field(default_factory=Counter)
    troubles: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Whole:
    """An undisturbed search: its data, its seconds, and those of going on with it when nothing is left to do."""

    data: dict[str, bytes]
    seconds: float
    again_s: float


class _Bench:
    """A folder with the spec, in which searches run."""

    def __init__(self, folder: Path, warm: Warm, search: Sequence[str], workers: int) -> None:
        self.folder = folder
        self.warm = warm
        self.search = (*search, "--workers", str(workers))
        self.cpu_s = 0.0
        (folder / "pair.toml").write_text(SPEC)

    def sit(self, name: str, seed: int, *, budget: int = 0, kill_after_s: float | None = None) -> Ended:
        """Begin a run, or go on with it, with results of its own below its name."""
        begun = (self.folder / name / "run.json").is_file()
        arguments = [*self.search, "--seed", str(seed), "--out", name, *(["--resume"] if begun else [])]
        arguments += ["--budget", str(budget)] if budget else []
        cache, printed = self.folder / f"{name}.results", self.folder / f"{name}.printed"
        ended = self.warm.run(arguments, folder=self.folder, cache=cache, printed=printed, kill_after_s=kill_after_s)
        self.cpu_s += ended.cpu_s
        return ended

    def know_stock(self) -> None:
        """Have the stock baseline measured once.

        Raises: ToolError where that does not end well.
        """
        if self.sit("stock", 0, budget=1).status:
            raise ToolError(f"kills: the search for the baseline must end well, not: {self.last_words('stock')}")

    def begin(self, name: str, *, cold: bool) -> None:
        """Lay out the results with which a run begins."""
        if not cold:
            shutil.copytree(self.folder / "stock.results", self.folder / f"{name}.results")

    def last_words(self, name: str) -> str:
        """Give the last line that a run printed."""
        lines = (self.folder / f"{name}.printed").read_text(errors="replace").splitlines()
        return lines[-1] if lines else "nothing printed"

    def whole(self, seed: int) -> _Whole:
        """Search undisturbed.

        Raises: ToolError where that does not end well.
        """
        name = f"whole-{seed}"
        first = self.sit(name, seed)
        again = self.sit(name, seed) if first.status == 0 else first
        if first.status or again.status:
            raise ToolError(f"kills: the undisturbed search must end well, not: {self.last_words(name)}")
        return _Whole(data=run_data(self.folder / name), seconds=first.seconds, again_s=again.seconds)

    def litter(self, name: str) -> list[str]:
        """List what a killed sitting left among the temporary files."""
        folder = self.folder / f"{name}.printed.tmp"
        return [path.name for path in folder.iterdir()] if folder.is_dir() else []


def _stored(run: Path, file: str = "evaluations.jsonl") -> list[bytes]:
    """Give the whole lines that are on disk."""
    path = run / file
    return path.read_bytes().split(b"\n")[:-1] if path.is_file() else []


def _moment(run: Path, points: int) -> str:
    """Say from its folder what a run was doing."""
    if not (run / "run.json").is_file():
        return "before the store"
    if len(_stored(run)) == points:
        return "the front, its checks and the report"
    return "measuring points" if _stored(run) else "the stock baseline and the first points"


def _known(cache: Path) -> list[str]:
    """List the keys of the results that are kept."""
    return [path.name for path in (cache / "hdlgen" / "results").glob("[0-9a-f][0-9a-f]/*")]


def _run(bench: _Bench, name: str, seed: int, whole: _Whole, chance: random.Random, kills: int, tally: Tally) -> None:
    """Kill one run again and again until it ends, and see that nothing was lost on the way."""
    run, cache = bench.folder / name, bench.folder / f"{name}.results"
    points = len(whole.data["evaluations.jsonl"].splitlines())
    cold = tally.runs % _COLD == 0
    window_s = whole.again_s + max(whole.seconds - whole.again_s, 0.0) / (1 if cold else _SITTINGS)
    bench.begin(name, cold=cold)
    killed, left = 0, 0
    troubles: list[str] = []
    lines: dict[str, list[bytes]] = {"evaluations.jsonl": [], "stock.jsonl": []}
    results: set[str] = set()
    while not troubles:
        delay = chance.uniform(0.0, window_s) if tally.killed + killed < kills else None
        ended = bench.sit(name, seed, kill_after_s=delay)
        for file, before in lines.items():
            now = _stored(run, file)
            if now[: len(before)] != before:
                troubles.append(f"{file}: {len(before)} stored lines must stay as they are")
            lines[file] = now
        torn = [key for key in _known(cache) if Cache(cache / "hdlgen" / "results").get(key) is None]
        if torn or not results <= set(_known(cache)):
            troubles.append(f"results: {len(torn)} must be whole, and {len(results)} must still be there")
        results = set(_known(cache))
        if ended.status == 0:
            break
        if ended.status != -9:
            troubles.append(f"it ended with status {ended.status}: {bench.last_words(name)}")
            break
        killed += 1
        left += bool(ended.left or bench.litter(name))
        tally.moments[_moment(run, points)] += 1
    if not troubles:
        data = run_data(run)
        troubles += [f"{path}: it must be as in the undisturbed run" for path in sorted(whole.data.keys() | data.keys())
                     if whole.data.get(path) != data.get(path)]  # fmt: skip
    tally.runs += 1
    tally.killed += killed
    tally.resumed += 0 if troubles else killed
    tally.left += left
    tally.troubles += [f"run {name}, seed {seed}: {trouble}" for trouble in troubles[:3]]


def kill_and_resume(
    say: Say,
    *,
    kills: int = KILLS,
    seeds: Sequence[int] = SEEDS,
    workers: int = 2,
    search: Sequence[str] = SEARCH,
) -> Tally:
    """Kill searches so many times, and hold each that ended against the undisturbed one of its seed.

    Raises: ToolError where an undisturbed search fails.
    """
    tally, chance = Tally(), random.Random(f"kills {seeds}")
    with tempfile.TemporaryDirectory(prefix="hdlgen-kills-") as name, Warm() as warm:
        bench = _Bench(Path(name), warm, search, workers)
        bench.know_stock()
        wholes = {}
        for seed in seeds:
            wholes[seed] = bench.whole(seed)
            say(
                f"seed {seed}: {wholes[seed].seconds:.1f} s undisturbed, {wholes[seed].again_s:.1f} s when all is known"
            )
        while tally.killed < kills:
            seed = seeds[tally.runs % len(seeds)]
            troubles = len(tally.troubles)
            _run(bench, f"run-{tally.runs + 1}", seed, wholes[seed], chance, kills, tally)
            for trouble in tally.troubles[troubles:]:
                say(trouble)
            say(f"{tally.killed} of {kills} kills in {tally.runs} runs: {tally.resumed} resumed")
            if len(tally.troubles) > kills:
                break
        tally.cpu_s = bench.cpu_s
    return tally


def _measure(say: Say) -> Measured:
    tally = kill_and_resume(say)
    rows = [{"moment": moment, "kills": count} for moment, count in sorted(tally.moments.items())]
    return Measured(
        figures={
            "resumed": tally.resumed,
            "killed": tally.killed,
            "left_behind": tally.left,
            "runs": tally.runs,
            "cpu_s": round(tally.cpu_s, 1),
        },
        rows=[*rows, *({"trouble": trouble} for trouble in tally.troubles)],
        tables=(Table.of("What the search was doing when it was killed", rows),),
    )


BENCHMARK = Benchmark(
    name="kills",
    summary="Searches killed with SIGKILL at random moments and resumed: nothing lost, and the same result.",
    method="""\
A search of 8 designs of a small dot product on 2 workers, with real tools, has its process group killed at a random
(seeded) moment, is resumed, killed again and so on until it ends; then the next begins, one in four with nothing known,
the others with the stock baseline. A kill
counts as `resumed` where every evaluation and baseline that was on disk is there after the resume, byte for byte, no
kept result is torn or gone, and the run ends with the data of an undisturbed one of the same seed: evaluations, front,
Verilog, netlists, checks and report, clock times aside. `left_behind` counts the kills after which a process or a
temporary file was still there: a pool removes its folder also when the search is killed, but for a kill in the moment
between the making of the folder and the start of the pool's own process.
""",
    goals=(Goal(figure="resumed", direction=Bound.AT_LEAST, bound=KILLS),),
    measure=_measure,
)
