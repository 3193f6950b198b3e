"""Archives by name: files, folders and patterns, here or wherever fsspec reaches; and the pages in them."""

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
"""What the name of an archive ends with."""
_FAR = "://"

OnError = Callable[[ArchiveError], object]


class Source(NamedTuple):
    """An archive."""

    address: str
    """A path, or what fsspec takes: `s3://bucket/name.warc.gz`."""
    name: str
    """The path of its output, without ending: its own name, below the folder that was given."""
    size: int
    """In bytes; 0 where the place does not tell, or it is not there."""


def expand(given: str) -> list[Source]:
    """Return the archives that a name stands for: a file, all in a folder, or all of a pattern.

    One that is named and not there is given, for whichever caller reads it to find out.

    Raises `ScraperError` where there is none, and `OSError` where the place cannot be reached.
    """
    found = _far(given) if _FAR in given else _near(given)
    if not found:
        raise ScraperError(f"{given}: no archive there ({' '.join(KINDS)})")
    return found


def _near(given: str) -> list[Source]:
    top = Path(given)
    if top.is_dir():
        files = sorted(Path(path, file) for path, _, names in os.walk(given) for file in names if file.endswith(KINDS))
        return [Source(str(file), _name(str(file.relative_to(top))), _size(file)) for file in files]
    plain = top.exists() or not glob.has_magic(given)
    if plain and not given.endswith(KINDS):
        top.stat()  # that it is not there says more than that its kind is not known
    paths = [top] if plain else sorted(map(Path, glob.glob(given, recursive=True)))
    return [Source(str(path), _name(path.name), _size(path)) for path in paths if _known(str(path))]


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0


def _far(given: str) -> list[Source]:
    with _translated(given):
        fs, path = _fsspec().core.url_to_fs(given)
        if glob.has_magic(path):
            return [_there(fs, file, file.rpartition("/")[2]) for file in sorted(fs.glob(path)) if file.endswith(KINDS)]
        if fs.isdir(path):
            below = len(path.rstrip("/")) + 1
            return [_there(fs, file, file[below:]) for file in sorted(fs.find(path)) if file.endswith(KINDS)]
        return [_there(fs, path, path.rpartition("/")[2])] if _known(path) else []


def _there(fs: Any, path: str, name: str) -> Source:
    try:
        size = fs.size(path)
    except OSError:
        size = 0
    return Source(fs.unstrip_protocol(path), _name(name), size or 0)


def _known(name: str) -> bool:
    if not name.endswith(KINDS):
        raise ScraperError(f"{name}: not a kind of archive that is known ({' '.join(KINDS)})")
    return True


def _name(file: str) -> str:
    """Leave out the ending, the longest that fits."""
    return file.removesuffix(max((kind for kind in KINDS if file.endswith(kind)), key=len))


def _fsspec() -> Any:
    try:
        import fsspec  # noqa: PLC0415 - only for what is far
    except ImportError as error:
        raise ScraperError('addresses need fsspec: pip install -e ".[bulk]"') from error
    return fsspec


@contextmanager
def _translated(address: str) -> Iterator[None]:
    """A file system of others may raise anything of its own: botocore's errors, aiohttp's, no such protocol."""
    try:
        yield
    except ScraperError:
        raise
    except FileNotFoundError as error:  # which says no more than the name, at times
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), address) from error
    except Exception as error:
        raise OSError(getattr(error, "errno", 0), getattr(error, "strerror", None) or str(error), address) from error


@contextmanager
def opened(address: str) -> Iterator[IO[bytes]]:
    """Open an archive for reading here and there; raises `OSError`."""
    if _FAR not in address:
        with open(address, "rb") as raw:
            yield raw
        return
    with _translated(address), _fsspec().open(address, "rb") as raw:
        yield raw


def pages(raw: IO[bytes], address: str, on_error: OnError, start: int) -> Iterator[Page]:
    """Yield the pages of an archive from an offset on; what cannot be read is handed to `on_error`.

    Raises `ScraperError` for an archive of nothing.
    """
    if not raw.seek(0, os.SEEK_END):
        raise ScraperError("it is empty")
    read = parquet.read_pages if address.endswith(".parquet") else warc.read_pages
    yield from read(raw, on_error=on_error, start=start)
