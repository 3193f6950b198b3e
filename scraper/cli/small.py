"""Commands of a few lines."""

import os
from pathlib import Path
from typing import Annotated

import typer

from scraper.article import json_schema
from scraper.cli.output import apart, ending, writing
from scraper.cli.screen import Screen
from scraper.version import __version__

__all__ = ["print_version", "report", "schema"]


def print_version(asked: bool) -> None:
    """Print the version, if it was requested, and exit."""
    if asked:
        typer.echo(f"scraper {__version__}")
        raise typer.Exit


def schema() -> None:
    """Print the JSON Schema of a record."""
    with writing(None, Screen()) as lines:
        lines.write(json_schema().encode())


def report(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A folder of a crawl, such as crawls/fintechworld.")],
    output: Annotated[Path, typer.Option("-o", "--output", help="The HTML file.")],
) -> None:
    """Write what a crawl did as a page to look at."""
    screen = Screen()
    ending(output.name, ("html", "htm"), "the report is a page")
    try:
        from scraper.crawl.reporting.page import report as page  # noqa: PLC0415
    except ModuleNotFoundError as error:
        screen.complain("this version cannot write a report; the account of a crawl is run.json in its folder")
        raise typer.Exit(1) from error
    if not os.path.isdir(folder):
        screen.complain(f"{folder}: no folder; give that of a crawl, such as crawls/fintechworld")
        raise typer.Exit(1)
    apart(output, (file for file in folder.rglob("*") if file.suffix != ".html"))
    try:
        html: str = page(folder)
    except (OSError, ValueError) as error:
        screen.complain(error)  # which names the file or the folder
        raise typer.Exit(1) from error
    with writing(output, screen) as lines:
        lines.write(html.encode())
