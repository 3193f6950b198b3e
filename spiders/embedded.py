"""The portal that ships with the project, served on the loopback for as long as a crawl of it runs."""

import asyncio
import logging
from contextlib import ExitStack
from typing import Self
from urllib.parse import urlsplit

from scrapy import signals
from scrapy.crawler import Crawler
from scrapy.exceptions import CloseSpider

from fixtures.portal.server import serve
from spiders.frontier import OTHER_SITE, Frontier
from spiders.guard import trust
from spiders.portal import PortalSpider

__all__ = ["PORT", "EmbeddedPortal"]

_MARK = "embedded"

logger = logging.getLogger(__name__)

PORT = 8750
"""Where the portal stands if the port is free: a record's id is that of its address, and so stays from run to run."""


class EmbeddedPortal:
    """Extension that gives a portal's spider without a site the embedded portal as its site."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._serving = ExitStack()
        crawler.signals.connect(self.spider_opened, signals.spider_opened)
        crawler.signals.connect(self.spider_closed, signals.spider_closed)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Make it for a crawl."""
        return cls(crawler)

    async def spider_opened(self) -> None:
        """Serve the portal; it has a loop of its own, and a thread can start only one."""
        spider = self._crawler.spider
        if isinstance(spider, PortalSpider) and spider.site is None:
            spider.site = await asyncio.to_thread(self._serve)
            trust(self._crawler, urlsplit(spider.site).netloc)
            self._check(spider.site)

    def _check(self, site: str) -> None:
        """Raise `CloseSpider` where the folder's crawl began at another port: its addresses lead to a stranger now."""
        frontier = Frontier.of(self._crawler)
        begun = frontier.mark(_MARK)
        if begun not in (None, site):
            logger.error("port %d is taken, and the crawl of this folder began there: name another CRAWL_DIR", PORT)
            raise CloseSpider(OTHER_SITE)
        frontier.set_mark(_MARK, site)

    async def spider_closed(self) -> None:
        """Stop serving."""
        await asyncio.to_thread(self._serving.close)

    def _serve(self) -> str:
        try:
            # Each worker of a shared crawl serves the same pages, and any of them may answer.
            shared = bool(self._crawler.settings.get("REDIS_URL"))
            server = self._serving.enter_context(serve(PORT, shared=shared))
        except OSError:  # the port is taken
            server = self._serving.enter_context(serve())
        return f"{server.base}/"
