"""Pages of a WARC file, even of a damaged one.

A file is a sequence of gzip members with a record each (`.warc.gz`, `.wet.gz`), or of records (`.warc`). Damage costs
only the records that it touches: reading continues at the next place where a record begins.
"""

import base64
import hashlib
import io
import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from os import PathLike, fspath
from typing import IO, NamedTuple

from scraper.errors import ArchiveError
from scraper.io.compression import ERRORS, gzip_member
from scraper.io.content_encoding import BAD_COMPRESSION, CUT_SHORT, LAYERS, TOO_LARGE, Unpacked, codings, unpack_all

__all__ = ["LARGEST", "Page", "read_pages", "whole_size"]

LARGEST = 64 * 2**20
"""The maximum size in bytes of a record, and of its page when decompressed: larger ones are skipped."""

_GZIP, _WARC = b"\x1f\x8b\x08", b"WARC/1."
_BLOCK = 64 * 1024
_LONGEST_HEAD = 64 * 1024
_BREAKS = b"\r\n"
_HEAD_WINDOW = 8 * 1024  # bytes within which the head of a record must end in a search, compressed or not
_SHORTEST = 10  # bytes that identify a candidate
_PATIENCE = 256 * 2**20  # bytes that may be read twice because broken records are nested
# The possible starts of a record, for a quick search: a gzip header as programs write it, or the version.
_CANDIDATES = {
    _GZIP: re.compile(rb"\x1f\x8b\x08[\0\x04\x08\x0c].{4}[\0\x02\x04].", re.DOTALL),
    _WARC: re.compile(rb"(?<!/)WARC/1\.\d\r\n"),
}
_TYPE = re.compile(rb"\nwarc-type[ \t]*:", re.IGNORECASE)
_TORN = re.compile(rb"[^/]WARC/1\.\d\r\n")  # the head of a record inside the head of another
_FLAWS = {
    BAD_COMPRESSION: "its page cannot be decompressed",
    CUT_SHORT: "its page is cut short",
    TOO_LARGE: "its page is too large",
}
_HTTP_HEAD = re.compile(rb"HTTP/[\d.]{1,9}\s{1,9}(\d{3})\b(.{0,65536}?)(?:\r?\n\r?\n|\Z)", re.DOTALL)
_CHUNK = re.compile(rb"(?:\r\n)?([0-9a-fA-F]{1,8})[ \t]*(?:;[^\r\n]*)?\r\n")


class Page(NamedTuple):
    """A page from an archive or a file."""

    url: str | None
    """None if the file does not say."""
    body: bytes
    """Without transfer and content codings."""
    content_type: str | None
    """The header's value."""
    fetched_at: datetime | None
    """In UTC."""
    status: int | None
    """The HTTP status; None for flattened text, which is no response."""
    offset: int | None = None
    """The offset of its record in the archive in bytes, or the number of its row in a table, from 0."""


class _BadRecord(Exception):
    """A record cannot be read; the message is the reason."""


class _Record(NamedTuple):
    offset: int
    fields: dict[str, str]
    block: bytes


Report = Callable[[int, str], object]


def read_pages(
    archive: str | PathLike[str] | IO[bytes],
    *,
    on_error: Callable[[ArchiveError], object] | None = None,
    start: int = 0,
) -> Iterator[Page]:
    """Yield the pages of a WARC or WET file, or of a binary file object that can seek.

    Reading begins at `start`, the offset of an earlier page or error.

    Pages are the responses of http and https URLs with any status, and the texts of a WET file. An unreadable record
    raises `ArchiveError` with its offset; with `on_error` the error is passed to that instead and reading continues.
    Raise `OSError` if the file cannot be read.
    """
    if isinstance(archive, (str, PathLike)):
        with open(archive, "rb") as raw:
            yield from _pages(raw, fspath(archive), on_error, start)
    else:
        yield from _pages(archive, None, on_error, start)


def _pages(
    raw: IO[bytes], name: str | None, on_error: Callable[[ArchiveError], object] | None, start: int
) -> Iterator[Page]:
    def report(offset: int, why: str) -> None:
        error = ArchiveError(offset, why, name)
        if on_error is None:
            raise error
        on_error(error)

    for record, _ in _records(raw, report, start):
        try:
            page = _page(record)
        except _BadRecord as bad:
            report(record.offset, str(bad))
        else:
            if page is not None:
                yield page


def whole_size(path: str | PathLike[str]) -> int:
    """Return the number of bytes up to the end of the last complete record of a file of gzip members."""
    with open(path, "rb") as raw:
        return max((end for _, end in _records(raw, lambda offset, why: None)), default=0)


# ---------------------------------------------------------------- places where a record may begin


def _find_record(raw: IO[bytes], mark: bytes, start: int) -> int | None:
    """Return the offset of the first record from `start` on."""
    raw.seek(start)
    window, block = b"", b"."
    while block:
        block = raw.read(_BLOCK)
        window += block
        last = max(len(window) - _HEAD_WINDOW, 0) if block else len(window)  # the rest is searched with the next block
        for candidate in _CANDIDATES[mark].finditer(window, 0, last + _SHORTEST):
            if _is_record_start(window[candidate.start() : candidate.start() + _HEAD_WINDOW], mark):
                return start + candidate.start()
        start, window = start + last, window[last:]
    return None


