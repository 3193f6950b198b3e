"""Any news portal: `scrapy crawl portal -a site=https://example.com/`."""

from scraper.crawl import PortalSpider

__all__ = ["AnyPortalSpider"]


class AnyPortalSpider(PortalSpider):
    """A portal named on the command line."""

    name = "portal"
