"""Reading records back: what is whole is given, what is not is named by file and line."""

import gzip
import json
import random
from collections.abc import Callable
from itertools import islice
from pathlib import Path

import pytest

from scraper import Article, Dateline, RecordError
from scraper.io import jsonl
from scraper.io.compression import compressing, zstd
from scraper.io.jsonl import parse_object, parse_record, read_lines, read_records

TOLD = json.loads(Article(headline="x", like_count=1, dateline=Dateline("BERGEN — ")).to_json())
GOOD = [Article(headline=f"Story {n}\u2028with a separator", body=("One.",)) for n in range(3)]


def _file(path: Path, *lines: bytes) -> Path:
    path.write_bytes(b"".join(lines))
    return path


def test_records_come_back_in_order_from_plain_and_packed_files(tmp_path: Path) -> None:
    lines = [article.to_json().encode() + b"\n" for article in GOOD]
    plain = _file(tmp_path / "records.jsonl", lines[0], b"\n", *lines[1:])
    packed = tmp_path / "records.jsonl.gz"
    packed.write_bytes(gzip.compress(b"".join(lines)))
    assert list(read_records(plain)) == list(read_records(packed)) == GOOD


@pytest.mark.parametrize(
    ("bad", "why"),
    [
        (GOOD[0].to_json().encode()[:-9], "torn"),
        (b'{"title": "x"}\n', "foreign"),
        (b'{"headline": "x", "schema_version": 7}\n', "schema_version 7"),
        (b"\xff\xff\n", "no record"),
    ],
)
def test_a_bad_line_is_named_or_skipped_and_counted(tmp_path: Path, bad: bytes, why: str) -> None:
    path = _file(tmp_path / "records.jsonl", GOOD[0].to_json().encode() + b"\n", bad)
    with pytest.raises(RecordError, match=why) as caught:
        list(read_records(path))
    assert (caught.value.line, caught.value.path) == (2, str(path))
    assert f"{path}:2:" in str(caught.value)
    faults: list[RecordError] = []
    assert list(read_records(path, on_error=faults.append)) == GOOD[:1]
    assert [fault.line for fault in faults] == [2]


@pytest.mark.parametrize(("name", "pack"), [("a.jsonl.gz", gzip.compress), ("a.jsonl.zst", zstd.compress)])
@pytest.mark.parametrize("damage", [lambda packed: packed[:-20], lambda packed: packed[:-9000] + b"noise" * 1800])
def test_a_packed_file_that_is_torn_or_damaged_gives_its_whole_lines_first(
    tmp_path: Path, name: str, pack: Callable[[bytes], bytes], damage: Callable[[bytes], bytes]
) -> None:
    words = iter(random.Random(1).choices("abcdefghijklmnop", k=1_000_000))  # which packs badly
    stories = [Article(headline=f"Story {n}", body=("".join(islice(words, 1000)),)) for n in range(1000)]
    packed = pack(b"".join(story.to_json().encode() + b"\n" for story in stories))
    path = _file(tmp_path / name, damage(packed))
    read: list[Article] = []
    with pytest.raises((OSError, RecordError), match=name):
        read.extend(read_records(path))  # keeps those that came before the error
    assert 0 < len(read) < 1000
    assert read == stories[: len(read)]


@pytest.mark.parametrize("name", ["a.jsonl.gz", "a.jsonl.zst"])
def test_what_is_not_packed_as_its_name_says_is_an_error_of_the_file(tmp_path: Path, name: str) -> None:
    with pytest.raises(OSError, match=name):
        list(read_records(_file(tmp_path / name, GOOD[0].to_json().encode())))


@pytest.mark.parametrize(
    "strange",
    [
        {"like_count": 2**70},
        {"view_count": -1},
        {"like_count": float("inf")},
        {"dateline": TOLD["dateline"] | {"paragraph": 2**40}},
        {"dateline": TOLD["dateline"] | {"paragraph": -1}},
        {"extraction": TOLD["extraction"] | {"confidence": float("nan")}},
        {"extraction": TOLD["extraction"] | {"confidence": float("inf")}},
        {"extraction": TOLD["extraction"] | {"profile": "\ud800"}},
        {"extraction": TOLD["extraction"] | {"warnings": ["a\udfff"]}},
        {"sidebar": {"\ud800": []}},
    ],
)
def test_what_no_other_form_could_hold_is_no_record(strange: dict[str, object]) -> None:
    with pytest.raises(RecordError, match="no record: "):
        parse_record(json.dumps(TOLD | strange).encode())
    assert parse_record(json.dumps(TOLD).encode()).like_count == 1


@pytest.mark.parametrize(
    "line",
    [
        b'"abc"',
        b"[1]",
        b"null",
        b"1",
        b"",
        b"[" * 10**6,
        b'{"a":' * 10**5,
        b"9" * 10**5,
        b"{",
        b"\xff",
        b"\0" * 99,
        b'{"a": 1} x',
    ],
)
def test_a_line_that_is_no_object_is_one_error(line: bytes) -> None:
    for parse in (parse_object, parse_record):
        with pytest.raises(RecordError):
            parse(line)
    assert parse_object(b' {"a": [1]} ') == {"a": [1]}


@pytest.mark.parametrize("name", ["a.jsonl", "a.jsonl.gz", "a.jsonl.zst"])
def test_a_line_without_an_end_is_cut_and_affects_no_other(
    tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jsonl, "LONGEST", 1000)
    good = GOOD[0].to_json().encode() + b"\n"
    path = tmp_path / name
    with path.open("wb") as file, compressing(file, name) as lines:
        lines.write(b"x" * 5000 + b"\n" + good + b"y" * 1001 + b"\n" + good + b"z" * 9999)
    assert [len(line) for line in read_lines(path)] == [1001, len(good), 1001, len(good), 1001]
    faults: list[RecordError] = []
    assert list(read_records(path, on_error=faults.append)) == GOOD[:1] * 2
    assert [(fault.line, fault.why) for fault in faults] == [(n, "longer than 1000 bytes") for n in (1, 3, 5)]
