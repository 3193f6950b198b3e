"""The first pass over the inputs of a command, in which sites are learned from their pages."""

from collections.abc import Iterator, Sequence

from scraper.cli.inputs import InputOptions, InputPage, Inputs
from scraper.cli.screen import Screen
from scraper.errors import ScraperError
from scraper.io.workers import Work, run
from scraper.site import Site, Sites, page_host, summarise_document
from scraper.stories.replay import document, is_readable
from scraper.tagger.page_summary import PageSummary

__all__ = ["LEAST_PAGES", "learn_sites", "summaries"]

LEAST_PAGES = 3
"""A host with fewer pages is read without a site."""
_MAX_HOSTS = 1000

Result = tuple[str | None, PageSummary] | ScraperError | None
"""The host of a page and what it says about its site; None for a page of a known template."""


def summaries(source: Inputs, screen: Screen, options: tuple[float, int]) -> Iterator[tuple[str | None, PageSummary]]:
    """Yield the host of each page of the inputs and what the page says about its site; report unreadable pages.

    The options are the time limit of a page in seconds and the number of processes.
    """
    limit, jobs = options
    number = 0
    with screen.progress(source.total, lambda _: (source.done(), f"{number} pages learned from")) as step:
        for item, result in run(Work(_summarise, ScraperError, limit), source, jobs):
            number += 1
            step()
            if isinstance(result, tuple):
                yield result
            elif result is not None:
                screen.error(f"{item.name}: {result}")


def learn_sites(names: Sequence[str], options: tuple[float, int]) -> Sites:
    """Learn each host with several pages from files; errors are left to the second pass, which reads them again.

    Raise `ScraperError` for files that cannot be read twice, and for pages of too many hosts.
    """
    if again := next((name for name in names if name == "-" or "://" in name), None):
        raise ScraperError(f"{again}: --learn reads its inputs twice, so that they must be files")
    sites: dict[str, Site] = {}
    silent = Screen(silent=True)
    for host, summary in summaries(Inputs(names, InputOptions(), silent), silent, options):
        if host is not None:
            sites[host] = sites.get(host, Site()).add(summary, host)
        if len(sites) > _MAX_HOSTS:
            raise ScraperError(f"pages of more than {_MAX_HOSTS} hosts; extract them with --no-learn")
    return Sites({host: site for host, site in sites.items() if len(site.sample) >= LEAST_PAGES})


def _summarise(item: InputPage) -> Result:
    if not is_readable(item.page):
        return None
    try:
        page = document(item.page)
        summary = summarise_document(page)
    except ScraperError as error:
        return error
    return None if summary is None else (page_host(page), summary)
