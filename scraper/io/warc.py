"""Pages from a WARC file, whatever happened to the file.

A file is a row of gzip members with a record each (`.warc.gz`, `.wet.gz`), or of records (`.warc`). What is broken
costs the records it touches and no other: reading goes on at the next place where a record begins.
"""

import base64
import hashlib
import io
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from os import PathLike, fspath
from typing import IO, NamedTuple

from scraper.errors import ArchiveError
from scraper.io.compression import ERRORS, gzip_member
from scraper.io.content_encoding import BAD_COMPRESSION, CUT_SHORT, LAYERS, TOO_LARGE, Unpacked, codings, unpack_all

__all__ = ["LARGEST", "Page", "read_pages", "whole_size"]

LARGEST = 64 * 2**20
"""Bytes of a record, and of its page unpacked: larger ones are passed over."""

_GZIP, _WARC = b"\x1f\x8b\x08", b"WARC/1."
_BLOCK = 64 * 1024
_LONGEST_HEAD = 64 * 1024
_BREAKS = b"\r\n"
_SOUGHT = 8 * 1024  # bytes in which the head of a record must end, packed or not, where one is looked for
_SHORTEST = 10  # bytes by which a candidate is known
_PATIENCE = 256 * 2**20  # bytes that may be read again because records are broken inside each other
# How a record may begin, for a quick look: with a gzip header as programs write it, or with its version.
_CANDIDATES = {
    _GZIP: re.compile(rb"\x1f\x8b\x08[\0\x04\x08\x0c].{4}[\0\x02\x04].", re.DOTALL),
    _WARC: re.compile(rb"(?<!/)WARC/1\.\d\r\n"),
}
_TYPE = re.compile(rb"\nwarc-type[ \t]*:", re.IGNORECASE)
_TORN = re.compile(rb"[^/]WARC/1\.\d\r\n")  # the head of a record within that of another
_FLAWS = {
    BAD_COMPRESSION: "its page cannot be decompressed",
    CUT_SHORT: "its page is cut short",
    TOO_LARGE: "its page is too large",
}
_HTTP_HEAD = re.compile(rb"HTTP/[\d.]{1,9}\s{1,9}(\d{3})\b(.{0,65536}?)(?:\r?\n\r?\n|\Z)", re.DOTALL)
_CHUNK = re.compile(rb"(?:\r\n)?([0-9a-fA-F]{1,8})[ \t]*(?:;[^\r\n]*)?\r\n")


class Page(NamedTuple):
    """A page as an archive, or a file, holds it."""

    url: str | None
    """None for a file that does not tell where it came from."""
    body: bytes
    """Without transfer and content codings."""
    content_type: str | None
    """The header's value."""
    fetched_at: datetime | None
    """In UTC."""
    status: int | None
    """The HTTP status; None for flattened text, which is no response."""
    offset: int | None = None
    """Where its record is in an archive, in bytes; in a table the number of its row, from 0."""


class _Bad(Exception):
    """A record cannot be had; the message says why."""


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

    Reading begins at `start`, the offset of a page or an error that was given before.

    Pages are the responses of http and https URLs, whatever their status, and the texts of a WET file. What cannot
    be read raises `ArchiveError` with its offset; with `on_error` the error is handed to that instead and all other
    pages are given. Raises `OSError` when the file cannot be read.
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
        except _Bad as bad:
            report(record.offset, str(bad))
        else:
            if page is not None:
                yield page


def whole_size(path: str | PathLike[str]) -> int:
    """Return the number of bytes up to the end of the last complete record of a file of gzip members."""
    with open(path, "rb") as raw:
        return max((end for _, end in _records(raw, lambda offset, why: None)), default=0)


# ---------------------------------------------------------------- places where a record may begin


def _begins(raw: IO[bytes], mark: bytes, start: int) -> int | None:
    """Return the offset of the first record from `start` on."""
    raw.seek(start)
    window, block = b"", b"."
    while block:
        block = raw.read(_BLOCK)
        window += block
        last = max(len(window) - _SOUGHT, 0) if block else len(window)  # the rest is looked at with what follows it
        for found in _CANDIDATES[mark].finditer(window, 0, last + _SHORTEST):
            if _opens(window[found.start() : found.start() + _SOUGHT], mark):
                return start + found.start()
        start, window = start + last, window[last:]
    return None


def _opens(sample: bytes, mark: bytes) -> bool:
    """Return whether a record begins here; what is broken behind its head makes no difference."""
    start = _unpacked(sample, len(_WARC)) if mark == _GZIP else sample
    if not start.startswith(_WARC):
        return False
    start = _unpacked(sample, len(sample)) if mark == _GZIP else sample
    end = start.find(b"\r\n\r\n")
    return end >= 0 and not _TORN.search(start, 0, end) and bool(_TYPE.search(start, 0, end + 2))


