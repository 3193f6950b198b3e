"""Compressed data: gzip, deflate, Brotli and Zstandard. Decompression is always in steps, so that it can be bounded."""

import errno
import gzip
import io
import sys
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import IO, Protocol, cast

import brotli

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

__all__ = [
    "ERRORS",
    "GZIP",
    "ZSTD",
    "Decompressor",
    "GzipMember",
    "brotli_stream",
    "compressing",
    "decompressing",
    "deflate_stream",
    "gunzip_start",
    "gzip_member",
    "gzipped",
    "zlib_stream",
    "zstd",
    "zstd_frame",
]

GZIP, ZSTD = b"\x1f\x8b", b"\x28\xb5\x2f\xfd"
"""The first bytes of a gzip member and of a Zstandard frame."""
ERRORS = (zlib.error, gzip.BadGzipFile, EOFError, brotli.error, zstd.ZstdError)
"""What is raised for damaged data."""

_STEP = 64 * 1024
_WINDOW = 23  # 8 MiB, the limit for zstd on the web (RFC 9659)
_LEVEL = 4  # level 6 of gzip takes three times as long to save 5 %


class Decompressor(Protocol):
    """A decompressor of one stream: a gzip member, a Zstandard frame."""

    @property
    def eof(self) -> bool:
        """Whether the end of the stream was reached."""

    @property
    def unused_data(self) -> bytes:
        """The data after the stream."""

    def decompress(self, data: bytes, max_length: int, /) -> bytes:
        """Return at most that many bytes; raise one of `ERRORS` for damaged data."""


class GzipMember(Decompressor, Protocol):
    """A decompressor that can go on after `max_length` bytes."""

    @property
    def unconsumed_tail(self) -> bytes:
        """The data that was not needed yet, to be passed to the next call."""


class _Brotli:
    """A Brotli decompressor with the interface of the standard library's."""

    unused_data = b""

    def __init__(self) -> None:
        self._inner = brotli.Decompressor()

    @property
    def eof(self) -> bool:
        return bool(self._inner.is_finished())

    def decompress(self, data: bytes, max_length: int, /) -> bytes:
        decompressed: bytes = self._inner.process(data, output_buffer_limit=max_length)
        return decompressed


def gzip_member() -> GzipMember:
    """Return a decompressor of a gzip member."""
    return zlib.decompressobj(wbits=31)


def zlib_stream() -> Decompressor:
    """Return a decompressor of deflated data with the header of zlib."""
    return zlib.decompressobj()


def deflate_stream() -> Decompressor:
    """Return a decompressor of deflated data without a header."""
    return zlib.decompressobj(wbits=-15)


def brotli_stream() -> Decompressor:
    """Return a decompressor of Brotli data."""
    return _Brotli()


def zstd_frame() -> Decompressor:
    """Return a decompressor of a Zstandard frame with a window of at most 8 MiB."""
    return zstd.ZstdDecompressor(options={zstd.DecompressionParameter.window_log_max: _WINDOW})


def gunzip_start(data: bytes, limit: int) -> bytes:
    """Return the first `limit` bytes of what a gzip file holds, or those before it is truncated or damaged."""
    start = bytearray()
    with suppress(*ERRORS), gzip.GzipFile(fileobj=io.BytesIO(data)) as file:
        while len(start) < limit and (part := file.read1(_STEP)):
            start += part
    return bytes(start[:limit])


def gzipped(data: bytes) -> bytes:
    """Return the data as a gzip member without a name or time."""
    return zlib.compress(data, wbits=31)


@contextmanager
def decompressing(file: IO[bytes], name: str) -> Iterator[IO[bytes]]:
    """Yield a file that decompresses another by the extension of `name`, or the same file for any other extension.

    Raise `OSError` where the data is truncated or damaged.
    """
    try:
        if name.endswith(".gz"):
            yield cast(IO[bytes], gzip.GzipFile(fileobj=file))
        elif name.endswith(".zst"):
            yield cast(IO[bytes], zstd.ZstdFile(file))
        else:
            yield file
    except ERRORS as error:
        raise OSError(errno.EIO, str(error), name) from error


@contextmanager
def compressing(file: IO[bytes], name: str) -> Iterator[IO[bytes]]:
    """Yield a file that compresses what is written to it by the extension of `name`, as `decompressing` expects it."""
    if name.endswith(".gz"):
        with gzip.GzipFile("", "wb", _LEVEL, file, 0) as lines:  # no name or time, for reproducible bytes
            yield cast(IO[bytes], lines)
    elif name.endswith(".zst"):
        with zstd.ZstdFile(file, "wb") as lines:
            yield cast(IO[bytes], lines)
    else:
        yield file
