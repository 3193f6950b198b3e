"""JSON Lines files of records: one `Article.to_json()` per line."""

import json
from collections.abc import Callable, Iterator
from os import PathLike, fspath
from typing import Any

from scraper.article import Article
from scraper.errors import RecordError
from scraper.io.compression import decompressing

__all__ = ["LONGEST", "parse_object", "parse_record", "read_lines", "read_records"]

LONGEST = 64 * 2**20
"""The maximum length of a line in bytes."""
_MAX_COUNT = 2**31


def read_records(
    path: str | PathLike[str], *, on_error: Callable[[RecordError], object] | None = None
) -> Iterator[Article]:
    """Yield the records of a file (`.gz` and `.zst` too), line by line.

    A torn, foreign or wrong-version line raises `RecordError` with the file and the line's number, counted from 1.
    With `on_error` the error is passed to that instead and the line is skipped, so that

        errors = []
        records = list(read_records(path, on_error=errors.append))

    returns all valid records and all errors. Blank lines are skipped. Raise `OSError` if the file cannot be read or
    decompressed.
    """
    name = fspath(path)
    for number, line in enumerate(read_lines(name), 1):
        if not line.strip():
            continue
        try:
            yield parse_record(line)
        except RecordError as error:
            record_error = RecordError(number, _reason(line, error), name)
            if on_error is None:
                raise record_error from error
            on_error(record_error)


def parse_record(line: bytes) -> Article:
    """Parse a line as a record; raise `RecordError` if it is not one."""
    _check_length(line)
    record = Article.from_json(line)
    counts = (record.like_count, record.view_count, record.dateline and record.dateline.paragraph)
    if not 0 <= record.extraction.confidence <= 1 or not all(0 <= count < _MAX_COUNT for count in counts if count):
        raise RecordError(1, "no record: a number that cannot be")
    if b"\\u" in line:
        _check_text(record)
    return record


def _check_text(record: Article) -> None:
    """Raise `RecordError` for a lone surrogate in a string that `Article` does not repair."""
    try:
        record.to_json()
    except UnicodeEncodeError as error:
        raise RecordError(1, f"no record: {error}") from error


def parse_object(line: bytes) -> dict[str, Any]:
    """Parse a line as a JSON object; raise `RecordError` if it is not one."""
    _check_length(line)
    try:
        value = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise RecordError(1, f"no JSON: {error}") from error
    if not isinstance(value, dict):
        raise RecordError(1, f"no JSON object, but {type(value).__name__}")
    return value


def _check_length(line: bytes) -> None:
    if len(line) > LONGEST:
        raise RecordError(1, f"longer than {LONGEST} bytes")


def read_lines(path: str | PathLike[str]) -> Iterator[bytes]:
    """Yield the lines of a file, decompressing `.gz` and `.zst`; raise `OSError` after the last readable line.

    A line longer than `LONGEST` is truncated to `LONGEST + 1` bytes.
    """
    name = fspath(path)
    with open(name, "rb") as file, decompressing(file, name) as lines:
        while line := lines.readline(LONGEST + 1):
            rest = line
            while len(rest) > LONGEST and not rest.endswith(b"\n"):
                rest = lines.readline(LONGEST + 1)
            yield line


def _reason(line: bytes, error: RecordError) -> str:
    return f"torn: {error.why}" if not line.endswith(b"\n") and len(line) <= LONGEST else error.why
