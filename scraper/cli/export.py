"""`scraper export`: records in the forms of other programs."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from scraper.article import Article
from scraper.cli.screen import Screen
from scraper.errors import ScraperError
from scraper.export import FORMS
from scraper.files import whole
from scraper.jsonl import read_records

__all__ = ["export"]

_NAMES = ", ".join(FORMS)


def export(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="Records, as JSON Lines (.jsonl, .jsonl.gz, .jsonl.zst).")
    ],
    output: Annotated[
        Path,
        typer.Option("-o", "--output", help="A file (.parquet, .csv, .txt, .jsonld), or a new folder for Markdown."),
    ],
    to: Annotated[str | None, typer.Option(help=f"The form, where the name of OUT does not tell it: {_NAMES}.")] = None,
) -> None:
    """Write records as Parquet (lists stay lists), CSV, Markdown (a file a story), text or schema.org JSON-LD.

    A line that is no record is told and left out; the exit status is then 1.
    """
    form = to or output.suffix.removeprefix(".").lower()
    if form not in FORMS:
        raise typer.BadParameter(f"{form!r} is no form; it takes {_NAMES}", param_hint="--to")
    screen = Screen()
    try:
        with whole(output) as fresh:
            FORMS[form](_records(file, screen), fresh)
    except ScraperError as error:
        screen.complain(error)
    except (OSError, EOFError) as error:
        known = isinstance(error, OSError) and error.filename == str(file)
        screen.complain(f"{file if known else output}: {getattr(error, 'strerror', None) or error}")
    raise typer.Exit(1 if screen.faults else 0)


def _records(file: Path, screen: Screen) -> Iterator[Article]:
    none = True
    for record in read_records(file, on_error=screen.complain):
        none = False
        yield record
    if none:
        raise ScraperError(f"{file}: no record in it")
