"""The crawl: a Scrapy add-on and a spider for news portals.

Enable the add-on in any Scrapy project with `ADDONS = {"scraper.crawl.TrustedCrawl": 0}`, and subclass
`PortalSpider` for a portal of your own. Importing this package does not import Scrapy; using one of the two names does.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from scraper.crawl.addon import TrustedCrawl
    from scraper.crawl.portal_spider import PortalSpider

__all__ = ["PortalSpider", "TrustedCrawl"]


def __getattr__(name: str) -> Any:
    if name == "TrustedCrawl":
        from scraper.crawl.addon import TrustedCrawl  # noqa: PLC0415 - Scrapy takes 300 ms to import

        return TrustedCrawl
    if name == "PortalSpider":
        from scraper.crawl.portal_spider import PortalSpider  # noqa: PLC0415

        return PortalSpider
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
