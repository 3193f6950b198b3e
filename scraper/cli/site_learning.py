"""The first pass over the inputs of a command, in which sites are learned from their pages."""

from collections.abc import Iterator, Sequence

from scraper.bulk.site_learning import LEAST_PAGES, HostSites, SummaryResult, summarise_page
from scraper.cli.inputs import InputOptions, InputPage, Inputs
from scraper.cli.screen import Screen
from scraper.errors import ScraperError
from scraper.io.wording import count
from scraper.io.workers import Work, run
from scraper.site import Site, Sites
from scraper.tagger.page_summary import PageSummary

__all__ = ["learn_sites", "summaries"]


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
            elif result is not None and item.alone:
                screen.error(f"{item.name}: {result}")
            elif result is not None:  # as in extract, a page of an archive is no error of the archive
                screen.note(f"{item.name}: {item.page.url}: {result}")


def learn_sites(names: Sequence[str], options: tuple[float, int], screen: Screen) -> Sites:
    """Learn each host with several pages from files; errors are left to the second pass, which reads them again.

    Messages say how many hosts were learned, how many have too few pages, and how many pages have no known host.

    Raise `ScraperError` for files that cannot be read twice.
    """
    if unrepeatable := next((name for name in names if name == "-" or "://" in name), None):
        raise ScraperError(f"{unrepeatable}: --learn reads its inputs twice, so they must be files")
    hosts, without_url = HostSites(), 0
    silent = Screen(silent=True)
    for host, summary in summaries(Inputs(names, InputOptions(), silent), silent, options):
        if host is None:
            without_url += 1
        else:
            hosts.add(host, Site((host,), 1, (summary,)))
    if without_url:
        pages = count(without_url, "page")
        screen.note(f"{pages} without a URL not learned; scraper learn takes all of its pages as one site")
    learned = hosts.learned()
    few = len(hosts) - len(learned)
    note = f"; {count(few, 'host')} with fewer than {LEAST_PAGES} pages not learned" if few else ""
    screen.note(f"{count(len(learned), 'host')} learned{note}")
    return Sites(learned)


def _summarise(item: InputPage) -> SummaryResult:
    return summarise_page(item.page)
