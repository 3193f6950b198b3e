"""The progress line of a crawl on the terminal, below the log; it is redrawn a few times per second from the stats."""

import asyncio
import atexit
import io
import logging
import sys
import time
from collections import deque
from collections.abc import Callable
from functools import partial
from typing import IO, Self, cast

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Column
from rich.text import Text
from scrapy import signals
from scrapy.crawler import Crawler
from scrapy.exceptions import NotConfigured
from scrapy.utils.log import get_scrapy_root_handler

from scraper.crawl.stats import CrawlStats
from scraper.io.terminal import Lenient
from scraper.io.wording import count

__all__ = ["ProgressLine"]

_INTERVAL = 0.25  # seconds between two drawings
_RATE_PERIOD = 10.0  # seconds over which the rate is measured


class ProgressLine:
    """Extension that draws the progress line: if stderr is a terminal (LIVE=auto), always (true), or never (false)."""

    def __init__(self, crawler: Crawler, console: Console) -> None:
        self._crawler, self._console = crawler, console
        self._progress = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}", table_column=Column(no_wrap=True, overflow="ellipsis")),
            BarColumn(bar_width=16),
            TimeElapsedColumn(),
            console=console,
            auto_refresh=False,  # drawn by the event loop of the crawl instead of a thread
            transient=True,
            redirect_stdout=sys.stdout.isatty(),
        )
        self._log = _LogStream(console)
        self._task: TaskID | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._restore: Callable[[], object] = lambda: None
        self._pages: deque[tuple[float, int]] = deque()
        crawler.signals.connect(self.spider_opened, signals.spider_opened)
        crawler.signals.connect(self.stop, signals.spider_closed)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Create the component for a crawl; raise `NotConfigured` if no progress line is to be drawn."""
        is_auto = crawler.settings.get("LIVE") == "auto"
        is_forced = not is_auto and crawler.settings.getbool("LIVE")
        console = Console(file=cast(IO[str], Lenient(sys.stderr)), force_terminal=is_forced or None)
        is_capable = sys.stderr.isatty() and not console.is_dumb_terminal
        if not (is_forced or (is_auto and is_capable)):
            raise NotConfigured
        return cls(crawler, console)

    def spider_opened(self) -> None:
        """Start drawing; the log is written through the same console, so that lines do not interleave."""
        handler = get_scrapy_root_handler()
        if isinstance(handler, logging.StreamHandler) and handler.stream is sys.stderr:
            self._restore = partial(handler.setStream, handler.stream)
            handler.setStream(self._log)
        atexit.register(self.stop)  # shows the cursor again after a second ^C, which closes no spider
        self._task = self._progress.add_task("")
        self._progress.start()
        self._draw()

    def _draw(self) -> None:
        self._timer = asyncio.get_running_loop().call_later(_INTERVAL, self._draw)
        self._update()

    def _update(self) -> None:
        self._log.drain()
        stats = CrawlStats.of(self._crawler.stats.get_stats())
        if self._task is not None:
            completed, description = stats.found - stats.left, self._description(stats)
            self._progress.update(self._task, description=description, total=stats.found, completed=completed)
        self._progress.refresh()

    def _description(self, stats: CrawlStats) -> str:
        errors = sum(stats.failed.values()) + self._crawler.stats.get_value("spider_exceptions/count", 0)
        rate = self._rate(stats.fetched)
        counts = (count(stats.written, "article"), count(stats.fetched, "page"), count(errors, "error"))
        return " · ".join((*counts, f"{rate:.1f}/s", f"{stats.left} to go"))

    def _rate(self, pages: int) -> float:
        """Return the recent number of pages per second."""
        now = time.monotonic()
        self._pages.append((now, pages))
        while now - self._pages[0][0] > _RATE_PERIOD:
            self._pages.popleft()
        start, pages_before = self._pages[0]
        return (pages - pages_before) / (now - start) if now > start else 0.0

    def stop(self) -> None:
        """Remove the line and restore the terminal; safe to call twice."""
        if self._timer is not None:
            self._timer.cancel()
        self._restore()
        self._log.drain()
        self._progress.stop()
        atexit.unregister(self.stop)


class _LogStream(io.TextIOBase):
    """The stream of the log; lines that follow each other quickly are printed together, as each printing takes time."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._buffer: list[str] = []
        self._last_drain = 0.0

    def write(self, text: str) -> int:
        self._buffer.append(text)
        if time.monotonic() - self._last_drain > _INTERVAL:
            self.drain()
        return len(text)

    def drain(self) -> None:
        """Print the buffered lines."""
        parts, self._buffer = self._buffer, []
        self._last_drain = time.monotonic()
        if parts:
            self._console.print(Text.from_ansi("".join(parts)), soft_wrap=True, end="")
