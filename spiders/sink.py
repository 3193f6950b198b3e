"""records.jsonl: one whole line a record, each in one write, so that no crash leaves more than one torn line."""

import asyncio
import json
import logging
import os
from pathlib import Path
from typing import Any, Self

from scrapy.crawler import Crawler
from scrapy.exceptions import CloseSpider, DropItem

from scraper.article import Article
from scraper.errors import RecordError
from scraper.jsonl import read_records
from scraper.stories import Stories
from spiders.account import add, crawl_dir

__all__ = ["DISK_FULL", "NO_OUTPUT", "RecordFile", "Sink"]

DISK_FULL = "disk_full"
"""The reason with which a crawl ends that could not write a record."""
NO_OUTPUT = "no_output"
"""The reason with which a crawl ends whose records.jsonl could not be opened."""

_BLOCK = 65536

logger = logging.getLogger(__name__)


class RecordFile:
    """A records.jsonl that grows by whole lines; opening mends a torn last line and reads what is there."""

    def __init__(self, path: Path) -> None:
        """Open or begin the file; raises `OSError`."""
        path.parent.mkdir(parents=True, exist_ok=True)
        self.path = path
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o644)
        self.torn = _mend(self._file)
        """How many bytes of a torn last line were cut off."""
        self.foreign: list[RecordError] = []
        """The lines that are no records; they stay as they are."""
        self._stories = Stories()
        self._ids: set[str] = set()
        for article in read_records(path, on_error=self.foreign.append):
            self._note(article)

    def _note(self, article: Article) -> bool:
        known = article.id in self._ids
        if article.id is not None:
            self._ids.add(article.id)
        return self._stories.add(article) and not known

    def write(self, article: Article) -> bool:
        """Append a record; False where the file has the story already. Raises `OSError` and leaves whole lines only."""
        if not self._note(article):
            return False
        line = article.to_json().encode() + b"\n"
        size = os.fstat(self._file).st_size
        try:
            written = os.write(self._file, line)
        except OSError:
            written = -1
        if written != len(line):
            os.ftruncate(self._file, size)
            raise OSError(f"{self.path} takes no more")
        return True

    def close(self) -> None:
        """Bring the lines to the disk and let go of the file."""
        os.fsync(self._file)
        os.close(self._file)


def _mend(file: int) -> int:
    """Cut off what stands behind the last line break; give the number of bytes."""
    size = end = os.fstat(file).st_size
    while end:
        start = max(0, end - _BLOCK)
        found = os.pread(file, end - start, start).rfind(b"\n")
        if found >= 0:
            end = start + found + 1
            break
        end = start
    os.ftruncate(file, end)
    return size - end


class Sink:
    """Item pipeline that keeps every record in CRAWL_DIR/records.jsonl, once."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._file: RecordFile | None = None
        self._closing: asyncio.Task[None] | None = None

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Make it for a crawl."""
        return cls(crawler)

    def open_spider(self) -> None:
        """Open the file, and say what had to be mended."""
        path = crawl_dir(self._crawler) / "records.jsonl"
        try:
            self._file = RecordFile(path)
        except OSError as error:
            logger.error("No records can be written: %s", error)
            raise CloseSpider(NO_OUTPUT) from error
        if self._file.torn:
            logger.warning("%s ended in a torn line: %d bytes cut off", path, self._file.torn)
        if self._file.foreign:
            logger.warning("%d lines are no records; the first: %s", len(self._file.foreign), self._file.foreign[0])

    def process_item(self, item: dict[str, Any]) -> dict[str, Any]:
        """Write the record, unless it is there; the first failure ends the crawl."""
        if self._file is None or self._closing is not None:
            raise DropItem("no room for the record", log_level="DEBUG")
        try:
            fresh = self._file.write(Article.from_json(json.dumps(item)))
        except OSError as error:
            logger.error("%s: the crawl ends", error)
            self._closing = asyncio.create_task(self._crawler.engine.close_spider_async(reason=DISK_FULL))
            raise DropItem("no room for the record", log_level="DEBUG") from error
        add(self._crawler, "written" if fresh else "already_there")
        return item

    def close_spider(self) -> None:
        """Close the file."""
        if self._file is not None:
            self._file.close()
