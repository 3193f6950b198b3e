"""Records in a JSON Lines file: one `Article.to_json()` a line."""

import gzip
from collections.abc import Callable, Iterator
from os import PathLike, fspath
from typing import IO

from scraper.article import Article
from scraper.errors import RecordError
from scraper.unpack import zstd

__all__ = ["open_lines", "read_records"]


def read_records(
    path: str | PathLike[str], *, on_error: Callable[[RecordError], object] | None = None
) -> Iterator[Article]:
    """Yield the records of a file (`.gz` and `.zst` too), line by line.

    A torn, foreign or wrong-version line raises `RecordError` with the file and the line's number, counted from 1.
    With `on_error` the error is handed to that instead and the line is skipped, so that

        faults = []
        records = list(read_records(path, on_error=faults.append))

    gives all whole records and all faults. Blank lines are passed over. Raises `OSError` when the file cannot be read.
    """
    name = fspath(path)
    with open_lines(name) as lines:
        for number, line in enumerate(lines, 1):
            if not line.strip():
                continue
            try:
                yield Article.from_json(line)
            except RecordError as error:
                fault = RecordError(number, _why(line, error), name)
                if on_error is None:
                    raise fault from error
                on_error(fault)


def open_lines(path: str | PathLike[str]) -> IO[bytes]:
    """Open a file of lines for reading, `.gz` and `.zst` unpacked; raises `OSError`."""
    name = fspath(path)
    if name.endswith(".gz"):
        return gzip.open(name, "rb")  # type: ignore[return-value]
    return zstd.open(name, "rb") if name.endswith(".zst") else open(name, "rb")  # type: ignore[return-value]


def _why(line: bytes, error: RecordError) -> str:
    return f"torn: {error.why}" if not line.endswith(b"\n") else error.why
