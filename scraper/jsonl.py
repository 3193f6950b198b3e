"""Records in a JSON Lines file: one `Article.to_json()` a line."""

import errno
import gzip
import zlib
from collections.abc import Callable, Iterator
from os import PathLike, fspath
from typing import IO

from scraper.article import Article
from scraper.errors import RecordError
from scraper.unpack import zstd

__all__ = ["read_lines", "read_records"]


def read_records(
    path: str | PathLike[str], *, on_error: Callable[[RecordError], object] | None = None
) -> Iterator[Article]:
    """Yield the records of a file (`.gz` and `.zst` too), line by line.

    A torn, foreign or wrong-version line raises `RecordError` with the file and the line's number, counted from 1.
    With `on_error` the error is handed to that instead and the line is skipped, so that

        faults = []
        records = list(read_records(path, on_error=faults.append))

    gives all whole records and all faults. Blank lines are passed over. Raises `OSError` where the file cannot be read
    or unpacked any further.
    """
    name = fspath(path)
    for number, line in enumerate(read_lines(name), 1):
        if not line.strip():
            continue
        try:
            yield Article.from_json(line)
        except RecordError as error:
            fault = RecordError(number, _why(line, error), name)
            if on_error is None:
                raise fault from error
            on_error(fault)


def read_lines(path: str | PathLike[str]) -> Iterator[bytes]:
    """Yield the lines of a file, `.gz` and `.zst` unpacked; raises `OSError` behind the last that can be read."""
    name = fspath(path)
    try:
        with _opened(name) as lines:
            yield from lines
    except (EOFError, gzip.BadGzipFile, zlib.error, zstd.ZstdError) as error:
        raise OSError(errno.EIO, str(error), name) from error


def _opened(name: str) -> IO[bytes]:
    if name.endswith(".gz"):
        return gzip.open(name, "rb")  # type: ignore[return-value]
    return zstd.open(name, "rb") if name.endswith(".zst") else open(name, "rb")  # type: ignore[return-value]


def _why(line: bytes, error: RecordError) -> str:
    return f"torn: {error.why}" if not line.endswith(b"\n") else error.why
