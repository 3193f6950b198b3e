"""Damaged pages without end: `python -m tests.benchmarks.fuzz FOLDER [--inputs 200000] [--seed 1] [--seconds 3000]`.

Takes the pages of FOLDER (any `*.html`, `*.html.gz`, `*.txt` below it), cuts, doubles, joins and mutates them, and runs
`extract`, `extract_text` and a trip through JSON on each. It stops at the first exception that is no `ScraperError` and
writes the input to the working folder; so it does with inputs that take more than 20 parses and 50 ms, twice.
"""

import argparse
import gzip
import random
import sys
import time
from collections.abc import Callable
from pathlib import Path

from selectolax.lexbor import LexborHTMLParser

from scraper import Article, ScraperError, extract, extract_text

PIECES = (
    b"<div>" * 30, b"</div>" * 30, b"<p>", b"</p>", b"<table><tr><td>", b"<a href='", b"<a href=x>", b"<!--", b"-->",
    b"<script>", b"</script>", b"<style>", b"<title>", b"<br><br>", b"<select><option value='/a'>", b"<svg><title>",
    b"<template>", b"<noscript>", b"\xff\xfe", b"\x00", b"&#xD800;", b"&#0;", b"\xed\xa0\x80", b"\xe2\x80\xa8",
    b'<script type="application/ld+json">{"@type":"NewsArticle","author":[{}]}</script>', b"<base href='http://[x'>",
    b"<li>" * 50, b"<b>" * 50, b"<p hidden>", b"Current:Home > x -y\n", b"veryGood! (5)\n", b"Related\n", b"<frameset>",
)  # fmt: skip
SLOW, SPARE = 20, 0.05


def pages(folder: Path) -> list[bytes]:
    """Read the pages to begin with."""
    results = []
    for path in sorted(folder.rglob("*")):
        if path.suffix in (".html", ".txt"):
            results.append(path.read_bytes())
        elif path.name.endswith(".html.gz"):
            results.append(gzip.decompress(path.read_bytes()))
    return results


def damaged(page: bytes, other: bytes, chance: random.Random) -> bytes:
    """Return a page with something wrong; at most 60 kB, so that many fit in the time."""
    size = chance.choice((300, 3_000, 20_000, 60_000))
    start = chance.randrange(max(1, len(page) - size))
    part = bytearray(page[start : start + size])
    for _ in range(chance.randrange(6)):
        at = chance.randrange(len(part) + 1)
        to = min(len(part), at + chance.choice((0, 1, 5, 100)))
        part[at:to] = chance.choice((chance.choice(PIECES), chance.randbytes(3), other[:500]))
    return bytes(part) * chance.choice((1, 1, 1, 2))


def seconds(function: Callable[[], object]) -> float:
    """CPU time of one call."""
    start = time.process_time()
    function()
    return time.process_time() - start


def tried(page: bytes) -> None:
    """Read a page in both ways."""
    for read in (extract, lambda data: extract_text(data.decode("utf-8", "surrogateescape"))):
        try:
            article = read(page)
        except ScraperError:
            continue
        if Article.from_json(article.to_json()) != article:
            raise AssertionError("a record changed on its way through JSON")


def too_slow(page: bytes) -> bool:
    """Read a page and return whether that took too long."""
    spent = seconds(lambda: tried(page))
    parse = seconds(lambda: LexborHTMLParser(page.decode("utf-8", "replace")))
    return spent > 2 * (SLOW * parse + SPARE)  # two readings


def main() -> None:
    """Run; exit with 1 at the first wrong exception, or when an input was too slow."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--inputs", type=int, default=200_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=3000)
    arguments = parser.parse_args()
    chance, seeds = random.Random(arguments.seed), pages(arguments.folder)
    tried(seeds[0])  # the weights are loaded for the first page
    slow, count, end = 0, 0, time.monotonic() + arguments.seconds
    while count < arguments.inputs and time.monotonic() < end:
        page = damaged(chance.choice(seeds), chance.choice(seeds), chance)
        try:
            is_slow = too_slow(page) and too_slow(page)  # a machine that was busy is not slow again
        except Exception as error:
            Path("fuzz-input.html").write_bytes(page)
            sys.exit(f"input {count}: {error!r}; written to fuzz-input.html")
        slow += is_slow
        if is_slow:
            Path(f"fuzz-slow-{slow}.html").write_bytes(page)
        count += 1
        if count % 10_000 == 0:
            print(f"{count} inputs, {slow} slow", file=sys.stderr, flush=True)
    print(f"{count} inputs, {slow} slow, no exception but ScraperError")
    sys.exit(bool(slow))


if __name__ == "__main__":
    main()
