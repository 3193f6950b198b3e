"""Where a command's result goes: the screen, or a file."""

import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import typer

from scraper.cli.screen import Screen
from scraper.files import whole

__all__ = ["STDOUT", "apart", "writing"]

STDOUT = Path("-")


def apart(output: Path | None, sources: Iterable[str | Path | None], option: str = "-o") -> None:
    """Take an output that is also read for a wrong argument: it would be gone, or half of what it was."""
    if output is None or not output.is_file():
        return
    if any(source and os.path.exists(source) and output.samefile(source) for source in sources):
        raise typer.BadParameter(f"{output} is read here; give the name of another file", param_hint=option)


@contextmanager
def writing(output: Path | None, screen: Screen) -> Iterator[IO[bytes]]:
    """Give where the bytes go, which is stdout for none and for `-`; end the command with status 1 where they cannot.

    A reader that has had enough (`| head`) ends the writing, and is no fault.
    """
    if output == STDOUT:
        output = None
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
