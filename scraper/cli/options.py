"""Arguments and options shared by several commands."""

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from scraper.cli.screen import Screen
from scraper.errors import ScraperError
from scraper.io.network_policy import places
from scraper.io.wording import count
from scraper.io.workers import LIMIT

if TYPE_CHECKING:
    from scraper.site import Site

__all__ = ["LIMIT", "BadLines", "Limit", "Records", "SiteFile", "Trust", "Url", "address", "read_site", "trusted"]

_SHOWN = 10


class BadLines:
    """A reporter of the unreadable lines of a file: of consecutive ones the first ten, then the number of the rest."""

    def __init__(self, file: Path | str, screen: Screen) -> None:
        self._file, self._screen = file, screen
        self._row = 0
        self.total = 0

    def add(self, error: object) -> None:
        """Report an unreadable line."""
        self.total += 1
        self._row += 1
        if self._row <= _SHOWN:
            self._screen.error(error)

    def end_row(self) -> None:
        """End a run of unreadable lines, at a readable line or the end of the file."""
        if (more := self._row - _SHOWN) > 0:
            self._screen.error(f"{self._file}: {count(more, 'more unreadable line')} after these", more)
        self._row = 0


def _file(path: Path) -> Path:
    if str(path) == "-":
        raise typer.BadParameter("expected a file, not stdin")
    return path


Records = Annotated[
    Path,
    typer.Argument(metavar="FILE", callback=_file, help="Records, as JSON Lines (.jsonl, .jsonl.gz, .jsonl.zst)."),
]

Trust = Annotated[
    list[str] | None,
    typer.Option(
        "--trust", metavar="HOST:PORT", help="Allow requests to this host although it is not public; repeatable."
    ),
]

Limit = Annotated[
    float, typer.Option(min=0.1, max=86_400, metavar="SECONDS", help="Time limit per page, in CPU seconds.")
]
Url = Annotated[
    str | None,
    typer.Option("--url", metavar="URL", help="The URL of a single saved page, to resolve its links."),
]

SiteFile = Annotated[
    Path | None,
    typer.Option("--site", metavar="SITE", help="What scraper learn has learned about the site of the pages."),
]


def read_site(path: Path | None) -> "Site | None":
    """Read a site from its JSON file; raise `typer.BadParameter` for any other file."""
    if path is None:
        return None
    from scraper.site import Site  # noqa: PLC0415 - numpy takes 100 ms to import

    try:
        return Site.from_json(path.read_bytes())
    except OSError as error:
        raise typer.BadParameter(f"{path}: {error.strerror or error}", param_hint="--site") from error
    except ScraperError as error:
        raise typer.BadParameter(f"{path}: {error}", param_hint="--site") from error


def trusted(entries: list[str] | None) -> frozenset[str]:
    """Parse --trust; raise `typer.BadParameter` on an invalid entry."""
    try:
        return places(entries or ())
    except ValueError as error:
        raise typer.BadParameter(f"{error}, such as 127.0.0.1:8000", param_hint="--trust") from error


def address(url: str | None) -> str | None:
    """Validate --url; raise `typer.BadParameter` if it is not a web URL."""
    if url is not None and not re.match(r"https?://[^/\s]+\S*\Z", url, re.IGNORECASE):
        raise typer.BadParameter(f"{url!r} is not a URL such as https://portal.example/1.html", param_hint="--url")
    return url
