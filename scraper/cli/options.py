"""Arguments and options that several commands have."""

from pathlib import Path
from typing import Annotated

import typer

from scraper.safety import places

__all__ = ["FAULTS", "Records", "Trust", "foreign", "trusted"]

FAULTS = 10
"""After so many before the first record, a file is taken for none of records."""


def foreign(file: Path) -> str:
    """Say so."""
    return f"{file}: no record, but {FAULTS} faults: this is no file of records, and is read no further"


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


def trusted(entries: list[str] | None) -> frozenset[str]:
    """Read the option; an entry that is no place is a wrong argument."""
    try:
        return places(entries or ())
    except ValueError as error:
        raise typer.BadParameter(f"{error}, such as 127.0.0.1:8000", param_hint="--trust") from error
