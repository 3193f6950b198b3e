"""What a crawl takes of Redis's memory: `python -m tests.benchmarks.redis_memory --addresses 100000`.

Every address is asked for, and has given a story with a body of its own: no crawl takes more for an address.
"""

import argparse
import random
import tempfile
import time
from pathlib import Path

from scrapy import Request

from scraper import Article
from scraper.crawl.frontier.redis.connection import Worker
from scraper.crawl.frontier.redis.store import RedisStore
from scraper.crawl.frontier.request_codec import RequestFingerprinter, dump
from scraper.crawl.frontier.store import Position, RequestEnd
from scraper.stories.identity import Story, remembered, story_id
from tests.redis_server import serving

_WORDS = [
    f"{start}{end}"
    for start in ("har", "fer", "tid", "lan", "mor", "sal")
    for end in ("bor", "ry", "es", "tern", "ing")
]


def story(number: int) -> Story:
    """Return what is remembered of a made-up story."""
    chosen = random.Random(number)
    body = tuple(" ".join(chosen.choices(_WORDS, k=60)) for _ in range(3))
    url = f"https://portal.example/html/{number:06d}b1000{number}.html"
    article = Article(headline=f"Story {number}", url=url, body=body, id=story_id(url))
    return remembered(article)


def fill(store: RedisStore, addresses: int) -> None:
    """Request this many URLs, each with a story."""
    for number in range(addresses):
        request = Request(
            f"https://portal.example/html/{number:06d}b1000{number}.html",
            meta={"own_host": "portal.example", "depth": 3},
        )
        key = RequestFingerprinter().fingerprint(request)
        store.requests.add(key, request.url, "portal.example", Position(0, 0.0, False), dump(request))
        store.requests.take()
        known = story(number)
        store.stories.remember(known)
        store.requests.record_story(key, known.id, is_new=True)
        modified = "Sat, 12 Apr 2025 10:31:20 GMT"
        store.requests.finish(
            key, RequestEnd("fetched", failed=False, final=False, complete=True, etag='"5f2b-61c"', modified=modified)
        )


def main() -> None:
    """Print the memory that the addresses took, and how fast they went in."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--addresses", type=int, default=100_000)
    addresses = parser.parse_args().addresses
    with tempfile.TemporaryDirectory() as folder, serving(Path(folder)) as server, server.client as client:
        before = client.info("memory")["used_memory"]
        begun = time.monotonic()
        fill(RedisStore(server.client, "scraper:portal:", Worker("me", 0.0, 16, lease=600.0, patience=0.0)), addresses)
        seconds = time.monotonic() - begun
        took = client.info("memory")["used_memory"] - before
        kinds: dict[str, int] = {}
        for name in client.scan_iter(count=1000):
            kind = name.removeprefix(b"scraper:portal:").split(b":")[0].decode()
            kinds[kind] = kinds.get(kind, 0) + (client.memory_usage(name) or 0)
    for kind, size in sorted(kinds.items(), key=lambda pair: -pair[1])[:4]:
        print(f"{kind}: {size / 1e6:.1f} MB")
    print(f"{addresses} addresses, each with a story: {took / 1e6:.1f} MB, {addresses / seconds:.0f} a second")


if __name__ == "__main__":
    main()
