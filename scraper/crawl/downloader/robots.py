"""robots.txt, fetched before the first request to an origin, and strictly obeyed.

Scrapy's own middleware sends some requests before it has the file, and allows everything if the file cannot be fetched.
Here all requests to an origin wait for the file, and an unreachable file forbids everything.
"""

import asyncio
import logging
import re
from collections.abc import Callable, Sequence
from functools import lru_cache
from itertools import islice
from typing import NamedTuple, Self
from urllib.parse import urljoin, urlsplit

from protego import Protego
from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.exceptions import IgnoreRequest, NotConfigured
from scrapy.http import Response
from scrapy.http.request import NO_CALLBACK

from scraper.crawl.downloader.same_host import META
from scraper.crawl.failures import reason

__all__ = ["FORBIDDEN", "LONGEST_DELAY", "RobotsMiddleware", "Rules", "rules", "unreachable"]

FORBIDDEN = "robots"
LONGEST_DELAY = 60.0
"""Seconds; a longer Crawl-delay is reduced to this."""

_MAX_BYTES = 512 * 1024  # bytes of the file that are read
_MAX_SITEMAPS = 1000
_UTF_16_MARKS = ((b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
_AGENT_KEYS = frozenset(("user-agent", "useragent", "user agent"))
_COMMENT = re.compile(r"\([^()]*\)?")
_PRODUCT = re.compile(r"(?<![\w./:@-])([A-Za-z][\w-]*)/v?\d")

logger = logging.getLogger(__name__)


class Rules(NamedTuple):
    """The rules of a robots.txt."""

    allowed: Callable[[str, str], bool]
    """Whether a URL may be requested by a user agent."""
    delay: Callable[[str], float | None]
    """The Crawl-delay for a user agent, in seconds."""
    sitemaps: tuple[str, ...]
    refusal: str = FORBIDDEN
    """The reason to report for a URL that is not allowed."""


def rules(status: int, body: bytes) -> Rules:
    """Return the rules of a response: a missing file allows everything, a server error forbids everything."""
    if status >= 500 or status == 429:
        return unreachable(str(status))
    lines = _lines("" if status >= 300 else _text(body))
    parsed = lru_cache(8)(lambda agent: [Protego.parse(_group(lines, name)) for name in _names(agent)])
    sitemaps = (value for key, value in lines if key == "sitemap" and value)
    return Rules(
        lambda url, agent: all(group.can_fetch(url, "*") for group in parsed(agent)),
        lambda agent: max((delay for group in parsed(agent) if (delay := group.crawl_delay("*"))), default=None),
        tuple(islice(sitemaps, _MAX_SITEMAPS)),
    )


def _text(body: bytes) -> str:
    """Decode the file up to its maximum size, without a truncated last line, which would mean something else."""
    if len(body) > _MAX_BYTES:
        body = body[:_MAX_BYTES]
        body = body[: max(body.rfind(b"\n"), body.rfind(b"\r")) + 1]
    wide = next((name for mark, name in _UTF_16_MARKS if body.startswith(mark)), None)
    text = body.decode(wide or "utf-8", errors="ignore" if wide is None else "replace")
    return text.lstrip("\ufeff\u200b \t\r\n")


def _lines(text: str) -> list[tuple[str, str]]:
    """Return the directives of a file, each with its value."""
    pairs = (line.partition("#")[0].partition(":") for line in text.splitlines())
    return [(key.strip().lower(), value.strip()) for key, mark, value in pairs if mark]


def _group(lines: Sequence[tuple[str, str]], name: str) -> str:
    """Return the rules for a user agent as a group for all: those of its own groups, or else of the groups for all.

    Each line is read once, however many groups there are and however many names they have.
    """
    groups: dict[bool, list[str]] = {True: [], False: []}  # by whether the group is its own
    has_own, matches, in_header = False, set[bool](), False
    for key, value in lines:
        if key in _AGENT_KEYS:
            matches = matches if in_header else set()
            in_header, agent = True, value.lower()
            if agent == name:
                has_own = True
                matches.add(True)
            elif agent == "*":
                matches.add(False)
        elif key != "sitemap":
            in_header = False
            for is_own in matches:
                groups[is_own].append(f"{key}: {value}")
    return "\n".join(("User-agent: *", *groups[has_own]))


def _names(agent: str) -> tuple[str, ...]:
    """Return the names that a robots.txt may use for a user agent: those of its products.

    In a comment only a name with a version counts, as in "Mozilla/5.0 (compatible; reader/1.0)".
    """
    outside = _COMMENT.sub(" ", agent)
    products = [word.partition("/")[0] for word in outside.split()[:1]]
    products += [match[1] for match in _PRODUCT.finditer(agent)]
    names = dict.fromkeys(product.lower() for product in products if product.lower() != "mozilla")
    return tuple(names) or ("*",)


def unreachable(why: str) -> Rules:
    """Return the rules of an origin whose file could not be fetched: nothing is allowed."""
    return Rules(lambda url, agent: False, lambda agent: None, (), f"{FORBIDDEN}: {why}")


class RobotsMiddleware:
    """Downloader middleware that makes every request obey the robots.txt of its origin."""

    def __init__(self, crawler: Crawler) -> None:
        if not crawler.settings.getbool("ROBOTSTXT_OBEY"):
            raise NotConfigured
        self._crawler = crawler
        self._agent: str = crawler.settings["ROBOTSTXT_USER_AGENT"] or crawler.settings["USER_AGENT"]
        self._tasks: dict[str, asyncio.Task[Rules]] = {}

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Create the component for a crawl; not configured unless ROBOTSTXT_OBEY."""
        return cls(crawler)

    async def process_request(self, request: Request) -> None:
        """Wait for the file, and raise `IgnoreRequest` for a request that it forbids."""
        if request.meta.get("dont_obey_robotstxt"):
            return
        robots = await self._rules(request)
        if not robots.allowed(request.url, self._agent):
            raise IgnoreRequest(robots.refusal)
        if self._crawl_delay(robots):
            request.meta["autothrottle_dont_adjust_delay"] = True  # AutoThrottle would shorten the delay again

    async def sitemaps(self, request: Request) -> tuple[str, ...]:
        """Return the absolute URLs of the sitemaps in the robots.txt of the request's origin."""
        addresses = (await self._rules(request)).sitemaps
        return tuple(url for address in addresses if (url := _joined(request.url, address)))

    async def _rules(self, request: Request) -> Rules:
        parts = urlsplit(request.url)
        origin = f"{parts.scheme}://{parts.netloc}"
        if origin not in self._tasks:
            self._tasks[origin] = asyncio.create_task(self._fetch(origin, request.meta.get(META)))
        # Shielded: cancelling one request must not cancel the download for the others.
        return await asyncio.shield(self._tasks[origin])

    async def _fetch(self, origin: str, own_host: str | None) -> Rules:
        meta = {"dont_obey_robotstxt": True, META: own_host}
        request = Request(f"{origin}/robots.txt", callback=NO_CALLBACK, priority=1000, meta=meta)
        try:
            response = await self._crawler.engine.download_async(request)
        except Exception as error:
            robots = unreachable(reason(error))
        else:
            robots = rules(response.status, response.body)
            self._slow_down(response, robots)
        if robots.refusal != FORBIDDEN:
            logger.warning(
                "nothing is requested from %s because its robots.txt could not be fetched (%s)", origin, robots.refusal
            )
        return robots

    def _crawl_delay(self, robots: Rules) -> float:
        """Return the Crawl-delay in seconds if it is longer than DOWNLOAD_DELAY, else 0."""
        delay = min(robots.delay(self._agent) or 0.0, LONGEST_DELAY)
        return delay if delay > self._crawler.settings.getfloat("DOWNLOAD_DELAY") else 0.0

    def _slow_down(self, response: Response, robots: Rules) -> None:
        delay = self._crawl_delay(robots)
        if not delay or response.request is None:
            return
        downloader = self._crawler.engine.downloader
        key = downloader.get_slot_key(response.request)
        downloader.per_slot_settings[key] = {"concurrency": 1, "delay": delay, "jitter": 0.0}
        slot = downloader.slots.get(key)
        if slot is not None:
            slot.concurrency, slot.delay, slot.jitter = 1, delay, 0.0


def _joined(base: str, address: str) -> str | None:
    try:
        return urljoin(base, address)
    except ValueError:  # not a URL
        return None
