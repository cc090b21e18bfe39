"""The run folder: numbering, locking, torn and broken files, a system that refuses; each error by its message."""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from hdlgen.errors import StoreError
from hdlgen.evaluation import Evaluation, Status
from search.durable import Journal, write_document
from search.store import Record, RunStore, latest
from tests.search.toy import TOY, evaluation, header

ROOT = Path(__file__).parents[2]


def record(index: int, **changes: Any) -> Record:
    values: dict[str, Any] = {
        "index": index,
        "batch": index // 4,
        "evaluation": evaluation(TOY.at(index), 100.5 + index, 1 / 3, key=f"key{index}", runtime_s=0.1),
        "repeated": index % 3 == 2,
        "elapsed_s": 0.5 * index,
    }
    return Record(**{**values, **changes})


def filled(folder: Path, count: int) -> None:
    with RunStore.create(header(), out=folder) as store:
        for index in range(count):
            store.append(record(index))


def refusal(call: Any, *arguments: Any, **names: Any) -> str:
    with pytest.raises(StoreError) as caught:
        call(*arguments, **names)
    return str(caught.value)


def fail_after(monkeypatch: pytest.MonkeyPatch, after: int) -> None:
    """Let the disk take some bytes in all, then be full."""
    real, left = os.write, [after]

    def write(descriptor: int, data: Any) -> int:
        taken = min(left[0], len(data))
        left[0] -= taken
        if not taken:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return real(descriptor, bytes(data)[:taken])

    monkeypatch.setattr("search.durable.os.write", write)


def test_what_was_appended_is_read_back(tmp_path: Path) -> None:
    failed = Evaluation(point=TOY.at(5), status=Status.TIMEOUT, message='a "message"\nof two lines, µm²')
    with RunStore.create(header(), out=tmp_path / "run") as store:
        records = [record(0), record(1, evaluation=failed), record(2)]
        for each in records:
            store.append(each)
        store.append_stock({"flow": "plain", "recipe": "lean", "score": {"area_um2": 1.5}})
        store.write_result({"front": []})
        assert store.records == tuple(records)
    with RunStore.resume(tmp_path / "run", header()) as again:
        assert again.records == tuple(records)
        assert again.stock == ({"flow": "plain", "recipe": "lean", "score": {"area_um2": 1.5}},)
        assert again.header["versions"] == {"yosys": "0.66", "python": "3.11"}
        assert again.header["format"] == 1
    lines = (tmp_path / "run/evaluations.jsonl").read_text().splitlines()
    assert [json.loads(line)["index"] for line in lines] == [0, 1, 2]
    assert json.loads(lines[0])["point"] == dict(TOY.at(0).values)
    assert json.loads((tmp_path / "run/result.json").read_text()) == {"front": []}
    names = {path.name for path in (tmp_path / "run").iterdir()}
    assert names == {"run.json", "evaluations.jsonl", "stock.jsonl", "result.json", "lock"}


def test_runs_take_the_next_number_and_resume_finds_the_latest(tmp_path: Path) -> None:
    runs = tmp_path / "deep/runs"
    assert refusal(latest, runs, "toy") == f"{runs}: a run toy-N must be there to resume, and none is"
    for expected in ("toy-1", "toy-2"):
        with RunStore.create(header(), runs=runs) as store:
            assert store.folder == runs / expected
    (runs / "toy-10").mkdir()  # claimed, but killed before its header
    (runs / "toy-07").mkdir()
    (runs / "toy-x").mkdir()
    with RunStore.create(header(name="toy-2"), runs=runs) as store:
        assert store.folder == runs / "toy-2-1"
    assert latest(runs, "toy") == runs / "toy-2"
    with RunStore.create(header(), runs=runs) as store:
        assert store.folder == runs / "toy-11"
    assert latest(runs, "toy") == runs / "toy-11"


def test_runs_begun_at_once_get_folders_of_their_own(tmp_path: Path) -> None:
    def create(_: int) -> Path:
        with RunStore.create(header(), runs=tmp_path) as store:
            return store.folder

    with ThreadPoolExecutor(16) as threads:
        folders = list(threads.map(create, range(64)))
    assert sorted(int(folder.name[4:]) for folder in folders) == list(range(1, 65))


