"""The same spider with none of the rest, for comparison: it follows the same links, by Scrapy's own scheduler and filter.

No frontier, no sink, no extraction, no robots.txt: a page is parsed for its links only, by Scrapy's selectors, or by
lexbor alone. `python -m tests.benchmarks.bare http://127.0.0.1:8000 scrapy` prints pages and seconds as JSON.
"""

import json
import sys
import time
from collections.abc import AsyncIterator, Iterator
from urllib.parse import urljoin

from scrapy import Request, Spider
from scrapy.crawler import CrawlerProcess
from scrapy.http import Response, TextResponse
from selectolax.lexbor import LexborHTMLParser

from scraper.stories import urls

SETTINGS = {
    "CONCURRENT_ITEMS": 1,
    "CONCURRENT_REQUESTS": 16,
    "CONCURRENT_REQUESTS_PER_DOMAIN": 16,
    "COOKIES_ENABLED": False,
    "DOWNLOAD_DELAY": 0,
    "LOG_LEVEL": "ERROR",
    "REMOTE_CONTROL_ENABLED": False,
    "TELNETCONSOLE_ENABLED": False,
}


class BareSpider(Spider):
    """Follows the links that the full spider follows."""

    name = "bare"
    site = ""
    links = "scrapy"

    async def start(self) -> AsyncIterator[Request]:
        """Ask for the start page."""
        self.began = time.perf_counter()
        self.own = urls.host(self.site)
        self.seen: set[str] = set()
        yield Request(f"{self.site}/")

    def parse(self, response: Response) -> Iterator[Request]:
        """Follow the links of a page."""
        for url, rel in self.anchors(response):
            if urls.is_crawlable(url, rel, self.own):
                link = urls.canonical(url)
                if link not in self.seen:
                    self.seen.add(link)
                    yield Request(link)

    def anchors(self, response: Response) -> Iterator[tuple[str, str]]:
        """Return address and `rel` of each link."""
        if self.links == "lexbor":
            for node in LexborHTMLParser(response.body).css("a[href]"):
                yield urljoin(response.url, node.attributes["href"]), node.attributes.get("rel") or ""
        elif isinstance(response, TextResponse):
            for anchor in response.css("a[href]"):
                yield response.urljoin(anchor.attrib["href"]), anchor.attrib.get("rel", "")

    def closed(self, reason: str) -> None:
        """Print what came, and how long it took."""
        pages = self.crawler.stats.get_value("response_received_count")
        print(json.dumps({"pages": pages, "seconds": time.perf_counter() - self.began}))


def main() -> None:
    """Crawl the site given."""
    process = CrawlerProcess(SETTINGS)
    process.crawl(BareSpider, site=sys.argv[1], links=sys.argv[2])
    process.start()


if __name__ == "__main__":
    main()
