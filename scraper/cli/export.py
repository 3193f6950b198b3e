"""`scraper export`: convert records to other formats."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from scraper.article import Article
from scraper.cli.options import BadLines, Records
from scraper.cli.output import To, deliver, form_of, reject_same_file
from scraper.cli.screen import Screen
from scraper.io.export import MARKDOWN
from scraper.io.jsonl import read_records
from scraper.io.wording import count

__all__ = ["export"]


def export(
    file: Records,
    output: Annotated[
        str,
        typer.Option(
            "-o",
            "--output",
            metavar="OUT",
            help="A file (.parquet, .csv, .txt, .jsonld, .jsonl.gz); stories/, or a name without extension, is a new "
            "folder for Markdown; - is stdout.",
        ),
    ],
    to: To = None,
) -> None:
    """Write records as Parquet (with nested lists), CSV, Markdown (one file per story), text, JSON-LD or JSON Lines.

    Every record is written, including near copies and records that a later line replaces. Invalid lines are reported
    and skipped; the exit status is then 1.
    """
    form, path, screen = form_of(output, to, MARKDOWN), Path(output), Screen()
    reject_same_file(path, (file,))
    bad_lines = BadLines(file, screen)
    if not deliver(_records(file, bad_lines, screen), path, form, screen) and not screen.errors:
        screen.error(f"{file}: no records")
    if bad_lines.total:
        screen.note(f"{file}: {count(bad_lines.total, 'unreadable line')} skipped")
    raise typer.Exit(1 if screen.errors else 0)


def _records(file: Path, bad_lines: BadLines, screen: Screen) -> Iterator[Article]:
    """Yield the valid records of a file, and report the invalid lines."""
    try:
        for record in read_records(file, on_error=bad_lines.add):
            bad_lines.end_row()
            yield record
    except OSError as error:  # the records before it are still written
        screen.error(f"{file}: {error.strerror}")
    bad_lines.end_row()
