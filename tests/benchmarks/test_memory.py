"""Long runs keep nothing: the memory of one process does not grow with the pages it has read."""

import gc
import os
from pathlib import Path

import pytest

from fixtures.portal import site
from scraper import ScraperError, extract, extract_text

ROUNDS = int(os.environ.get("MEMORY_ROUNDS", "3"))
"""Times that all pages of the portal are read, about 300 readings each; MEMORY_ROUNDS=75 makes it 20,000."""
MEGABYTES = 30


def _resident() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="this system does not tell a process's memory")
def test_memory_does_not_grow_with_the_pages_read(portal_pages: dict[str, site.Page]) -> None:
    def read_all(number: int) -> int:
        count = 0
        for page in portal_pages.values():
            # Addresses and class words differ from round to round, as they do from site to site.
            body = page.body.replace(b'class="', b'class="c%d ' % number).replace(b"/html/", b"/h%d/" % number)
            for read in (extract, lambda data: extract_text(data.decode("utf-8", "replace"))):
                count += 1
                try:
                    read(body)
                except ScraperError:
                    continue
        return count

    read_all(0)
    read_all(1)
    gc.collect()
    before = _resident()
    count = sum(read_all(number) for number in range(2, 2 + ROUNDS))
    gc.collect()
    grown = _resident() - before
    print(f"\n{count} readings: {grown:.1f} MB more")
    assert grown < MEGABYTES
