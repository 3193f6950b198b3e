"""`scrapy crawl`, with an exit status that depends on the result of the crawl.

0   records were written, or there was nothing new, or the page limit was reached before the first story
1   nothing was extracted
2   invalid arguments: unknown spider, unknown or malformed `-a`, a folder that belongs to another site
3   cannot write: the disk is full, the folder is not writable, or Redis is unusable
4   an exception in the spider, in an item pipeline or at the start
5   another crawl is using the folder
11  interrupted; the same command continues
17  robots.txt forbids the crawl, or could not be fetched
18  the site limited the request rate, or kept failing; the same command continues
"""

import argparse
import difflib
import importlib.util
import logging
import os
import sys
from collections.abc import Callable, Iterable, Mapping
from typing import Any
from urllib.parse import urlsplit

from scrapy import Spider
from scrapy.commands.crawl import Command as ScrapyCommand
from scrapy.crawler import AsyncCrawlerProcess, Crawler, CrawlerProcessBase
from scrapy.exceptions import UsageError
from scrapy.settings import BaseSettings, default_settings
from scrapy.utils.misc import load_object

from scraper.crawl import arguments
from scraper.crawl.addon import SETTINGS, TrustedCrawl
from scraper.crawl.crawl_dir import crawl_dir
from scraper.crawl.downloader.backoff import RATE_LIMITED
from scraper.crawl.downloader.robots import FORBIDDEN
from scraper.crawl.frontier.scheduler import KNOWN
from scraper.crawl.frontier.session import DISK_FULL, JOINED, LOCKED, NO_FRONTIER, NO_OUTPUT, OTHER_SITE
from scraper.crawl.portal_spider import NO_SITEMAP, PortalSpider
from scraper.crawl.site_learning import given_site
from scraper.crawl.stats import CrawlStats
from scraper.io.terminal import open_standard_streams
from scraper.io.wording import count
from scraper.version import __version__

__all__ = ["Command", "crawl", "crawl_site", "exit_status"]

NOTHING, USAGE, UNWRITTEN, BROKEN, IN_USE = 1, 2, 3, 4, 5
INTERRUPTED, REFUSED, LIMITED = 11, 17, 18

# None: a crawl that was interrupted twice has no reason.
_BY_REASON = {
    DISK_FULL: UNWRITTEN,
    NO_FRONTIER: UNWRITTEN,
    NO_OUTPUT: UNWRITTEN,
    OTHER_SITE: USAGE,
    LOCKED: IN_USE,
    RATE_LIMITED: LIMITED,
    "start_error": BROKEN,
    "shutdown": INTERRUPTED,
    None: INTERRUPTED,
}

_STANDALONE: dict[str, Any] = {
    "ADDONS": {TrustedCrawl: 0},
    "BOT_NAME": "scraper",
    "LOG_DATEFORMAT": "%H:%M:%S",
    "LOG_FORMAT": "%(asctime)s %(levelname)s: %(message)s",
    "LOG_LEVEL": "INFO",
    "LOG_VERSIONS": [],
    "STATS_DUMP": False,
    "USER_AGENT": f"scraper/{__version__} (a news-portal crawler that obeys robots.txt)",
}
"""Settings of a crawl outside any Scrapy project."""
_SWITCHES = ("ARCHIVE", "CRAWL_REPORT", "LEARN", "ROBOTSTXT_OBEY", "RETRY_ENABLED", "AUTOTHROTTLE_ENABLED")

_MIN_SIMILARITY = 0.85  # from 0 to 1, of a misspelt name of a setting to the correct one
_STORAGES = {"s3": "boto3"}

# At INFO these loggers list the components of Scrapy, or repeat the statistics.
_QUIET = (
    "scrapy.addons",
    "scrapy.core.engine",
    "scrapy.middleware",
    "scrapy.spidermiddlewares.httperror",
    "scrapy.utils.log",
)


def exit_status(stats: Mapping[str, Any]) -> int:
    """Return the exit status of a crawl by its stats."""
    reason = stats.get("finish_reason")
    if reason in _BY_REASON:
        return _BY_REASON[reason]
    counts = CrawlStats.of(stats)
    if stats.get("spider_exceptions/count") or counts.item_errors:
        return BROKEN
    if counts.written or counts.already_there or counts.duplicates or counts.unchanged:
        return 0
    if counts.fetched and (counts.left > 0 or stats.get(KNOWN)):
        return 0  # the page limit was reached before the first story, or there was nothing new
    if stats.get(JOINED) and not counts.failed.keys() - {NO_SITEMAP}:
        return 0  # the other workers had done everything
    is_refused = counts.failed and all(reason.startswith(FORBIDDEN) for reason in counts.failed)
    return REFUSED if is_refused and not counts.fetched else NOTHING


def _quieten(level: str) -> None:
    if level == "INFO":
        for name in _QUIET:
            logging.getLogger(name).setLevel(logging.WARNING)
        logging.getLogger("scrapy.crawler").addFilter(_is_relevant)


