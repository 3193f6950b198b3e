"""What a command is given: files, folders, patterns, URLs and stdin, to pages."""

import glob
import gzip
import json
import os
import re
import shutil
import stat
import sys
import tempfile
import time
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import closing
from typing import IO, NamedTuple, cast
from urllib.parse import urlsplit

from scraper.cli.options import Faults
from scraper.cli.screen import Screen, count
from scraper.errors import ArchiveError, FetchError, ScraperError
from scraper.io.fetch import fetch
from scraper.io.network_policy import UNSAFE
from scraper.io.warc import LARGEST, Page, read_pages
from scraper.stories import urls

__all__ = ["Given", "Inputs", "Reading"]

_PAGES, _TEXTS = (".html", ".htm", ".xhtml"), (".txt",)
_ARCHIVES, _LINES = (".warc", ".warc.gz", ".wet", ".wet.gz"), (".jsonl", ".jsonl.gz")
_KNOWN = (*_PAGES, *_TEXTS, *_ARCHIVES, *_LINES)
_UNKNOWN = f"not a kind of file that is known ({' '.join(_KNOWN)}), nor does it begin as a page"
_ADDRESSES = "a list of addresses, not a story; xargs -a FILE scraper extract fetches them"
_FETCHED = 100_000  # bytes that a page of the web is taken to have, for the bar
_PACE = 1.0  # seconds between two pages of a host
_HEAD = 4096  # bytes by which a file is judged whose name says nothing
_PAGE = re.compile(
    rb"(?:\xef\xbb\xbf)?+(?>\s++|<\?xml[^>]*+>|<!--.*?-->)*+<(?:!doctype\s++html|html|head|body|title|meta)\b",
    re.DOTALL | re.IGNORECASE,
)


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
    """Places that may be requested although they are not on the public internet."""
    url: str | None = None
    """Where the one page that is given was found."""


class Inputs:
    """Pages, one after another; what cannot be read is told in a line, and never ends the reading."""

    def __init__(self, names: Iterable[str], reading: Reading, screen: Screen) -> None:
        self._reading = reading
        self._screen = screen
        self.names = [found for name in names for found in self._expanded(name)]
        """Those of files and URLs; folders and patterns are told file by file."""
        sizes = [_size(name) for name in self.names]
        self.count, self.total = len(sizes), sum(sizes)
        """How many there are, and how many bytes they have."""
        self._weights = sizes
        self._before = 0
        self._now: IO[bytes] | None = None
        self._asked: dict[str, float] = {}

    def done(self) -> int:
        """Return the bytes that were read."""
        return self._before + (self._now.tell() if self._now and not self._now.closed else 0)

    def __iter__(self) -> Iterator[Given]:
        for name, weight in zip(self.names, self._weights, strict=True):
            try:
                yield from self._pages(name)
            except OSError as error:
                self._screen.complain(f"{name}: {error.strerror or error}")
            except FetchError as error:
                self._screen.complain(f"{error}{_hint(error)}")
            except (ScraperError, zlib.error, EOFError) as error:
                self._screen.complain(f"{name}: {error}")
            self._before, self._now = self._before + weight, None

    def _expanded(self, name: str) -> list[str]:
        if os.path.isdir(name):
            return self._in_folder(name)
        if name == "-" or os.path.exists(name) or not glob.has_magic(name) or "://" in name:
            return [name]
        found = sorted(file for file in glob.glob(name, recursive=True) if os.path.isfile(file) or os.path.isdir(file))
        if not found:
            self._screen.complain(f"{name}: no file has such a name")
        return [file for each in found for file in (self._in_folder(each) if os.path.isdir(each) else [each])]

    def _in_folder(self, name: str) -> list[str]:
        """Return the files of a folder that are read, and tell how many others there are; hidden ones are not meant."""
        paths = [os.path.join(top, file) for top, _, files in os.walk(name) for file in files if file[0] != "."]
        found = {path for path in paths if os.path.isfile(path) and (path.lower().endswith(_KNOWN) or _is_page(path))}
        if not found:
            self._screen.complain(f"{name}: no pages in this folder ({' '.join(_KNOWN)})")
        elif passed := Counter(os.path.splitext(path)[1].lower() or "no ending" for path in paths if path not in found):
            kinds = ", ".join(f"{ending} {number}" for ending, number in passed.most_common(5))
            self._screen.note(f"{name}: {count(passed.total(), 'file')} passed over, not pages: {kinds}")
        return sorted(found)

    def _pages(self, name: str) -> Iterator[Given]:
        if self._reading.url and (len(self.names) > 1 or "://" in name):
            raise ScraperError("--url is for a single saved page")
        if "://" in name and not os.path.exists(name):
            yield Given(name, self._as_told(self._fetched(name)), alone=True)
            return
        with closing(_opened(name)) as raw:
            kind = _kind(name, raw, text=self._reading.text)
            self._now = raw
            yield from self._stream(name, kind, raw)

    def _stream(self, name: str, kind: str, raw: IO[bytes]) -> Iterator[Given]:
        if not kind.endswith((*_ARCHIVES, *_LINES)):
            yield Given(name, self._single(raw, kind), alone=True)
        elif self._reading.url:
            raise ScraperError("--url is for a single saved page")
        elif kind.endswith(_LINES):
            yield from self._lines(name, cast(IO[bytes], gzip.GzipFile(fileobj=raw)) if kind.endswith(".gz") else raw)
        else:
            faults = Faults(name, self._screen)

            def bad(error: ArchiveError) -> None:
                faults.add(f"{name}: at byte {error.offset}: {error.why}")

            for page in read_pages(raw, on_error=bad):
                faults.end_row()
                yield Given(name, page, alone=False)
            faults.end_row()

    def _single(self, raw: IO[bytes], kind: str) -> Page:
        body = raw.read(LARGEST + 1)
        if len(body) > LARGEST:
            raise ScraperError(f"it is larger than {LARGEST} bytes")
        text = self._reading.text or kind.endswith(_TEXTS)
        if text and _are_addresses(body):
            raise ScraperError(_ADDRESSES)
        return Page(self._reading.url, body, None, None, None if text else 200)

    def _lines(self, name: str, raw: IO[bytes]) -> Iterator[Given]:
        faults, number = Faults(name, self._screen), 0
        while line := raw.readline(LARGEST + 1):
            number += 1
            try:
                page = _of_line(line, raw)
            except ScraperError as error:
                faults.add(f"{name}:{number}: {error}")
                continue
            if page is not None:
                faults.end_row()
                yield Given(f"{name}:{number}", self._as_told(page), alone=True)
        faults.end_row()

    def _as_told(self, page: Page) -> Page:
        return page._replace(status=None) if self._reading.text else page

    def _fetched(self, url: str) -> Page:
        """Fetch a page, at most one a second of a host that is a stranger's."""
        try:
            host = urlsplit(url).netloc
        except ValueError as error:
            raise ScraperError(f"no address to ask for: {error}") from error
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
        return os.stat(name).st_size
    except (OSError, ValueError):  # a NUL
        return _FETCHED