def _is_record_start(sample: bytes, mark: bytes) -> bool:
    """Return whether a record begins here; damage after its head makes no difference."""
    start = _member_start(sample, len(_WARC)) if mark == _GZIP else sample
    if not start.startswith(_WARC):
        return False
    start = _member_start(sample, len(sample)) if mark == _GZIP else sample
    end = start.find(b"\r\n\r\n")
    return end >= 0 and not _TORN.search(start, 0, end) and bool(_TYPE.search(start, 0, end + 2))


def _member_start(sample: bytes, size: int) -> bytes:
    """Return at least the first `size` bytes of a gzip member, or those before it is truncated or damaged."""
    member, start = gzip_member(), bytearray()
    with suppress(*ERRORS):
        while len(start) < size and (part := member.decompress(sample, min(1024, size))):
            start += part
            sample = member.unconsumed_tail
    return bytes(start)


def _detect_magic(raw: IO[bytes]) -> bytes:
    """Return the magic bytes with which the records of a file begin: those of the first record."""
    raw.seek(0)
    sample = raw.read(2 * _LONGEST_HEAD)
    for mark in (_GZIP, _WARC):
        if _is_record_start(sample, mark):
            return mark
    offsets = {mark: offset for mark in (_GZIP, _WARC) if (offset := _find_record(raw, mark, 0)) is not None}
    return min(offsets, key=offsets.__getitem__, default=_GZIP)


def _records(raw: IO[bytes], report: Report, start: int = 0) -> Iterator[tuple[_Record, int]]:
    """Yield the complete records with the end of the member, or 0 if more records follow in the same member."""
    mark, size = _detect_magic(raw), raw.seek(0, io.SEEK_END)
    offset, due = start, True  # due: a record should begin here
    reread = 0
    while offset < size:
        raw.seek(offset)
        if not due or raw.read(len(mark)) != mark:
            following = _find_record(raw, mark, offset)
            following = size if following is None else following
            if due:
                report(offset, f"{following - offset} bytes that are no record")
            offset, due = following, True
            continue
        member = _Member(raw, offset, mark)
        try:
            yield from _read_member(member, report)
            offset = member.end
        except _BadRecord as bad:
            report(member.record_at, str(bad))
            offset, due = member.resume(patient=reread < _PATIENCE + 4 * offset)
            reread += member.read


class _Member:
    """The content of a gzip member, or of an uncompressed file from an offset on."""

    def __init__(self, raw: IO[bytes], start: int, mark: bytes) -> None:
        self._raw, self._start = raw, start
        self._next = start
        self._inflate = gzip_member() if mark == _GZIP else None
        self._buffer = bytearray()
        self._consumed = 0
        self.end = start
        """The offset of its end, after all of it was read."""
        self.record_at = start
        """The offset of the last record that was started."""
        self.read = 0
        """The number of bytes read, before and after decompression."""

    def _block(self) -> bytes:
        """Return the next bytes, none at the end; raise `_Bad` if the member is damaged."""
        if self._inflate is None:
            block = self._from_file()
            self.end = self._next
            return block
        while not self._inflate.eof:
            compressed = self._inflate.unconsumed_tail or self._from_file()
            if not compressed:
                raise _BadRecord("the file ends inside it")
            try:
                block = self._inflate.decompress(compressed, _BLOCK)
            except ERRORS as error:
                raise _BadRecord(f"it cannot be unpacked: {error}") from error
            if block:
                self.read += len(block)
                return block
        self.end = self._next - len(self._inflate.unused_data)
        return b""

    def _from_file(self) -> bytes:
        self._raw.seek(self._next)  # the caller may have moved in the file meanwhile
        block = self._raw.read(_BLOCK)
        self._next += len(block)
        self.read += len(block)
        return block

    def _fill(self, size: int) -> bool:
        while len(self._buffer) < size and (block := self._block()):
            self._buffer += block
        return len(self._buffer) >= size

    def more(self) -> bool:
        """Skip line breaks, and return whether anything follows; if nothing does, the checksum is right."""
        while self._fill(1) and self._buffer[0] in _BREAKS:
            size = len(self._buffer)
            self._buffer = self._buffer.lstrip(_BREAKS)
            self._consumed += size - len(self._buffer)
        if self._inflate is None:
            self.record_at = self._start + self._consumed
        return bool(self._buffer)

    def take(self, size: int) -> bytes:
        """Return that many bytes, or fewer at the end."""
        self._fill(size)
        data = bytes(memoryview(self._buffer)[:size])
        del self._buffer[:size]
        self._consumed += len(data)
        return data

    def skip(self, size: int) -> int:
        """Skip that many bytes; return the number of bytes that were present."""
        remaining = size
        while remaining and (block := self.take(min(remaining, _BLOCK))):
            remaining -= len(block)
        return size - remaining

    def head(self) -> bytes:
        """Return the lines up to an empty one."""
        return self.take(self._head_end())

    def _head_end(self) -> int:
        end = self._buffer.find(b"\r\n\r\n", 0, _LONGEST_HEAD)
        while end < 0 and len(self._buffer) < _LONGEST_HEAD and self._fill(len(self._buffer) + 1):
            end = self._buffer.find(b"\r\n\r\n", 0, _LONGEST_HEAD)
        if end < 0 or not self._buffer.startswith(_WARC) or _TORN.search(self._buffer, 0, end):
            raise _BadRecord("no record begins here")
        return end + 4

    def resume(self, *, patient: bool) -> tuple[int, bool]:
        """Return the offset at which to continue after a broken record, and whether a record should begin there.

        A record may begin inside the broken one. Without patience, reading continues after the bytes that were read:
        nested broken records would take quadratic time.
        """
        if self._inflate is not None:
            self._buffer.clear()
            try:
                while self._block():
                    pass
            except _BadRecord:
                pass
            else:
                return self.end, True
        return self.record_at + 1 if patient else max(self.record_at + 1, self._next), False


