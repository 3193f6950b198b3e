"""The archive of a crawl: every response as received, in WARC files, from which the records can be extracted again.

A file grows by complete gzip members, each in one write, and has the suffix `.open` until it is closed. The next crawl
truncates a file that a crash left to its last complete record. Nothing is appended to an old file, as most readers lose
what follows a torn member.
"""

import asyncio
import base64
import hashlib
import logging
import os
import uuid
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit

from scrapy import Request, signals
from scrapy.crawler import Crawler
from scrapy.exceptions import IgnoreRequest, NotConfigured
from scrapy.http import Headers, Response

from scraper.crawl.crawl_dir import crawl_dir
from scraper.crawl.fetch_time import fetched_at
from scraper.crawl.frontier.scheduler import Scheduler
from scraper.crawl.frontier.session import DISK_FULL
from scraper.io.compression import gzipped
from scraper.io.files import lock
from scraper.io.warc import whole_size

__all__ = ["Archive", "ArchiveFile", "member", "mend"]

_OPEN = ".open"
_MAX_AGE = timedelta(hours=24)
_SECRET = frozenset((b"authorization", b"cookie", b"proxy-authorization"))

Fields = Iterable[tuple[str, str]]

logger = logging.getLogger(__name__)


# ---------------------------------------------------------------- records


def member(kind: str, fields: Fields, block: bytes) -> bytes:
    """Return a WARC record as a gzip member; `fields` are the headers other than type, length and digest."""
    fixed = (("WARC-Type", kind), ("WARC-Block-Digest", _digest(block)), ("Content-Length", str(len(block))))
    lines = "".join(f"{name}: {value}\r\n" for name, value in (*fixed, *fields))
    return gzipped(b"WARC/1.1\r\n" + lines.encode() + b"\r\n" + block + b"\r\n\r\n")


def _digest(data: bytes) -> str:
    return "sha1:" + base64.b32encode(hashlib.sha1(data, usedforsecurity=False).digest()).decode()


def _identifier() -> str:
    return f"<{uuid.uuid4().urn}>"


def _moment(time: datetime) -> str:
    return time.astimezone(UTC).isoformat().removesuffix("+00:00") + "Z"


def _information(name: str, software: str, time: datetime) -> bytes:
    fields = (
        ("WARC-Record-ID", _identifier()),
        ("WARC-Date", _moment(time)),
        ("WARC-Filename", name),
        ("Content-Type", "application/warc-fields"),
    )
    return member("warcinfo", fields, f"software: {software}\r\nformat: WARC File Format 1.1\r\n".encode())


def _exchange(request: Request, response: Response, time: datetime) -> tuple[bytes, bytes]:
    """Return the records of a response and of its request."""
    response_id = _identifier()
    shared = (("WARC-Target-URI", response.url), ("WARC-Date", _moment(time)))
    address = (("WARC-IP-Address", str(response.ip_address)),) if response.ip_address else ()
    response_headers = (
        ("WARC-Record-ID", response_id),
        ("WARC-Payload-Digest", _digest(response.body)),
        ("Content-Type", "application/http;msgtype=response"),
    )
    request_headers = (
        ("WARC-Record-ID", _identifier()),
        ("WARC-Concurrent-To", response_id),
        ("Content-Type", "application/http;msgtype=request"),
    )
    return (
        member("response", (*shared, *address, *response_headers), _response(response)),
        member("request", (*shared, *request_headers), _request(request)),
    )


def _response(response: Response) -> bytes:
    """Return a response as a WARC block; it has a length, as the downloader has removed the transfer coding."""
    try:
        phrase = HTTPStatus(response.status).phrase
    except ValueError:
        phrase = ""
    status = f"{response.protocol or 'HTTP/1.1'} {response.status} {phrase}".encode()
    lines = [
        _line(b"X-Crawl-" + name if name.lower() == b"transfer-encoding" else name, value)
        for name, value in _pairs(response.headers)
        if name.lower() != b"content-length"
    ]
    length = b"Content-Length: %d" % len(response.body)
    return b"\r\n".join((status, *lines, length, b"", response.body))


def _request(request: Request) -> bytes:
    """Return the request as the middlewares saw it, without secrets; the downloader adds a few lines."""
    parts = urlsplit(request.url)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    lines = [_line(name, value) for name, value in _pairs(request.headers) if name.lower() not in _SECRET]
    first = (f"{request.method} {target} HTTP/1.1".encode(), f"Host: {parts.netloc.rpartition('@')[2]}".encode())
    return b"\r\n".join((*first, *lines, b"", request.body))


def _pairs(headers: Headers) -> list[tuple[bytes, bytes]]:
    return [(name, value) for name in headers for value in headers.getlist(name)]


