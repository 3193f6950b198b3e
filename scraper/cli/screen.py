"""Messages and progress of a running command, on stderr."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import IO, cast

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn
from rich.text import Text

from scraper.io.terminal import Lenient

__all__ = ["Screen", "plain"]

Status = Callable[[float], tuple[int, str]]
"""A function from the elapsed seconds to the amount of work done and a description."""

_INTERVAL = 10.0  # seconds between two progress lines if stderr is not a terminal


def plain(text: str) -> str:
    """Replace the control characters in untrusted text."""
    return "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in text)


class Screen:
    """A printer of errors, one per line, and of progress; it counts the errors.

    If `silent`, it prints progress only.
    """

    def __init__(self, *, silent: bool = False) -> None:
        self._silent = silent
        self._console = Console(file=cast(IO[str], Lenient(sys.stderr)))
        self.errors = 0

    @property
    def is_terminal(self) -> bool:
        """Whether stderr is a terminal."""
        return sys.stderr.isatty()

    def error(self, message: object, number: int = 1) -> None:
        """Print an error, or a summary of a number of errors, in one line."""
        self.errors += number
        self.note(message)

    def note(self, message: object) -> None:
        """Print a message that is not an error in one line."""
        if self._silent:
            return
        self._console.print(Text(plain(str(message))), soft_wrap=True)

    @contextmanager
    def progress(self, total: int, status: Status) -> Iterator[Callable[[], None]]:
        """Yield a function to call after each step: it updates a bar on a terminal, or else prints a line at times.

        `total` is in the unit of the amounts that `status` returns.
        """
        start = time.monotonic()
        if not self.is_terminal:
            yield self._line_printer(start, max(total, 1), status)
            return
        columns = (BarColumn(), TaskProgressColumn(), TextColumn("{task.description}"), TimeRemainingColumn())
        with Progress(*columns, console=self._console) as bar:
            task = bar.add_task("", total=max(total, 1))

            def step() -> None:
                done, description = status(time.monotonic() - start)
                bar.update(task, completed=done, description=description)

            yield step
            step()
            bar.update(task, completed=max(total, 1))

    def _line_printer(self, start: float, total: int, status: Status) -> Callable[[], None]:
        printed = start

        def step() -> None:
            nonlocal printed
            if (now := time.monotonic()) - printed > _INTERVAL:
                printed = now
                done, description = status(now - start)
                self._console.print(Text(f"{min(done / total, 1):.0%}: {description}"), soft_wrap=True)

        return step