# ---------------------------------------------------------------- records


def _read_member(member: _Member, report: Report) -> Iterator[tuple[_Record, int]]:
    more = member.more()
    while more:
        fields = _fields(member.head())
        offset, length = member.record_at, _length(fields)
        block = member.take(min(length, LARGEST))
        present = len(block) + member.skip(length - len(block))
        if present < length:
            raise _BadRecord(f"{length} bytes are announced and {present} are there")
        flaw = _flaw(block, length, fields)
        if member.take(2).strip(_BREAKS):
            raise _BadRecord("its length is wrong")
        more = member.more()
        if flaw:
            report(offset, flaw)
        else:
            yield _Record(offset, fields, block), 0 if more else member.end


def _fields(head: bytes) -> dict[str, str]:
    """Parse header lines; the last of several with the same name counts, but content codings are joined."""
    fields: dict[str, str] = {}
    for line in head.decode("utf-8", "replace").split("\n"):
        name, _, value = line.partition(":")
        name, value = name.strip().lower(), value.strip()
        fields[name] = f"{fields[name]}, {value}" if name in fields and name == "content-encoding" else value
    return fields


def _length(fields: dict[str, str]) -> int:
    digits = fields.get("content-length", "")
    if not (digits.isascii() and digits.isdigit() and len(digits) < 16):
        raise _BadRecord("it has no length")
    return int(digits)


def _flaw(block: bytes, length: int, fields: dict[str, str]) -> str | None:
    if length > LARGEST:
        return f"a record of {length} bytes is too large"
    name, _, expected = fields.get("warc-block-digest", "").partition(":")
    if name.lower() not in ("sha1", "sha256", "md5"):
        return None
    digest = hashlib.new(name.lower(), block, usedforsecurity=False)
    spellings = (base64.b32encode(digest.digest()).decode().rstrip("="), digest.hexdigest().upper())
    return None if expected.strip().upper().rstrip("=") in spellings else "its digest is wrong"


# ---------------------------------------------------------------- pages


def _page(record: _Record) -> Page | None:
    fields, url = record.fields, record.fields.get("warc-target-uri", "").strip("<>")
    if not url.lower().startswith(("http://", "https://")):
        return None
    kind, form = fields.get("warc-type"), fields.get("content-type", "").lower()
    if kind == "conversion" and form.startswith("text/plain"):
        return Page(url, record.block, "text/plain; charset=utf-8", _date(fields), None, record.offset)
    if kind != "response" or not form.startswith("application/http"):
        return None
    head = _HTTP_HEAD.match(record.block)
    if head is None:
        raise _BadRecord("it holds no HTTP response")
    http = _fields(head[2])
    body = record.block[head.end() :]
    if "chunked" in http.get("transfer-encoding", "").lower() and _CHUNK.match(body):
        body = _dechunked(body)
    body = _decoded(body, http.get("content-encoding", ""))
    return Page(url, body, http.get("content-type"), _date(fields), int(head[1]), record.offset)


def _date(fields: dict[str, str]) -> datetime | None:
    try:
        date = datetime.fromisoformat(fields.get("warc-date", ""))
    except ValueError:
        return None
    return date.replace(tzinfo=UTC) if date.tzinfo is None else date.astimezone(UTC)


def _dechunked(body: bytes) -> bytes:
    parts, end = [], 0
    while (head := _CHUNK.match(body, end)) and (size := int(head[1], 16)):
        end = head.end() + size
        parts.append(body[head.end() : end])
    if head is None or end > len(body):
        raise _BadRecord("its page is cut short")
    return b"".join(parts)


def _decoded(body: bytes, header: str) -> bytes:
    """Undo the content codings of a page."""
    if header.count(",") >= LAYERS:
        raise _BadRecord("its page has too many codings")
    body, flaw = unpack_all(body, codings(header), LARGEST) if body else Unpacked(body)
    if flaw is not None:
        raise _BadRecord(_FLAWS[flaw])
    return body
