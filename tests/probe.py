"""Asks for addresses with the crawl's own settings: `probe(addresses, ...)`, in a process of its own.

The process records every connection that is tried, and lets none pass that leaves the loopback.
"""

import errno
import os
import resource
import socket
import tempfile
from collections.abc import AsyncIterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from itertools import cycle
from pathlib import Path
from typing import Any, NamedTuple

from scrapy import Request, Spider
from scrapy.crawler import CrawlerProcess
from scrapy.http import Response
from scrapy.utils.project import get_project_settings
from twisted.python.failure import Failure

from tests.crawl_process import FORKS

ROOT = Path(__file__).parents[1]
QUIET = {
    "ROBOTSTXT_OBEY": False,
    "DOWNLOAD_DELAY": 0,
    "AUTOTHROTTLE_ENABLED": False,
    "CONCURRENT_REQUESTS_PER_DOMAIN": 16,
    "CONCURRENT_REQUESTS": 16,
    "DOWNLOAD_TIMEOUT": 5,
    "BACKOFF": 0.01,
    "EXTENSIONS": {},
    "ITEM_PIPELINES": {},
    "LOG_LEVEL": "ERROR",
}


class Probed(NamedTuple):
    """The results by URL."""

    outcomes: dict[str, dict[str, Any]]
    """By requested URL: `status`, `flags` and more of a response, else `error` (type and message) and `tries`."""
    connected: set[str]
    """"host:port" of each connection that was tried."""
    grown: int
    """Bytes by which the process grew from its size before the requests."""


def probe(
    urls: Sequence[str], names: Mapping[str, str] | None = None, proxy: str | None = None, **settings: Any
) -> Probed:
    """Request each URL; `names` maps every name in the DNS to its IPs, returned in turn, separated by spaces."""
    with tempfile.TemporaryDirectory() as scratch:
        return _probe(urls, names or {}, proxy, QUIET | {"CRAWL_DIR": scratch} | settings)


def _probe(urls: Sequence[str], names: Mapping[str, str], proxy: str | None, settings: Mapping[str, Any]) -> Probed:
    with ProcessPoolExecutor(1, mp_context=FORKS) as pool:
        return pool.submit(_main, urls, names, proxy, settings).result(timeout=60)


class Probe(Spider):
    """Asks for `urls` and notes in `outcomes` what came."""

    name = "probe"
    urls: Sequence[str]
    outcomes: dict[str, dict[str, Any]]

    async def start(self) -> AsyncIterator[Request]:
        for url in self.urls:
            yield Request(url, self.came, errback=self.failed, dont_filter=True, meta={"asked": url})

    def came(self, response: Response) -> None:
        self.outcomes[response.meta["asked"]] = {
            "status": response.status,
            "flags": response.flags,
            "length": len(response.body),
            "start": response.body[:80].decode("latin-1"),
            "encoding": (response.headers.get("Content-Encoding") or b"").decode(),
            "kind": type(response).__name__,
        }

    def failed(self, failure: Failure) -> None:
        request: Request = failure.request  # type: ignore[attr-defined]
        self.outcomes[request.meta["asked"]] = {
            "error": f"{type(failure.value).__name__}: {failure.value}",
            "tries": 1 + request.meta.get("retry_times", 0),
        }


def _main(urls: Sequence[str], names: Mapping[str, str], proxy: str | None, settings: Mapping[str, Any]) -> Probed:
    for name in [name for name in os.environ if name.lower().endswith("_proxy")]:
        del os.environ[name]
    if proxy:
        os.environ["http_proxy"] = proxy
    os.chdir(ROOT)
    outcomes: dict[str, Any] = {}
    connected = _watch(names)
    project = get_project_settings()
    project.setdict(settings, priority="cmdline")
    process = CrawlerProcess(project)
    process.crawl(Probe, urls=urls, outcomes=outcomes)
    before = _peak()
    process.start()
    return Probed(outcomes, connected, _peak() - before)


def _peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024  # of kibibytes, on Linux


def _watch(names: Mapping[str, str]) -> set[str]:
    """Stand in for the DNS, and before the network."""
    connected: set[str] = set()
    lookup, connect = socket.gethostbyname, socket.socket.connect_ex
    answers = {name: cycle(ips.split()) for name, ips in names.items()}

    def known(name: str) -> str:
        if name.endswith(".test"):
            if name in answers:
                return next(answers[name])
            raise socket.gaierror(socket.EAI_NONAME, "no such name")
        return lookup(name)

    def loopback(self: socket.socket, address: Any) -> int:
        connected.add(f"{address[0]}:{address[1]}")
        return connect(self, address) if address[0] in ("127.0.0.1", "0.0.0.0", "::1") else errno.ECONNREFUSED

    socket.gethostbyname = known
    socket.socket.connect_ex = loopback  # type: ignore[method-assign,assignment]
    return connected
