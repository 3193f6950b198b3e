"""`scraper extract`: pages in, records out."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from scraper.article import Article
from scraper.cli.inputs import InputOptions, InputPage, Inputs
from scraper.cli.options import LIMIT, Limit, SiteFile, Trust, Url, address, read_site, trusted
from scraper.cli.output import To, deliver, form_of, reject_same_file
from scraper.cli.screen import Screen
from scraper.cli.site_learning import learn_sites
from scraper.errors import NotAnArticle, ScraperError
from scraper.io.wording import count
from scraper.io.workers import Work, bounded, run
from scraper.site import Sites
from scraper.stories.replay import PageResult, Replay, read_page

__all__ = ["extract"]

_FEW_FILES, _FEW_BYTES = 200, 32 * 2**20  # read sooner by one process than others take to start


Sources = Annotated[
    list[str],
    typer.Argument(
        metavar="INPUT",
        help="Pages (.html), texts (.txt), archives (.warc.gz, .wet.gz), JSON Lines with an html key (.jsonl, "
        ".jsonl.gz), folders of these, patterns, URLs, or - for stdin.",
    ),
]
Output = Annotated[
    str | None,
    typer.Option(
        "-o",
        "--output",
        metavar="OUT",
        help="The output file instead of stdout: JSON Lines (.jsonl, .jsonl.gz, .jsonl.zst), or a format of export "
        "(.csv, .parquet, .txt, .jsonld, stories/).",
    ),
]
Jobs = Annotated[
    int | None,
    typer.Option(
        min=0,
        help="Worker processes, at most 4 per core; 0 for one per core (default for many inputs; else 1).",
    ),
]
AsText = Annotated[bool, typer.Option("--text", help="Treat pages as flattened text, whatever their names.")]
Learn = Annotated[
    bool,
    typer.Option("--learn/--no-learn", help="First learn each host that has at least 3 pages among the inputs."),
]


def extract(
    inputs: Sources,
    output: Output = None,
    jobs: Jobs = None,
    limit: Limit = LIMIT,
    text: AsText = False,
    url: Url = None,
    to: To = None,
    trust: Trust = None,
    site: SiteFile = None,
    learn: Learn = False,
) -> None:
    """Extract a record from each page, as JSON Lines in the order of the inputs, or in the format of OUT or --to.

    Each unreadable input is reported in one line and sets the exit status to 1; the others are still extracted. Pages
    of archives are handled as in a crawl: a story at several URLs is one record, pages without an article are not
    errors, and unreadable ones are named but do not change the status.
    """
    form, screen = form_of("-" if output is None else output, to, "jsonl"), Screen()
    path = Path(output) if output is not None else None
    source = Inputs(inputs, InputOptions(text, trusted(trust), address(url)), screen)
    reject_same_file(path, (*source.names, site))
    processes = _jobs(jobs, source)
    sites = Sites({}, read_site(site))
    if learn:
        sites = replace(_learned(source, screen, (limit, processes)), default=sites.default)
    results = run(Work(partial(_extract, sites), _lost, limit), source, processes)
    if not deliver(_articles(results, source, screen), path, form, screen) and not screen.errors:
        screen.error("no page contains an article")
    raise typer.Exit(1 if screen.errors else 0)


def _articles(results: Iterable[tuple[InputPage, PageResult]], source: Inputs, screen: Screen) -> Iterator[Article]:
    """Yield the records of page results, and show the progress."""
    replay, read = Replay(None), 0

    def status(seconds: float) -> tuple[int, str]:
        return source.done(), f"{read} pages, {read / max(seconds, 0.001):.0f}/s, {count(screen.errors, 'error')}"

    with screen.progress(source.total, status) as step:
        for item, result in results:
            yield from _records(replay, item, result, screen)
            read += 1
            step()
        yield from replay.rest()


def _learned(source: Inputs, screen: Screen, options: tuple[float, int]) -> Sites:
    try:
        return learn_sites(source.names, options, screen)
    except ScraperError as error:
        screen.error(error)
        raise typer.Exit(1) from error


def _jobs(jobs: int | None, source: Inputs) -> int:
    few = source.count <= _FEW_FILES and source.total <= _FEW_BYTES
    return 1 if jobs is None and few else bounded(jobs or 0)


def _records(replay: Replay, item: InputPage, result: PageResult, screen: Screen) -> Iterator[Article]:
    if not item.alone:
        if result.error is not None and not isinstance(result.error, NotAnArticle):
            screen.note(f"{item.name}: {item.page.url}: {result.error}")
        yield from replay.page(item.page, result)
    elif result.story is not None:
        yield result.story.article
    else:
        screen.error(f"{item.name}: {result.error or f'not a page, but {item.page.content_type}'}")


def _extract(sites: Sites, item: InputPage) -> PageResult:
    return read_page(item.page, sites)


def _lost(reason: str) -> PageResult:
    return PageResult(error=ScraperError(reason))
