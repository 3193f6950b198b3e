"""Content codings of HTTP bodies: decompression up to a limit, and its errors.

Each decoder is asked for at most one byte more than the limit, so that a decompression bomb costs bounded memory.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple, TypeAlias

from scraper.io import compression
from scraper.io.compression import GZIP, ZSTD, Decompressor

__all__ = [
    "ACCEPTED",
    "BAD_COMPRESSION",
    "CUT_SHORT",
    "FLAWS",
    "LAYERS",
    "TOO_LARGE",
    "Unpacked",
    "codings",
    "unpack",
    "unpack_all",
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

LAYERS = 3
"""The maximum number of codings of a body; no honest server applies more."""

_MEMBERS = 256  # no honest server sends more
_TEXT = 1024  # bytes that tell text from data
_BINARY = re.compile(rb"[\x01-\x08\x0b\x0c\x0e-\x1f]")


class Unpacked(NamedTuple):
    """A decoded body."""

    body: bytes
    """The decoded part if it was cut short; the original if the compression is bad; empty if it is too large."""
    flag: str | None = None
    """One of `FLAWS`."""


Openers: TypeAlias = Sequence[Callable[[], Decompressor]]

# By coding: the possible formats, and the magic bytes of a member if a body may have several.
_GZIP: tuple[Openers, bytes] = ((compression.gzip_member,), GZIP)
_CODINGS: Mapping[str, tuple[Openers, bytes]] = {
    "gzip": _GZIP,
    "x-gzip": _GZIP,
    "deflate": ((compression.zlib_stream, compression.deflate_stream), b""),  # old servers leave out the header
    "br": ((compression.brotli_stream,), b""),
    "zstd": ((compression.zstd_frame,), ZSTD),
}


def codings(header: str) -> list[str]:
    """Parse a Content-Encoding header; return the codings in order, none if any is unknown."""
    labels = [label for part in header.lower().split(",") if (label := part.strip()) not in ("", "identity")]
    return labels if _CODINGS.keys() >= set(labels) else []


def unpack_all(body: bytes, labels: Sequence[str], limit: int) -> Unpacked:
    """Decode the codings of a body, the last first."""
    result = Unpacked(body, BAD_COMPRESSION if len(labels) > LAYERS else None)
    for label in reversed(labels):
        if result.flag is None:
            result = unpack(result.body, label, limit)
    return result


def unpack(body: bytes, coding: str, limit: int) -> Unpacked:
    """Decompress a body of a known coding to at most `limit` bytes, in memory of a few times the limit."""
    openers, magic = _CODINGS[coding]
    for opener in openers:
        try:
            result = _members(body, opener, magic, limit)
        except compression.ERRORS:
            continue
        # Brotli has no magic bytes: a short uncompressed page may look like the start of a stream.
        return Unpacked(body) if result.flag == CUT_SHORT and body.lstrip()[:1] == b"<" and _is_text(body) else result
    return Unpacked(body, None if _is_text(body) else BAD_COMPRESSION)


def _members(body: bytes, opener: Callable[[], Decompressor], magic: bytes, limit: int) -> Unpacked:
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
