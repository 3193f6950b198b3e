"""`scraper explain`: show the label of every block of a page, and the reason."""

import io
import itertools
import json
import shutil
import sys
from collections.abc import Iterable
from functools import partial
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from scraper.block import Labelled
from scraper.cli.inputs import InputOptions, InputPage, Inputs
from scraper.cli.options import LIMIT, Limit, SiteFile, Trust, Url, address, read_site, trusted
from scraper.cli.output import STDOUT, ending, reject_same_file, writing
from scraper.cli.screen import Screen, plain
from scraper.errors import ScraperError
from scraper.explanation.blocks import explain_page, explain_page_text
from scraper.io.workers import Work, run
from scraper.label import Label
from scraper.pipeline import labelled
from scraper.site import Site
from scraper.stories.replay import document

__all__ = ["explain"]

_WIDTH = 160  # of the table if stdout is not a terminal
_COLUMNS = (("label", max(map(len, Label)) + 2), ("score", 6), ("reason", 36))  # including the space after


def explain(
    page: Annotated[str, typer.Argument(metavar="INPUT", help="A page, a text file, a URL, or - for stdin.")],
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one line of JSON per block, to stdout or OUT.")
    ] = False,
    output: Annotated[
        Path | None,
        typer.Option(
            "-o",
            "--output",
            metavar="OUT",
            dir_okay=False,
            help="Write an HTML page with the labelled blocks instead of the table.",
        ),
    ] = None,
    text: Annotated[bool, typer.Option("--text", help="Treat the page as flattened text, whatever its name.")] = False,
    url: Url = None,
    site: SiteFile = None,
    limit: Limit = LIMIT,
    trust: Trust = None,
) -> None:
    """Show every block of a page with its label, its score (confidence, 0 to 1) and the reason."""
    screen, known = Screen(), read_site(site)
    reject_same_file(output, (page, site))
    if output and output != STDOUT and not as_json:
        ending(output.name, ("html", "htm"), "with --json any file name is allowed")
    item = _only(Inputs([page], InputOptions(text, trusted(trust), address(url)), screen), page, screen)
    if item is None:
        raise typer.Exit(1)
    work = partial(_page if output and not as_json else _blocks, known)
    ((_, result),) = run(Work(work, ScraperError, limit), (item,), 1)
    if isinstance(result, ScraperError):
        screen.error(f"{page}: {result}")
        raise typer.Exit(1)
    text_output = result if isinstance(result, str) else "".join(map(_line, result)) if as_json else _table(result)
    with writing(output, screen) as lines:
        lines.write(text_output.encode("utf-8", "replace"))


def _only(inputs: Inputs, name: str, screen: Screen) -> InputPage | None:
    items = list(itertools.islice(inputs, 2))
    if len(items) > 1:
        screen.error(f"{name}: it contains several pages; expected one")
    elif not items and not screen.errors:
        screen.error(f"{name}: no page")
    return items[0] if len(items) == 1 else None


def _page(site: Site | None, item: InputPage) -> str | ScraperError:
    page = item.page
    try:
        if page.status is None:
            return explain_page_text(page.body.decode("utf-8", "replace"), url=page.url)
        return explain_page(page.body, url=page.url, content_type=page.content_type, site=site)
    except ScraperError as error:
        return error


def _blocks(site: Site | None, item: InputPage) -> tuple[Labelled, ...] | ScraperError:
    try:
        return labelled(document(item.page), site)
    except ScraperError as error:
        return error


def _line(labelled_block: Labelled) -> str:
    values = {
        "label": labelled_block.label,
        "score": round(labelled_block.score, 3),
        "reason": labelled_block.reason,
        "tag": labelled_block.block.tag,
        "text": labelled_block.block.text,
    }
    return json.dumps(values, ensure_ascii=False) + "\n"


def _table(blocks: Iterable[Labelled]) -> str:
    table = Table(box=None, pad_edge=False, header_style="bold")
    buffer, is_terminal = io.StringIO(), sys.stdout.isatty()
    width = shutil.get_terminal_size().columns if is_terminal else _WIDTH
    console = Console(file=buffer, force_terminal=is_terminal, width=width)
    for name, width in (*_COLUMNS, ("text", max(console.width - sum(width for _, width in _COLUMNS), 10))):
        table.add_column(name, no_wrap=True, width=width)
    for item in blocks:
        texts = (str(item.label), f"{item.score:.2f}", item.reason, item.block.text)
        table.add_row(*(Text(plain(text)) for text in texts))
    console.print(table)
    return buffer.getvalue()
