"""A disk that fills up, a real one: a search on it ends with one line, and goes on when there is room again."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from benchmarks.run_data import run_data
from benchmarks.warm import Ended, Warm
from tests.sim.specs import PAIR

SEARCH = (
    "search",
    "pair.toml",
    "--strategy",
    "local",
    "--batch",
    "2",
    "--budget",
    "4",
    "--no-memory",
    "--workers",
    "2",
)
DISK_MIB = 64
PAGE = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class Disk:
    """A small disk that the commands of a warm process see below `folder`, and we below `seen`."""

    warm: Warm
    folder: Path
    seen: Path
    expected: dict[str, bytes]

    def fill(self, *, free: int) -> None:
        """Leave so many bytes."""
        filler = self.seen / "filler"
        with filler.open("wb", buffering=0) as file:
            try:
                while True:
                    file.write(bytes(1 << 20))
            except OSError:
                pass
            file.truncate(file.tell() // PAGE * PAGE - free)

    def search(self, **places: Path) -> tuple[Ended, str]:
        """Search with some of run, results and temporary files on the disk; give what was printed."""
        settings = {"out": self.folder.parent / "run", "cache": self.folder.parent / "results"} | places
        printed = settings.get("printed", self.folder.parent / "printed")
        outside = Path(str(printed).replace(str(self.folder), str(self.seen)))
        out = settings["out"]
        begun = (Path(str(out).replace(str(self.folder), str(self.seen))) / "run.json").exists()
        arguments = [*SEARCH, "--out", str(out), *(["--resume"] if begun else [])]
        ended = self.warm.run(arguments, folder=self.folder.parent, cache=settings["cache"], printed=printed)
        return ended, outside.read_text()


@pytest.fixture(scope="module")
def disk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Disk]:
    base = tmp_path_factory.mktemp("base")
    folder = base / "disk"
    folder.mkdir()
    (base / "pair.toml").write_text(PAIR)
    mount = ["unshare", "-rm", "sh", "-c", 'mount -t tmpfs -o size="$1" tmpfs "$2" && shift 2 && exec "$@"', "sh"]
    launcher = [*mount, f"{DISK_MIB}m", str(folder)]
    try:
        subprocess.run([*launcher, "true"], check=True, capture_output=True, timeout=20)
    except (OSError, subprocess.SubprocessError):
        pytest.skip("no disk of a chosen size can be mounted here")
    with Warm(launcher) as warm:
        whole = Disk(warm=warm, folder=folder, seen=Path(f"/proc/{warm.process}/root{folder}"), expected={})
        ended, printed = whole.search(out=base / "whole")
        assert ended.status == 0, printed
        yield Disk(warm=warm, folder=folder, seen=whole.seen, expected=run_data(base / "whole"))


def test_a_full_disk_under_the_run_loses_nothing(disk: Disk) -> None:
    out = disk.folder / "run"
    for free in (PAGE, 8 * PAGE):  # where the header stands, and in the midst
        disk.fill(free=free)
        ended, printed = disk.search(out=out)
        assert ended.status == 2 and "Traceback" not in printed
        last = printed.splitlines()[-1]
        assert last.startswith(f"hdlgen: {out}") and "No space left on device" in last
        (disk.seen / "filler").unlink()
    ended, printed = disk.search(out=out)
    assert ended.status == 0, printed
    assert run_data(disk.seen / "run") == disk.expected


def test_a_full_disk_under_results_or_temporary_files_blames_no_design(disk: Disk) -> None:
    cache, printed = disk.folder / "results", disk.folder / "printed"
    disk.fill(free=PAGE)
    ended, text = disk.search(cache=cache)
    assert ended.status == 2 and "Traceback" not in text
    full = f"hdlgen: {cache}/hdlgen/results: the cache must be writable (No space left on device)"
    assert text.splitlines()[-1] == full
    (disk.seen / "filler").unlink()
    disk.fill(free=20 << 20)
    ended, text = disk.search(printed=printed)
    assert ended.status == 2 and "Traceback" not in text
    assert text.splitlines()[-1].startswith(f"hdlgen: {printed}.tmp: 32 MiB must be free for temporary files, not 19")
    assert not (disk.folder.parent / "run" / "evaluations.jsonl").read_text()
    (disk.seen / "filler").unlink()
    ended, text = disk.search(printed=printed)
    assert ended.status == 0, text
    assert run_data(disk.folder.parent / "run") == disk.expected
