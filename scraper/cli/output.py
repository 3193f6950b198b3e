"""The output of a command: its format, and its destination on stdout, in a file or in a folder."""

import errno
import itertools
import os
import re
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Annotated

import typer

from scraper.article import Article
from scraper.cli.screen import Screen
from scraper.errors import ScraperError
from scraper.io.export import FORMS, MARKDOWN, write
from scraper.io.files import atomic_write, is_special
from scraper.io.terminal import discard

__all__ = ["STDOUT", "To", "deliver", "ending", "form_of", "reject_same_file", "writing"]

STDOUT = Path("-")
_STREAM_FORM = "jsonl"
_NAMES = (*FORMS, MARKDOWN)
_OTHERS = "stories/ is a folder for Markdown; or choose a format with --to"

To = Annotated[
    str | None,
    typer.Option(
        autocompletion=lambda: list(_NAMES),
        help=f"The format, if the name of OUT does not imply it: {', '.join(_NAMES)}.",
    ),
]


def reject_same_file(output: Path | None, sources: Iterable[str | Path | None], option: str = "-o") -> None:
    """Raise `typer.BadParameter` if the output is also an input, or is not a local path."""
    if output is None:
        return
    if str(output) == ".":
        raise typer.BadParameter("not the name of an output", param_hint=option)
    if re.match(r"[\w+.-]+:/", str(output)):
        raise typer.BadParameter(f"{output} is not a local path", param_hint=option)
    if os.path.isfile(output) and any(
        source and os.path.exists(source) and output.samefile(source) for source in sources
    ):
        raise typer.BadParameter(f"{output} is also an input; choose another file", param_hint=option)


def form_of(output: str, to: str | None, default: str) -> str:
    """Return the format from `--to` or the extension of the output, or else `default` or that of a device or pipe.

    Raise `typer.BadParameter` for an unknown format, and for Markdown unless the output can be a folder.
    """
    if to is not None and to not in _NAMES:
        raise typer.BadParameter(f"{to!r} is not a format; choose from {', '.join(_NAMES)}", param_hint="--to")
    is_stream = is_special(Path(output))
    default = _STREAM_FORM if is_stream else default
    form = to or (MARKDOWN if output.endswith("/") else ending(output, FORMS, _OTHERS) or default)
    if form == MARKDOWN and (is_stream or Path(output) == STDOUT):
        name = output if is_stream else "stdout"
        raise typer.BadParameter(
            f"Markdown needs a folder, not {name}; choose another format with --to", param_hint="-o"
        )
    return form


def ending(output: str, known: Iterable[str], others: str) -> str | None:
    """Return the known extension of an output, None if it has none; raise `typer.BadParameter` on an unknown one."""
    name = Path(output).name.lower()
    match = next((extension for extension in known if name.endswith(f".{extension}")), None)
    if match is None and Path(name).suffix:
        endings = ", ".join(f".{extension}" for extension in known)
        raise typer.BadParameter(
            f"unknown extension {Path(name).suffix}; known are {endings}; {others}", param_hint="-o"
        )
    return match


def deliver(records: Iterator[Article], output: Path | None, form: str, screen: Screen) -> bool:
    """Write records to the output and return whether there were any; without records, keep an existing output."""
    first = next(records, None)
    if first is None:
        return False
    records = itertools.chain((first,), records)
    if form == MARKDOWN and output is not None:
        with _reporting(output, screen), atomic_write(output) as temporary:
            write(records, temporary, form)
    else:
        with writing(output, screen) as file:
            FORMS[form](records, file)
    return True


@contextmanager
def writing(output: Path | None, screen: Screen) -> Iterator[IO[bytes]]:
    """Yield the output as a binary file, stdout for None and `-`; exit with status 1 if writing fails.

    A closed pipe (`| head`) ends the writing and is not an error.
    """
    if output is None or output == STDOUT:
        with _reporting(None, screen):
            yield sys.stdout.buffer
            sys.stdout.flush()
        return
    with _reporting(output, screen):
        if output.is_dir():
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        with atomic_write(output) as temporary, temporary.open("wb") as file:
            yield file


@contextmanager
def _reporting(output: Path | None, screen: Screen) -> Iterator[None]:
    try:
        yield
    except BrokenPipeError:
        discard(sys.stdout)
    except (OSError, ScraperError) as error:
        screen.error(f"{output or 'the output'}: {error.strerror or error}" if isinstance(error, OSError) else error)
        if output is None:
            discard(sys.stdout)
        raise typer.Exit(1) from error
