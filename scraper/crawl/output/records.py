"""records.jsonl: one line per record, each in one write; the store agrees with it after any crash.

A line is written before the store is committed. Lines that only the file has after a crash are read at the next start;
the pages of records that were lost, or removed by hand, are fetched again.
"""

import json
import logging
import os
import time
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any, Self

from scrapy.crawler import Crawler
from scrapy.exceptions import CloseSpider

from scraper.crawl import items
from scraper.crawl.crawl_dir import DOUBLED, RECORDS, crawl_dir
from scraper.crawl.frontier.flights import OmittedItem
from scraper.crawl.frontier.scheduler import KNOWN, Scheduler
from scraper.crawl.frontier.session import NO_OUTPUT, UNUSABLE
from scraper.crawl.frontier.store import Store, StoryIndex, WriteLockLost
from scraper.crawl.items import Item
from scraper.crawl.stats import add
from scraper.errors import RecordError
from scraper.io.files import atomic_write
from scraper.stories.identity import Story, Verdict, judge, remembered

__all__ = ["RecordFile", "RecordPipeline", "catch_up"]

_BLOCK = 65536
_SYNC = 5.0  # seconds of writing after which the lines are flushed to disk
_HEARTBEAT_LINES = 1000  # lines read between two heartbeats
_COUNTERS = {"replaces": "updated", "duplicate_of": "copies"}  # by field of a record

logger = logging.getLogger(__name__)


class RecordFile:
    """A file that grows by complete lines; opening removes a torn last line, or raises `OSError`."""

    def __init__(self, path: Path) -> None:
        """Open or create the file."""
        self.path = path
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o644)
        self.torn = _mend(self._file)
        """The number of bytes of a torn last line that were cut off."""
        self.size = os.fstat(self._file).st_size
        self._synced = time.monotonic()

    def lines(self, start: int) -> Iterator[bytes]:
        """Yield the lines from an offset on."""
        with self.path.open("rb") as file:
            file.seek(start)
            yield from file

    def append(self, line: bytes) -> None:
        """Write a line completely, or raise `OSError` and write nothing."""
        try:
            written = os.write(self._file, line)
        except OSError:
            written = -1
        if written != len(line):
            os.ftruncate(self._file, self.size)
            raise OSError(f"{self.path} cannot be written")
        self.size += written
        if time.monotonic() - self._synced > _SYNC:
            os.fsync(self._file)
            self._synced = time.monotonic()

    def drop(self, start: int, numbers: Collection[int], aside: Path) -> None:
        """Move lines, numbered from 1 at an offset, to the end of `aside`; the file is replaced by a new one."""
        with (
            atomic_write(self.path) as temporary,
            self.path.open("rb") as old,
            temporary.open("wb") as new,
            aside.open("ab") as dropped,
        ):
            offset = number = 0
            for line in old:
                number += offset >= start
                offset += len(line)
                (dropped if number in numbers else new).write(line)
            dropped.flush()
            os.fsync(dropped.fileno())  # before the replacement: a crash may duplicate lines, but loses none
        os.close(self._file)
        self._file = os.open(self.path, os.O_RDWR | os.O_APPEND)
        self.size = os.fstat(self._file).st_size

    def cut(self, size: int) -> None:
        """Truncate the file to a size."""
        os.ftruncate(self._file, size)
        self.size = size

    def close(self) -> None:
        """Flush the lines to disk and close the file."""
        os.fsync(self._file)
        os.close(self._file)


def _mend(file: int) -> int:
    """Cut off what follows the last line break; return the number of bytes."""
    size = end = os.fstat(file).st_size
    while end:
        start = max(0, end - _BLOCK)
        line_break = os.pread(file, end - start, start).rfind(b"\n")
        if line_break >= 0:
            end = start + line_break + 1
            break
        end = start
    os.ftruncate(file, end)
    return size - end