def _line(name: bytes, value: bytes) -> bytes:
    return name + b": " + b" ".join(value.split())


# ---------------------------------------------------------------- files


class ArchiveFile:
    """A WARC file that is being written, and locked until it is closed."""

    def __init__(self, directory: Path, name: str, software: str) -> None:
        """Start a file with its warcinfo record; raise `OSError`."""
        directory.mkdir(parents=True, exist_ok=True)
        self.started = datetime.now(UTC)
        self._path = directory / f"{name}-{self.started:%Y%m%d%H%M%S%f}-{os.getpid()}.warc.gz"
        self._file = _locked_new(self._path.with_name(self._path.name + _OPEN))
        self.size = 0
        try:
            self.write(_information(self._path.name, software, self.started))
        except OSError:
            self.close()
            raise

    def write(self, member: bytes) -> None:
        """Append a member completely, or raise `OSError` and append nothing."""
        try:
            written = os.write(self._file, member)
        except OSError:
            written = -1
        if written != len(member):
            os.ftruncate(self._file, self.size)
            raise OSError(f"{self._path} cannot be written")
        self.size += written

    def close(self) -> None:
        """Flush the file to disk and rename it; a file without records is removed."""
        os.fsync(self._file)
        _settle(self._path.with_name(self._path.name + _OPEN), self.size)
        os.close(self._file)


def _locked_new(path: Path) -> int:
    while True:
        file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
        lock(file, wait=True)
        if os.fstat(file).st_nlink:
            return file
        os.close(file)  # another crawl removed it as a left-over before it was locked


def _settle(path: Path, size: int) -> None:
    if size:
        path.rename(path.with_name(path.name.removesuffix(_OPEN)))
    else:
        path.unlink()


def mend(directory: Path) -> dict[Path, int]:
    """Truncate the files of dead processes to the last complete record, and rename them.

    Returns the files with the number of bytes that were cut off. Files that are being written are left alone. Raises
    `OSError`.
    """
    cut = {}
    for path in sorted(directory.glob(f"*.warc.gz{_OPEN}")):
        with path.open("r+b") as file:
            if not lock(file):
                continue
            if not os.fstat(file.fileno()).st_nlink or not path.exists():
                continue  # closed by its writer, or repaired by another crawl, at this moment
            size, complete = os.fstat(file.fileno()).st_size, whole_size(path)
            file.truncate(complete)
            os.fsync(file.fileno())
            _settle(path, complete)
            cut[path.with_name(path.name.removesuffix(_OPEN))] = size - complete
    return cut


# ---------------------------------------------------------------- the crawl


class Archive:
    """Downloader middleware that writes every response to CRAWL_DIR/archive/ before it is decompressed."""

    def __init__(self, crawler: Crawler) -> None:
        if not crawler.settings.getbool("ARCHIVE"):
            raise NotConfigured
        self._crawler = crawler
        self._directory = crawl_dir(crawler) / "archive"
        self._max_size = crawler.settings.getint("ARCHIVE_SIZE")
        self._file: ArchiveFile | None = None
        crawler.signals.connect(self.spider_opened, signals.spider_opened)
        crawler.signals.connect(self.spider_closed, signals.spider_closed)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Create the component for a crawl; not configured unless ARCHIVE."""
        return cls(crawler)

    async def spider_opened(self) -> None:
        """Repair a file left open by a crash; a large file takes some seconds."""
        try:
            cut = await asyncio.to_thread(mend, self._directory)
        except OSError as error:
            logger.error("%s could not be repaired: %s", self._directory, error)
            return
        for path, size in cut.items():
            logger.warning("%s was left open: %d bytes of a torn record removed", path, size)

    def process_response(self, request: Request, response: Response) -> Response:
        """Archive the response; if that fails, the crawl ends and the response is not parsed."""
        session = Scheduler.of(self._crawler).session
        if session.is_stopping:
            raise IgnoreRequest(DISK_FULL)
        try:
            self._keep(request, response)
        except OSError as error:
            session.stop(error)
            raise IgnoreRequest(DISK_FULL) from error
        return response

    def _keep(self, request: Request, response: Response) -> None:
        time = fetched_at(request)
        records = _exchange(request, response, time)
        file = self._file
        if file and (file.size + sum(map(len, records)) > self._max_size or time - file.started > _MAX_AGE):
            self._file = None
            file.close()
        if self._file is None:
            self._file = ArchiveFile(
                self._directory, self._crawler.spidercls.name, self._crawler.settings["USER_AGENT"]
            )
        for record in records:
            self._file.write(record)

    def spider_closed(self) -> None:
        """Close the file."""
        if self._file is not None:
            self._file.close()
