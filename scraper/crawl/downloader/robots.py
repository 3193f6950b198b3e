"""robots.txt, read before the first request and in doubt against the crawl.

Scrapy's own middleware lets a first burst of requests pass before the file is there, and takes an unreachable file for
a permission. Here all requests of an origin wait for the one download, and a file that cannot be had forbids all.
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
"""Seconds: a longer Crawl-delay is taken for this."""

_READ = 512 * 1024  # bytes of the file that count
_SITEMAPS = 1000
_WIDE = ((b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
_AGENT = frozenset(("user-agent", "useragent", "user agent"))
_COMMENT = re.compile(r"\([^()]*\)?")
_PRODUCT = re.compile(r"(?<![\w./:@-])([A-Za-z][\w-]*)/v?\d")

logger = logging.getLogger(__name__)


class Rules(NamedTuple):
    """What a robots.txt says."""

    allowed: Callable[[str, str], bool]
    """Whether a URL may be requested by a user agent."""
    delay: Callable[[str], float | None]
    """The Crawl-delay for a user agent, in seconds."""
    sitemaps: tuple[str, ...]
    refusal: str = FORBIDDEN
    """Why a URL that is not allowed is not requested."""


def rules(status: int, body: bytes) -> Rules:
    """Read an answer to /robots.txt: none there allows all, a server in trouble denies all."""
    if status >= 500 or status == 429:
        return unreachable(str(status))
    lines = _lines("" if status >= 300 else _text(body))
    parsed = lru_cache(8)(lambda agent: [Protego.parse(_group(lines, name)) for name in _names(agent)])
    sitemaps = (value for key, value in lines if key == "sitemap" and value)
    return Rules(
        lambda url, agent: all(each.can_fetch(url, "*") for each in parsed(agent)),
        lambda agent: max((delay for each in parsed(agent) if (delay := each.crawl_delay("*"))), default=None),
        tuple(islice(sitemaps, _SITEMAPS)),
    )


def _text(body: bytes) -> str:
    """Decode what counts of a file; a line that is cut in the middle says nothing, or something else."""
    if len(body) > _READ:
        body = body[:_READ]
        body = body[: max(body.rfind(b"\n"), body.rfind(b"\r")) + 1]
    wide = next((name for mark, name in _WIDE if body.startswith(mark)), None)
    text = body.decode(wide or "utf-8", errors="ignore" if wide is None else "replace")
    return text.lstrip("\ufeff\u200b \t\r\n")


def _lines(text: str) -> list[tuple[str, str]]:
    """Return the directives of a file, each with its value."""
    pairs = (line.partition("#")[0].partition(":") for line in text.splitlines())
    return [(key.strip().lower(), value.strip()) for key, mark, value in pairs if mark]


def _group(lines: Sequence[tuple[str, str]], name: str) -> str:
    """Return the rules for a crawler of a name, as a file for all: its own groups, or else those for all.

    Each line is looked at once, however many names a group has and however many groups there are.
    """
    groups: dict[bool, list[str]] = {True: [], False: []}
    found, open_for, named = False, set[bool](), False
    for key, value in lines:
        if key in _AGENT:
            open_for = open_for if named else set()
            named, agent = True, value.lower()
            if agent == name:
                found = True
                open_for.add(True)
            elif agent == "*":
                open_for.add(False)
        elif key != "sitemap":
            named = False
            for whose in open_for:
                groups[whose].append(f"{key}: {value}")
    return "\n".join(("User-agent: *", *groups[found]))


def _names(agent: str) -> tuple[str, ...]:
    """Return the names by which a robots.txt may call a user agent: its products, and no word of what it says besides.

    Within a comment only a name with a version is one, as in "Mozilla/5.0 (compatible; reader/1.0)".
    """
    outside = _COMMENT.sub(" ", agent)
    products = [word.partition("/")[0] for word in outside.split()[:1]]
    products += [found[1] for found in _PRODUCT.finditer(agent)]
    names = dict.fromkeys(product.lower() for product in products if product.lower() != "mozilla")
    return tuple(names) or ("*",)


def unreachable(why: str) -> Rules:
    """Return the rules of an origin whose file could not be had: nothing is allowed."""
    return Rules(lambda url, agent: False, lambda agent: None, (), f"{FORBIDDEN}: {why}")


class RobotsMiddleware:
    """Downloader middleware that holds every request to its origin's robots.txt."""

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
        """Wait for the file, then raise `IgnoreRequest` for what it forbids."""
        if request.meta.get("dont_obey_robotstxt"):
            return
        found = await self._rules(request)
        if not found.allowed(request.url, self._agent):
            raise IgnoreRequest(found.refusal)
        if self._crawl_delay(found):
            request.meta["autothrottle_dont_adjust_delay"] = True  # it would shorten the delay again

    async def sitemaps(self, request: Request) -> tuple[str, ...]:
        """Return the absolute URLs of the sitemaps that the robots.txt of the request's origin names."""
        named = (await self._rules(request)).sitemaps
        return tuple(url for address in named if (url := _joined(request.url, address)))

    async def _rules(self, request: Request) -> Rules:
        parts = urlsplit(request.url)
        origin = f"{parts.scheme}://{parts.netloc}"
        if origin not in self._tasks:
            self._tasks[origin] = asyncio.create_task(self._fetched(origin, request.meta.get(META)))
        # Shielded: one request that is given up must not take the file from the others.
        return await asyncio.shield(self._tasks[origin])

    async def _fetched(self, origin: str, own_host: str | None) -> Rules:
        meta = {"dont_obey_robotstxt": True, META: own_host}
        request = Request(f"{origin}/robots.txt", callback=NO_CALLBACK, priority=1000, meta=meta)
        try:
            response = await self._crawler.engine.download_async(request)
        except Exception as error:
            found = unreachable(reason(error))
        else:
            found = rules(response.status, response.body)
            self._slow_down(response, found)
        if found.refusal != FORBIDDEN:
            logger.warning(
                "nothing is requested from %s because its robots.txt could not be fetched (%s)", origin, found.refusal
            )
        return found

    def _crawl_delay(self, found: Rules) -> float:
        """Return the delay that the file requests, where it is longer than the crawl's own; else 0."""
        asked = min(found.delay(self._agent) or 0.0, LONGEST_DELAY)
        return asked if asked > self._crawler.settings.getfloat("DOWNLOAD_DELAY") else 0.0

    def _slow_down(self, response: Response, found: Rules) -> None:
        delay = self._crawl_delay(found)
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
    except ValueError:  # robots.txt may name anything
        return None
