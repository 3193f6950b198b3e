"""`scraper export`: records in the forms of other programs."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from scraper.article import Article
from scraper.cli.options import FAULTS, Records, foreign
from scraper.cli.output import STDOUT, apart, writing
from scraper.cli.screen import Screen
from scraper.errors import RecordError, ScraperError
from scraper.export import FORMS
from scraper.files import whole
from scraper.jsonl import read_records

__all__ = ["export"]

_NAMES = ", ".join(FORMS)
_FOLDER = "markdown"  # the form that is no file


def export(
    file: Records,
    output: Annotated[
        str,
        typer.Option(
            "-o",
            "--output",
            metavar="OUT",
            help="A file (.parquet, .csv, .txt, .jsonld); stories/, or a name without an ending, is a new folder for "
            "Markdown; - is stdout.",
        ),
    ],
    to: Annotated[
        str | None,
        typer.Option(
            autocompletion=lambda: list(FORMS), help=f"The form, where the name of OUT does not tell it: {_NAMES}."
        ),
    ] = None,
) -> None:
    """Write records as Parquet (lists stay lists), CSV, Markdown (a file a story), text or schema.org JSON-LD.

    Every record is written, near copies and those that a later line replaces among them. A line that is no record is
    told and left out; the exit status is then 1.
    """
    form, path, screen = _form(output, to), Path(output), Screen()
    apart(path, (file,))
    try:
        if path == STDOUT:
            _show(form, _records(file, screen), screen)
        else:
            with whole(path) as fresh:
                FORMS[form](_records(file, screen), fresh)
    except ScraperError as error:
        screen.complain(error)
    except OSError as error:
        screen.complain(f"{path}: {error.strerror or error}")
    raise typer.Exit(1 if screen.faults else 0)


def _form(output: str, to: str | None) -> str:
    """Give the form that is meant; a wrong argument where none is."""
    ending = Path(output).suffix
    if to is not None and to not in FORMS:
        raise typer.BadParameter(f"{to!r} is no form; it takes {_NAMES}", param_hint="--to")
    form = to or (_FOLDER if output.endswith("/") or not ending else ending.removeprefix(".").lower())
    if form not in FORMS:
        files = ", ".join(f".{name}" for name in FORMS if name != _FOLDER)
        why = f"no form ends with {ending}, but {files}; stories/ is a folder for Markdown; --to names any"
        raise typer.BadParameter(why, param_hint="-o")
    if form == _FOLDER and Path(output) == STDOUT:
        raise typer.BadParameter("stdout is no folder for Markdown; name another form with --to", param_hint="-o")
    return form


def _show(form: str, records: Iterator[Article], screen: Screen) -> None:
    with tempfile.TemporaryDirectory() as folder, writing(None, screen) as out:
        path = Path(folder, "out")
        FORMS[form](records, path)
        with path.open("rb") as made:
            shutil.copyfileobj(made, out)


def _records(file: Path, screen: Screen) -> Iterator[Article]:
    none = True

    def tell(error: RecordError) -> None:
        screen.complain(error)
        if none and screen.faults == FAULTS:
            raise ScraperError(foreign(file))

    try:
        for record in read_records(file, on_error=tell):
            none = False
            yield record
    except OSError as error:  # and what came before is written
        why = f"{file}: {error.strerror}"
        if none:
            raise ScraperError(why) from error
        screen.complain(why)
    if none:
        raise ScraperError(f"{file}: no record in it")
