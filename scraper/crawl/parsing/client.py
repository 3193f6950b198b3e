"""The process that reads pages beside the crawl, seen from the crawl."""

import asyncio
import logging
import os
import socket
import subprocess
import sys
from collections import deque

from scraper.crawl.parsing.worker import PageRequest, ParsedPage, decoder, frame

__all__ = ["ParserClient"]

_LIMIT = 10.0  # seconds for one page; a large one takes a tenth of one

logger = logging.getLogger(__name__)


class ParserClient:
    """Reads pages in a process of its own, in order; the process is started again when it dies, or hangs over a page.

    `close` ends it; it also ends when this process dies.
    """

    def __init__(self, limit: float = _LIMIT) -> None:
        self._limit = limit
        self._decode = decoder(ParsedPage).decode
        self._waiting: deque[tuple[PageRequest, asyncio.Future[ParsedPage]]] = deque()
        self._work = asyncio.Event()
        self._process: subprocess.Popen[bytes] | None = None
        self._writer: asyncio.StreamWriter | None = None
        self._task: asyncio.Task[None] | None = None

    async def read(self, page: PageRequest) -> ParsedPage:
        """Read a page; one that kills the process, or takes longer than the limit, is unreadable."""
        future: asyncio.Future[ParsedPage] = asyncio.get_running_loop().create_future()
        self._waiting.append((page, future))
        if self._task is None:
            self._task = asyncio.create_task(self._run())
        elif self._writer is not None:
            self._writer.write(frame(page))
        self._work.set()
        return await future

    async def close(self) -> None:
        """End the process."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        self._end()

    async def _run(self) -> None:
        while True:
            replies = await self._start()
            try:
                while True:
                    await self._receive(replies)
            except (TimeoutError, asyncio.IncompleteReadError, ConnectionError):
                page, future = self._waiting.popleft()
                logger.warning("not parsed: %s (it kills the parser process)", page.url)
                _resolve(future, ParsedPage())
            finally:
                self._end()

    async def _receive(self, replies: asyncio.StreamReader) -> None:
        """Wait for the reply to the page whose turn it is."""
        while not self._waiting:
            self._work.clear()
            await self._work.wait()
        async with asyncio.timeout(self._limit):
            length = await replies.readexactly(4)
            packed = await replies.readexactly(int.from_bytes(length, "big"))
        _resolve(self._waiting.popleft()[1], self._decode(packed))

    async def _start(self) -> asyncio.StreamReader:
        """Start the process, and send it the pages that wait."""
        own_end, worker_end = socket.socketpair()
        environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path), "OMP_NUM_THREADS": "1"}
        with worker_end:
            # A session of its own: ^C is for the crawl, which finishes what it has begun.
            self._process = subprocess.Popen(
                [sys.executable, "-m", "scraper.crawl.parsing.worker"],
                stdin=worker_end.fileno(),
                env=environment,
                start_new_session=True,
            )
        replies, self._writer = await asyncio.open_connection(sock=own_end)
        self._writer.writelines(frame(page) for page, _ in self._waiting)
        return replies

    def _end(self) -> None:
        if self._writer is not None:
            self._writer.close()
            self._writer = None
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None


def _resolve(future: asyncio.Future[ParsedPage], parsed: ParsedPage) -> None:
    if not future.done():
        future.set_result(parsed)
