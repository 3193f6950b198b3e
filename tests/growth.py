"""How the time of a call grows with its input."""

import gc
import time
from collections.abc import Callable


def grows_linearly(call: Callable[[str], object], make: Callable[[int], str], size: int = 60_000) -> bool:
    """Return whether twice the input costs at most 2.6 times the time, or next to nothing; the best of five runs."""

    def cost(number: int) -> float:
        text, spent = make(number), []
        for _ in range(5):
            start = time.process_time()
            call(text)
            spent.append(time.process_time() - start)
        return min(spent)

    gc.disable()  # its cost grows with what other tests have left in memory
    try:
        return cost(2 * size) < max(2.6 * cost(size), 0.4)
    finally:
        gc.enable()
