"""`scrapy crawl`, with an exit status that says how the crawl went.

    0   records were made, or were there already
    1   nothing was extracted
    2   the arguments are wrong: unknown spider, unknown or malformed `-a`
    3   the records could not be written: the disk is full, or CRAWL_DIR cannot be written to
    4   something broke: an exception in the spider or at the start
    11  interrupted; what was extracted is on the disk

The first that fits of 2, 3, 11, 4, 1, 0 is given.
"""

import argparse
import logging
import sys
from collections.abc import Mapping
from typing import Any

from scrapy.commands.crawl import Command as ScrapyCommand
from scrapy.exceptions import UsageError

from spiders import arguments
from spiders.portal import PortalSpider
from spiders.sink import DISK_FULL, NO_OUTPUT

__all__ = ["Command", "exit_status"]

NOTHING, USAGE, UNWRITTEN, BROKEN, INTERRUPTED = 1, 2, 3, 4, 11

# A crawl that was interrupted twice has no reason at all.
_BY_REASON = {
    DISK_FULL: UNWRITTEN,
    NO_OUTPUT: UNWRITTEN,
    "start_error": BROKEN,
    "shutdown": INTERRUPTED,
    None: INTERRUPTED,
}

# Loggers that at INFO tell how Scrapy is put together, or say again what the account says.
_QUIET = (
    "scrapy.addons",
    "scrapy.core.engine",
    "scrapy.crawler",
    "scrapy.middleware",
    "scrapy.spidermiddlewares.httperror",
    "scrapy.utils.log",
)


def exit_status(stats: Mapping[str, Any]) -> int:
    """Give the exit status of a crawl that left these stats."""
    reason = stats.get("finish_reason")
    if reason in _BY_REASON:
        return _BY_REASON[reason]
    if stats.get("spider_exceptions/count"):
        return BROKEN
    return 0 if stats.get("item_scraped_count") else NOTHING


def _quieten(level: str) -> None:
    if level == "INFO":
        for name in _QUIET:
            logging.getLogger(name).setLevel(logging.WARNING)


class Command(ScrapyCommand):
    """Scrapy's own command, which would exit with 0 whatever happened."""

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        """Run one spider; `exitcode` says how it went."""
        if len(args) != 1:
            raise UsageError("give the name of one spider")
        assert self.crawler_process is not None
        try:
            spider = self.crawler_process.spider_loader.load(args[0])
            if issubclass(spider, PortalSpider):
                arguments.parse(opts.spargs, embedded=spider.embedded)
        except (KeyError, arguments.ArgumentError) as error:
            print(f"scrapy crawl: {error.args[0]}", file=sys.stderr)
            self.exitcode = USAGE
            return
        _quieten(str(self.crawler_process.settings["LOG_LEVEL"]))
        crawler = self._create_crawler(spider)
        self.crawler_process.crawl(crawler, **opts.spargs)
        self.crawler_process.start()
        self.exitcode = BROKEN if self.crawler_process.bootstrap_failed else exit_status(crawler.stats.get_stats())
