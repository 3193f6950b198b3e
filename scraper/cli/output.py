"""Where a command's result goes: the screen, or a file that appears whole or not at all."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import typer

from scraper.cli.screen import Screen

__all__ = ["whole", "writing"]


@contextmanager
def writing(output: Path | None, screen: Screen) -> Iterator[IO[bytes]]:
    """Give where the bytes go; end the command with status 1 where they cannot.

    A reader that has had enough (`| head`) ends the writing, and is no fault.
    """
    try:
        if output is None:
            yield sys.stdout.buffer
            sys.stdout.flush()
        else:
            with whole(output) as fresh, fresh.open("wb") as lines:
                yield lines
    except BrokenPipeError:
        _let_go()
    except OSError as error:
        screen.complain(f"{output or 'the output'}: {error.strerror or error}")
        if output is None:
            _let_go()
        raise typer.Exit(1) from error


def _let_go() -> None:
    """What is left in the buffer must not be written at the exit either."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


@contextmanager
def whole(output: Path) -> Iterator[Path]:
    """Give a path to write to; what is there at the end takes the place of `output`, if nothing went wrong."""
    if output.exists() and not (output.is_file() or output.is_dir()):  # /dev/null, a pipe
        yield output
        return
    fresh = output.with_name(f"{output.name}.{os.getpid()}.tmp")
    try:
        yield fresh
        _sync(fresh)
        fresh.replace(output)
    finally:
        if fresh.is_dir():
            for file in fresh.iterdir():
                file.unlink()
            fresh.rmdir()
        fresh.unlink(missing_ok=True)


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
