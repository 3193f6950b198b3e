"""The order of requests: first the URLs that are likely to have a story, by their shape and what such URLs had before.

A site can have ten times as many pages of tags, authors and archives as stories. At one request per second, stories
should come first; lists are requested later.
"""

import re
from collections import OrderedDict
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

from scraper.crawl.discovery.traps import form

__all__ = ["DEEP", "FIRST", "UrlPriority", "shape"]

FIRST = 3
"""The level of the start page, and of sitemaps and feeds."""
DEEP = 1000
"""The difference of priority between two levels; within a level, pages closer to the start page come first."""

_MAX_SHAPES = 1000
_PRIOR_PAGES = 2  # the number of pages for which the look of a URL counts
_LIKELY, _UNLIKELY = 0.8, 0.3
_LEAST_SHARES = (0.5, 0.15)  # least shares of stories at levels 2 and 1

_DATED = re.compile(r"/(?:19|20)\d\d[/-]?(?:0?[1-9]|1[0-2])(?:[/-]|(?=\d\d))")
_NAMED = re.compile(r"(?:^|[_-])[^\W\d_]+[_-][^/]*[_-]|\d{4}")  # three words or more, or an id
_ENDING = re.compile(r"\.\w{2,5}$")


@lru_cache(8192)  # every page repeats the links of the last one
def shape(url: str) -> str:
    """Return the shape of a URL, which ignores its last segment: /tag/sea/ and /tag/land/ have the same shape."""
    parts = urlsplit(url)
    *folders, last = unquote(parts.path).lower().rstrip("/").split("/") or [""]
    ending = _ENDING.search(last)
    kind = "-" if _NAMED.search(last) else "*"
    return "/".join((*map(form, folders), kind + (ending[0] if ending else ""))) + "?" * bool(parts.query)


class _Yield(NamedTuple):
    """The number of pages of a shape, and of stories on them."""

    pages: int = 0
    stories: int = 0


class UrlPriority:
    """Learns the priority of URLs from the pages that were fetched; remembers a bounded number of shapes."""

    def __init__(self) -> None:
        self._yields: OrderedDict[str, _Yield] = OrderedDict()

    def learn(self, url: str, *, story: bool) -> None:
        """Record whether a page had a story."""
        key = shape(url)
        pages, stories = self._yields.get(key, _Yield())
        self._yields[key] = _Yield(pages + 1, stories + story)
        self._yields.move_to_end(key)
        if len(self._yields) > _MAX_SHAPES:
            self._yields.popitem(last=False)

    def level(self, url: str) -> int:
        """Return the level of a URL: 2 if it is likely to have a story, 1 if it is possible, 0 otherwise."""
        pages, stories = self._yields.get(shape(url), _Yield())
        prior = _LIKELY if _looks_like_a_story(url) else _UNLIKELY
        share = (stories + prior * _PRIOR_PAGES) / (pages + _PRIOR_PAGES)
        return next((2 - step for step, least in enumerate(_LEAST_SHARES) if share >= least), 0)


@lru_cache(8192)
def _looks_like_a_story(url: str) -> bool:
    path = urlsplit(url).path
    last = path.rstrip("/").rpartition("/")[2]
    return bool(_NAMED.search(last) or (_DATED.search(path) and last and not last.isdigit()))
