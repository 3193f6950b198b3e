"""Where a command's result goes, and in which form: the screen, a file, a folder."""

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
from scraper.io.files import whole
from scraper.io.terminal import discard

__all__ = ["STDOUT", "To", "apart", "deliver", "ending", "form_of", "writing"]

STDOUT = Path("-")
_NAMES = (*FORMS, MARKDOWN)
_OTHERS = "stories/ is a folder for Markdown; --to names any"

To = Annotated[
    str | None,
    typer.Option(
        autocompletion=lambda: list(_NAMES),
        help=f"The form, where the name of OUT does not tell it: {', '.join(_NAMES)}.",
    ),
]


def apart(output: Path | None, sources: Iterable[str | Path | None], option: str = "-o") -> None:
    """Raise `BadParameter` for an output that is also an input, or is not a local path."""
    if output is None:
        return
    if str(output) == ".":
        raise typer.BadParameter("no name of an output", param_hint=option)
    if re.match(r"[\w+.-]+:/", str(output)):
        raise typer.BadParameter(f"{output} is no path on this machine", param_hint=option)
    if os.path.isfile(output) and any(
        source and os.path.exists(source) and output.samefile(source) for source in sources
    ):
        raise typer.BadParameter(f"{output} is read here; give the name of another file", param_hint=option)


def form_of(output: str, to: str | None, default: str) -> str:
    """Return the form that `--to` or the ending of an output names, `default` for none; raise for an unknown one."""
    if to is not None and to not in _NAMES:
        raise typer.BadParameter(f"{to!r} is no form; it takes {', '.join(_NAMES)}", param_hint="--to")
    form = to or (MARKDOWN if output.endswith("/") else ending(output, FORMS, _OTHERS) or default)
    if form == MARKDOWN and Path(output) == STDOUT:
        raise typer.BadParameter("stdout is no folder for Markdown; name another form with --to", param_hint="-o")
    return form


def ending(output: str, known: Iterable[str], others: str) -> str | None:
    """Return the known ending of an output, None where it has none; an unknown one is a wrong argument."""
    name = Path(output).name.lower()
    found = next((each for each in known if name.endswith(f".{each}")), None)
    if found is None and Path(name).suffix:
        endings = ", ".join(f".{each}" for each in known)
        raise typer.BadParameter(f"no form ends with {Path(name).suffix}, but {endings}; {others}", param_hint="-o")
    return found


def deliver(records: Iterator[Article], output: Path | None, form: str, screen: Screen) -> bool:
    """Write records where they are wanted, and tell whether there are any; without, what was there before stays."""
    first = next(records, None)
    if first is None:
        return False
    records = itertools.chain((first,), records)
    if form == MARKDOWN and output is not None:
        with _reporting(output, screen), whole(output) as fresh:
            write(records, fresh, form)
    else:
        with writing(output, screen) as file:
            FORMS[form](records, file)
    return True


@contextmanager
def writing(output: Path | None, screen: Screen) -> Iterator[IO[bytes]]:
    """Yield where the bytes go, which is stdout for none and for `-`; end the command with status 1 where they cannot.

    A reader that has had enough (`| head`) ends the writing, and is no fault.
    """
    if output is None or output == STDOUT:
        with _reporting(None, screen):
            yield sys.stdout.buffer
            sys.stdout.flush()
        return
    with _reporting(output, screen):
        if output.is_dir():
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        with whole(output) as fresh, fresh.open("wb") as file:
            yield file


@contextmanager
def _reporting(output: Path | None, screen: Screen) -> Iterator[None]:
    try:
        yield
    except BrokenPipeError:
        discard(sys.stdout)
    except (OSError, ScraperError) as error:
        why = f"{output or 'the output'}: {error.strerror or error}" if isinstance(error, OSError) else error
        screen.complain(why)
        if output is None:
            discard(sys.stdout)
        raise typer.Exit(1) from error
