"""What the person at the terminal is told while a command works: all of it on stderr."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn
from rich.text import Text

__all__ = ["Screen", "plain"]


def plain(text: str) -> str:
    """Give a text of a stranger without what would steer a terminal."""
    return "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in text)


class Screen:
    """Tells what is wrong, a line each, and how far the work is; counts what was wrong."""

    def __init__(self) -> None:
        self._console = Console(stderr=True)
        self.faults = 0

    def complain(self, fault: object) -> None:
        """Tell a fault in one line."""
        self.faults += 1
        self._console.print(Text(plain(str(fault))), soft_wrap=True)

    @contextmanager
    def progress(self, total: int, done: Callable[[], int]) -> Iterator[Callable[[], None]]:
        """Give what is to be called after each page; on a terminal it moves a bar, elsewhere it does nothing.

        `total` and `done` are in the same unit, whichever it is.
        """
        if not sys.stderr.isatty():
            yield lambda: None
            return
        columns = (BarColumn(), TaskProgressColumn(), TextColumn("{task.description}"), TimeRemainingColumn())
        start, pages = time.monotonic(), 0
        with Progress(*columns, console=self._console) as bar:
            task = bar.add_task("", total=max(total, 1))

            def step() -> None:
                nonlocal pages
                pages += 1
                rate = pages / max(time.monotonic() - start, 0.001)
                told = f"{pages} pages, {rate:.0f}/s, {self.faults} errors"
                bar.update(task, completed=done(), description=told)

            yield step
            bar.update(task, completed=total)
