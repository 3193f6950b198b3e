"""Pages a second of the full crawl beside a bare Scrapy spider, on the embedded portal scaled up, in one run.

python -m tests.benchmarks.crawl_speed --pages 3000 --rounds 3
"""

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.crawling import FAST, REPORT, ROOT, of


@contextmanager
def served(pages: int) -> Iterator[str]:
    """Serve the scaled portal from a process of its own."""
    command = [sys.executable, "-m", "tests.benchmarks.scaled", "--pages", str(pages)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        try:
            yield server.stdout.readline().strip()
        finally:
            server.kill()


def full(base: str, directory: Path) -> tuple[int, float]:
    """Crawl with all that the project has; give pages and CPU-free seconds from the spider's start to its end."""
    where = ("-s", f"CRAWL_DIR={directory}", "-s", "LOG_LEVEL=ERROR")
    command = [sys.executable, "-m", "scrapy", "crawl", *of(base), *FAST, *REPORT, *where]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    run = json.loads((directory / "run.json").read_text("utf-8"))
    return run["counts"]["fetched"], run["seconds"]


def bare(base: str, links: str) -> tuple[int, float]:
    """Crawl with Scrapy's own parts, and find links by its selectors, or by lexbor alone."""
    command = [sys.executable, "-m", "tests.benchmarks.bare", base, links]
    run = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    data = json.loads(run.stdout.splitlines()[-1])
    return data["pages"], data["seconds"]


def main() -> None:
    """Print a line a crawl, and the ratio of the best of each."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pages", type=int, default=3000)
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    best = dict.fromkeys(("scrapy", "lexbor", "full"), 0.0)
    with served(arguments.pages) as base, tempfile.TemporaryDirectory() as scratch:
        for number in range(arguments.rounds):
            runs = {links: bare(base, links) for links in ("scrapy", "lexbor")}
            runs["full"] = full(base, Path(scratch, str(number)))
            for name, (pages, seconds) in runs.items():
                best[name] = max(best[name], pages / seconds)
                print(f"{name}: {pages} pages in {seconds:.1f} s, {pages / seconds:.0f} a second", flush=True)
    for links in ("scrapy", "lexbor"):
        print(f"full / bare with links by {links}: {best['full'] / best[links]:.2f}")


if __name__ == "__main__":
    main()
