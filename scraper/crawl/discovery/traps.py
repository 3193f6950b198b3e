"""Traps: calendars, endless pagers, sites that make URLs out of URLs. What gives nothing is asked no more.

URLs of one form share a pattern. A pattern whose pages hold no story, and lead to nothing that the pages of the
same pattern before them did not lead to, is given up after so many pages in a row. A real pager goes on for ever: each
page of it names other stories.
"""

import re
from collections import OrderedDict
from collections.abc import Iterable
from functools import lru_cache
from urllib.parse import unquote, urlsplit

__all__ = ["TrapDetector", "form", "pattern"]

_PATTERNS = 1000
_LINKS = 500  # remembered of a pattern

_NUMBERED = re.compile(r"(?<![^\W_])[^\W\d_]*+\d[^\W_]*+")  # a word with a digit
_SLUG = re.compile(r"(?<![^\W_])[^\W_]++(?:[-_+][^\W_]++){2,}+")


@lru_cache(8192)  # every page repeats the links of the last one
def pattern(url: str) -> str:
    """Return the pattern of a URL: /events/2025-11-03/ and /events/2026-01-31/ have the pattern /events/0/."""
    parts = urlsplit(url)
    path = "/".join(map(form, unquote(parts.path).lower().split("/")))
    keys = sorted({form(unquote(pair.partition("=")[0]).lower()) for pair in parts.query.split("&") if pair})
    return f"{path}?{'&'.join(keys)}" if keys else path


def form(word: str) -> str:
    """Replace numbers and ids by 0, and titles by "-"."""
    folded = _NUMBERED.sub("0", word)
    return _SLUG.sub(lambda found: "-" if found[0].strip("0-_+") else "0", folded)


class _Run:
    """What the pages of a pattern without a story gave, one after the other."""

    def __init__(self) -> None:
        self.barren = 0
        self.links: OrderedDict[int, None] = OrderedDict()
        """Hashes of the URLs of other patterns, oldest first."""
        self.originals: OrderedDict[str, None] = OrderedDict()
        """The stories that were met again, oldest first."""


class TrapDetector:
    """How many pages in a row may give nothing, counted for each pattern of URLs."""

    def __init__(self, limit: int = 50) -> None:
        self.limit = limit
        self._runs: OrderedDict[str, _Run] = OrderedDict()

    def spent(self, url: str) -> bool:
        """Return whether a URL is of a pattern that is given up."""
        run = self._runs.get(pattern(url))
        return run is not None and run.barren >= self.limit

    def read(self, url: str, links: Iterable[str], *, story: bool) -> None:
        """Record a fetched page and all of its links, requested or not.

        What becomes of its story is reported by `wrote` or `copied`.

        Links of its own pattern do not count, nor those of patterns that give nothing themselves: the days of an empty
        calendar.
        """
        own = pattern(url)
        if story:
            return
        known = self._run(url).links
        others = [hash(link) for link in links if (kind := pattern(link)) != own and not self._is_barren(kind)]
        fresh = [link for link in others if link not in known]
        known.update(dict.fromkeys(fresh))
        while len(known) > _LINKS:
            known.popitem(last=False)
        (self.fruitful if fresh else self.barren)(url)

    def wrote(self, url: str) -> None:
        """Record a page with a new story: the counter of its pattern is reset."""
        self._runs.pop(pattern(url), None)

    def copied(self, url: str, original: str) -> None:
        """Record a page whose story is known: one story under ever new URLs is a trap."""
        known = self._run(url).originals
        (self.barren if original in known else self.fruitful)(url)
        known[original] = None
        if len(known) > _LINKS:
            known.popitem(last=False)

    def barren(self, url: str) -> None:
        """Count a page that gave nothing."""
        self._run(url).barren += 1

    def fruitful(self, url: str) -> None:
        """Reset the counter of the pattern of a useful page."""
        self._run(url).barren = 0

    def _run(self, url: str) -> _Run:
        run = self._runs.setdefault(pattern(url), _Run())
        self._runs.move_to_end(pattern(url))
        if len(self._runs) > _PATTERNS:
            self._runs.popitem(last=False)
        return run

    def _is_barren(self, kind: str) -> bool:
        run = self._runs.get(kind)
        return run is not None and run.barren > 0
