"""The command line, a module a command; typer and rich are loaded here only."""

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
from scraper.cli.small import print_version, report, schema
from scraper.io.terminal import open_standard_streams

__all__ = ["main"]

# What the list of commands says of each, and what its own help ends with.
_COMMANDS = (
    (extract, "Pages in, records out.", "scraper extract pages/ archive/*.warc.gz -o records.jsonl"),
    (crawl, "Crawl a news portal.", "scraper crawl https://portal.example/ --into crawls/portal"),
    (bulk, "Archives in, a file of records for each out.", "scraper bulk archive/*.warc.gz --into records"),
    (explain, "Every block of a page, and why it is what it is.", "scraper explain page.html"),
    (check, "Whether a file of records is whole.", "scraper check records.jsonl --repair clean.jsonl"),
    (
        export,
        "Records as Parquet, CSV, Markdown, text, JSON-LD.",
        "scraper export records.jsonl -o records.parquet, or -o stories/",
    ),
    (schema, "The JSON Schema of a record.", "scraper schema > article.schema.json"),
    (report, "What a crawl did, as a page.", "scraper report crawls/fintechworld -o report.html"),
)


def main(arguments: list[str] | None = None) -> int:
    """Run a command and give its exit status: 0 all went well, 1 some did not, 2 wrong arguments, 130 ^C."""
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
        with _ended_in_order():
            app(arguments, prog_name="scraper")
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else 0
    return 0


@contextmanager
def _ended_in_order() -> Iterator[None]:
    """Treat SIGTERM and SIGHUP as errors, so that partial output is removed."""
    heard = [sign for sign in (signal.SIGTERM, signal.SIGHUP) if signal.getsignal(sign) == signal.SIG_DFL]
    for sign in heard:
        signal.signal(sign, lambda number, _: sys.exit(128 + number))
    try:
        yield
    finally:
        for sign in heard:
            signal.signal(sign, signal.SIG_DFL)


def _scraper(
    version: Annotated[
        bool, typer.Option("--version", callback=print_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """News pages in, clean records out."""
