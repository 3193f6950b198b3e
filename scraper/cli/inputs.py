"""The inputs of a command: pages from files, folders, patterns, URLs and stdin."""

import glob
import json
import os
import re
import select
import shutil
import stat
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import closing
from typing import IO, NamedTuple, cast
from urllib.parse import urlsplit

import typer

from scraper.cli.options import BadLines
from scraper.cli.screen import Screen
from scraper.errors import ArchiveError, FetchError, ScraperError
from scraper.io.compression import GZIP, decompressing, gunzip_start
from scraper.io.fetch import fetch
from scraper.io.network_policy import UNSAFE
from scraper.io.warc import LARGEST, Page, read_pages
from scraper.io.wording import count
from scraper.stories import urls

__all__ = ["InputOptions", "InputPage", "Inputs"]

_PAGES, _TEXTS = (".html", ".htm", ".xhtml"), (".txt",)
_ARCHIVES, _LINES = (".warc", ".warc.gz", ".wet", ".wet.gz"), (".jsonl", ".jsonl.gz")
_KNOWN = (*_PAGES, *_TEXTS, *_ARCHIVES, *_LINES)
_UNKNOWN = f"not a known kind of file ({' '.join(_KNOWN)}), and it does not start like an HTML page"
_URL_LIST = "a list of URLs, not a story; xargs -a FILE scraper extract fetches them"
_RECORDS = "records, not pages; scraper check and scraper export read them"
_RECORD = b'{"headline":'  # the start of a record
_FETCHED = 100_000  # bytes assumed for a page to fetch, for the progress bar
_DELAY = 1.0  # seconds between two requests to a host
_HEAD = 4096  # bytes read to detect the kind of a file with an unknown name
_PACKED_PAGE = ".html.gz"
_PAGE = re.compile(
    rb"(?:\xef\xbb\xbf)?+(?>\s++|<\?xml[^>]*+>|<!--.*?-->)*+<(?:!doctype\s++html|html|head|body|title|meta)\b",
    re.DOTALL | re.IGNORECASE,
)


class InputPage(NamedTuple):
    """A page and its name in messages."""

    name: str
    page: Page
    alone: bool
    """Whether it is an input of its own rather than a page of an archive, where many have no article."""


class InputOptions(NamedTuple):
    """How to read the inputs."""

    text: bool = False
    """Whether pages are flattened text, whatever their names."""
    trusted: frozenset[str] = frozenset()
    """Hosts ("host:port") that may be requested although they are not on the public internet."""
    url: str | None = None
    """The URL of a single saved page."""