def catch_up(file: RecordFile, store: Store) -> tuple[int, list[RecordError]]:
    """Bring the store into agreement with the records file.

    Lines that are not in the store yet, and whose stories another worker has written since, are moved to `DOUBLED`.
    Returns the number of requests that are repeated because their records are lost, and the lines that are not records,
    numbered from the start of reading.
    """
    stories = store.stories
    stories.is_stale = False
    indexed_size = stories.file_size()
    if indexed_size > file.size:
        stories.forget()
        indexed_size = 0
    faults, doubled = [], set[int]()
    for number, line in enumerate(file.lines(indexed_size), 1):
        if number % _HEARTBEAT_LINES == 0 and store.workers is not None:
            store.workers.heartbeat()
        try:
            story = _story(items.read(json.loads(line)))
        except (ValueError, TypeError, RecursionError) as error:
            faults.append(RecordError(number, str(error), str(file.path)))
            continue
        with stories.write_lock():
            if stories.is_written_elsewhere(story):
                doubled.add(number)
            else:
                stories.remember(story)
    if doubled:
        aside = file.path.with_name(DOUBLED)
        logger.warning(
            "%d records of %s moved to %s: other workers have written them as well", len(doubled), file.path, aside
        )
        file.drop(indexed_size, doubled, aside)
    lost = store.requests.requeue_lost()
    stories.set_file_size(file.size)
    return lost, faults


def _story(item: Item) -> Story:
    """Return what is remembered of an item; only articles can have copies."""
    if item.article is not None:
        return remembered(item.article)
    return Story(items.item_id(item.fields), items.item_id({**item.fields, "id": None}))


class RecordPipeline:
    """Item pipeline that writes every story to CRAWL_DIR/records.jsonl once, and again when it has changed."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._file: RecordFile | None = None

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Create the component for a crawl."""
        return cls(crawler)

    def open_spider(self) -> None:
        """Open the file, and log what had to be repaired."""
        session = Scheduler.of(self._crawler).session
        path = crawl_dir(self._crawler) / RECORDS
        if session.store is None:  # the reason is logged, and the crawl ends
            return
        try:
            self._file = RecordFile(path)
        except OSError as error:
            logger.error("No records can be written: %s", error)
            raise CloseSpider(NO_OUTPUT) from error
        if self._file.size:
            self._crawler.stats.set_value(KNOWN, True)
        if self._file.torn:
            logger.warning("%s ended in a torn line: %d bytes removed", path, self._file.torn)
        try:
            lost, faults = catch_up(self._file, session.store)
        except UNUSABLE as error:
            logger.error("%s", error)
            raise CloseSpider(NO_OUTPUT) from error
        if lost:
            logger.warning("%d records are missing from %s: their pages are requested again", lost, path)
            add(self._crawler, "found", lost)
        if faults:
            logger.warning("%d lines are not records; the first: %s", len(faults), faults[0])

    def process_item(self, item: Any) -> Any:
        """Write an item of any kind, unless the file has it already; the first failure to write ends the crawl.

        Returns an article as a dict, so that later pipelines and exporters can write it, too.
        """
        session = Scheduler.of(self._crawler).session
        if self._file is None or session.store is None or session.is_stopping:
            raise OmittedItem("no space for the record", log_level="DEBUG")
        parsed = items.read(item)
        try:
            added = self._write(self._file, session.store, parsed)
        except (OSError, *UNUSABLE) as error:
            session.stop(error)
            raise OmittedItem("no space for the record", log_level="DEBUG") from error
        for field, counter in _COUNTERS.items():
            add(self._crawler, counter, field in added)
        add(self._crawler, "written")
        if parsed.article is not None:
            return {**parsed.fields, **added}
        return {**item, **added} if isinstance(item, dict) else item

    def _write(self, file: RecordFile, store: Store, item: Item) -> Mapping[str, Any]:
        """Judge and write an item while other workers wait; return the fields that were added to it."""
        story, stories = _story(item), store.stories
        while True:
            if stories.is_stale:
                catch_up(file, store)
            size = file.size
            try:
                with stories.write_lock():
                    if stories.is_stale:  # lost at this moment
                        continue
                    verdict = self._judge(story, stories)
                    if stories.is_stale:  # the verdict may be outdated
                        continue
                    file.append(item.line(verdict.more))
                    stories.remember(verdict.story or story, file.size)
                    return verdict.more
            except WriteLockLost:
                file.cut(size)

    def _judge(self, story: Story, stories: StoryIndex) -> Verdict:
        """Judge a story; raise `OmittedItem` if the file has it already."""
        verdict = judge(story, stories)
        if verdict.left_out is None:
            return verdict
        if verdict.story is not None:
            stories.remember(verdict.story)
        add(self._crawler, verdict.left_out)
        raise OmittedItem(verdict.left_out, log_level="DEBUG", story=story.id, original=verdict.original)

    def close_spider(self) -> None:
        """Close the file."""
        if self._file is not None:
            self._file.close()
