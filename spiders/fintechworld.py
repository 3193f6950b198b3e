"""FinTechWorld."""

from typing import Any, Self

from scrapy.crawler import Crawler

from fixtures.portal.embedded import EmbeddedPortal
from scraper.crawl.portal_spider import PortalSpider

__all__ = ["FinTechWorldSpider"]


class FinTechWorldSpider(PortalSpider):
    """The portal FinTechWorld; without `-a site=` the embedded copy, modelled on it."""

    name = "fintechworld"
    embedded = True

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **kwargs: Any) -> Self:
        """Enable the extension that serves the embedded portal, whatever other extensions are set."""
        crawler.settings.setdefault_in_component_priority_dict("EXTENSIONS", EmbeddedPortal, 0)
        return super().from_crawler(crawler, *args, **kwargs)
