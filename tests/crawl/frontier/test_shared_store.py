"""The store of several workers in Redis, without a crawl."""

import time

import msgspec
import pytest

from scraper.crawl.frontier.store import HostFailures, StoreError
from scraper.stories.identity import Story
from tests.crawl.frontier.stores import FETCHED, open_shared, queue, take_all


def test_requests_that_only_one_side_has_in_flight_are_reconciled(worker_pair):
    me, _ = worker_pair
    for name in ("a", "b"):
        queue(me, name)
    me.requests.take()
    me.requests.take()
    assert me.workers.reconcile([b"a", b"foreign"]) == [b"foreign"]
    assert take_all(me) == ["b"], "a request that only Redis has in flight is queued again"


def test_a_blocked_host_hides_no_waiting_request_of_another(worker_pair):
    me, other = worker_pair
    now = time.time()
    for name, host, due in (("a", "blocked.test", now + 5), ("b", "good.test", now + 9)):
        queue(me, name, host=host)
        me.requests.requeue(name.encode(), b"{}", tries=1, due=due)
    other.hosts.block("blocked.test")
    assert me.hosts.any_blocked()
    assert 8 < me.requests.next_due() - now < 10


def test_a_worker_with_an_expired_lease_does_not_expire_itself(redis_server):
    me = open_shared(redis_server, lease=0.01)
    queue(me, "a")
    queue(me, "b")
    me.requests.take()
    time.sleep(0.05)
    assert take_all(me) == ["b"]
    me.close()
    redis_server.client.flushall()


def test_an_unknown_host_gets_one_request_at_a_time(worker_pair):
    me, other = worker_pair
    for name in ("a", "b", "c"):
        queue(me, name, host="new.test")
    assert me.requests.take().key == b"a"
    assert other.requests.take() is None
    me.workers.share_pace("new.test", 0.0, 2)
    me.requests.finish(b"a", FETCHED)
    assert [store.requests.take().key for store in worker_pair] == [b"b", b"c"]


def test_of_thousands_of_hosts_one_batch_is_compared(worker_pair, redis_server):
    me, _ = worker_pair
    for number in range(1000):
        queue(me, "a", host=f"{number}.test")
        queue(me, str(number), host=f"{number}.test")
    redis_server.client.config_resetstat()
    assert me.requests.take() is not None
    assert me.requests.next_due() is not None
    comparisons = redis_server.client.info("commandstats")["cmdstat_zrange"]["calls"]
    assert comparisons < 300
    assert len(take_all(me)) == 999


def test_a_worker_with_the_name_of_a_newer_one_is_refused(redis_server):
    old, new = open_shared(redis_server), open_shared(redis_server)
    queue(new, "a")
    with pytest.raises(StoreError, match="a folder of its own, not a copy"):
        old.requests.take()
    old.close()
    assert take_all(new) == ["a"]
    new.close()
    redis_server.client.flushall()


@pytest.mark.parametrize("is_single", [True, False])
def test_failures_of_a_host_are_shared(worker_pair, sqlite_store, is_single):
    me, other = (sqlite_store, sqlite_store) if is_single else worker_pair
    assert me.hosts.failures("p.test") == HostFailures()
    until = time.time() + 9
    me.hosts.set_failures("p.test", HostFailures(3, until))
    number, paused_until = other.hosts.failures("p.test")
    assert number == 3
    assert abs(paused_until - until) < 1
    other.hosts.set_failures("p.test", HostFailures())
    assert me.hosts.failures("p.test") == HostFailures()


def test_the_write_lock_is_released_in_a_crawl_that_redis_forgot(worker_pair, redis_server):
    me, _ = worker_pair
    redis_server.client.flushall()
    with pytest.raises(StoreError, match="has forgotten this crawl"), me.stories.write_lock():
        me.stories.remember(Story("1", "x"))
    assert not redis_server.client.exists("crawl:turn")


@pytest.mark.parametrize(
    "packed", [b"", b"\xc1", b"text", b"\x80", msgspec.msgpack.encode({"url": "x"}), msgspec.msgpack.encode([1])]
)
def test_a_damaged_row_is_dropped_and_counted(redis_server, packed):
    own = open_shared(redis_server)
    queue(own, "a")
    queue(own, "b")
    assert own.requests.pending_count() == 2
    redis_server.client.set("crawl:request:a", packed)
    assert take_all(own) == ["b"]
    assert own.requests.pending_count() == 1
    assert (own.workers.pop_damaged_count(), own.workers.pop_damaged_count()) == (1, 0)
    own.requests.finish(b"b", FETCHED)
    assert own.requests.data(b"a") is None
    assert list(own.requests.failures()) == []
    own.requests.start_round()
    own.close()
    open_shared(redis_server).close()
    redis_server.client.flushall()
