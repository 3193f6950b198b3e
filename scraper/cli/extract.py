"""`scraper extract`: pages in, records out."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from scraper.article import Article
from scraper.cli.inputs import Given, Inputs, Reading
from scraper.cli.options import Trust, trusted
from scraper.cli.output import apart, writing
from scraper.cli.screen import Screen, count
from scraper.errors import ScraperError
from scraper.replay import Look, Replay, look
from scraper.workers import Work, cores, each

__all__ = ["extract"]

_FEW_FILES, _FEW_BYTES = 200, 32 * 2**20  # which are read before other processes have begun
_CROWD = 4  # processes a core; more would only take memory


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
        Path | None, typer.Option("-o", "--output", help="Where the records go, instead of the screen.")
    ] = None,
    jobs: Annotated[
        int | None,
        typer.Option(
            min=0,
            help=f"Processes that read, {_CROWD} a core at most; 0: one a core. Else 1 for few inputs, one a core for "
            "many.",
        ),
    ] = None,
    text: Annotated[bool, typer.Option("--text", help="Pages are flattened text, whatever they are called.")] = False,
    trust: Trust = None,
) -> None:
    """Make a record of each page, as JSON Lines in the order of the inputs.

    What cannot be read is told in a line, costs nothing else, and makes the exit status 1. The pages of archives are
    taken as a crawl takes them: a story under several addresses is one record, and pages without a story are no fault.
    """
    screen, read, written = Screen(), 0, 0
    source = Inputs(inputs, Reading(text, trusted(trust)), screen.complain)
    apart(output, source.names)
    replay = Replay(None)

    def far(seconds: float) -> tuple[int, str]:
        return source.done(), f"{read} pages, {read / max(seconds, 0.001):.0f}/s, {count(screen.faults, 'error')}"

    with writing(output, screen) as lines, screen.progress(source.total, far) as step:
        for given, seen in each(Work(_look, _lost), source, _jobs(jobs, source)):
            for article in _records(replay, given, seen, screen):
                lines.write(article.to_json().encode() + b"\n")
                written += 1
            read += 1
            step()
        for article in replay.rest():
            lines.write(article.to_json().encode() + b"\n")
            written += 1
        if not written:
            if not screen.faults:
                screen.complain("no story in any page")
            raise typer.Exit(1)  # and what was there before stays
    raise typer.Exit(1 if screen.faults else 0)


def _jobs(asked: int | None, source: Inputs) -> int:
    few = source.count <= _FEW_FILES and source.total <= _FEW_BYTES
    return 1 if asked is None and few else min(asked or cores(), _CROWD * cores())


def _records(replay: Replay, given: Given, seen: Look, screen: Screen) -> Iterator[Article]:
    if not given.alone:
        yield from replay.page(given.page, seen)
    elif seen.found is not None:
        yield seen.found.article
    else:
        screen.complain(f"{given.name}: {seen.error or f'no page, but {given.page.content_type}'}")


def _look(given: Given) -> Look:
    try:
        return look(given.page)
    except Exception as error:
        return _lost(f"a bug: {error!r}")


def _lost(why: str) -> Look:
    return Look(error=ScraperError(why))
