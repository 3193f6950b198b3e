"""`scraper extract`: pages in, records out."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated

import typer

from scraper.article import Article
from scraper.cli.inputs import Given, Inputs, Reading
from scraper.cli.options import LIMIT, Limit, Trust, Url, address, trusted
from scraper.cli.output import To, apart, deliver, form_of
from scraper.cli.screen import Screen, count
from scraper.errors import ScraperError
from scraper.io.workers import Work, bounded, each
from scraper.stories.replay import Look, Replay, look

__all__ = ["extract"]

_FEW_FILES, _FEW_BYTES = 200, 32 * 2**20  # which are read before other processes have begun


def extract(
    inputs: Annotated[
        list[str],
        typer.Argument(
            metavar="INPUT",
            help="Pages (.html), texts (.txt), archives (.warc.gz, .wet.gz), JSON Lines with an html key (.jsonl, "
            ".jsonl.gz), folders of these, patterns, addresses, or - for stdin.",
        ),
    ],
    output: Annotated[
        str | None,
        typer.Option(
            "-o",
            "--output",
            metavar="OUT",
            help="Where the records go, instead of the screen: JSON Lines (.jsonl, .jsonl.gz, .jsonl.zst), or what "
            "export writes (.csv, .parquet, .txt, .jsonld, stories/).",
        ),
    ] = None,
    jobs: Annotated[
        int | None,
        typer.Option(
            min=0,
            help="Processes that read, 4 a core at most; 0: one a core. Else 1 for few inputs, one a core for many.",
        ),
    ] = None,
    limit: Limit = LIMIT,
    text: Annotated[bool, typer.Option("--text", help="Pages are flattened text, whatever they are called.")] = False,
    url: Url = None,
    to: To = None,
    trust: Trust = None,
) -> None:
    """Extract a record from each page and write JSON Lines in input order, or the format named by OUT or --to.

    What cannot be read is told in a line, costs nothing else, and makes the exit status 1. The pages of archives are
    taken as a crawl takes them: a story under several URLs is one record, and pages without a story are no fault.
    """
    form, screen = form_of("-" if output is None else output, to, "jsonl"), Screen()
    path = Path(output) if output is not None else None
    source = Inputs(inputs, Reading(text, trusted(trust), address(url)), screen)
    apart(path, source.names)
    found = each(Work(_look, _lost, limit), source, _jobs(jobs, source))
    if not deliver(_made(found, source, screen), path, form, screen) and not screen.faults:
        screen.complain("no story in any page")
    raise typer.Exit(1 if screen.faults else 0)


def _made(found: Iterable[tuple[Given, Look]], source: Inputs, screen: Screen) -> Iterator[Article]:
    """Yield the records of the pages that were looked at, and show how far the work is."""
    replay, read = Replay(None), 0

    def far(seconds: float) -> tuple[int, str]:
        return source.done(), f"{read} pages, {read / max(seconds, 0.001):.0f}/s, {count(screen.faults, 'error')}"

    with screen.progress(source.total, far) as step:
        for given, seen in found:
            yield from _records(replay, given, seen, screen)
            read += 1
            step()
        yield from replay.rest()


def _jobs(asked: int | None, source: Inputs) -> int:
    few = source.count <= _FEW_FILES and source.total <= _FEW_BYTES
    return 1 if asked is None and few else bounded(asked or 0)


def _records(replay: Replay, given: Given, seen: Look, screen: Screen) -> Iterator[Article]:
    if not given.alone:
        yield from replay.page(given.page, seen)
    elif seen.found is not None:
        yield seen.found.article
    else:
        screen.complain(f"{given.name}: {seen.error or f'no page, but {given.page.content_type}'}")


def _look(given: Given) -> Look:
    return look(given.page)


def _lost(why: str) -> Look:
    return Look(error=ScraperError(why))
