"""One line on the terminal that tells how the crawl goes, below the lines of the log.

It is drawn a few times a second from the stats that are kept anyway, and costs the crawl nothing else.
"""

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

_DRAWN = 0.25  # seconds between two drawings
_RATE = 10.0  # seconds over which the pages a second are measured


class ProgressLine:
    """Extension that draws the line: where stderr is a terminal (LIVE=auto), always (true), or never (false)."""

    def __init__(self, crawler: Crawler, console: Console) -> None:
        self._crawler, self._console = crawler, console
        self._progress = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}", table_column=Column(no_wrap=True, overflow="ellipsis")),
            BarColumn(bar_width=16),
            TimeElapsedColumn(),
            console=console,
            auto_refresh=False,  # drawn between two steps of the crawl, by no thread of its own
            transient=True,
            redirect_stdout=sys.stdout.isatty(),
        )
        self._lines = _Lines(console)
        self._task: TaskID | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._restore: Callable[[], object] = lambda: None
        self._pages: deque[tuple[float, int]] = deque()
        crawler.signals.connect(self.spider_opened, signals.spider_opened)
        crawler.signals.connect(self.stop, signals.spider_closed)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Create the component for a crawl; raise `NotConfigured` where no line is wanted."""
        wanted = crawler.settings.get("LIVE")
        forced = wanted != "auto" and crawler.settings.getbool("LIVE")
        console = Console(file=cast(IO[str], Lenient(sys.stderr)), force_terminal=forced or None)
        seen = sys.stderr.isatty() and not console.is_dumb_terminal
        if not (forced or (wanted == "auto" and seen)):
            raise NotConfigured
        return cls(crawler, console)

    def spider_opened(self) -> None:
        """Start drawing; the log goes through the same console, so that lines do not interleave."""
        handler = get_scrapy_root_handler()
        if isinstance(handler, logging.StreamHandler) and handler.stream is sys.stderr:
            self._restore = partial(handler.setStream, handler.stream)
            handler.setStream(self._lines)
        atexit.register(self.stop)  # a crawl that is interrupted twice closes no spider, and would hide the cursor
        self._task = self._progress.add_task("")
        self._progress.start()
        self._draw()

    def _draw(self) -> None:
        self._timer = asyncio.get_running_loop().call_later(_DRAWN, self._draw)
        self._show()

    def _show(self) -> None:
        self._lines.drain()
        account = CrawlStats.of(self._crawler.stats.get_stats())
        if self._task is not None:
            done, description = account.found - account.left, self._told(account)
            self._progress.update(self._task, description=description, total=account.found, completed=done)
        self._progress.refresh()

    def _told(self, account: CrawlStats) -> str:
        errors = sum(account.failed.values()) + self._crawler.stats.get_value("spider_exceptions/count", 0)
        rate = self._rate(account.fetched)
        counts = (count(account.written, "article"), count(account.fetched, "page"), count(errors, "error"))
        return " · ".join((*counts, f"{rate:.1f}/s", f"{account.left} to go"))

    def _rate(self, pages: int) -> float:
        """Return the pages a second of the last seconds."""
        now = time.monotonic()
        self._pages.append((now, pages))
        while now - self._pages[0][0] > _RATE:
            self._pages.popleft()
        since, before = self._pages[0]
        return (pages - before) / (now - since) if now > since else 0.0

    def stop(self) -> None:
        """Remove the line and restore the terminal; safe to call twice."""
        if self._timer is not None:
            self._timer.cancel()
        self._restore()
        self._lines.drain()
        self._progress.stop()
        atexit.unregister(self.stop)


class _Lines(io.TextIOBase):
    """What the log is written to: lines that come thick and fast are drawn together, as each drawing has its price."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._waiting: list[str] = []
        self._drawn = 0.0

    def write(self, text: str) -> int:
        self._waiting.append(text)
        if time.monotonic() - self._drawn > _DRAWN:
            self.drain()
        return len(text)

    def drain(self) -> None:
        """Draw what waits."""
        waiting, self._waiting = self._waiting, []
        self._drawn = time.monotonic()
        if waiting:
            self._console.print(Text.from_ansi("".join(waiting)), soft_wrap=True, end="")
