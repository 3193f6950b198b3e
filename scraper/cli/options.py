"""Arguments and options that several commands have."""

import re
from pathlib import Path
from typing import Annotated

import typer

from scraper.cli.screen import Screen, count
from scraper.io.network_policy import places
from scraper.io.workers import LIMIT

__all__ = ["LIMIT", "Faults", "Limit", "Records", "Trust", "Url", "address", "trusted"]

_FAULTS = 10


class Faults:
    """Reports the bad lines of a file: of those in a row the first ten one by one, the others as a number."""

    def __init__(self, file: Path | str, screen: Screen) -> None:
        self._file, self._screen = file, screen
        self._row = 0

    def add(self, fault: object) -> None:
        """Report a bad line."""
        self._row += 1
        if self._row <= _FAULTS:
            self._screen.complain(fault)

    def end_row(self) -> None:
        """Note that a good line was read, or the end of the file."""
        if (more := self._row - _FAULTS) > 0:
            self._screen.complain(f"{self._file}: {count(more, 'more bad line')} behind these", more)
        self._row = 0


def _file(path: Path) -> Path:
    if str(path) == "-":
        raise typer.BadParameter("it takes a file, not stdin")
    return path


Records = Annotated[
    Path,
    typer.Argument(metavar="FILE", callback=_file, help="Records, as JSON Lines (.jsonl, .jsonl.gz, .jsonl.zst)."),
]

Trust = Annotated[
    list[str] | None,
    typer.Option("--trust", metavar="HOST:PORT", help="May be asked for though it is not public; repeatable."),
]

Limit = Annotated[
    float, typer.Option(min=0.1, max=86_400, metavar="SECONDS", help="What a page may take, in seconds of a core.")
]
Url = Annotated[
    str | None,
    typer.Option("--url", metavar="ADDRESS", help="Where the one page that is given was found: links are read by it."),
]


def trusted(entries: list[str] | None) -> frozenset[str]:
    """Read the option; an entry that is no place is a wrong argument."""
    try:
        return places(entries or ())
    except ValueError as error:
        raise typer.BadParameter(f"{error}, such as 127.0.0.1:8000", param_hint="--trust") from error


def address(url: str | None) -> str | None:
    """Read the option; what is no URL of the web is a wrong argument."""
    if url is not None and not re.match(r"https?://[^/\s]+\S*\Z", url, re.IGNORECASE):
        raise typer.BadParameter(f"{url!r} is no address, such as https://portal.example/1.html", param_hint="--url")
    return url
