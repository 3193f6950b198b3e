"""The command line."""

import argparse
import os
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from scraper.article import json_schema
from scraper.errors import ArchiveError, ScraperError
from scraper.replay import articles
from scraper.warc import Page, read_pages

__all__ = ["main"]

_SECONDS = 0.2  # between two looks at the progress


def main(arguments: list[str] | None = None) -> int:
    """Run a command and give its exit status.

    `schema` prints the JSON Schema of a record. `extract` makes records from archives and pages: 0 if all of them could
    be read, else 1.
    """
    parser = argparse.ArgumentParser(prog="scraper", description="News pages in, clean records out.")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("schema", help="print the JSON Schema of a record")
    extract = commands.add_parser(
        "extract", help="make records from WARC and WET files, pages (.html) and texts (.txt)"
    )
    extract.add_argument("files", nargs="+", metavar="FILE")
    extract.add_argument("-o", dest="output", metavar="OUT.jsonl", help="where the records go, instead of the screen")
    given = parser.parse_args(arguments)
    if given.command == "extract":
        return _extract(given.files, given.output)
    sys.stdout.write(json_schema())
    return 0


def _extract(files: list[str], output: str | None) -> int:
    faults = 0

    def report(fault: object) -> None:
        nonlocal faults
        faults += 1
        print(fault, file=sys.stderr)

    def skipped(page: Page, error: ScraperError) -> None:
        if page.url is None:  # an archive has many pages without a story, a page that was given should have one
            report(error)

    try:
        with _lines(output) as lines:
            for article in articles(_progress(_pages(files, report)), on_skipped=skipped):
                lines.write(article.to_json().encode() + b"\n")
    except BrokenPipeError:  # the reader had enough; what is left must not be written at the exit either
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except OSError as error:
        report(error)
    return 1 if faults else 0


def _pages(files: Iterable[str], report: Callable[[object], None]) -> Iterator[Page]:
    for name in files:
        try:
            yield from _pages_of(name, report)
        except OSError as error:
            report(error)


def _pages_of(name: str, report: Callable[[ArchiveError], object]) -> Iterator[Page]:
    kind = Path(name).suffix.lower()
    if kind in (".html", ".htm"):
        yield Page(None, Path(name).read_bytes(), None, None, 200)
    elif kind == ".txt":
        yield Page(None, Path(name).read_bytes(), "text/plain", None, None)
    else:
        yield from read_pages(name, on_error=report)


@contextmanager
def _lines(output: str | None) -> Iterator[IO[bytes]]:
    """Give where the lines go; a file appears whole or not at all."""
    if output is None:
        yield sys.stdout.buffer
        sys.stdout.flush()
        return
    fresh = Path(f"{output}.tmp")
    try:
        with fresh.open("wb") as lines:
            yield lines
            lines.flush()
            os.fsync(lines.fileno())
        fresh.replace(output)
    finally:
        fresh.unlink(missing_ok=True)


def _progress(pages: Iterable[Page]) -> Iterator[Page]:
    """Tell on a terminal how many pages were read."""
    shown = time.monotonic()
    number = 0
    for number, page in enumerate(pages, 1):
        if sys.stderr.isatty() and time.monotonic() - shown > _SECONDS:
            shown = time.monotonic()
            print(f"\r{number} pages", end="", file=sys.stderr, flush=True)
        yield page
    if sys.stderr.isatty():
        print(f"\r{number} pages", file=sys.stderr)