def test_a_folder_with_a_run_is_not_begun_again(tmp_path: Path) -> None:
    filled(tmp_path, 1)
    message = f"{tmp_path}: a new run must have a folder without one; --resume goes on with the old"
    assert refusal(RunStore.create, header(), out=tmp_path) == message
    with RunStore.resume(tmp_path, header()) as store:  # the refused one let go of the lock
        assert len(store.records) == 1


def test_a_folder_without_a_run_is_not_resumed(tmp_path: Path) -> None:
    message = f"{tmp_path}: the folder must hold a run to resume, and it has no run.json"
    assert refusal(RunStore.resume, tmp_path, header()) == message
    assert refusal(RunStore.resume, tmp_path / "none", header()) == message.replace(":", "/none:", 1)


def test_a_second_writer_is_refused_by_the_first_ones_number(tmp_path: Path) -> None:
    message = f"{tmp_path}: one search at a time must write a run, and process {os.getpid()} does"
    with RunStore.create(header(), out=tmp_path):
        assert refusal(RunStore.resume, tmp_path, header()) == message
        script = (
            "import sys; from pathlib import Path; from hdlgen.errors import StoreError\n"
            "from search.store import RunStore; from tests.search.toy import header\n"
            "try: RunStore.resume(Path(sys.argv[1]), header())\n"
            "except StoreError as error: print(error)\n"
        )
        other = subprocess.run(
            [sys.executable, "-c", script, str(tmp_path)], cwd=ROOT, capture_output=True, text=True, check=True
        )
        assert other.stdout.strip() == message
    RunStore.resume(tmp_path, header()).close()


def test_a_torn_last_line_is_dropped_wherever_it_is_torn(tmp_path: Path) -> None:
    filled(tmp_path, 3)
    path = tmp_path / "evaluations.jsonl"
    whole = path.read_bytes()
    ends = [place + 1 for place, byte in enumerate(whole) if byte == ord("\n")]
    for cut in range(ends[0], len(whole) + 1):
        path.write_bytes(whole[:cut])
        with RunStore.resume(tmp_path, header()) as store:
            expected = sum(end <= cut for end in ends)
            assert store.records == tuple(record(index) for index in range(expected))
            store.append(record(expected))
        assert path.read_bytes().startswith(whole[: ends[expected - 1]])
        assert len(path.read_bytes().splitlines()) == expected + 1
    path.write_bytes(whole[: ends[1]] + b"\0" * 100 + b"\n")  # length without content, after a power cut
    with RunStore.resume(tmp_path, header()) as store:
        assert len(store.records) == 2


@pytest.mark.parametrize(
    ("broken", "message"),
    [
        (b'{"index": 1,\n', "line 2 must be a JSON object: Expecting property name enclosed in double quotes: "),
        (b"[]\n", "line 2 must be a JSON object: it is none"),
        (b"\n", "line 2 must be a JSON object: Expecting value: "),
        (b"{}\n", "line 2 must be an evaluation: KeyError('index')"),
        (b'{"index": "x"}\n', "line 2 must be an evaluation: ValueError("),
        (b'{"index": Infinity}\n', "line 2 must be an evaluation: OverflowError("),
        (None, "line 2 must have index 1, not 0"),
    ],
)
def test_a_broken_line_in_the_middle_is_named(tmp_path: Path, broken: bytes | None, message: str) -> None:
    filled(tmp_path, 3)
    path = tmp_path / "evaluations.jsonl"
    lines = path.read_bytes().splitlines(keepends=True)
    damaged = b"".join([lines[0], lines[0] if broken is None else broken, lines[2]])
    path.write_bytes(damaged)
    assert refusal(RunStore.resume, tmp_path, header()).startswith(f"{path}: {message}")
    assert path.read_bytes() == damaged


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"seed": 2}, "seed must be 1 as when the run began, not 2"),
        ({"strategy": "local"}, "strategy must be 'evolution' as when the run began, not 'local'"),
        ({"batch": 4}, "batch must be 8 as when the run began, not 4"),
        ({"spec_digest": "abd"}, "spec_digest must be 'abc' as when the run began, not 'abd'"),
        ({"technology": "asap7"}, "technology must be '' as when the run began, not 'asap7'"),
        (
            {"versions": {"yosys": "0.70", "python": "3.11"}},
            "versions.yosys must be '0.66' as when the run began, not '0.70'",
        ),
        ({"versions": {"yosys": "0.66"}}, "versions.python must be '3.11' as when the run began, not None"),
        ({"memory": "ff"}, "memory must be None as when the run began, not 'ff'"),
        ({"budget": 59}, "budget must be at least 60 as when the run began, not 59"),
    ],
)
def test_resuming_another_search_is_refused(tmp_path: Path, changes: dict[str, Any], message: str) -> None:
    filled(tmp_path, 2)
    before = (tmp_path / "run.json").read_bytes()
    assert refusal(RunStore.resume, tmp_path, header(**changes)) == f"{tmp_path}: {message}"
    assert (tmp_path / "run.json").read_bytes() == before


