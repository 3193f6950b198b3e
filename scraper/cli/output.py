"""Where a command's result goes: the screen, or a file."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import typer

from scraper.cli.screen import Screen
from scraper.files import whole

__all__ = ["writing"]


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
