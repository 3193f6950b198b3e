"""`scraper explain`: what became of every block of a page, and why."""

import io
import itertools
import json
import shutil
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
from scraper.cli.options import LIMIT, Limit, Trust, Url, address, trusted
from scraper.cli.output import STDOUT, apart, ending, writing
from scraper.cli.screen import Screen, plain
from scraper.errors import ScraperError
from scraper.explanation import explain_page, explain_page_text
from scraper.io.workers import Work, each
from scraper.pipeline import labelled
from scraper.stories.replay import document

__all__ = ["explain"]

_WIDTH = 160  # of a table that no terminal shows
_COLUMNS = (("label", max(map(len, Label)) + 2), ("score", 6), ("reason", 36))  # with the space behind


def explain(
    page: Annotated[str, typer.Argument(metavar="INPUT", help="A page, a text, an address, or - for stdin.")],
    as_json: Annotated[bool, typer.Option("--json", help="A line of JSON a block, to the screen or to OUT.")] = False,
    output: Annotated[
        Path | None,
        typer.Option(
            "-o", "--output", metavar="OUT", help="The page as HTML, its blocks marked, instead of the table."
        ),
    ] = None,
    text: Annotated[bool, typer.Option("--text", help="The page is flattened text, whatever it is called.")] = False,
    url: Url = None,
    limit: Limit = LIMIT,
    trust: Trust = None,
) -> None:
    """Show every block of a page with its label, its score (0 to 1: how surely), and the reason."""
    screen = Screen()
    apart(output, (page,))
    if output and output != STDOUT and not as_json:
        ending(output.name, ("html", "htm"), "--json writes a line of JSON a block to a file of any name")
    given = _only(Inputs([page], Reading(text, trusted(trust), address(url)), screen), page, screen)
    if given is None:
        raise typer.Exit(1)
    ((_, found),) = each(Work(_page if output and not as_json else _blocks, ScraperError, limit), (given,), 1)
    if isinstance(found, ScraperError):
        screen.complain(f"{page}: {found}")
        raise typer.Exit(1)
    shown = found if isinstance(found, str) else "".join(map(_line, found)) if as_json else _table(found)
    with writing(output, screen) as lines:
        lines.write(shown.encode("utf-8", "replace"))


def _only(inputs: Inputs, name: str, screen: Screen) -> Given | None:
    found = list(itertools.islice(inputs, 2))
    if len(found) > 1:
        screen.complain(f"{name}: it holds several pages; give one")
    elif not found and not screen.faults:
        screen.complain(f"{name}: no page in it")
    return found[0] if len(found) == 1 else None


def _page(given: Given) -> str | ScraperError:
    page = given.page
    try:
        if page.status is None:
            return explain_page_text(page.body.decode("utf-8", "replace"), url=page.url)
        return explain_page(page.body, url=page.url, content_type=page.content_type)
    except ScraperError as error:
        return error


def _blocks(given: Given) -> tuple[Labelled, ...] | ScraperError:
    try:
        return labelled(document(given.page))
    except ScraperError as error:
        return error


def _line(one: Labelled) -> str:
    told = {
        "label": one.label,
        "score": round(one.score, 3),
        "reason": one.reason,
        "tag": one.block.tag,
        "text": one.block.text,
    }
    return json.dumps(told, ensure_ascii=False) + "\n"


def _table(blocks: Iterable[Labelled]) -> str:
    table = Table(box=None, pad_edge=False, header_style="bold")
    shown, seen = io.StringIO(), sys.stdout.isatty()
    console = Console(file=shown, force_terminal=seen, width=shutil.get_terminal_size().columns if seen else _WIDTH)
    for name, width in (*_COLUMNS, ("text", max(console.width - sum(width for _, width in _COLUMNS), 10))):
        table.add_column(name, no_wrap=True, width=width)
    for one in blocks:
        texts = (str(one.label), f"{one.score:.2f}", one.reason, one.block.text)
        table.add_row(*(Text(plain(text)) for text in texts))
    console.print(table)
    return shown.getvalue()
