"""How fast archives are read, and what it costs: `python -m tests.benchmarks.bulk_speed [--pages N] [ARCHIVE...]`.

Beside a bare loop of `extract` over the pages of the same archives, the bulk job with one worker and with two. Without
archives, four are made, of pages of no known template.
"""

import argparse
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from scraper import ScraperError, extract
from scraper.bulk import Done, plan, run
from scraper.io.warc import read_pages
from tests.archives import archive

_FILES = 4


def bare(paths: Sequence[Path]) -> int:
    """Read all pages, and keep nothing; give how many records that made."""
    count = 0
    for path in paths:
        for page in read_pages(path):
            try:
                extract(page.body, url=page.url, content_type=page.content_type)
            except ScraperError:
                continue
            count += 1
    return count


def bulk(paths: Sequence[Path], jobs: int) -> int:
    """Do the job into a new folder; give how many records that made."""
    with tempfile.TemporaryDirectory() as into:
        events = run(plan(map(str, paths), Path(into)), jobs=jobs)
        return sum(event.records for event in events if isinstance(event, Done))


def timed(what: Callable[[], int]) -> tuple[float, int]:
    """Return the seconds that it takes, and what it gives."""
    begun = time.monotonic()
    count = what()
    return time.monotonic() - begun, count


def main() -> None:
    """Print the figures, the best of three rounds each."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("archives", nargs="*", type=Path)
    parser.add_argument("--pages", type=int, default=2000, help="to make where no archives are given")
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        share = arguments.pages // _FILES
        paths = arguments.archives or [
            archive(Path(folder, f"{n}.warc.gz"), range(n * share, (n + 1) * share)) for n in range(_FILES)
        ]
        first = archive(Path(folder, "first.warc.gz"), range(1))
        kinds: dict[str, Callable[[], int]] = {
            "bulk, one page": lambda: bulk([first], 1),
            "a bare loop of extract": lambda: bare(paths),
            "bulk, one job": lambda: bulk(paths, 1),
            "bulk, two jobs": lambda: bulk(paths, 2),
        }
        rounds = [{name: timed(do) for name, do in kinds.items()} for _ in range(arguments.rounds)]
    best = {name: min(times[name] for times in rounds) for name in kinds}
    for name, (seconds, records) in best.items():
        print(f"{name}: {records} records in {seconds:.1f} s, {records / seconds:.1f} a second")
    begin, loop, one, two = (seconds for seconds, _ in best.values())
    print(f"one job takes {one / loop - 1:+.1%} more than the loop, {(one - begin) / loop - 1:+.1%} once it has begun")
    print(f"two jobs are {one / two:.2f} times as fast as one")


if __name__ == "__main__":
    main()
