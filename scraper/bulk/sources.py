"""The archives that a path, folder, pattern or fsspec URL names, and their pages."""

import errno
import glob
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, NamedTuple

from scraper.errors import ArchiveError, ScraperError
from scraper.io import parquet, warc
from scraper.io.warc import Page

__all__ = ["KINDS", "Source", "expand", "opened", "pages"]

KINDS = (".warc", ".warc.gz", ".wet", ".wet.gz", ".parquet")
"""The file extensions of archives."""
_SCHEME = "://"

OnError = Callable[[ArchiveError], object]


class Source(NamedTuple):
    """An archive."""

    address: str
    """A path, or a URL that fsspec supports: `s3://bucket/name.warc.gz`."""
    name: str
    """The path of its output without extension: its own path, relative to the source folder."""
    size: int
    """In bytes; 0 if unknown or missing."""


def expand(source: str) -> list[Source]:
    """Return the archives that a source names: a file, all files of a folder, or all matches of a pattern.

    A single file need not exist: reading it raises then.

    Raise `ScraperError` if there is no archive, `OSError` if the location cannot be read.
    """
    archives = _expand_remote(source) if _SCHEME in source else _expand_local(source)
    if not archives:
        raise ScraperError(f"{source}: no archives found ({' '.join(KINDS)})")
    return archives


def _expand_local(source: str) -> list[Source]:
    top = Path(source)
    if top.is_dir():
        files = sorted(Path(path, file) for path, _, names in os.walk(source) for file in names if file.endswith(KINDS))
        return [Source(str(file), _name(str(file.relative_to(top))), _size(file)) for file in files]
    plain = top.exists() or not glob.has_magic(source)
    if plain and not source.endswith(KINDS):
        top.stat()  # a missing file is the more useful error
    paths = [top] if plain else sorted(map(Path, glob.glob(source, recursive=True)))
    return [Source(str(path), _name(path.name), _size(path)) for path in paths if _check_kind(str(path))]


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0


def _expand_remote(source: str) -> list[Source]:
    with _translated(source):
        fs, path = _fsspec().core.url_to_fs(source)
        if glob.has_magic(path):
            return [
                _remote_source(fs, file, file.rpartition("/")[2])
                for file in sorted(fs.glob(path))
                if file.endswith(KINDS)
            ]
        if fs.isdir(path):
            below = len(path.rstrip("/")) + 1
            return [_remote_source(fs, file, file[below:]) for file in sorted(fs.find(path)) if file.endswith(KINDS)]
        return [_remote_source(fs, path, path.rpartition("/")[2])] if _check_kind(path) else []


def _remote_source(fs: Any, path: str, name: str) -> Source:
    try:
        size = fs.size(path)
    except OSError:
        size = 0
    return Source(fs.unstrip_protocol(path), _name(name), size or 0)


def _check_kind(name: str) -> bool:
    if not name.endswith(KINDS):
        raise ScraperError(f"{name}: not a known kind of archive ({' '.join(KINDS)})")
    return True


def _name(file: str) -> str:
    """Return the name without its extension, the longest that matches."""
    return file.removesuffix(max((kind for kind in KINDS if file.endswith(kind)), key=len))


def _fsspec() -> Any:
    try:
        import fsspec  # noqa: PLC0415 - an extra
    except ImportError as error:
        raise ScraperError('URLs need fsspec: pip install "newsportal-scraper[bulk]"') from error
    return fsspec


@contextmanager
def _translated(address: str) -> Iterator[None]:
    """Translate the errors of third-party file systems (botocore, aiohttp, unknown protocol) to `OSError`."""
    try:
        yield
    except ScraperError:
        raise
    except FileNotFoundError as error:  # its message may be no more than the name
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), address) from error
    except Exception as error:
        raise OSError(getattr(error, "errno", 0), getattr(error, "strerror", None) or str(error), address) from error


@contextmanager
def opened(address: str) -> Iterator[IO[bytes]]:
    """Open a local or remote archive for reading; raise `OSError`."""
    if _SCHEME not in address:
        with open(address, "rb") as raw:
            yield raw
        return
    with _translated(address), _fsspec().open(address, "rb") as raw:
        yield raw


def pages(raw: IO[bytes], address: str, on_error: OnError, start: int) -> Iterator[Page]:
    """Yield the pages of an archive from an offset on; pass what cannot be read to `on_error`.

    Raise `ScraperError` for an empty file.
    """
    if not raw.seek(0, os.SEEK_END):
        raise ScraperError("empty")
    read = parquet.read_pages if address.endswith(".parquet") else warc.read_pages
    yield from read(raw, on_error=on_error, start=start)
