"""The Scrapy add-on with the components and default settings of a crawl: `ADDONS = {"scraper.crawl.TrustedCrawl": 0}`.

It enables the persistent scheduler, the record pipeline, strict robots.txt, back-off and the report, and disables what
a crawl does not need. Settings of the project, the spider and the command line take precedence.
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
    "CONCURRENT_ITEMS": 1,  # most pages yield one record, and records are written one at a time
    "PAGES": 0,  # maximum number of URLs to request; 0 for all
    "LEARN": True,  # learn the template of an unknown site from its first stories
    "SITE": None,  # a file written by `scraper learn`; if set, nothing is learned
    "ARCHIVE": False,  # keep every response as received, in WARC files in CRAWL_DIR/archive/
    "ARCHIVE_SIZE": 2**30,  # maximum size of an archive file in bytes; a new one is also started after a day
    "CRAWL_REPORT": True,  # write report.html at the end
    "LIVE": "auto",  # draw the progress line: true, false, or "auto" to draw it if stderr is a terminal
    "REDIS_URL": None,  # the Redis that several workers share; None for a single worker
    "REDIS_LEASE": 60,  # seconds without a heartbeat after which the requests of a worker are queued again
    "REDIS_PATIENCE": 60,  # seconds to wait for an unreachable Redis
    # Politeness: one request at a time, at most one per second, and fewer if the site is slow or asks for it.
    "ROBOTSTXT_OBEY": True,
    "CONCURRENT_REQUESTS": 2,  # one in progress, one waiting for its delay; both are completed after Ctrl-C
    "CONCURRENT_REQUESTS_PER_DOMAIN": 1,
    "DOWNLOAD_DELAY": 1,
    "DOWNLOAD_DELAY_JITTER": 0,
    "AUTOTHROTTLE_ENABLED": True,
    "AUTOTHROTTLE_START_DELAY": 1,
    "RETRY_TIMES": 2,
    "BACKOFF": 1,  # seconds before the first retry, doubled at each failure of the host
    "BACKOFF_LONGEST": 300,  # maximum number of seconds before a retry, also for Retry-After
    "HOST_FAILURES": 8,  # consecutive failures after which a host is requested no more in this run
    # Safety: only HTTP(S) requests to the public internet, no remote control of the process, limited responses.
    "TRUSTED_HOSTS": [],  # "host:port" entries that may be requested although they are not on the public internet
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
    "DEPTH_LIMIT": 500,  # more than the pages of any real section, and a limit for endless pagers
    "DEPTH_PRIORITY": 1,  # breadth first: the home page and sections before the pages they link to
}

# From the engine to the downloader; responses pass in the opposite order.
_MIDDLEWARES = {
    OutcomeMiddleware: 10,
    SsrfMiddleware: 50,
    SameHostMiddleware: 60,
    RobotsMiddleware: 100,
    BackoffMiddleware: 550,
    CompressionMiddleware: 590,
    Archive: 830,  # responses arrive here before they are decompressed or redirected
    FetchTimeMiddleware: 840,
    RefusalMiddleware: 960,
}


class TrustedCrawl:
    """Scrapy add-on that enables the components of a crawl and sets the defaults of its settings."""

    @classmethod
    def update_pre_crawler_settings(cls, settings: BaseSettings) -> None:
        """Set the DNS resolver, which belongs to the process."""
        settings.set("TWISTED_DNS_RESOLVER", SsrfResolver, priority="addon")

    def update_settings(self, settings: BaseSettings) -> None:
        """Set the settings that the project, the spider and the command line leave unset."""
        settings.setdict(SETTINGS, priority="addon")
        for replaced in (RetryMiddleware, RobotsTxtMiddleware, HttpCompressionMiddleware):
            settings["DOWNLOADER_MIDDLEWARES"][replaced] = None
        add = settings.setdefault_in_component_priority_dict
        for middleware, order in _MIDDLEWARES.items():
            add("DOWNLOADER_MIDDLEWARES", middleware, order)
        add("ITEM_PIPELINES", RecordPipeline, 900)  # after the pipelines of the project, to write their result
        add("EXTENSIONS", ProgressLine, -1)  # removes its line before the summary is printed
        add("EXTENSIONS", Report, 0)
