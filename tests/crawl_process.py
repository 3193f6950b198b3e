"""Crawls in processes that are forked from one which has loaded Scrapy and the crawl, as to load them takes a second.

What a crawl does from its arguments on is what the command does; tests of the start itself run the command.
"""

import multiprocessing
import os
import resource
import signal
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

__all__ = ["FORKS", "CrawlProcess", "scrapy"]

_ROOT = Path(__file__).parents[1]
FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload(
    [
        "tests.crawl_process",
        "scrapy.cmdline",
        "scrapy.commands.shell",
        "scrapy.core.downloader.handlers.http11",
        "scrapy.extensions.remote_control",
        "scrapy.extensions.telnet",
        "scraper.crawl.commands.crawl",
        "scraper.crawl.reporting.page",
        "spiders.fintechworld",
        "spiders.portal",
        "spiders.settings",
        "tldextract",
    ]
)


def scrapy() -> None:
    """Run Scrapy's command line."""
    from scrapy.cmdline import execute  # noqa: PLC0415 - the tests' own process does not load it

    execute()


class CrawlProcess:
    """A process that calls a function with these arguments in `sys.argv`.

    `file_size` limits its files in bytes, which acts like a full disk.
    """

    def __init__(
        self,
        run: Callable[[], None],
        arguments: Sequence[str],
        environment: Mapping[str, str],
        file_size: int = resource.RLIM_INFINITY,
    ) -> None:
        self._log = tempfile.NamedTemporaryFile()  # noqa: SIM115 - `finish` closes it
        values = (run, list(arguments), dict(environment), self._log.name, file_size)
        self._process = FORKS.Process(target=_run, args=values)
        self._process.start()

    @property
    def pid(self) -> int:
        assert self._process.pid is not None
        return self._process.pid

    @property
    def is_running(self) -> bool:
        return self._process.is_alive()

    @property
    def log(self) -> str:
        """What it has written to stderr so far."""
        return Path(self._log.name).read_text("utf-8")

    def send_signal(self, number: signal.Signals) -> None:
        """Send a signal, unless the process has ended."""
        if self.is_running:
            os.kill(self.pid, number)

    def finish(self, seconds: float = 120) -> tuple[int, str]:
        """Wait for the end, and return the exit status, negative for a signal, and what was written to stderr."""
        self._process.join(seconds)
        status = self._process.exitcode
        if status is None:
            self._process.kill()
            raise TimeoutError(f"the crawl has not ended in {seconds} seconds")
        log = self.log
        self._log.close()
        return status, log


def _run(
    run: Callable[[], None], arguments: list[str], environment: Mapping[str, str], log: str, file_size: int
) -> None:
    for path, descriptors in ((os.devnull, (0, 1)), (log, (2,))):
        opened = os.open(path, os.O_RDWR | os.O_APPEND)
        for descriptor in descriptors:
            os.dup2(opened, descriptor)
        os.close(opened)
    os.chdir(_ROOT)
    os.environ.update(environment)
    sys.argv = arguments
    signal.signal(signal.SIGINT, signal.default_int_handler)
    resource.setrlimit(resource.RLIMIT_FSIZE, (file_size, file_size))
    run()