def _is_relevant(record: logging.LogRecord) -> bool:
    """Return whether to log a record; of the crawler's messages, only those about an interruption pass, reworded."""
    if record.levelno == logging.INFO and str(record.msg).startswith("Received"):
        is_repeated = "twice" in str(record.msg)
        record.msg = "stopping at once" if is_repeated else "completing requests in progress; ^C again stops at once"
        record.args = ()
        return True
    return record.levelno > logging.INFO


class Command(ScrapyCommand):
    """Run a spider of the project; the exit status depends on the result of the crawl.

    In a project that does not enable the add-on, this is Scrapy's own command.
    """

    def __init__(self) -> None:
        super().__init__()
        open_standard_streams()  # Scrapy's log, which is configured next, needs a stderr

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        """Run one spider and set `exitcode`."""
        assert self.crawler_process is not None
        if not _is_trusted(self.crawler_process.settings):
            super().run(args, opts)
            return
        if len(args) != 1:
            raise UsageError("expected the name of one spider")
        try:
            _check_names(opts.set)
            spider = self.crawler_process.spider_loader.load(args[0])
        except (KeyError, arguments.ArgumentError) as error:
            print(f"scrapy crawl: {error.args[0]}", file=sys.stderr)
            self.exitcode = USAGE
            return
        self.exitcode = crawl(self.crawler_process, spider, opts.spargs, self._create_crawler)


def _is_trusted(settings: BaseSettings) -> bool:
    return any(load_object(addon) is TrustedCrawl for addon in settings["ADDONS"])


def crawl(
    process: CrawlerProcessBase,
    spider: type[Spider],
    spider_arguments: Mapping[str, str],
    create: Callable[[type[Spider]], Crawler] | None = None,
    command: str = "scrapy crawl",
) -> int:
    """Run one spider until it closes and return the exit status; errors in its arguments are printed to stderr."""
    try:
        if issubclass(spider, PortalSpider):
            arguments.parse(spider_arguments, embedded=spider.embedded)
            given_site(process.settings.get("SITE"))
        _check_switches(process.settings)
        _check_numbers(process.settings)
        _check_feeds(process.settings["FEEDS"])
    except arguments.ArgumentError as error:
        print(f"{command}: {error.args[0]}", file=sys.stderr)
        return USAGE
    _quieten(str(process.settings["LOG_LEVEL"]))
    crawler = (create or process.create_crawler)(spider)
    process.crawl(crawler, **spider_arguments)
    process.start()
    stats = crawler.stats.get_stats()
    status = BROKEN if process.bootstrap_failed else exit_status(stats)
    if status == INTERRUPTED and "finish_reason" not in stats:  # interrupted twice: the report was not written
        written = f"{count(CrawlStats.of(stats).written, 'record')} written; run the same command again to continue."
        print(
            f"{spider.name}: interrupted",
            written,
            f"Records: {crawl_dir(crawler)}{os.sep}",
            sep="\n  ",
            file=sys.stderr,
        )
    return status


def crawl_site(spider_arguments: Mapping[str, str], settings: Mapping[str, Any]) -> int:
    """Crawl a portal outside any Scrapy project and return the exit status."""
    process = AsyncCrawlerProcess({**_STANDALONE, **settings})
    return crawl(process, PortalSpider, spider_arguments, command="scraper crawl")


def _check_names(assignments: Iterable[str]) -> None:
    """Raise `ArgumentError` for a setting of the command line whose name is a misspelt known one."""
    known = {name for name in (*vars(default_settings), *SETTINGS) if name.isupper()}
    for name in (assignment.partition("=")[0] for assignment in assignments):
        close = () if name in known else difflib.get_close_matches(name, known, 1, _MIN_SIMILARITY)
        if close:
            raise arguments.ArgumentError(f"unknown setting {name}; did you mean {close[0]}?")


def _check_feeds(feeds: Iterable[str]) -> None:
    """Raise `ArgumentError` for a feed whose storage needs a package that is not installed; Scrapy would skip it."""
    for uri in map(str, feeds):
        package = _STORAGES.get(urlsplit(uri).scheme)
        if package and importlib.util.find_spec(package) is None:
            raise arguments.ArgumentError(f"{uri} needs the package {package}: pip install {package}")


def _check_numbers(settings: BaseSettings) -> None:
    """Raise `ArgumentError` for a setting that must be a number but is not."""
    for name, default in {**vars(default_settings), **SETTINGS}.items():
        if name.isupper() and type(default) in (int, float) and not name.startswith("REDIS_"):  # which the store checks
            try:
                settings.getfloat(name)
            except (TypeError, ValueError):
                raise arguments.ArgumentError(f"{name} must be a number, not {settings.get(name)!r}") from None


def _check_switches(settings: BaseSettings) -> None:
    """Raise `ArgumentError` for a setting that must be true or false but is neither."""
    for name in _SWITCHES:
        try:
            settings.getbool(name)
        except ValueError:
            raise arguments.ArgumentError(f"{name} must be true or false, not {settings.get(name)!r}") from None
