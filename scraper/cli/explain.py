"""`scraper explain`: what became of every block of a page, and why."""

import itertools
import json
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from scraper.block import Label, Labelled
from scraper.cli.inputs import Given, Inputs, Reading
from scraper.cli.options import Trust, trusted
from scraper.cli.output import writing
from scraper.cli.screen import Screen, plain
from scraper.errors import ScraperError
from scraper.pipeline import labelled
from scraper.replay import document

__all__ = ["explain"]

_WIDTH = 160  # of a table that no terminal shows
_COLUMNS = (("label", max(map(len, Label)) + 1), ("score", 6), ("reason", 36))  # with the space behind


def explain(
    page: Annotated[str, typer.Argument(metavar="INPUT", help="A page, a text, an address, or - for stdin.")],
    as_json: Annotated[bool, typer.Option("--json", help="A line of JSON a block, instead of the table.")] = False,
    output: Annotated[Path | None, typer.Option("-o", "--output", help="The page as HTML, its blocks marked.")] = None,
    text: Annotated[bool, typer.Option("--text", help="The page is flattened text, whatever it is called.")] = False,
    trust: Trust = None,
) -> None:
    """Show every block of a page with its label, its score (0 to 1: how surely), and the reason."""
    screen = Screen()
    given = _only(Inputs([page], Reading(text, trusted(trust)), screen.complain), page, screen)
    if given is None:
        raise typer.Exit(1)
    try:
        shown = _page(given, screen) if output else _blocks(given, as_json=as_json)
    except ScraperError as error:
        screen.complain(f"{page}: {error}")
        raise typer.Exit(1) from error
    with writing(output, screen) as lines:
        lines.write(shown.encode("utf-8", "replace"))


def _only(inputs: Inputs, name: str, screen: Screen) -> Given | None:
    found = list(itertools.islice(inputs, 2))
    if len(found) > 1:
        screen.complain(f"{name}: it holds several pages; give one")
    elif not found and not screen.faults:
        screen.complain(f"{name}: no page in it")
    return found[0] if len(found) == 1 else None


def _page(given: Given, screen: Screen) -> str:
    try:
        from scraper.page import explain_page  # type: ignore[import-not-found,unused-ignore]  # noqa: PLC0415
    except ModuleNotFoundError as error:
        screen.complain("-o: this version cannot write the page; the table (without -o) and --json show the same")
        raise typer.Exit(1) from error
    if given.page.status is None:
        raise ScraperError("it is text; -o marks HTML only, the table (without -o) shows it")
    html: str = explain_page(given.page.body, url=given.page.url, content_type=given.page.content_type)
    return html


def _blocks(given: Given, *, as_json: bool) -> str:
    blocks = labelled(document(given.page))
    return "".join(_line(each) for each in blocks) if as_json else _table(blocks)


def _line(each: Labelled) -> str:
    told = {
        "label": each.label,
        "score": round(each.score, 3),
        "reason": each.reason,
        "tag": each.block.tag,
        "text": each.block.text,
    }
    return json.dumps(told, ensure_ascii=False) + "\n"


def _table(blocks: Iterable[Labelled]) -> str:
    table = Table(box=None, pad_edge=False, header_style="bold")
    console = Console(width=None if sys.stdout.isatty() else _WIDTH)
    for name, width in (*_COLUMNS, ("text", max(console.width - sum(width for _, width in _COLUMNS), 10))):
        table.add_column(name, no_wrap=True, width=width)
    for each in blocks:
        texts = (str(each.label), f"{each.score:.2f}", each.reason, each.block.text)
        table.add_row(*(Text(plain(text)) for text in texts))
    with console.capture() as shown:
        console.print(table)
    return shown.get()
