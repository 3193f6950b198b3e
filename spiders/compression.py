"""What a server sends packed is unpacked, and what went wrong there is said in the response's flags.

Scrapy's own middleware takes the beginning of a torn page for the page, and raises for the rest; but what is raised on
the way back reaches no other middleware, so that nobody could ask again.
"""

import sys
import zlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, Protocol, Self, TypeAlias

import brotli
from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.exceptions import NotConfigured
from scrapy.http import Response, TextResponse
from scrapy.responsetypes import responsetypes
from scrapy.utils.python import binary_is_text

from spiders.failures import BAD_COMPRESSION, CUT_SHORT, TOO_LARGE

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

__all__ = ["Compression", "Unpacked", "unpack"]

_MEMBERS, _LAYERS = 256, 3  # more of either is no server's doing
_WINDOW = 23  # 8 MiB, the limit for zstd on the web (RFC 9659)
_TEXT = 1024  # bytes that tell text from data


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
        """Give that many bytes at most."""


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
    return body.startswith((b"\xff\xfe", b"\xfe\xff", b"<\0", b"\0<")) or binary_is_text(
        body[:_TEXT]
    )  # UTF-16, or none


class Compression:
    """Downloader middleware in the place of Scrapy's own; its settings are COMPRESSION_ENABLED and DOWNLOAD_MAXSIZE."""

    def __init__(self, limit: int) -> None:
        self._limit = limit

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Make it for a crawl; not configured unless COMPRESSION_ENABLED."""
        if not crawler.settings.getbool("COMPRESSION_ENABLED"):
            raise NotConfigured
        return cls(crawler.settings.getint("DOWNLOAD_MAXSIZE"))

    def process_request(self, request: Request) -> None:
        """Say what can be unpacked."""
        request.headers.setdefault("Accept-Encoding", "gzip, deflate, br, zstd")

    def process_response(self, request: Request, response: Response) -> Response:
        """Unpack the body, or flag the response; a label that is not known is left to whoever reads on."""
        labels = _labels(response)
        if not labels or not response.body or request.method == "HEAD":
            return response
        if not _CODINGS.keys() >= set(labels):
            return response
        limit = request.meta.get("download_maxsize", self._limit) or sys.maxsize - 1
        found = Unpacked(response.body, BAD_COMPRESSION if len(labels) > _LAYERS else None)
        for label in reversed(labels):
            if found.flag is None:
                found = unpack(found.body, label, limit)
        return _replaced(response, found)


def _labels(response: Response) -> list[str]:
    joined = b",".join(response.headers.getlist("Content-Encoding")).decode("latin-1").lower()
    return [label for part in joined.split(",") if (label := part.strip()) not in ("", "identity")]


def _replaced(response: Response, found: Unpacked) -> Response:
    flags = [*response.flags, found.flag] if found.flag else response.flags
    if found.flag == BAD_COMPRESSION:
        return response.replace(flags=flags)
    headers = response.headers.copy()
    del headers["Content-Encoding"]
    kind = responsetypes.from_args(headers=headers, url=response.url, body=found.body)
    more: dict[str, Any] = {"encoding": None} if issubclass(kind, TextResponse) else {}  # told by the unpacked body
    return response.replace(cls=kind, body=found.body, headers=headers, flags=flags, **more)
