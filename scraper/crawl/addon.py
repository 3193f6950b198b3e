"""The one switch for a crawl that can be trusted: `ADDONS = {"scraper.crawl.TrustedCrawl": 0}`.

It brings the frontier, the sink, strict robots, the back-off and the account, and shuts what a crawl has no use
for. What the project or the command line sets goes before it.
"""

from typing import Any

from scrapy.downloadermiddlewares.httpcompression import HttpCompressionMiddleware
from scrapy.downloadermiddlewares.retry import RetryMiddleware
from scrapy.downloadermiddlewares.robotstxt import RobotsTxtMiddleware
from scrapy.settings import BaseSettings

from scraper.crawl.downloader.backoff import BackoffMiddleware
from scraper.crawl.downloader.compression import CompressionMiddleware
from scraper.crawl.downloader.outcome import OutcomeMiddleware
from scraper.crawl.downloader.robots import RobotsMiddleware
from scraper.crawl.downloader.same_host import SameHostMiddleware
from scraper.crawl.downloader.ssrf import RefusalMiddleware, SsrfMiddleware, SsrfResolver
from scraper.crawl.fetch_time import FetchTimeMiddleware
from scraper.crawl.frontier.request_codec import RequestFingerprinter
from scraper.crawl.frontier.scheduler import Scheduler
from scraper.crawl.output.archive import Archive
from scraper.crawl.output.records import RecordPipeline
from scraper.crawl.reporting.progress import ProgressLine
from scraper.crawl.reporting.run import Report

__all__ = ["SETTINGS", "TrustedCrawl"]

SETTINGS: dict[str, Any] = {
    "SCHEDULER": Scheduler,
    "REQUEST_FINGERPRINTER_CLASS": RequestFingerprinter,
    "CRAWL_DIR": None,  # crawls/<spider>/
    "FRESH": False,
    "CONCURRENT_ITEMS": 1,  # a page gives one record, and the sink writes one at a time
    "PAGES": 0,  # URLs requested at most; 0 for all
    "LEARN": True,  # whether the template of an unknown site is learned from its first stories
    "SITE": None,  # a file of `scraper learn` with what is known of the site; nothing is learned then
    "ARCHIVE": False,  # whether every response is kept as it came, in WARC files under CRAWL_DIR/archive/
    "ARCHIVE_SIZE": 2**30,  # bytes: a file that would grow beyond this is closed, as is one that is a day old
    "CRAWL_REPORT": True,  # whether report.html is written at the end
    "LIVE": "auto",  # whether a line on the terminal tells how the crawl goes: "auto" where stderr is one, true, false
    "REDIS_URL": None,  # where the workers of a crawl share one frontier; None for a crawl of one
    "REDIS_LEASE": 60,  # seconds of silence after which a worker is taken for dead, and its requests are made again
    "REDIS_PATIENCE": 60,  # seconds for which Redis may be away
    # Manners: one request at a time and at most one a second, slower where the site is slow or requests it.
    "ROBOTSTXT_OBEY": True,
    "CONCURRENT_REQUESTS": 2,  # one in progress, one waiting for its second: what has begun is finished after ^C
    "CONCURRENT_REQUESTS_PER_DOMAIN": 1,
    "DOWNLOAD_DELAY": 1,
    "DOWNLOAD_DELAY_JITTER": 0,
    "AUTOTHROTTLE_ENABLED": True,
    "AUTOTHROTTLE_START_DELAY": 1,
    "RETRY_TIMES": 2,
    "BACKOFF": 1,  # seconds before the second try, doubled with each failure of the host
    "BACKOFF_LONGEST": 300,
    "HOST_FAILURES": 8,  # in a row; then the host is given up for this run
    # Safety: no request but to the public internet by http(s), no door into the process, no page without a limit.
    "TRUSTED_HOSTS": [],  # "host:port": what may be reached although it is not on the public internet
    "TELNETCONSOLE_ENABLED": False,
    "REMOTE_CONTROL_ENABLED": False,
    "DOWNLOAD_HANDLERS": {"data": None, "file": None, "ftp": None, "s3": None},
    "DOWNLOAD_VERIFY_CERTIFICATES": True,
    "DOWNLOAD_TIMEOUT": 30,
    "DOWNLOAD_MAXSIZE": 10 * 2**20,
    "DOWNLOAD_WARNSIZE": 2 * 2**20,
    "REDIRECT_MAX_TIMES": 5,
    "METAREFRESH_ENABLED": False,
    "COOKIES_ENABLED": False,
    "DEPTH_LIMIT": 500,  # longer than any pager of a real section, and an end for one without end
    "DEPTH_PRIORITY": 1,  # breadth first: home and sections before what hangs on them
}

# From the engine to the network; an answer comes back the other way.
_MIDDLEWARES = {
    OutcomeMiddleware: 10,
    SsrfMiddleware: 50,
    SameHostMiddleware: 60,
    RobotsMiddleware: 100,
    BackoffMiddleware: 550,
    CompressionMiddleware: 590,
    Archive: 830,  # before anything is unpacked, or followed
    FetchTimeMiddleware: 840,
    RefusalMiddleware: 960,
}


class TrustedCrawl:
    """Scrapy add-on."""

    @classmethod
    def update_pre_crawler_settings(cls, settings: BaseSettings) -> None:
        """Set what belongs to the process: by which resolver names are looked up."""
        settings.set("TWISTED_DNS_RESOLVER", SsrfResolver, priority="addon")

    def update_settings(self, settings: BaseSettings) -> None:
        """Set what is not set by the project, the spider or the command line."""
        settings.setdict(SETTINGS, priority="addon")
        for instead in (RetryMiddleware, RobotsTxtMiddleware, HttpCompressionMiddleware):
            settings["DOWNLOADER_MIDDLEWARES"][instead] = None
        for middleware, place in _MIDDLEWARES.items():
            settings.setdefault_in_component_priority_dict("DOWNLOADER_MIDDLEWARES", middleware, place)
        # After any other, so that what is kept is what was made of the item.
        settings.setdefault_in_component_priority_dict("ITEM_PIPELINES", RecordPipeline, 900)
        settings.setdefault_in_component_priority_dict(
            "EXTENSIONS", ProgressLine, -1
        )  # gone before the summary is printed
        settings.setdefault_in_component_priority_dict("EXTENSIONS", Report, 0)