def test_budget_may_grow_and_what_does_not_matter_may_change(tmp_path: Path) -> None:
    filled(tmp_path, 2)
    RunStore.resume(tmp_path, header(budget=90, workers=7, patience=3, command="other", spec="# comment")).close()
    written = json.loads((tmp_path / "run.json").read_text())
    assert (written["budget"], written["workers"], written["spec"]) == (90, 7, "# comment")
    RunStore.resume(tmp_path, header(budget=90)).close()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "run.json: the file must hold a JSON object: "),
        ("[]", "run.json: the file must hold a JSON object, not list"),
        ("{}", "run.json: the header must hold 'name'"),
    ],
)
def test_a_broken_header_is_named(tmp_path: Path, text: str, message: str) -> None:
    filled(tmp_path, 1)
    (tmp_path / "run.json").write_text(text)
    assert refusal(RunStore.resume, tmp_path, header()).startswith(f"{tmp_path}/{message}")


@pytest.mark.parametrize("after", [0, 1, 100])
def test_a_full_disk_costs_one_line_and_no_stored_evaluation(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, after: int
) -> None:
    with RunStore.create(header(), out=tmp_path) as store:
        store.append(record(0))
        before = (tmp_path / "evaluations.jsonl").read_bytes()
        with monkeypatch.context() as patch:
            fail_after(patch, after)
            message = "it must be writable, and is not: No space left on device"
            assert refusal(store.append, record(1)) == f"{tmp_path}/evaluations.jsonl: {message}"
            assert (tmp_path / "evaluations.jsonl").read_bytes() == before
            assert refusal(store.write_result, {"front": []}) == f"{tmp_path}/result.json: {message}"
        assert not [path for path in tmp_path.iterdir() if "result" in path.name]
        store.append(record(1))
        store.write_result({"front": []})
    with RunStore.resume(tmp_path, header()) as again:
        assert again.records == (record(0), record(1))


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    message = "it must be writable, and is not"
    out = tmp_path / "file/run"
    assert refusal(RunStore.create, header(), out=out) == f"{out}: {message}: Not a directory"
    assert refusal(RunStore.create, header(), runs=out) == f"{out}: {message}: Not a directory"
    assert refusal(RunStore.create, header(), out=tmp_path / "file") == f"{tmp_path}/file: {message}: File exists"

    def refuse(*_: Any, **__: Any) -> None:
        raise OSError(errno.EROFS, os.strerror(errno.EROFS))

    monkeypatch.setattr("search.durable.os.open", refuse)
    refused = refusal(RunStore.create, header(), out=tmp_path / "run")
    assert refused == f"{tmp_path}/run/lock: {message}: Read-only file system"


def test_an_old_document_survives_a_failed_replacement(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "run.json"
    write_document(path, {"old": 1})
    fail_after(monkeypatch, 5)
    with pytest.raises(StoreError):
        write_document(path, {"new": 2})
    assert json.loads(path.read_text()) == {"old": 1}
    assert [entry.name for entry in tmp_path.iterdir()] == ["run.json"]


def test_every_append_reaches_the_disk_before_it_returns(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[int] = []
    real = os.fsync

    def sync(descriptor: int) -> None:
        synced.append(descriptor)
        real(descriptor)

    monkeypatch.setattr("search.durable.os.fsync", sync)
    journal = Journal(tmp_path / "lines")
    for number in range(3):
        before = len(synced)
        journal.append({"number": number})
        assert len(synced) == before + 1
        assert len((tmp_path / "lines").read_bytes().splitlines()) == number + 1
    journal.close()
    journal.close()


def test_misuse_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"^RunStore: header must hold 'name'$"):
        RunStore.create({}, out=tmp_path)
    with (
        RunStore.create(header(), out=tmp_path / "run") as store,
        pytest.raises(ValueError, match=r"^RunStore: index must be 0, not 1$"),
    ):
        store.append(record(1))
