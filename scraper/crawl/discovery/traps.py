"""Crawler traps: calendars, endless pagers, sites that derive URLs from URLs.

Similar URLs share a pattern. A pattern is abandoned after a number of consecutive pages without a story and without a
link that earlier pages of the pattern did not have. A real pager is never abandoned: each of its pages links to other
stories.
"""

import re
from collections import OrderedDict
from collections.abc import Iterable
from functools import lru_cache
from urllib.parse import unquote, urlsplit

__all__ = ["TrapDetector", "form", "pattern"]

_MAX_PATTERNS = 1000
_MAX_LINKS = 500  # remembered for a pattern

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
    return _SLUG.sub(lambda match: "-" if match[0].strip("0-_+") else "0", folded)


class _Run:
    """The recent pages of a pattern that had no new story."""

    def __init__(self) -> None:
        self.length = 0
        """The number of consecutive pages without anything new."""
        self.links: OrderedDict[int, None] = OrderedDict()
        """Hashes of the URLs of other patterns, oldest first."""
        self.originals: OrderedDict[str, None] = OrderedDict()
        """The known stories that were found again, oldest first."""


class TrapDetector:
    """Counts, for each pattern of URLs, the consecutive pages without anything new; `limit` is their maximum number."""

    def __init__(self, limit: int = 50) -> None:
        self.limit = limit
        self._runs: OrderedDict[str, _Run] = OrderedDict()

    def is_abandoned(self, url: str) -> bool:
        """Return whether the pattern of a URL is abandoned."""
        run = self._runs.get(pattern(url))
        return run is not None and run.length >= self.limit

    def record_page(self, url: str, links: Iterable[str], *, story: bool) -> None:
        """Record a fetched page and all of its links, requested or not.

        Links of its own pattern do not count, nor those of patterns without anything new, such as the days of an empty
        calendar. If the page has a story, `record_story` or `record_copy` follows.
        """
        if story:
            return
        own_pattern = pattern(url)
        known = self._run(url).links
        others = [
            hash(link) for link in links if (other := pattern(link)) != own_pattern and not self._is_barren(other)
        ]
        fresh = [link for link in others if link not in known]
        known.update(dict.fromkeys(fresh))
        while len(known) > _MAX_LINKS:
            known.popitem(last=False)
        (self.reset if fresh else self.count_barren)(url)

    def record_story(self, url: str) -> None:
        """Record a page with a new story: the counter of its pattern is reset."""
        self._runs.pop(pattern(url), None)

    def record_copy(self, url: str, original: str) -> None:
        """Record a page with a known story: the same story under ever new URLs is a trap."""
        known = self._run(url).originals
        (self.count_barren if original in known else self.reset)(url)
        known[original] = None
        if len(known) > _MAX_LINKS:
            known.popitem(last=False)

    def count_barren(self, url: str) -> None:
        """Count a page without anything new."""
        self._run(url).length += 1

    def reset(self, url: str) -> None:
        """Record a page with something new: the counter of its pattern is reset."""
        self._run(url).length = 0

    def _run(self, url: str) -> _Run:
        run = self._runs.setdefault(pattern(url), _Run())
        self._runs.move_to_end(pattern(url))
        if len(self._runs) > _MAX_PATTERNS:
            self._runs.popitem(last=False)
        return run

    def _is_barren(self, pattern: str) -> bool:
        run = self._runs.get(pattern)
        return run is not None and run.length > 0
