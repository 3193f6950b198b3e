"""What a command is given: files, folders, patterns, addresses and stdin, to pages."""

import glob
import gzip
import io
import json
import os
import sys
import time
import zlib
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import IO, NamedTuple
from urllib.parse import urlsplit

from scraper.errors import FetchError, ScraperError
from scraper.fetch import fetch
from scraper.safety import UNSAFE
from scraper.warc import LARGEST, Page, read_pages

__all__ = ["Given", "Inputs", "Reading"]

_PAGES, _TEXTS = (".html", ".htm", ".xhtml"), (".txt",)
_ARCHIVES, _LINES = (".warc", ".warc.gz", ".wet", ".wet.gz"), (".jsonl", ".jsonl.gz")
_KNOWN = (*_PAGES, *_TEXTS, *_ARCHIVES, *_LINES)
_UNKNOWN = f"not a kind of file that is known ({' '.join(_KNOWN)}); as stdin, it is taken for a page: - < FILE"
_FETCHED = 100_000  # bytes that a page of the web is taken to have, for the bar
_PACE = 1.0  # seconds between two pages of a host


class Given(NamedTuple):
    """A page, and how it is called in a line about it."""

    name: str
    page: Page
    alone: bool
    """Given as a page, not as part of an archive, which has many pages without a story."""


class Reading(NamedTuple):
    """How inputs are to be taken."""

    text: bool = False
    """Pages are flattened text, whatever they are called."""
    trusted: frozenset[str] = frozenset()
    """Places that may be asked for although they are not on the public internet."""


class Inputs:
    """Pages, one after another; what cannot be read is told in a line, and never ends the reading."""

    def __init__(self, names: Iterable[str], reading: Reading, complain: Callable[[object], None]) -> None:
        self._reading = reading
        self._complain = complain
        self.names = [found for name in names for found in self._expanded(name)]
        """Those of files and addresses; folders and patterns are told file by file."""
        sizes = [_size(name) for name in self.names]
        self.count, self.total = len(sizes), sum(sizes)
        """How many there are, and how many bytes they have."""
        self._weights = sizes
        self._before = 0
        self._now: IO[bytes] | None = None
        self._asked: dict[str, float] = {}

    def done(self) -> int:
        """Give the bytes that were read."""
        return self._before + (self._now.tell() if self._now and not self._now.closed else 0)

    def __iter__(self) -> Iterator[Given]:
        for name, weight in zip(self.names, self._weights, strict=True):
            try:
                yield from self._pages(name)
            except OSError as error:
                self._complain(f"{name}: {error.strerror or error}")
            except FetchError as error:
                self._complain(f"{error}{_hint(error)}")
            except (ScraperError, zlib.error, EOFError) as error:
                self._complain(f"{name}: {error}")
            self._before, self._now = self._before + weight, None

    def _expanded(self, name: str) -> list[str]:
        path = Path(name)
        if path.is_dir():
            found = [os.path.join(top, file) for top, _, files in os.walk(name) for file in files]
            found = sorted(file for file in found if file.lower().endswith(_KNOWN))
            if not found:
                self._complain(f"{name}: no pages in this folder ({' '.join(_KNOWN)})")
            return found
        if name == "-" or path.exists() or not glob.has_magic(name) or "://" in name:
            return [name]
        found = sorted(glob.glob(name, recursive=True))
        if not found:
            self._complain(f"{name}: no file has such a name")
        return [file for each in found for file in (self._expanded(each) if Path(each).is_dir() else [each])]

    def _pages(self, name: str) -> Iterator[Given]:
        if name == "-":
            yield from self._stream(name, _sniffed(data := sys.stdin.buffer.read()), io.BytesIO(data))
        elif "://" in name and not Path(name).exists():
            yield Given(name, self._as_told(self._fetched(name)), alone=True)
        else:
            with Path(name).open("rb") as raw:
                if not name.lower().endswith(_KNOWN):
                    raise ScraperError(_UNKNOWN)
                self._now = raw
                yield from self._stream(name, name.lower(), raw)

    def _stream(self, name: str, kind: str, raw: IO[bytes]) -> Iterator[Given]:
        if not raw.read(1):
            raise ScraperError("it is empty")
        raw.seek(0)
        if kind.endswith(_ARCHIVES):
            for page in read_pages(
                raw, on_error=lambda error: self._complain(f"{name}: at byte {error.offset}: {error.why}")
            ):
                yield Given(name, page, alone=False)
        elif kind.endswith(_LINES):
            yield from self._lines(name, gzip.GzipFile(fileobj=raw) if kind.endswith(".gz") else raw)
        else:
            body = raw.read(LARGEST + 1)
            if len(body) > LARGEST:
                raise ScraperError(f"it is larger than {LARGEST} bytes")
            page = Page(None, body, None, None, 200)
            yield Given(name, page._replace(status=None) if kind.endswith(_TEXTS) else self._as_told(page), alone=True)

    def _lines(self, name: str, raw: IO[bytes] | gzip.GzipFile) -> Iterator[Given]:
        number = 0
        while line := raw.readline(LARGEST + 1):
            number += 1
            try:
                page = _of_line(line)
            except ScraperError as error:
                self._complain(f"{name}:{number}: {error}{'; the file is left out' if number == 1 else ''}")
                if number == 1:
                    return
            else:
                if page is not None:
                    yield Given(f"{name}:{number}", self._as_told(page), alone=True)

    def _as_told(self, page: Page) -> Page:
        return page._replace(status=None) if self._reading.text else page

    def _fetched(self, url: str) -> Page:
        """Fetch a page, at most one a second of a host that is a stranger's."""
        host = urlsplit(url).netloc
        if host not in self._reading.trusted:
            time.sleep(max(0.0, self._asked.get(host, 0.0) + _PACE - time.monotonic()))
        try:
            return fetch(url, trusted=self._reading.trusted)
        finally:
            self._asked[host] = time.monotonic()


def _hint(error: FetchError) -> str:
    if UNSAFE not in error.reason:
        return ""
    if urlsplit(error.url).scheme not in ("http", "https"):
        return "; only http and https are asked for"
    return "; --trust HOST:PORT lets it be asked for"


def _size(name: str) -> int:
    try:
        return Path(name).stat().st_size
    except OSError:
        return _FETCHED


def _of_line(line: bytes) -> Page | None:
    if len(line) > LARGEST:
        raise ScraperError(f"it is larger than {LARGEST} bytes")
    if not line.strip():
        return None
    try:
        value = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise ScraperError(f"no JSON: {error}") from error
    html, url = (value.get("html"), value.get("url")) if isinstance(value, dict) else (None, None)
    if not isinstance(html, str):
        raise ScraperError('no object with an "html" that is a text')
    body = html.encode("utf-8", "replace")
    return Page(url if isinstance(url, str) else None, body, "text/html; charset=utf-8", None, 200)


def _sniffed(data: bytes) -> str:
    """Give the ending that a file of these bytes would have."""
    if data.startswith((b"WARC/", b"\x1f\x8b")):
        return ".warc"
    return ".jsonl" if data.lstrip().startswith(b"{") else ".html"
