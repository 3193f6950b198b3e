"""Sites learned from the pages of many hosts, and the first pass of a run, which learns them from its archives.

The first pass writes one file of sites per archive. Merged, they are stored as one file per host, which the processes
of the second pass read when they need it. The result is the same for any order of archives and pages.
"""

import shutil
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from functools import lru_cache
from hashlib import blake2b
from pathlib import Path

from scraper.bulk.archive_reader import ArchiveReader, PageRead
from scraper.bulk.job import INTERVAL, Done, Job, Learning, Report, Task
from scraper.errors import ScraperError
from scraper.io.files import atomic_write
from scraper.io.warc import Page
from scraper.io.workers import Work
from scraper.site import Site, page_host, summarise_document
from scraper.stories.replay import document, is_readable
from scraper.tagger.page_summary import PageSummary

__all__ = [
    "LEAST_PAGES",
    "MAX_HOSTS",
    "HostSites",
    "StoredSites",
    "SummaryResult",
    "learning",
    "merge_files",
    "summarise_page",
]

LEAST_PAGES = 3
"""A host with fewer pages is read without a site."""
MAX_HOSTS = 1000
"""Of more hosts, those with the smallest hashes are learned, which are the same in any order."""
_CACHED = 100  # sites that a process keeps in memory, of about 2 MB each

SummaryResult = tuple[str | None, PageSummary] | ScraperError | None
"""The host of a page and what it says about its site, or why it cannot be read; None if it teaches nothing."""


def summarise_page(page: Page) -> SummaryResult:
    """Return the host of a page and what the page says about its site."""
    if not is_readable(page):
        return None
    try:
        parsed = document(page)
        summary = summarise_document(parsed)
    except ScraperError as error:
        return error
    return None if summary is None else (page_host(parsed), summary)


class HostSites:
    """The sites of at most `MAX_HOSTS` hosts, as learned so far."""

    def __init__(self) -> None:
        self._sites: dict[tuple[str, str], Site] = {}
        """By the hash of the host and the host."""

    def __len__(self) -> int:
        return len(self._sites)

    def add(self, host: str, site: Site) -> None:
        """Merge a site into that of its host."""
        key = _hash(host), host
        self._sites[key] = self._sites.get(key, Site()).merge(site)
        if len(self._sites) > MAX_HOSTS:
            del self._sites[max(self._sites)]

    def sites(self) -> Iterator[Site]:
        """Yield the sites of all hosts."""
        yield from self._sites.values()

    def learned(self) -> dict[str, Site]:
        """Return the sites of the hosts with at least `LEAST_PAGES` pages in the sample, by host."""
        return {host: site for (_, host), site in self._sites.items() if len(site.sample) >= LEAST_PAGES}


class StoredSites(Mapping[str, Site]):
    """The sites in a folder by host, each read when it is needed."""

    def __init__(self, folder: Path, hosts: Iterable[str]) -> None:
        self._folder, self._hosts = folder, frozenset(hosts)

    def __getitem__(self, host: str) -> Site:
        if host not in self._hosts:
            raise KeyError(host)
        return _read_site(_site_file(self._folder, host))

    def __iter__(self) -> Iterator[str]:
        return iter(self._hosts)

    def __len__(self) -> int:
        return len(self._hosts)


def learning(limit: float) -> Task:
    """Return the task of learning the sites of an archive; `limit` is the time limit of a page in seconds."""
    return Task(Work(summarise_page, ScraperError, limit), _learn)


def _learn(job: Job, reader: ArchiveReader[SummaryResult], report: Report) -> Done:
    """Write the sites of an archive to `job.sites`, as JSON Lines."""
    hosts, pages, reported = HostSites(), 0, time.monotonic()
    with closing(reader.read(job.source)) as events:
        for event in events:
            if not isinstance(event, PageRead):
                continue
            pages += 1
            _add(event.result, hosts)
            if time.monotonic() - reported > INTERVAL:
                reported = time.monotonic()
                report(Learning(job.source, event.read, pages))
    job.sites.parent.mkdir(parents=True, exist_ok=True)
    with atomic_write(job.sites) as temporary, temporary.open("w", encoding="utf-8") as lines:
        lines.writelines(f"{site.to_json()}\n" for site in hosts.sites())
    return Done(job.source, pages)


def _add(result: SummaryResult, hosts: HostSites) -> None:
    if isinstance(result, tuple):
        host, summary = result
        if host is not None:
            hosts.add(host, Site((host,), 1, (summary,)))


def merge_files(files: Iterable[Path], folder: Path) -> StoredSites:
    """Merge the files of sites of all archives, and store the learned sites in a folder, which is emptied first.

    A missing file is that of an archive that cannot be read. Raise `ScraperError` for a file of another version.
    """
    hosts = HostSites()
    for file in sorted(files):
        for site in _read_sites(file):
            hosts.add(site.hosts[0], site)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    learned = hosts.learned()
    for host, site in learned.items():
        _site_file(folder, host).write_text(site.to_json(), "utf-8")
    return StoredSites(folder, learned)


def _read_sites(file: Path) -> Iterator[Site]:
    if not file.exists():
        return
    with file.open("rb") as lines:
        for line in lines:
            try:
                yield Site.from_json(line)
            except ScraperError as error:
                raise ScraperError(f"{file}: {error}; remove it and run again") from error


@lru_cache(_CACHED)
def _read_site(file: Path) -> Site:
    return Site.from_json(file.read_bytes())


def _site_file(folder: Path, host: str) -> Path:
    return folder / f"{_hash(host)}.json"


def _hash(host: str) -> str:
    return blake2b(host.encode("utf-8", "replace"), digest_size=8).hexdigest()
