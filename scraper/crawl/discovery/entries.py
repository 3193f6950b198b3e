"""Entries of sitemaps and feeds: the URL of a page, and when it was last modified."""

from datetime import UTC, datetime
from typing import NamedTuple

from scraper.fields import dates

__all__ = ["Entry", "latest", "parse_date"]

_MAX_LENGTH = 60  # characters: every date format is shorter


class Entry(NamedTuple):
    """A URL as it is written in a sitemap or feed, with its latest date."""

    url: str
    modified: datetime | None
    """With a time zone, UTC by default; None without a complete date."""


def parse_date(text: str | None) -> datetime | None:
    """Parse a date of a sitemap or a feed, in UTC; a day means its midnight, a month or 1970 is not a date."""
    if not text or len(text) > _MAX_LENGTH or not text.isascii():
        return None
    date = dates.parse(text)
    if date is None:
        return None
    return date.replace(tzinfo=UTC) if date.tzinfo is None else date.astimezone(UTC)


def latest(*texts: str | None) -> datetime | None:
    """Return the latest of the dates that can be parsed, or None if none can."""
    return max(filter(None, map(parse_date, texts)), default=None)
