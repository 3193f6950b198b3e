"""How a crawl learns its portal: the first stories wait until enough of them have come to learn the site from.

What was learned lies in `CRAWL_DIR/site.json`. It stays the same for a whole run, so that records do not depend on
timing; the stories of the run are added at its end, for the next one. The first worker of a shared crawl that has
learned the site shares it with the others.
"""

import asyncio
import logging
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec
from scrapy.crawler import Crawler

from scraper.coverage import LEAST_FAMILIARITY
from scraper.crawl.arguments import ArgumentError
from scraper.crawl.crawl_dir import SITE_FILE, crawl_dir
from scraper.crawl.frontier.scheduler import Scheduler
from scraper.crawl.frontier.store import Store
from scraper.crawl.parsing.client import ParserClient
from scraper.crawl.parsing.worker import PageRequest, ParsedPage
from scraper.crawl.stats import FAMILIARITY
from scraper.errors import ScraperError
from scraper.io.files import atomic_write
from scraper.io.wording import count
from scraper.site import Site, host_of
from scraper.tagger.page_summary import PageSummary

__all__ = ["Postponed", "SiteLearner", "given_site"]

_ENOUGH_PAGES, _LEAST_PAGES = 12, 3
_ENOUGH_BYTES = 3 * 2**20
"""Scrapy stops downloading when 5 MB of responses wait."""
_LONGEST_WAIT, _QUIET, _CHECK = 120.0, 3.0, 0.1  # seconds
_MARK = "learned site"
_LEAST_MEASURED = 10

logger = logging.getLogger(__name__)


def given_site(path: str | None) -> Path | None:
    """Return the path of the site that the setting SITE names; raise `ArgumentError` for a file that is no site."""
    if not path:
        return None
    try:
        Site.from_json(Path(path).read_bytes())
    except OSError as error:
        raise ArgumentError(f"SITE={path}: {error.strerror or error}") from error
    except ScraperError as error:
        raise ArgumentError(f"SITE={path}: {error}") from error
    return Path(path)


class Postponed(Exception):
    """A story waits for the site to be learned, and has to be requested again in the next run."""


