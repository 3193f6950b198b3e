"""The command line."""

import argparse
import os
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from scraper.article import json_schema
from scraper.errors import ScraperError
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
    inputs = _Inputs(files)
    try:
        with _lines(output) as lines:
            for article in articles(_progress(inputs.pages()), on_skipped=inputs.skipped):
                lines.write(article.to_json().encode() + b"\n")
    except BrokenPipeError:  # the reader had enough; what is left must not be written at the exit either
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except OSError as error:
        inputs.report(error)
    return 1 if inputs.faults else 0


class _Inputs:
    """The files, one after another, and how often one was found bad."""

    def __init__(self, files: Iterable[str]) -> None:
        self._files = files
        self._reading = ""
        self.faults = 0

    def report(self, fault: object) -> None:
        self.faults += 1
        print(fault, file=sys.stderr)

    def skipped(self, page: Page, error: ScraperError) -> None:
        """An archive has many pages without a story; a page that was given by itself should have one."""
        if page.url is None:
            self.report(f"{self._reading}: {error}")

    def pages(self) -> Iterator[Page]:
        for name in self._files:
            self._reading = name
            try:
                yield from self._pages_of(name)
            except OSError as error:
                self.report(error)

    def _pages_of(self, name: str) -> Iterator[Page]:
        kind = Path(name).suffix.lower()
        if kind in (".html", ".htm"):
            yield Page(None, Path(name).read_bytes(), None, None, 200)
        elif kind == ".txt":
            yield Page(None, Path(name).read_bytes(), "text/plain", None, None)
        else:
            yield from read_pages(name, on_error=self.report)


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
