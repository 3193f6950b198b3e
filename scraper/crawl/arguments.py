"""What may be given to a spider with `-a`."""

import re
from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import urlsplit

from scraper.stories.urls import canonical

__all__ = ["ArgumentError", "Arguments", "parse"]


_SEVERAL = re.compile(r"^\w+://[^/]*,|[,;]\w+://")  # several sites, of which a crawl has one


class ArgumentError(ValueError):
    """An argument is unknown, missing or malformed; the message is one line for the person who gave it."""


class Arguments(NamedTuple):
    """The arguments of a portal's spider."""

    site: str | None
    """The canonical start URL; None for the embedded portal."""
    pages: int | None
    """How many URLs to request at most; None for all."""
    fresh: bool = False
    """Whether to start over, whatever the last run left to do."""


def parse(given: Mapping[str, str], *, embedded: bool) -> Arguments:
    """Read a spider's arguments; without a site the portal is the embedded one, where there is one."""
    unknown = sorted(given.keys() - set(Arguments._fields))
    if unknown:
        raise ArgumentError(f"unknown argument {unknown[0]!r}; the arguments are {', '.join(Arguments._fields)}")
    if "site" not in given and not embedded:
        raise ArgumentError("missing argument: -a site=https://host/")
    return Arguments(
        _site(given["site"]) if "site" in given else None,
        _pages(given["pages"]) if "pages" in given else None,
        _fresh(given.get("fresh", "false")),
    )


def _site(text: str) -> str:
    try:
        parts = urlsplit(text)
        named = parts.hostname and parts.username is None and parts.port != 0 and not _SEVERAL.search(text)
        if parts.scheme in ("http", "https") and named and not re.search(r"\s", text):
            return canonical(text)
    except ValueError:  # a port that is no number, a bracket that is not closed
        pass
    raise ArgumentError(f"site={text} is not a URL such as https://host/")


def _pages(text: str) -> int:
    if not (text.isascii() and text.isdigit() and int(text)):
        raise ArgumentError(f"pages={text} is not a number of pages: give an integer of at least 1")
    return int(text)


def _fresh(text: str) -> bool:
    if text not in ("true", "false"):
        raise ArgumentError(f"fresh={text} is neither true nor false")
    return text == "true"
