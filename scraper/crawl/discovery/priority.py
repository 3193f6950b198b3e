"""Which URL is requested first: one that is likely to hold a story, by its form and by what such forms gave.

A site's tags, authors and archives may be ten times as many as its stories. At one request a second it matters that the
stories come first; lists are requested all the same.
"""

import re
from collections import OrderedDict
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

from scraper.crawl.discovery.traps import form

__all__ = ["DEEP", "FIRST", "UrlPriority", "shape"]

FIRST = 3
"""The level of the start page, and of what lists stories and was not tried yet."""
DEEP = 1000
"""Priorities from one level to the next: within a level, what hangs higher on the site goes first."""

_SHAPES = 1000
_WEIGHT = 2  # pages that the look of a URL counts for
_LIKELY, _UNLIKELY = 0.8, 0.3
_LEVELS = (0.5, 0.15)  # shares of stories from which on a URL is of level 2, and of level 1

_DATED = re.compile(r"/(?:19|20)\d\d[/-]?(?:0?[1-9]|1[0-2])(?:[/-]|(?=\d\d))")
_NAMED = re.compile(r"(?:^|[_-])[^\W\d_]+[_-][^/]*[_-]|\d{4}")  # three words or more, or an id
_ENDING = re.compile(r"\.\w{2,5}$")


@lru_cache(8192)  # every page repeats the links of the last one
def shape(url: str) -> str:
    """Return what URLs share that differ in their last part only: /tag/sea/ and /tag/land/ are of one shape."""
    parts = urlsplit(url)
    *folders, last = unquote(parts.path).lower().rstrip("/").split("/") or [""]
    ending = _ENDING.search(last)
    kind = "-" if _NAMED.search(last) else "*"
    return "/".join((*map(form, folders), kind + (ending[0] if ending else ""))) + "?" * bool(parts.query)


class _Came(NamedTuple):
    """What came of the pages of a shape."""

    pages: int = 0
    stories: int = 0


class UrlPriority:
    """Learns from page to page; remembers a bounded number of shapes."""

    def __init__(self) -> None:
        self._came: OrderedDict[str, _Came] = OrderedDict()

    def learn(self, url: str, *, story: bool) -> None:
        """Record whether a page had a story, or a list an unknown URL."""
        key = shape(url)
        came = self._came.get(key, _Came())
        self._came[key] = _Came(came.pages + 1, came.stories + story)
        self._came.move_to_end(key)
        if len(self._came) > _SHAPES:
            self._came.popitem(last=False)

    def level(self, url: str) -> int:
        """Return 2 for a URL that is likely to hold a story, 1 for one that may, 0 for the others."""
        came = self._came.get(shape(url), _Came())
        looks = _LIKELY if _looks_like_a_story(url) else _UNLIKELY
        share = (came.stories + looks * _WEIGHT) / (came.pages + _WEIGHT)
        return next((2 - step for step, least in enumerate(_LEVELS) if share >= least), 0)


@lru_cache(8192)
def _looks_like_a_story(url: str) -> bool:
    path = urlsplit(url).path
    last = path.rstrip("/").rpartition("/")[2]
    return bool(_NAMED.search(last) or (_DATED.search(path) and last and not last.isdigit()))