class Inputs:
    """An iterable of pages; an unreadable input is reported in one line and skipped."""

    def __init__(self, names: Iterable[str], options: InputOptions, screen: Screen) -> None:
        self._options = options
        self._screen = screen
        self.names = [path for name in names for path in self._expand(name)]
        if self.names.count("-") > 1:
            raise typer.BadParameter("stdin can be read only once", param_hint="INPUT")
        """The files and URLs, with folders and patterns expanded."""
        sizes = [_size(name) for name in self.names]
        self.count, self.total = len(sizes), sum(sizes)
        """The number of inputs, and their size in bytes."""
        self._weights = sizes
        self._completed = 0
        self._file: IO[bytes] | None = None
        self._requested: dict[str, float] = {}

    def done(self) -> int:
        """Return the number of bytes read so far."""
        return self._completed + (self._file.tell() if self._file and not self._file.closed else 0)

    def __iter__(self) -> Iterator[InputPage]:
        for name, weight in zip(self.names, self._weights, strict=True):
            try:
                yield from self._pages(name)
            except OSError as error:
                self._screen.error(f"{name}: {error.strerror or error}")
            except FetchError as error:
                self._screen.error(f"{error}{_hint(error)}")
            except ScraperError as error:
                self._screen.error(f"{name}: {error}")
            self._completed, self._file = self._completed + weight, None

    def _expand(self, name: str) -> list[str]:
        if os.path.isdir(name):
            return self._in_folder(name)
        if name == "-" or os.path.exists(name) or not glob.has_magic(name) or "://" in name:
            return [name]
        matches = sorted(
            path for path in glob.glob(name, recursive=True) if os.path.isfile(path) or os.path.isdir(path)
        )
        if not matches:
            self._screen.error(f"{name}: no matching file")
        return [file for path in matches for file in (self._in_folder(path) if os.path.isdir(path) else [path])]

    def _in_folder(self, name: str) -> list[str]:
        """Return the readable files of a folder, and report the number of others; hidden files are ignored."""
        paths = [os.path.join(top, file) for top, _, files in os.walk(name) for file in files if file[0] != "."]
        pages = {path for path in paths if os.path.isfile(path) and (path.lower().endswith(_KNOWN) or _is_page(path))}
        if not pages:
            self._screen.error(f"{name}: no pages in this folder ({' '.join(_KNOWN)})")
        elif skipped := Counter(
            os.path.splitext(path)[1].lower() or "no extension" for path in paths if path not in pages
        ):
            kinds = ", ".join(f"{ending} {number}" for ending, number in skipped.most_common(5))
            self._screen.note(f"{name}: {count(skipped.total(), 'file')} skipped, not pages: {kinds}")
        return sorted(pages)

    def _pages(self, name: str) -> Iterator[InputPage]:
        if self._options.url and (len(self.names) > 1 or "://" in name):
            raise ScraperError("--url is for a single saved page")
        if "://" in name and not os.path.exists(name):
            yield InputPage(name, self._as_text(self._fetch(name)), alone=True)
            return
        if self._screen.is_terminal and _waits(name):
            self._screen.note(f"waiting for {'standard input' if name == '-' else name}")
        with closing(_open(name)) as raw:
            kind = _kind(name, raw, text=self._options.text)
            self._file = raw
            yield from self._stream(name, kind, raw)

    def _stream(self, name: str, kind: str, raw: IO[bytes]) -> Iterator[InputPage]:
        if not kind.endswith((*_ARCHIVES, *_LINES)):
            yield InputPage(name, self._single(raw, kind), alone=True)
        elif self._options.url:
            raise ScraperError("--url is for a single saved page")
        elif kind.endswith(_LINES):
            with decompressing(raw, kind) as lines:
                yield from self._lines(name, lines)
        else:
            bad_lines = BadLines(name, self._screen)

            def report(error: ArchiveError) -> None:
                bad_lines.add(f"{name}: at byte {error.offset}: {error.why}")

            for page in read_pages(raw, on_error=report):
                bad_lines.end_row()
                yield InputPage(name, page, alone=False)
            bad_lines.end_row()

    def _single(self, raw: IO[bytes], kind: str) -> Page:
        with decompressing(raw, kind) as file:
            body = file.read(LARGEST + 1)
        if len(body) > LARGEST:
            raise ScraperError(f"larger than {LARGEST} bytes")
        text = self._options.text or kind.endswith(_TEXTS)
        if text and _is_url_list(body):
            raise ScraperError(_URL_LIST)
        return Page(self._options.url, body, None, None, None if text else 200)

    def _lines(self, name: str, raw: IO[bytes]) -> Iterator[InputPage]:
        bad_lines, number = BadLines(name, self._screen), 0
        while line := raw.readline(LARGEST + 1):
            number += 1
            if number == 1 and line.startswith(_RECORD):
                raise ScraperError(_RECORDS)
            try:
                page = _parse_line(line, raw)
            except ScraperError as error:
                bad_lines.add(f"{name}:{number}: {error}")
                continue
            if page is not None:
                bad_lines.end_row()
                yield InputPage(f"{name}:{number}", self._as_text(page), alone=True)
        bad_lines.end_row()

    def _as_text(self, page: Page) -> Page:
        return page._replace(status=None) if self._options.text else page

    def _fetch(self, url: str) -> Page:
        """Fetch a page; wait a second between requests to a host that is not trusted."""
        try:
            host = urlsplit(url).netloc
        except ValueError as error:
            raise ScraperError(f"invalid URL: {error}") from error
        if host not in self._options.trusted:
            time.sleep(max(0.0, self._requested.get(host, 0.0) + _DELAY - time.monotonic()))
        try:
            return fetch(url, trusted=self._options.trusted)
        finally:
            self._requested[host] = time.monotonic()


