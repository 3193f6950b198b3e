"""What a server sends packed, unpacked up to a limit; and what may be wrong with it.

No decoder is let loose on a body: each is requested so many bytes, and one more tells that there are too many.
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
"""What an Accept-Encoding header may request."""
CUT_SHORT = "cut short"
"""The body ended before its end."""
TOO_LARGE = "too large"
"""The body, or what it unpacks to, is over the limit."""
BAD_COMPRESSION = "bad compression"
"""The body is neither what its label says nor text."""
FLAWS = (CUT_SHORT, TOO_LARGE, BAD_COMPRESSION)
"""What a body's flag may say against it."""

_MEMBERS, _LAYERS = 256, 3  # more of either is no server's doing
_WINDOW = 23  # 8 MiB, the limit for zstd on the web (RFC 9659)
_TEXT = 1024  # bytes that tell text from data
_BINARY = re.compile(rb"[\x01-\x08\x0b\x0c\x0e-\x1f]")


class Unpacked(NamedTuple):
    """A body as it is to be read."""

    body: bytes
    """What came of it, where it was cut short; as it came, where it is badly packed; nothing, where it is too large."""
    flag: str | None = None
    """One of `FLAWS`."""


class Stream(Protocol):
    """Unpacks one member of a packed body."""

    @property
    def eof(self) -> bool:
        """Whether the member's end was met."""

    @property
    def unused_data(self) -> bytes:
        """What stands behind it."""

    def decompress(self, data: bytes, max_length: int, /) -> bytes:
        """Return that many bytes at most."""


class _Brotli:
    """Brotli's own object, under the names that the standard library uses."""

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

# By label: how it may be meant, and how a member begins where several may follow each other.
_GZIP: tuple[Openers, bytes] = ((_gzip,), b"\x1f\x8b")
_CODINGS: Mapping[str, tuple[Openers, bytes]] = {
    "gzip": _GZIP,
    "x-gzip": _GZIP,
    "deflate": ((zlib.decompressobj, lambda: zlib.decompressobj(wbits=-15)), b""),  # the second, as old servers took it
    "br": ((_Brotli,), b""),
    "zstd": ((_zstd,), b"\x28\xb5\x2f\xfd"),
}
_ERRORS = (zlib.error, brotli.error, zstd.ZstdError)


def codings(header: str) -> list[str]:
    """Read a Content-Encoding header: the labels in order; none where one is unknown, so that the body stays."""
    labels = [label for part in header.lower().split(",") if (label := part.strip()) not in ("", "identity")]
    return labels if _CODINGS.keys() >= set(labels) else []


def unpack_all(body: bytes, labels: Sequence[str], limit: int) -> Unpacked:
    """Undo the codings of a body, the last first."""
    found = Unpacked(body, BAD_COMPRESSION if len(labels) > _LAYERS else None)
    for label in reversed(labels):
        if found.flag is None:
            found = unpack(found.body, label, limit)
    return found


def unpack(body: bytes, coding: str, limit: int) -> Unpacked:
    """Unpack a body of a coding that is known, to `limit` bytes at most; memory stays within a few times the limit."""
    openers, magic = _CODINGS[coding]
    for opener in openers:
        try:
            found = _members(body, opener, magic, limit)
        except _ERRORS:
            continue
        # Brotli has no mark at its beginning: a short page may be the beginning of anything.
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
        if not magic or not body.startswith(magic):  # padding, which is no content
            return Unpacked(b"".join(parts))
    return Unpacked(b"", TOO_LARGE)


def _is_text(body: bytes) -> bool:
    utf16 = body.startswith((b"\xff\xfe", b"\xfe\xff", b"<\0", b"\0<"))
    return utf16 or not _BINARY.search(body, 0, _TEXT)
