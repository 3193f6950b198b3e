"""Stores of both kinds."""

import pytest

from scraper.crawl.frontier.sqlite.store import SqliteStore
from tests.crawl.frontier.stores import open_shared
from tests.redis_server import serving


@pytest.fixture
def sqlite_store(tmp_path):
    store = SqliteStore(tmp_path / "frontier.sqlite")
    yield store
    store.close()


@pytest.fixture(scope="module")
def redis_server(tmp_path_factory):
    with serving(tmp_path_factory.mktemp("redis"), "--appendonly", "yes") as server:
        yield server


@pytest.fixture
def redis_store(redis_server):
    store = open_shared(redis_server)
    yield store
    store.close()
    redis_server.client.flushall()


@pytest.fixture(params=["sqlite_store", "redis_store"])
def store(request):
    """Return a store of one kind, then of the other: they mean the same."""
    return request.getfixturevalue(request.param)


@pytest.fixture
def worker_pair(redis_server):
    stores = open_shared(redis_server), open_shared(redis_server, "other")
    yield stores
    for store in stores:
        store.close()
    redis_server.client.flushall()
