"""Entries are whole or absent: torn, flipped and contested ones are planted here."""

from __future__ import annotations

import hashlib
import os
import shutil
from pathlib import Path

import pytest

from hdlgen.errors import StoreError
from sim.cache import Cache, digest
from sim.pool import Pool

KEY = digest("key")


def put_many(folder: Path, count: int) -> None:
    for number in range(count):
        Cache(folder).put(digest(str(number)), {"number": number}, {"text": "x" * number})


def test_the_digest_is_sha256_of_parts_with_their_lengths() -> None:
    assert digest("ab", b"c\n") == hashlib.sha256(b"2:ab2:c\n").hexdigest()
    assert digest("ab", "c") != digest("a", "bc")
    assert digest("é") == digest("é".encode())
    assert digest() == hashlib.sha256().hexdigest()


def test_what_is_put_is_got_in_another_process_too(tmp_path: Path) -> None:
    source = tmp_path / "netlist.v"
    source.write_bytes(b"module top;\x00")
    record = {"area_um2": 1.5, "cells": {"nand2": 3}, "none": None, "list": [1, "two"]}
    Cache(tmp_path / "cache").put(KEY, record, {"netlist.v": source, "text": "text", "bytes": b"\xff"})
    again = Cache(tmp_path / "cache")
    assert again.get(KEY) == record
    assert {name: path.read_bytes() for name, path in again.files(KEY).items()} == {
        "netlist.v": b"module top;\x00",
        "text": b"text",
        "bytes": b"\xff",
    }


def test_a_missing_entry_is_none(tmp_path: Path) -> None:
    cache = Cache(tmp_path / "cache")
    assert cache.get(KEY) is None
    assert cache.files(KEY) == {}
    assert not (tmp_path / "cache").exists()


@pytest.mark.parametrize("fault", ["cut", "flip", "file", "extra", "lost", "empty", "list", "record", "folder"])
def test_a_corrupt_entry_is_a_miss_and_is_removed(tmp_path: Path, fault: str) -> None:
    cache = Cache(tmp_path)
    cache.put(KEY, {"area_um2": 1.5}, {"netlist.v": "module"})
    (netlist,) = cache.files(KEY).values()
    record = netlist.parent / "record.json"
    assert cache.get(KEY) == {"area_um2": 1.5}
    match fault:
        case "cut":
            record.write_bytes(record.read_bytes()[:-3])
        case "flip":
            record.write_text(record.read_text().replace("1.5", "2.5"))
        case "file":
            netlist.write_text("modulE")
        case "extra":
            (netlist.parent / "other").write_text("")
        case "lost":
            netlist.unlink()
        case "empty":
            record.write_text("")
        case "list":
            record.write_text("[]")
        case "record":
            record.unlink()
        case "folder":
            record.unlink()
            record.mkdir()
    assert cache.get(KEY) is None
    assert not netlist.parent.exists()
    cache.put(KEY, {"area_um2": 3})
    assert cache.get(KEY) == {"area_um2": 3}


def test_the_first_entry_stays_and_no_rubbish_is_left(tmp_path: Path) -> None:
    cache = Cache(tmp_path)
    cache.put(KEY, {"n": 1})
    cache.put(KEY, {"n": 2})
    assert cache.get(KEY) == {"n": 1}
    assert [path.name for path in tmp_path.iterdir()] == [KEY[:2]]


def test_many_processes_may_write_the_same_entries(tmp_path: Path) -> None:
    with Pool(3, preload=[__name__]) as pool:
        for outcome in pool.results([pool.submit(put_many, tmp_path, 60) for _ in range(3)]):
            assert outcome.failure is None, outcome.failure
    for number in range(60):
        assert Cache(tmp_path).get(digest(str(number))) == {"number": number}
    assert not list(tmp_path.glob(".new-*"))


def test_that_nothing_can_be_kept_is_known_before_any_work(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="/file/results: the cache must be writable \\(Not a directory\\)$"):
        Cache(tmp_path / "file" / "results").check_writable()
    Cache(tmp_path / "new" / "results").check_writable()
    assert list((tmp_path / "new" / "results").iterdir()) == []


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="/file: the cache must be writable \\(Not a directory\\)$"):
        Cache(tmp_path / "file").put(KEY, {})
    if os.geteuid():  # the superuser may write anywhere
        (tmp_path / "locked").mkdir(mode=0o500)
        with pytest.raises(StoreError, match="\\(Permission denied\\)$"):
            Cache(tmp_path / "locked").put(KEY, {})


def test_a_missing_source_file_is_an_error_and_makes_no_entry(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="No such file or directory"):
        Cache(tmp_path).put(KEY, {}, {"a": tmp_path / "none"})
    assert Cache(tmp_path).get(KEY) is None


@pytest.mark.parametrize("key", ["", "../../etc", "ABCDEF0123456789", "0" * 65, "0" * 15])
def test_a_key_must_be_a_digest(tmp_path: Path, key: str) -> None:
    with pytest.raises(ValueError, match="^Cache: key must be 16 to 64 hex digits, not "):
        Cache(tmp_path).get(key)


@pytest.mark.parametrize("name", ["", "..", "a/b", "record.json"])
def test_a_file_must_have_a_plain_name(tmp_path: Path, name: str) -> None:
    with pytest.raises(ValueError, match="^Cache: a file must have a plain name other than record.json, not "):
        Cache(tmp_path).put(KEY, {}, {name: ""})
    shutil.rmtree(tmp_path)
