"""Reading records back: what is whole is given, what is not is named by file and line."""

import gzip
from pathlib import Path

import pytest

from scraper import Article, RecordError
from scraper.jsonl import read_records

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
        (GOOD[0].to_json().replace('"schema_version":1', '"schema_version":7').encode() + b"\n", "schema_version 7"),
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
