"""How long a record takes, measured against a bare parse of the same page in the same process.

    python -m pytest tests/benchmarks -s        prints the figures

The bounds are far above the figures that the README gives, so that a busy machine does not fail them; a second parse,
or a step whose time grows with the square of the page, does.
"""

import time
from collections.abc import Callable

import pytest
from selectolax.lexbor import LexborHTMLParser

from fixtures.portal import site
from scraper import extract

URL = "http://portal.test/html/961a89698142.html"
PARAGRAPH = (
    "<p>The water board found cracks in two of the nine gates in March and lowered the lake by four meters.</p>\n"
)


def seconds(function: Callable[[], object], rounds: int = 5, calls: int = 20) -> float:
    """CPU time of one call, the best of some rounds."""
    best = float("inf")
    for _ in range(rounds):
        start = time.process_time()
        for _ in range(calls):
            function()
        best = min(best, (time.process_time() - start) / calls)
    return best


def page_of(size: int, story: str) -> bytes:
    """A page of the portal whose body is made longer until it has about `size` bytes."""
    end = story.rindex("</p>", 0, story.index("diggit")) + 4
    return (story[:end] + PARAGRAPH * max(0, (size - len(story)) // len(PARAGRAPH)) + story[end:]).encode()


@pytest.mark.parametrize("size", [10_000, 30_000])
def test_a_family_page_takes_a_few_parses(portal_pages: dict[str, site.Page], size: int) -> None:
    page = page_of(size, portal_pages["/html/961a89698142.html"].body.decode())
    parse = seconds(lambda: LexborHTMLParser(page.decode()))
    whole = seconds(lambda: extract(page, url=URL))
    print(
        f"\n{len(page)} bytes: parse {1000 * parse:.3f} ms, record {1000 * whole:.2f} ms, {whole / parse:.1f} times a parse"
    )
    assert whole < 60 * parse


def test_time_grows_with_the_page_and_not_faster(portal_pages: dict[str, site.Page]) -> None:
    story = portal_pages["/html/961a89698142.html"].body.decode()
    small, large = page_of(100_000, story), page_of(800_000, story)
    ratio = seconds(lambda: extract(large), 3, 1) / seconds(lambda: extract(small), 3, 1)
    print(f"\n8 times the page: {ratio:.1f} times the time")
    assert ratio < 20