def _of_line(line: bytes, rest: IO[bytes]) -> Page | None:
    if len(line) > LARGEST:
        while line and not line.endswith(b"\n"):
            line = rest.readline(LARGEST)
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
    return Page(url if _is_address(url) else None, body, "text/html; charset=utf-8", None, 200)


def _is_address(url: object) -> bool:
    try:
        return isinstance(url, str) and bool(urls.identity(url))
    except ValueError:
        return False


def _opened(name: str) -> IO[bytes]:
    """Open a file, stdin or a pipe so that it can be read from its beginning again."""
    raw = sys.stdin.buffer if name == "-" else _opened_file(name)
    if raw.seekable():
        return raw
    with raw:
        copy = cast(IO[bytes], tempfile.TemporaryFile())  # noqa: SIM115 - the caller closes it
        shutil.copyfileobj(raw, copy)
        copy.seek(0)
        return copy


def _opened_file(name: str) -> IO[bytes]:
    if stat.S_ISCHR(os.stat(name).st_mode):  # which may never end
        raise ScraperError("a device, not a file")
    return open(name, "rb")


def _kind(name: str, raw: IO[bytes], *, text: bool) -> str:
    """Return the ending that a file has, or ought to have by what is in it; raise `ScraperError` for none."""
    head = raw.read(_HEAD)
    raw.seek(0)
    if not head:
        raise ScraperError("it is empty")
    if name.lower().endswith(_KNOWN):
        return name.lower()
    found = _sniffed(head) or (".txt" if text else ".html" if name == "-" else None)
    if found is None:
        raise ScraperError(_UNKNOWN)
    return found


def _sniffed(head: bytes) -> str | None:
    if head.startswith(b"\x1f\x8b"):
        inner = zlib.decompressobj(wbits=31).decompress(head, _HEAD)
        return ".jsonl.gz" if inner.lstrip().startswith(b"{") else ".warc.gz"
    if head.startswith(b"WARC/"):
        return ".warc"
    if head.lstrip().startswith(b"{"):
        return ".jsonl"
    begun = head.lstrip(b"\xef\xbb\xbf\xff\xfe\0 \t\r\n")
    return ".html" if begun.startswith(b"<") else None


def _is_page(path: str) -> bool:
    """Return whether a file in a folder is a page, whatever its name."""
    try:
        with open(path, "rb") as raw:
            head = raw.read(_HEAD)
    except OSError:
        return False
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):  # UTF-16
        head = head[2:].replace(b"\0", b"")
    return bool(_PAGE.match(head))


def _are_addresses(body: bytes) -> bool:
    lines = [line for line in map(bytes.strip, body[:_HEAD].splitlines()) if line]
    return bool(lines) and all(re.match(rb"https?://\S+\Z", line, re.IGNORECASE) for line in lines)
