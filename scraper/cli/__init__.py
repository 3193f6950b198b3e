"""The command line, one module per command."""

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import typer

from scraper.cli.bulk import bulk
from scraper.cli.check import check
from scraper.cli.crawl import crawl
from scraper.cli.explain import explain
from scraper.cli.export import export
from scraper.cli.extract import extract
from scraper.cli.learn import learn
from scraper.cli.small import print_version, report, schema
from scraper.io.terminal import open_standard_streams

__all__ = ["main"]

# Each command with its summary in the list of commands and the example in its help.
_COMMANDS = (
    (extract, "Extract records from pages.", "scraper extract pages/ archive/*.warc.gz -o records.jsonl"),
    (crawl, "Crawl a news portal.", "scraper crawl https://portal.example/ --into crawls/portal"),
    (bulk, "Extract records from archives, one file per archive.", "scraper bulk archive/*.warc.gz --into records"),
    (explain, "Show the label of every block of a page, and why.", "scraper explain page.html"),
    (learn, "Learn a site from its own pages.", "scraper learn pages/ -o site.json --show site.html"),
    (check, "Validate a file of records.", "scraper check records.jsonl --repair clean.jsonl"),
    (
        export,
        "Convert records to Parquet, CSV, Markdown, text, JSON-LD.",
        "scraper export records.jsonl -o records.parquet, or -o stories/",
    ),
    (schema, "Print the JSON Schema of a record.", "scraper schema > article.schema.json"),
    (report, "Write the report of a crawl as an HTML page.", "scraper report crawls/fintechworld -o report.html"),
)


def main(arguments: list[str] | None = None) -> int:
    """Run a command and return its exit status: 0 success, 1 errors, 2 invalid arguments, 130 interrupted."""
    app = typer.Typer(
        name="scraper",
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
        context_settings={"help_option_names": ["-h", "--help"]},
        epilog="Example: scraper extract page.html",
    )
    app.callback()(_scraper)
    for command, short, example in _COMMANDS:
        app.command(short_help=short, epilog=f"Example: {example}")(command)
    open_standard_streams()
    try:
        with _clean_exit_on_signals():
            app(arguments, prog_name="scraper")
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else 0
    return 0


@contextmanager
def _clean_exit_on_signals() -> Iterator[None]:
    """Exit on SIGTERM and SIGHUP by an exception, so that temporary files are removed."""
    handled = [number for number in (signal.SIGTERM, signal.SIGHUP) if signal.getsignal(number) == signal.SIG_DFL]
    for handled_number in handled:
        signal.signal(handled_number, lambda number, _: sys.exit(128 + number))
    try:
        yield
    finally:
        for handled_number in handled:
            signal.signal(handled_number, signal.SIG_DFL)


def _scraper(
    version: Annotated[
        bool, typer.Option("--version", callback=print_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Extract clean records from news pages."""
