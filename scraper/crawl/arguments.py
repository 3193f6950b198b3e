"""The arguments of a portal's spider (`-a`)."""

import re
from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import urlsplit

from scraper.stories.urls import canonical

__all__ = ["ArgumentError", "Arguments", "parse"]


_SEVERAL_SITES = re.compile(r"^\w+://[^/]*,|[,;]\w+://")  # a crawl has one


class ArgumentError(ValueError):
    """An argument is unknown, missing or malformed; the message is one line for the user."""


class Arguments(NamedTuple):
    """The arguments of a portal's spider."""

    site: str | None
    """The canonical start URL; None for the embedded portal."""
    pages: int | None
    """The maximum number of URLs to request; None for all."""
    fresh: bool = False
    """Whether to start over instead of continuing earlier runs."""


def parse(arguments: Mapping[str, str], *, embedded: bool) -> Arguments:
    """Parse the arguments of a spider; only a spider with an `embedded` portal needs no site.

    Raise `ArgumentError`.
    """
    unknown = sorted(arguments.keys() - set(Arguments._fields))
    if unknown:
        raise ArgumentError(f"unknown argument {unknown[0]!r}; the arguments are {', '.join(Arguments._fields)}")
    if "site" not in arguments and not embedded:
        raise ArgumentError("missing argument: -a site=https://host/")
    return Arguments(
        _site(arguments["site"]) if "site" in arguments else None,
        _pages(arguments["pages"]) if "pages" in arguments else None,
        _fresh(arguments.get("fresh", "false")),
    )


def _site(text: str) -> str:
    try:
        parts = urlsplit(text)
        is_one_host = parts.hostname and parts.username is None and parts.port != 0 and not _SEVERAL_SITES.search(text)
        if parts.scheme in ("http", "https") and is_one_host and not re.search(r"\s", text):
            return canonical(text)
    except ValueError:  # an invalid port, or an unclosed bracket
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