def _hint(error: FetchError) -> str:
    if UNSAFE not in error.reason:
        return ""
    if urlsplit(error.url).scheme not in ("http", "https"):
        return "; only http and https are supported"
    return "; allow it with --trust HOST:PORT"


def _size(name: str) -> int:
    try:
        return os.stat(name).st_size
    except (OSError, ValueError):  # a NUL
        return _FETCHED


def _parse_line(line: bytes, rest: IO[bytes]) -> Page | None:
    if len(line) > LARGEST:
        while line and not line.endswith(b"\n"):
            line = rest.readline(LARGEST)
        raise ScraperError(f"larger than {LARGEST} bytes")
    if not line.strip():
        return None
    try:
        value = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise ScraperError(f"invalid JSON: {error}") from error
    html, url = (value.get("html"), value.get("url")) if isinstance(value, dict) else (None, None)
    if not isinstance(html, str):
        raise ScraperError('not an object with a string "html"')
    body = html.encode("utf-8", "replace")
    return Page(url if _is_address(url) else None, body, "text/html; charset=utf-8", None, 200)


def _is_address(url: object) -> bool:
    try:
        return isinstance(url, str) and bool(urls.dedup_key(url))
    except ValueError:
        return False


def _waits(name: str) -> bool:
    """Return whether an input is a pipe, or standard input with nothing to read yet."""
    if name == "-":
        return not select.select([sys.stdin], [], [], 0)[0]
    return stat.S_ISFIFO(os.stat(name).st_mode)


def _open(name: str) -> IO[bytes]:
    """Open a file, stdin or a pipe as a seekable binary file."""
    raw = sys.stdin.buffer if name == "-" else _open_file(name)
    if raw.seekable():
        return raw
    with raw:
        copy = cast(IO[bytes], tempfile.TemporaryFile())  # noqa: SIM115 - the caller closes it
        shutil.copyfileobj(raw, copy)
        copy.seek(0)
        return copy


def _open_file(name: str) -> IO[bytes]:
    if stat.S_ISCHR(os.stat(name).st_mode):  # it may be endless
        raise ScraperError("a device, not a file")
    return open(name, "rb")


def _kind(name: str, raw: IO[bytes], *, text: bool) -> str:
    """Return the extension of a file, or one detected from its content; raise `ScraperError` for an unknown kind."""
    head = raw.read(_HEAD)
    raw.seek(0)
    if not head:
        raise ScraperError("empty")
    if name.lower().endswith(_KNOWN):
        return name.lower()
    kind = _sniff(head) or (".txt" if text else ".html" if name == "-" else None)
    if kind is None:
        raise ScraperError(_UNKNOWN)
    return kind


def _sniff(head: bytes) -> str | None:
    if head.startswith(GZIP):
        inner = gunzip_start(head, _HEAD)
        if inner.lstrip().startswith(b"{"):
            return ".jsonl.gz"
        return _PACKED_PAGE if _PAGE.match(inner) else ".warc.gz"
    if head.startswith(b"WARC/"):
        return ".warc"
    if head.lstrip().startswith(b"{"):
        return ".jsonl"
    start = head.lstrip(b"\xef\xbb\xbf\xff\xfe\0 \t\r\n")
    return ".html" if start.startswith(b"<") else None


def _is_page(path: str) -> bool:
    """Return whether the content of a file is an HTML page."""
    try:
        with open(path, "rb") as raw:
            head = raw.read(_HEAD)
    except OSError:
        return False
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):  # UTF-16
        head = head[2:].replace(b"\0", b"")
    return bool(_PAGE.match(head))


def _is_url_list(body: bytes) -> bool:
    lines = [line for line in map(bytes.strip, body[:_HEAD].splitlines()) if line]
    return bool(lines) and all(re.match(rb"https?://\S+\Z", line, re.IGNORECASE) for line in lines)