class SiteLearner:
    """Reads pages with what is known of their site, and learns it. Pages of known templates are read at once."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler, self._parser = crawler, ParserClient()
        self._file = given_site(crawler.settings.get("SITE"))
        self._is_given = self._file is not None
        self._is_enabled = crawler.settings.getbool("LEARN", True) and not self._is_given
        self._is_known = self._is_given
        """Whether this run has decided what it reads with."""
        self._waiting: list[tuple[PageSummary, int, asyncio.Future[None]]] = []
        self._timer: asyncio.Task[None] | None = None
        self._on_disk: Site | None = None
        self._temporary: TemporaryDirectory[str] | None = None
        self._stored, self._seen = Site(), Site()
        """What earlier runs have learned, and what the stories of this run say."""
        self._familiarity: list[float] = []

    def open(self) -> None:
        """Read what earlier runs have learned; where that is little, this run waits for more stories."""
        if not self._is_enabled:
            return
        self._on_disk = self._read_file()
        self._stored = self._on_disk or self._agree(None) or Site()
        if len(self._stored.sample) >= _ENOUGH_PAGES:
            self._use(self._stored)

    async def read(self, page: PageRequest) -> ParsedPage:
        """Read a page; a story of an unknown template waits until the site is known.

        Raise `Postponed` if the crawl is interrupted while the story waits.
        """
        file = self._file
        parsed = await self._parser.read(self._request(page, summarise=self._is_enabled))
        if parsed.summary is None:
            return parsed
        if not self._is_known:
            await self._wait(parsed.summary, len(page.body))
        self._add(page.url, parsed.summary)
        if self._file == file:
            return parsed
        return await self._parser.read(self._request(page, summarise=False))

    def _request(self, page: PageRequest, *, summarise: bool) -> PageRequest:
        return msgspec.structs.replace(page, site=str(self._file) if self._file else None, summarise=summarise)

    async def close(self) -> None:
        """End the parser process, and store what this run has learned for the next one."""
        if self._timer is not None:
            self._timer.cancel()
        if self._is_enabled and self._seen.sample:
            self._store()  # before the first await: the report is written when this handler first yields
        await self._parser.close()
        if self._temporary is not None:
            self._temporary.cleanup()

    def _store(self) -> None:
        if len(self._familiarity) >= _LEAST_MEASURED:
            familiarity = round(sum(self._familiarity) / len(self._familiarity), 3)
            self._crawler.stats.set_value(FAMILIARITY, familiarity)
            if familiarity < LEAST_FAMILIARITY:
                logger.warning(
                    "The pages of this run no longer fit what was learned about the site, which is learned anew."
                )
                self._stored = Site()
        self._write(self._stored.renew(self._seen))

    async def _wait(self, summary: PageSummary, size: int) -> None:
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((summary, size, future))
        pages = len(self._waiting) + len(self._stored.sample)
        if pages >= _ENOUGH_PAGES or sum(size for _, size, _ in self._waiting) >= _ENOUGH_BYTES:
            self._conclude()
        elif self._timer is None:
            self._timer = asyncio.create_task(self._conclude_when_idle())
        await future
        if not self._is_known:
            raise Postponed

    async def _conclude_when_idle(self) -> None:
        """Conclude when no page is under way that could be waited for, or after the longest wait."""
        quiet = 0
        for _ in range(int(_LONGEST_WAIT / _CHECK)):
            await asyncio.sleep(_CHECK)
            if self._is_interrupted():
                break
            quiet = quiet + 1 if self._is_quiet() else 0
            if quiet > 1 and (quiet * _CHECK >= _QUIET or not self._is_more_expected()):
                break
        self._timer = None
        if self._is_interrupted():
            self._release()
        else:
            self._conclude()

    def _is_quiet(self) -> bool:
        """Return whether nothing is being downloaded."""
        engine = self._crawler.engine
        return engine is None or not engine.running or engine.spider is None or not engine.downloader.active

    def _is_interrupted(self) -> bool:
        """Return whether the crawl is stopped from outside, and not because it is done or has reached a limit."""
        engine = self._crawler.engine
        return engine is not None and not engine.running

    def _is_more_expected(self) -> bool:
        """Return whether requests are left, be it those of other workers, which may wait for a site as well."""
        return Scheduler.of(self._crawler).has_pending_requests()

    def _conclude(self) -> None:
        """Learn the site from the waiting pages, and let them be read."""
        if self._is_known:
            return
        site = self._stored
        for summary, _, _ in self._waiting:
            site = site.add(summary)
        if len(site.sample) >= _LEAST_PAGES:
            agreed = self._agree(site) or site
            if agreed != site:
                self._stored = agreed
            self._use(agreed)
        self._is_known = True
        self._release()

    def _release(self) -> None:
        """Let the waiting stories go on."""
        for _, _, future in self._waiting:
            if not future.done():
                future.set_result(None)
        self._waiting.clear()

    def _use(self, site: Site) -> None:
        """Read all further pages of this run with a site, from a temporary file if its own cannot be written."""
        self._is_known = True
        logger.info("Stories are compared with %s of the site.", count(len(site.sample), "page"))
        path = crawl_dir(self._crawler) / SITE_FILE
        if site != self._on_disk and not self._write(site):
            try:
                self._temporary = TemporaryDirectory(prefix="scraper-")
                path = Path(self._temporary.name) / SITE_FILE
                path.write_text(site.to_json(), "utf-8")
            except OSError as error:
                logger.error("Stories are read by themselves: %s", error)
                return
        self._file = path

    def _add(self, url: str, summary: PageSummary) -> None:
        self._seen = self._seen.add(summary, host_of(url))
        if len(self._stored.sample) >= _ENOUGH_PAGES:
            self._familiarity.append(self._stored.familiarity(summary))

    # ------------------------------------------------------------ storage

    def _read_file(self) -> Site | None:
        path = crawl_dir(self._crawler) / SITE_FILE
        try:
            return Site.from_json(path.read_bytes()) if path.exists() else None
        except (OSError, ScraperError) as error:
            logger.warning("%s cannot be used, and the site is learned anew: %s", path, error)
            return None

    def _agree(self, site: Site | None) -> Site | None:
        """Return the site that a worker of a shared crawl has learned first; if none has, share this one."""
        session = Scheduler.of(self._crawler).session

        def agree(store: Store) -> Site | None:
            with store.stories.write_lock():
                stored = store.marks.get(_MARK)
                if isinstance(stored, str):
                    return Site.from_json(stored)
                if site is not None:
                    store.marks.set(_MARK, site.to_json())
                return site

        is_shared = session.store is not None and session.store.workers is not None
        return session.call(agree, site) if is_shared else site

    def _write(self, site: Site) -> bool:
        """Write the file; return whether that succeeded."""
        try:
            with atomic_write(crawl_dir(self._crawler) / SITE_FILE) as temporary:
                temporary.write_text(site.to_json(), "utf-8")
        except OSError as error:
            logger.error("%s could not be written: %s", SITE_FILE, error)
            return False
        return True