def _unpacked(sample: bytes, size: int) -> bytes:
    """Unpack the first bytes of a gzip member as far as it goes."""
    inflate, found = gzip_member(), bytearray()
    try:
        while len(found) < size and (part := inflate.decompress(sample, min(1024, size))):
            found += part
            sample = inflate.unconsumed_tail
    except ERRORS:
        pass
    return bytes(found)


def _mark(raw: IO[bytes]) -> bytes:
    """Return the magic bytes with which the records of a file begin: those of the first record."""
    raw.seek(0)
    sample = raw.read(2 * _LONGEST_HEAD)
    for mark in (_GZIP, _WARC):
        if _opens(sample, mark):
            return mark
    found = {mark: at for mark in (_GZIP, _WARC) if (at := _begins(raw, mark, 0)) is not None}
    return min(found, key=found.__getitem__, default=_GZIP)


def _records(raw: IO[bytes], report: Report, start: int = 0) -> Iterator[tuple[_Record, int]]:
    """Return the whole records, each with the offset behind its member: 0 where more records follow in the same."""
    mark, size = _mark(raw), raw.seek(0, io.SEEK_END)
    at, due = start, True  # due: a record ought to begin here
    spent = 0
    while at < size:
        raw.seek(at)
        if not due or raw.read(len(mark)) != mark:
            found = _begins(raw, mark, at)
            found = size if found is None else found
            if due:
                report(at, f"{found - at} bytes that are no record")
            at, due = found, True
            continue
        member = _Member(raw, at, mark)
        try:
            yield from _of_member(member, report)
            at = member.end
        except _Bad as bad:
            report(member.record_at, str(bad))
            at, due = member.behind(patient=spent < _PATIENCE + 4 * at)
            spent += member.read


class _Member:
    """The bytes of a gzip member, or of a plain file from one offset on."""

    def __init__(self, raw: IO[bytes], start: int, mark: bytes) -> None:
        self._raw, self._start = raw, start
        self._next = start
        self._inflate = gzip_member() if mark == _GZIP else None
        self._buffer = bytearray()
        self._given = 0
        self.end = start
        """The offset behind it, once all was read."""
        self.record_at = start
        """The offset of the record that was begun last."""
        self.read = 0
        """Bytes that were read, and unpacked."""

    def _block(self) -> bytes:
        """Return some more bytes, none at the end; raise `_Bad` where a member is broken."""
        if self._inflate is None:
            block = self._from_file()
            self.end = self._next
            return block
        while not self._inflate.eof:
            packed = self._inflate.unconsumed_tail or self._from_file()
            if not packed:
                raise _Bad("the file ends inside it")
            try:
                block = self._inflate.decompress(packed, _BLOCK)
            except ERRORS as error:
                raise _Bad(f"it cannot be unpacked: {error}") from error
            if block:
                self.read += len(block)
                return block
        self.end = self._next - len(self._inflate.unused_data)
        return b""

    def _from_file(self) -> bytes:
        self._raw.seek(self._next)  # who is given a record may move in the file
        block = self._raw.read(_BLOCK)
        self._next += len(block)
        self.read += len(block)
        return block

    def _fill(self, size: int) -> bool:
        while len(self._buffer) < size and (block := self._block()):
            self._buffer += block
        return len(self._buffer) >= size

    def more(self) -> bool:
        """Pass over line breaks, and tell whether something follows; if not, the check sum is right."""
        while self._fill(1) and self._buffer[0] in _BREAKS:
            size = len(self._buffer)
            self._buffer = self._buffer.lstrip(_BREAKS)
            self._given += size - len(self._buffer)
        if self._inflate is None:
            self.record_at = self._start + self._given
        return bool(self._buffer)

    def take(self, size: int) -> bytes:
        """Return that many bytes, or fewer at the end."""
        self._fill(size)
        taken = bytes(memoryview(self._buffer)[:size])
        del self._buffer[:size]
        self._given += len(taken)
        return taken

    def skip(self, size: int) -> int:
        """Pass over that many bytes; give how many there were."""
        left = size
        while left and (taken := self.take(min(left, _BLOCK))):
            left -= len(taken)
        return size - left

    def head(self) -> bytes:
        """Return the lines up to an empty one."""
        return self.take(self._head_end())

    def _head_end(self) -> int:
        end = self._buffer.find(b"\r\n\r\n", 0, _LONGEST_HEAD)
        while end < 0 and len(self._buffer) < _LONGEST_HEAD and self._fill(len(self._buffer) + 1):
            end = self._buffer.find(b"\r\n\r\n", 0, _LONGEST_HEAD)
        if end < 0 or not self._buffer.startswith(_WARC) or _TORN.search(self._buffer, 0, end):
            raise _Bad("no record begins here")
        return end + 4

    def behind(self, *, patient: bool) -> tuple[int, bool]:
        """Return the offset from which to go on behind a broken record, and whether a record ought to begin there.

        A record may begin inside the broken one. Who is not patient goes on behind what was read, as records that are
        broken inside each other take the square of their bytes.
        """
        if self._inflate is not None:
            self._buffer.clear()
            try:
                while self._block():
                    pass
            except _Bad:
                pass
            else:
                return self.end, True
        return self.record_at + 1 if patient else max(self.record_at + 1, self._next), False


