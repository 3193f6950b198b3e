"""Reading records back: what is whole is given, what is not is named by file and line."""

import gzip
import random
from collections.abc import Callable
from itertools import islice
from pathlib import Path

import pytest

from scraper import Article, RecordError
from scraper.jsonl import read_records
from scraper.unpack import zstd

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
