"""`scraper export`: records in the forms of other programs."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from scraper.article import Article
from scraper.cli.options import Faults, Records
from scraper.cli.output import To, apart, deliver, form_of
from scraper.cli.screen import Screen
from scraper.io.export import MARKDOWN
from scraper.io.jsonl import read_records

__all__ = ["export"]


def export(
    file: Records,
    output: Annotated[
        str,
        typer.Option(
            "-o",
            "--output",
            metavar="OUT",
            help="A file (.parquet, .csv, .txt, .jsonld, .jsonl.gz); stories/, or a name without an ending, is a new "
            "folder for Markdown; - is stdout.",
        ),
    ],
    to: To = None,
) -> None:
    """Write records as Parquet (lists stay lists), CSV, Markdown (a file a story), text, JSON-LD, or packed JSON Lines.

    Every record is written, near copies and those that a later line replaces among them. A line that is no record is
    told and left out; the exit status is then 1.
    """
    form, path, screen = form_of(output, to, MARKDOWN), Path(output), Screen()
    apart(path, (file,))
    if not deliver(_records(file, screen), path, form, screen) and not screen.faults:
        screen.complain(f"{file}: no record in it")
    raise typer.Exit(1 if screen.faults else 0)


def _records(file: Path, screen: Screen) -> Iterator[Article]:
    """Yield what can be read of a file, and report the rest."""
    faults = Faults(file, screen)
    try:
        for record in read_records(file, on_error=faults.add):
            faults.end_row()
            yield record
    except OSError as error:  # and what came before is written
        screen.complain(f"{file}: {error.strerror}")
    faults.end_row()
