"""What the person at the terminal is told while a command works: all of it on stderr."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import IO, cast

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn
from rich.text import Text

from scraper.io.terminal import Lenient

__all__ = ["Screen", "count", "plain"]

Far = Callable[[float], tuple[int, str]]
"""Tells after so many seconds how much is done, and more in words."""

_EVERY = 10.0  # seconds between two lines on how far it is, where no bar can be drawn


def plain(text: str) -> str:
    """Return a text of a stranger without what would steer a terminal."""
    return "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in text)


def count(number: int, noun: str) -> str:
    """Return a number with its noun."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


class Screen:
    """Tells what is wrong, a line each, and how far the work is; counts what was wrong."""

    def __init__(self) -> None:
        self._console = Console(file=cast(IO[str], Lenient(sys.stderr)))
        self.faults = 0

    def complain(self, fault: object, number: int = 1) -> None:
        """Print an error in one line, or one line for a number of errors."""
        self.faults += number
        self.note(fault)

    def note(self, said: object) -> None:
        """Print a line that is not an error."""
        self._console.print(Text(plain(str(said))), soft_wrap=True)

    @contextmanager
    def progress(self, total: int, far: Far) -> Iterator[Callable[[], None]]:
        """Return what is to be called after each step; on a terminal it moves a bar, elsewhere it says a line at times.

        `total` is in the unit of what `far` gives, whichever it is.
        """
        start = time.monotonic()
        if not sys.stderr.isatty():
            yield self._saying(start, max(total, 1), far)
            return
        columns = (BarColumn(), TaskProgressColumn(), TextColumn("{task.description}"), TimeRemainingColumn())
        with Progress(*columns, console=self._console) as bar:
            task = bar.add_task("", total=max(total, 1))

            def step() -> None:
                done, words = far(time.monotonic() - start)
                bar.update(task, completed=done, description=words)

            yield step
            step()
            bar.update(task, completed=max(total, 1))

    def _saying(self, start: float, total: int, far: Far) -> Callable[[], None]:
        said = start

        def step() -> None:
            nonlocal said
            if (now := time.monotonic()) - said > _EVERY:
                said = now
                done, words = far(now - start)
                self._console.print(Text(f"{min(done / total, 1):.0%}: {words}"), soft_wrap=True)

        return step
