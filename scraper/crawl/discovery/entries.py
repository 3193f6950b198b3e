"""What sitemaps and feeds tell of a page: where it is, and when it was last touched."""

from datetime import UTC, datetime
from typing import NamedTuple

from scraper.fields import dates

__all__ = ["Entry", "latest", "moment"]

_LONGEST = 60  # characters: no format of a date needs more


class Entry(NamedTuple):
    """A URL as it was named, and the latest of the dates that stand beside it."""

    url: str
    modified: datetime | None
    """With its zone, UTC where none is written; None where no whole date is there."""


def moment(text: str | None) -> datetime | None:
    """Read a date of a sitemap or a feed, in UTC; a day is its midnight, a month alone or 1970 is no date."""
    if not text or len(text) > _LONGEST or not text.isascii():
        return None
    read = dates.parse(text)
    if read is None:
        return None
    return read.replace(tzinfo=UTC) if read.tzinfo is None else read.astimezone(UTC)


def latest(*texts: str | None) -> datetime | None:
    """Return the latest of the dates that can be read."""
    return max(filter(None, map(moment, texts)), default=None)
