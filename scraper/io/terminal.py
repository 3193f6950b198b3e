"""The standard streams: closed ones are opened, and those without a reader discard what is written."""

import io
import os
import sys
from contextlib import suppress
from typing import TextIO

__all__ = ["Lenient", "discard", "open_standard_streams"]

_STREAMS = (("stdin", "r", os.O_RDONLY), ("stdout", "w", os.O_RDONLY), ("stderr", "w", os.O_WRONLY))


def open_standard_streams() -> None:
    """Open the standard streams that this process was started without (`2>&-`).

    Otherwise a file that is opened later would get their numbers, and what is written to them. Such a stdin is empty,
    stderr is discarded, and writing to stdout raises `OSError`.
    """
    for number, (name, mode, flags) in enumerate(_STREAMS):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, flags)  # it gets the lowest free number
        if getattr(sys, name) is None:
            stream = open(number, mode, encoding="utf-8", errors="backslashreplace", closefd=False)  # noqa: SIM115
            setattr(sys, name, stream)


def discard(stream: TextIO) -> None:
    """Discard the buffer of a stream, and everything that is written to it from now on."""
    with suppress(OSError, ValueError):  # it has no file descriptor, or is closed
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


class Lenient(io.TextIOBase):
    """A stream that discards what cannot be written, so that the work goes on."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    @property
    def encoding(self) -> str:  # type: ignore[override]
        """The encoding of the stream."""
        return self._stream.encoding or "utf-8"

    def write(self, text: str) -> int:
        """Write the text, or discard it if that fails."""
        try:
            self._stream.write(text)
        except OSError:
            discard(self._stream)
        return len(text)

    def flush(self) -> None:
        """Flush the buffer, or discard it if that fails."""
        try:
            self._stream.flush()
        except OSError:
            discard(self._stream)

    def isatty(self) -> bool:
        """Return whether the stream is a terminal."""
        return self._stream.isatty()

    def fileno(self) -> int:
        """Return the file descriptor of the stream."""
        return self._stream.fileno()
