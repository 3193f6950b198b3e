"""The standard streams, in whatever state a shell, a pipe or a terminal that hung up has left them."""

import io
import os
import sys
from contextlib import suppress
from typing import TextIO

__all__ = ["Lenient", "discard", "open_standard_streams"]

_STREAMS = (("stdin", "r", os.O_RDONLY), ("stdout", "w", os.O_RDONLY), ("stderr", "w", os.O_WRONLY))


def open_standard_streams() -> None:
    """Open the standard streams that this process was started without (`2>&-`).

    A file that is opened later would else take their numbers, and with them whatever is written to them. Nothing is
    read from stdin then, what goes to stderr is lost, and writing to stdout is an `OSError`.
    """
    for number, (name, mode, flags) in enumerate(_STREAMS):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, flags)  # which gets the lowest number that is free
        if getattr(sys, name) is None:
            stream = open(number, mode, encoding="utf-8", errors="backslashreplace", closefd=False)  # noqa: SIM115
            setattr(sys, name, stream)


def discard(stream: TextIO) -> None:
    """Discard everything written to a stream from now on, and what is in its buffer."""
    with suppress(OSError, ValueError):  # it has no number, or is closed
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


class Lenient(io.TextIOBase):
    """A stream whose reader may go away: what cannot be written is lost, and the work goes on."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    @property
    def encoding(self) -> str:  # type: ignore[override]
        """That of the stream."""
        return self._stream.encoding or "utf-8"

    def write(self, text: str) -> int:
        """Write what can be written."""
        try:
            self._stream.write(text)
        except OSError:
            discard(self._stream)
        return len(text)

    def flush(self) -> None:
        """Pass on what waits."""
        try:
            self._stream.flush()
        except OSError:
            discard(self._stream)

    def isatty(self) -> bool:
        """Return whether a person reads it."""
        return self._stream.isatty()

    def fileno(self) -> int:
        """Return the stream's number."""
        return self._stream.fileno()
