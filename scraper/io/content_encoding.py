"""Content codings of HTTP bodies: decompression up to a limit, and its errors.

Each decoder is asked for at most one byte more than the limit, so that a decompression bomb costs bounded memory.
"""

import re
import sys
import zlib
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple, Protocol, TypeAlias

import brotli

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

__all__ = [
    "ACCEPTED",
    "BAD_COMPRESSION",
    "CUT_SHORT",
    "FLAWS",
    "TOO_LARGE",
    "Unpacked",
    "codings",
    "unpack",
    "unpack_all",
    "zstd",
]

ACCEPTED = "gzip, deflate, br, zstd"
"""The value of an Accept-Encoding header."""
CUT_SHORT = "cut short"
"""The body is incomplete."""
TOO_LARGE = "too large"
"""The body exceeds the limit, compressed or decompressed."""
BAD_COMPRESSION = "bad compression"
"""The body is neither encoded as declared nor text."""
FLAWS = (CUT_SHORT, TOO_LARGE, BAD_COMPRESSION)
"""The possible flags of a body."""

_MEMBERS, _LAYERS = 256, 3  # no honest server sends more
_WINDOW = 23  # 8 MiB, the limit for zstd on the web (RFC 9659)
_TEXT = 1024  # bytes that tell text from data
_BINARY = re.compile(rb"[\x01-\x08\x0b\x0c\x0e-\x1f]")


class Unpacked(NamedTuple):
    """A decoded body."""

    body: bytes
    """The decoded part if it was cut short; the original if the compression is bad; empty if it is too large."""
    flag: str | None = None
    """One of `FLAWS`."""


class Stream(Protocol):
    """A decompressor of one member of a body."""

    @property
    def eof(self) -> bool:
        """Whether the end of the member was reached."""

    @property
    def unused_data(self) -> bytes:
        """The data after the member."""

    def decompress(self, data: bytes, max_length: int, /) -> bytes:
        """Return at most that many bytes."""


class _Brotli:
    """A Brotli decompressor with the interface of the standard library's."""

    unused_data = b""

    def __init__(self) -> None:
        self._inner = brotli.Decompressor()

    @property
    def eof(self) -> bool:
        return bool(self._inner.is_finished())

    def decompress(self, data: bytes, max_length: int, /) -> bytes:
        unpacked: bytes = self._inner.process(data, output_buffer_limit=max_length)
        return unpacked


def _zstd() -> Stream:
    return zstd.ZstdDecompressor(options={zstd.DecompressionParameter.window_log_max: _WINDOW})


def _gzip() -> Stream:
    return zlib.decompressobj(wbits=31)


Openers: TypeAlias = Sequence[Callable[[], Stream]]

# By coding: the possible formats, and the magic bytes of a member if a body may have several.
_GZIP: tuple[Openers, bytes] = ((_gzip,), b"\x1f\x8b")
_CODINGS: Mapping[str, tuple[Openers, bytes]] = {
    "gzip": _GZIP,
    "x-gzip": _GZIP,
    # The second format of deflate is the raw one that old servers send.
    "deflate": (
        (zlib.decompressobj, lambda: zlib.decompressobj(wbits=-15)),
        b"",
    ),
    "br": ((_Brotli,), b""),
    "zstd": ((_zstd,), b"\x28\xb5\x2f\xfd"),
}
_ERRORS = (zlib.error, brotli.error, zstd.ZstdError)


def codings(header: str) -> list[str]:
    """Parse a Content-Encoding header; return the codings in order, none if any is unknown."""
    labels = [label for part in header.lower().split(",") if (label := part.strip()) not in ("", "identity")]
    return labels if _CODINGS.keys() >= set(labels) else []


def unpack_all(body: bytes, labels: Sequence[str], limit: int) -> Unpacked:
    """Decode the codings of a body, the last first."""
    found = Unpacked(body, BAD_COMPRESSION if len(labels) > _LAYERS else None)
    for label in reversed(labels):
        if found.flag is None:
            found = unpack(found.body, label, limit)
    return found


def unpack(body: bytes, coding: str, limit: int) -> Unpacked:
    """Decompress a body of a known coding to at most `limit` bytes, in memory of a few times the limit."""
    openers, magic = _CODINGS[coding]
    for opener in openers:
        try:
            found = _members(body, opener, magic, limit)
        except _ERRORS:
            continue
        # Brotli has no magic bytes: a short uncompressed page may look like the start of a stream.
        return Unpacked(body) if found.flag == CUT_SHORT and body.lstrip()[:1] == b"<" and _is_text(body) else found
    return Unpacked(body, None if _is_text(body) else BAD_COMPRESSION)


def _members(body: bytes, opener: Callable[[], Stream], magic: bytes, limit: int) -> Unpacked:
    parts: list[bytes] = []
    for _ in range(_MEMBERS):
        stream = opener()
        parts.append(stream.decompress(body, limit + 1))
        limit -= len(parts[-1])
        if limit < 0:
            return Unpacked(b"", TOO_LARGE)
        if not stream.eof:
            return Unpacked(b"".join(parts), CUT_SHORT)
        body = stream.unused_data
        if not magic or not body.startswith(magic):  # padding
            return Unpacked(b"".join(parts))
    return Unpacked(b"", TOO_LARGE)


def _is_text(body: bytes) -> bool:
    utf16 = body.startswith((b"\xff\xfe", b"\xfe\xff", b"<\0", b"\0<"))
    return utf16 or not _BINARY.search(body, 0, _TEXT)
