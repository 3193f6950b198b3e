"""How the time of a call grows with its input."""

import gc
import time
from collections.abc import Callable

SHORT = 0.4
"""Seconds that twice the input may always take."""


def grows_linearly(call: Callable[[str], object], make: Callable[[int], str], size: int = 60_000) -> bool:
    """Return whether twice the input takes at most 2.6 times as long, or is read in a moment; the best of five runs."""
    gc.disable()  # its cost grows with what other tests have left in memory
    try:
        large = make(2 * size)
        return _seconds(call, large, 1) < SHORT or _seconds(call, large) < max(2.6 * _seconds(call, make(size)), SHORT)
    finally:
        gc.enable()


def _seconds(call: Callable[[str], object], text: str, runs: int = 5) -> float:
    seconds = []
    for _ in range(runs):
        start = time.process_time()
        call(text)
        seconds.append(time.process_time() - start)
    return min(seconds)
