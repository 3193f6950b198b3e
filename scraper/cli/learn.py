"""`scraper learn`: learn a site from its own pages."""

from pathlib import Path
from typing import Annotated

import typer

from scraper.cli.inputs import InputOptions, InputPage, Inputs
from scraper.cli.options import LIMIT, Limit, SiteFile, Trust, read_site, trusted
from scraper.cli.output import ending, reject_same_file, writing
from scraper.cli.screen import Screen
from scraper.errors import ScraperError
from scraper.io.wording import count
from scraper.io.workers import Work, bounded, each
from scraper.site import Site, summarise_document
from scraper.site_page import site_page
from scraper.stories.replay import document, is_readable
from scraper.tagger.page_summary import PageSummary

__all__ = ["learn"]


def learn(
    inputs: Annotated[
        list[str] | None,
        typer.Argument(metavar="INPUT", help="Pages of one site, articles and lists, as for scraper extract."),
    ] = None,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", metavar="OUT", help="The JSON file instead of stdout.")
    ] = None,
    show: Annotated[
        Path | None,
        typer.Option(metavar="HTML", help="Also write an HTML page that shows the regions of a typical page."),
    ] = None,
    site: SiteFile = None,
    jobs: Annotated[int, typer.Option(min=0, help="Worker processes; 0 for one per core.")] = 1,
    limit: Limit = LIMIT,
    trust: Trust = None,
) -> None:
    """Learn what the pages of one site have in common, for scraper extract --site, from any number of its pages.

    The result is the same for any order of the pages. With --site, more pages are added to what is known already.
    """
    screen = Screen()
    if not inputs and site is None:
        raise typer.BadParameter("no pages; give pages, or a site with --site", param_hint="INPUT")
    source = Inputs(inputs or [], InputOptions(trusted=trusted(trust)), screen)
    for path in (output, show):
        reject_same_file(path, source.names)
    if show is not None:
        ending(show.name, ("html", "htm"), "the site is shown as an HTML page")
    known = read_site(site) or Site()
    for item, result in each(Work(_summarise, ScraperError, limit), source, bounded(jobs)):
        if isinstance(result, PageSummary):
            known = known.add(result, item.page.url)
        elif result is not None:
            screen.error(f"{item.name}: {result}")
    if inputs and not known.sample:
        screen.error("no page to learn from; pages of known templates are read without a site")
        raise typer.Exit(1)
    if show is not None:
        with writing(show, screen) as file:
            file.write(site_page(known).encode("utf-8", "replace"))
    if output is not None or show is None:
        with writing(output, screen) as file:
            file.write(known.to_json().encode("utf-8", "replace") + b"\n")
    screen.note(f"{count(known.pages, 'page')} learned from, {len(known.sample)} in the sample")
    raise typer.Exit(1 if screen.errors else 0)


def _summarise(item: InputPage) -> PageSummary | ScraperError | None:
    if not is_readable(item.page):
        return None
    try:
        return summarise_document(document(item.page))
    except ScraperError as error:
        return error
