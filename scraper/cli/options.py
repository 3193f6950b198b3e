"""Options that several commands have."""

from typing import Annotated

import typer

from scraper.safety import places

__all__ = ["Trust", "trusted"]

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