# ---------------------------------------------------------------- records


def _of_member(member: _Member, report: Report) -> Iterator[tuple[_Record, int]]:
    more = member.more()
    while more:
        fields = _fields(member.head())
        at, length = member.record_at, _length(fields)
        block = member.take(min(length, LARGEST))
        there = len(block) + member.skip(length - len(block))
        if there < length:
            raise _Bad(f"{length} bytes are announced and {there} are there")
        fault = _fault(block, length, fields)
        if member.take(2).strip(_BREAKS):
            raise _Bad("its length is wrong")
        more = member.more()
        if fault:
            report(at, fault)
        else:
            yield _Record(at, fields, block), 0 if more else member.end


def _fields(head: bytes) -> dict[str, str]:
    """Read header lines; of a name that is there twice the last counts, but codings add up."""
    found: dict[str, str] = {}
    for line in head.decode("utf-8", "replace").split("\n"):
        name, _, value = line.partition(":")
        name, value = name.strip().lower(), value.strip()
        found[name] = f"{found[name]}, {value}" if name in found and name == "content-encoding" else value
    return found


def _length(fields: dict[str, str]) -> int:
    digits = fields.get("content-length", "")
    if not (digits.isascii() and digits.isdigit() and len(digits) < 16):
        raise _Bad("it has no length")
    return int(digits)


def _fault(block: bytes, length: int, fields: dict[str, str]) -> str | None:
    if length > LARGEST:
        return f"a record of {length} bytes is too large"
    name, _, expected = fields.get("warc-block-digest", "").partition(":")
    if name.lower() not in ("sha1", "sha256", "md5"):
        return None
    digest = hashlib.new(name.lower(), block, usedforsecurity=False)
    ways = (base64.b32encode(digest.digest()).decode().rstrip("="), digest.hexdigest().upper())
    return None if expected.strip().upper().rstrip("=") in ways else "its digest is wrong"


# ---------------------------------------------------------------- pages


def _page(record: _Record) -> Page | None:
    fields, url = record.fields, record.fields.get("warc-target-uri", "").strip("<>")
    if not url.lower().startswith(("http://", "https://")):
        return None
    kind, form = fields.get("warc-type"), fields.get("content-type", "").lower()
    if kind == "conversion" and form.startswith("text/plain"):
        return Page(url, record.block, "text/plain; charset=utf-8", _moment(fields), None, record.offset)
    if kind != "response" or not form.startswith("application/http"):
        return None
    head = _HTTP_HEAD.match(record.block)
    if head is None:
        raise _Bad("it holds no HTTP response")
    http = _fields(head[2])
    body = record.block[head.end() :]
    if "chunked" in http.get("transfer-encoding", "").lower() and _CHUNK.match(body):
        body = _joined(body)
    body = _decoded(body, http.get("content-encoding", ""))
    return Page(url, body, http.get("content-type"), _moment(fields), int(head[1]), record.offset)


def _moment(fields: dict[str, str]) -> datetime | None:
    try:
        moment = datetime.fromisoformat(fields.get("warc-date", ""))
    except ValueError:
        return None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _joined(body: bytes) -> bytes:
    parts, at = [], 0
    while (head := _CHUNK.match(body, at)) and (size := int(head[1], 16)):
        at = head.end() + size
        parts.append(body[head.end() : at])
    if head is None or at > len(body):
        raise _Bad("its page is cut short")
    return b"".join(parts)


def _decoded(body: bytes, header: str) -> bytes:
    """Undo the content codings of a page."""
    if header.count(",") >= LAYERS:
        raise _Bad("its page has too many codings")
    body, flaw = unpack_all(body, codings(header), LARGEST) if body else Unpacked(body)
    if flaw is not None:
        raise _Bad(_FLAWS[flaw])
    return body
