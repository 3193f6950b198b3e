"""`scrapy crawl`, with an exit status that says how the crawl went.

0   records were made, or there was nothing new, or the limit of pages came before the first story
1   nothing was extracted
2   the arguments are wrong: unknown spider, unknown or malformed `-a`, a folder of another site
3   nothing more could be written: the disk is full, or neither CRAWL_DIR nor Redis takes it
4   something broke: an exception in the spider, in a pipeline or at the start
5   another crawl works in the folder
11  interrupted; the same command goes on
17  robots.txt forbids all, or could not be had
18  the site asked for peace, or was in trouble too long; the same command goes on
"""

import argparse
import difflib
import importlib.util
import logging
import os
import sys
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import urlsplit

from scrapy.commands.crawl import Command as ScrapyCommand
from scrapy.exceptions import UsageError
from scrapy.settings import default_settings

from scraper.terminal import open_standard_streams
from spiders import arguments
from spiders.account import Account, count
from spiders.addon import SETTINGS
from spiders.backoff import RATE_LIMITED
from spiders.folder import crawl_dir
from spiders.frontier import DISK_FULL, JOINED, KNOWN, LOCKED, NO_FRONTIER, NO_OUTPUT, OTHER_SITE
from spiders.portal import NO_SITEMAP, PortalSpider
from spiders.robots import FORBIDDEN

__all__ = ["Command", "exit_status"]

NOTHING, USAGE, UNWRITTEN, BROKEN, IN_USE = 1, 2, 3, 4, 5
INTERRUPTED, REFUSED, LIMITED = 11, 17, 18

# A crawl that was interrupted twice has no reason at all.
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

_SWITCHES = ("ARCHIVE", "CRAWL_REPORT", "ROBOTSTXT_OBEY", "RETRY_ENABLED", "AUTOTHROTTLE_ENABLED")

_ALIKE = 0.85  # how much alike two names of settings are, from 0 to 1, where one is taken for a typing error
_STORAGES = {"s3": "boto3"}

# Loggers that at INFO tell how Scrapy is put together, or say again what the account says.
_QUIET = (
    "scrapy.addons",
    "scrapy.core.engine",
    "scrapy.middleware",
    "scrapy.spidermiddlewares.httperror",
    "scrapy.utils.log",
)


def exit_status(stats: Mapping[str, Any]) -> int:
    """Give the exit status of a crawl that left these stats."""
    reason = stats.get("finish_reason")
    if reason in _BY_REASON:
        return _BY_REASON[reason]
    account = Account.of(stats)
    if stats.get("spider_exceptions/count") or account.item_errors:
        return BROKEN
    if account.written or account.already_there or account.duplicates or account.unchanged:
        return 0
    if account.fetched and (account.left > 0 or stats.get(KNOWN)):
        return 0  # the limit came before the first story, or there was nothing new
    if stats.get(JOINED) and not account.failed.keys() - {NO_SITEMAP}:
        return 0  # the others had done it all
    refused = account.failed and all(reason.startswith(FORBIDDEN) for reason in account.failed)
    return REFUSED if refused and not account.fetched else NOTHING


def _quieten(level: str) -> None:
    if level == "INFO":
        for name in _QUIET:
            logging.getLogger(name).setLevel(logging.WARNING)
        logging.getLogger("scrapy.crawler").addFilter(_of_interest)


def _of_interest(record: logging.LogRecord) -> bool:
    """Of all that the crawler tells, let pass that it was interrupted, in words for who did it."""
    if record.levelno == logging.INFO and str(record.msg).startswith("Received"):
        again = "twice" in str(record.msg)
        record.msg = "stopping at once" if again else "finishing what has begun; ^C again stops at once"
        record.args = ()
        return True
    return record.levelno > logging.INFO


def _check_settings(assignments: Iterable[str]) -> None:
    """Raise `ArgumentError` for a setting of the command line whose name is nearly that of a known one."""
    known = {name for name in (*vars(default_settings), *SETTINGS) if name.isupper()}
    for name in (assignment.partition("=")[0] for assignment in assignments):
        close = () if name in known else difflib.get_close_matches(name, known, 1, _ALIKE)
        if close:
            raise arguments.ArgumentError(f"unknown setting {name}; did you mean {close[0]}?")


def _check_feeds(feeds: Iterable[str]) -> None:
    """Raise `ArgumentError` for a feed whose storage needs a package that is not installed; Scrapy would skip it."""
    for uri in map(str, feeds):
        package = _STORAGES.get(urlsplit(uri).scheme)
        if package and importlib.util.find_spec(package) is None:
            raise arguments.ArgumentError(f"{uri} needs the package {package}: pip install {package}")


class Command(ScrapyCommand):
    """Scrapy's own command, which would exit with 0 whatever happened."""

    def __init__(self) -> None:
        super().__init__()
        open_standard_streams()  # before Scrapy sets up its log, which needs a stderr

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        """Run one spider; `exitcode` says how it went."""
        if len(args) != 1:
            raise UsageError("give the name of one spider")
        assert self.crawler_process is not None
        try:
            spider = self.crawler_process.spider_loader.load(args[0])
            if issubclass(spider, PortalSpider):
                arguments.parse(opts.spargs, embedded=spider.embedded)
            _check_settings(opts.set)
            _check_feeds(self.crawler_process.settings["FEEDS"])
        except (KeyError, arguments.ArgumentError) as error:
            print(f"scrapy crawl: {error.args[0]}", file=sys.stderr)
            self.exitcode = USAGE
            return
        for name in _SWITCHES:
            value = self.crawler_process.settings.get(name)
            try:
                self.crawler_process.settings.getbool(name)
            except ValueError:
                print(f"scrapy crawl: {name} is true or false, not {value!r}", file=sys.stderr)
                self.exitcode = USAGE
                return
        _quieten(str(self.crawler_process.settings["LOG_LEVEL"]))
        crawler = self._create_crawler(spider)
        self.crawler_process.crawl(crawler, **opts.spargs)
        self.crawler_process.start()
        stats = crawler.stats.get_stats()
        self.exitcode = BROKEN if self.crawler_process.bootstrap_failed else exit_status(stats)
        if self.exitcode == INTERRUPTED and "finish_reason" not in stats:  # and nobody has told how far it came
            written = f"{count(Account.of(stats).written, 'record')} written; the same command goes on."
            head = f"{spider.name}: interrupted"
            print(head, written, f"Records: {crawl_dir(crawler)}{os.sep}", sep="\n  ", file=sys.stderr)
