"""Stores with requests of a made-up portal."""

from scraper import Article
from scraper.crawl.frontier.redis.connection import Worker
from scraper.crawl.frontier.redis.store import RedisStore
from scraper.crawl.frontier.store import Position, RequestEnd, Store
from scraper.stories.identity import story_id
from tests.redis_server import RedisServer

FETCHED = RequestEnd("fetched", failed=False, final=False, complete=True, etag='"1"')
POSITION = Position(0, 0.0, False)
_BODY = ("The harbour office counted ships all morning and found one more than the day before. " * 4,)


def article(headline="Ships counted", url="http://p.test/html/1.html", body=_BODY, **fields) -> Article:
    return Article(headline=headline, url=url, body=body, id=story_id(url), **fields)


def open_shared(server: RedisServer, name="me", prefix="crawl:", lease=60.0) -> RedisStore:
    store = RedisStore(server.client, prefix, Worker(name, 0.0, 100, lease=lease, patience=0.0))
    store.workers.share_pace("p.test", 0.0, 100)
    return store


def queue(store: Store, name: str, position=POSITION, host="p.test") -> bool:
    return store.requests.add(name.encode(), f"http://{host}/{name}", host, position, b"{}")


def take_all(store: Store, *, mandatory=False) -> list[str]:
    """Take all requests that are due, and return their keys."""
    keys = []
    while (request := store.requests.take(mandatory=mandatory)) is not None:
        keys.append(request.key.decode())
    return keys
