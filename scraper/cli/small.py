"""The short commands: version, schema, report."""

import os
from pathlib import Path
from typing import Annotated

import typer

from scraper.article import json_schema
from scraper.cli.output import ending, reject_same_file, writing
from scraper.cli.screen import Screen
from scraper.version import __version__

__all__ = ["print_version", "report", "schema"]


def print_version(requested: bool) -> None:
    """Print the version and exit, if requested."""
    if requested:
        typer.echo(f"scraper {__version__}")
        raise typer.Exit


def schema() -> None:
    """Print the JSON Schema of a record."""
    with writing(None, Screen()) as lines:
        lines.write(json_schema().encode())


def report(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="The folder of a crawl, such as crawls/fintechworld.")],
    output: Annotated[Path, typer.Option("-o", "--output", dir_okay=False, help="The HTML file.")],
) -> None:
    """Write the report of a crawl as an HTML page."""
    screen = Screen()
    ending(output.name, ("html", "htm"), "the report is an HTML page")
    try:
        from scraper.crawl.reporting.page import report as page  # noqa: PLC0415
    except ModuleNotFoundError as error:
        screen.error("this version cannot write a report; the statistics of a crawl are in run.json in its folder")
        raise typer.Exit(1) from error
    if not os.path.isdir(folder):
        screen.error(f"{folder}: not a folder; expected the folder of a crawl, such as crawls/fintechworld")
        raise typer.Exit(1)
    reject_same_file(output, (file for file in folder.rglob("*") if file.suffix != ".html"))
    try:
        html: str = page(folder)
    except (OSError, ValueError) as error:
        screen.error(error)  # its message names the file or folder
        raise typer.Exit(1) from error
    with writing(output, screen) as lines:
        lines.write(html.encode())
