"""The queue of requests, in SQLite and in Redis."""

import sqlite3
import time

import pytest

from scraper.crawl.fetch_time import steady
from scraper.crawl.frontier.sqlite.store import SqliteStore
from scraper.crawl.frontier.store import Position, RequestEnd
from tests.crawl.frontier.stores import FETCHED, POSITION, open_shared, queue, take_all


def test_requests_are_taken_by_priority_then_date_then_order_of_arrival(store):
    for name, date in (("a", 0.0), ("b", 0.0), ("new", 9.0), ("newer", 10.0)):
        assert queue(store, name, Position(0, date, False))
    assert queue(store, "urgent", Position(1, 0.0, False))
    assert not queue(store, "a")
    assert take_all(store) == ["urgent", "newer", "new", "a", "b"]


def test_requests_in_flight_are_queued_again_at_the_next_start(tmp_path):
    first = SqliteStore(tmp_path / "frontier.sqlite")
    for name in ("done", "in flight", "waiting"):
        queue(first, name)
    for _ in range(2):
        first.requests.take()
    first.requests.finish(b"done", FETCHED)
    first.close()
    second = SqliteStore(tmp_path / "frontier.sqlite")
    assert second.requests.pending_count() == 2
    assert take_all(second) == ["in flight", "waiting"]
    second.close()


def test_changes_between_two_commits_are_lost_together(tmp_path):
    first, reader = SqliteStore(tmp_path / "frontier.sqlite"), SqliteStore(tmp_path / "frontier.sqlite")
    queue(first, "a")
    first.commit()
    first.requests.take()
    first.requests.finish(b"a", FETCHED)
    queue(first, "linked from a")
    assert reader.requests.pending_count() == 1
    first.commit()
    assert reader.requests.pending_count() == 1
    first.close()
    reader.close()


def test_a_request_is_not_taken_before_it_is_due(store):
    queue(store, "a")
    store.requests.take()
    due = time.time() + 60
    store.requests.requeue(b"a", b"{}", tries=1, due=due)
    assert store.requests.take() is None
    assert store.requests.next_due() == pytest.approx(due, abs=0.1)
    store.requests.requeue(b"a", b"{}", tries=2, due=time.time() - 1)
    taken = store.requests.take()
    assert taken is not None
    assert taken.tries == 2


def test_requests_of_blocked_hosts_and_optional_requests_are_not_taken(store):
    queue(store, "a", host="bad.test")
    queue(store, "b")
    queue(store, "part", Position(0, 0.0, True))
    store.hosts.block("bad.test")
    assert take_all(store, mandatory=True) == ["part"]
    assert take_all(store) == ["b"]
    assert store.requests.next_due() is None


def test_requests_of_a_paused_host_wait_for_the_end_of_the_pause(store):
    queue(store, "a")
    until = time.time() + 60
    store.hosts.pause("p.test", until)
    assert store.requests.take() is None
    assert store.requests.next_due() == pytest.approx(until, abs=0.1)
    queue(store, "b", host="other.test")
    assert take_all(store) == ["b"]


def test_a_host_is_blocked_once(store):
    assert not store.hosts.any_blocked()
    assert store.hosts.block("p.test")
    assert not store.hosts.block("p.test")
    assert store.hosts.any_blocked()


def _finish_round(store, now, monkeypatch):
    """Queue and close one request of each kind."""
    for name in ("listing", "story", "failed", "gone", "part"):
        queue(store, name, Position(0, 0.0, name == "part"))
    while (taken := store.requests.take()) is not None:
        name = taken.key.decode()
        failed, final = name in ("failed", "gone"), name == "gone"
        if name == "story":
            store.requests.record_story(b"story", "s1", is_new=True)
        store.requests.finish(taken.key, RequestEnd(name, failed, final, complete=not failed, etag=f'"{name}"'))
    monkeypatch.setattr(time, "time", lambda: now)


def test_a_round_repeats_listings_and_failures_but_no_recent_story(store, monkeypatch):
    _finish_round(store, time.time() + 60, monkeypatch)
    assert store.requests.start_round() == 2
    assert take_all(store) == ["listing", "failed"]


def test_a_story_is_requested_again_after_as_long_as_it_was_unchanged(sqlite_store, monkeypatch):
    start, store = time.time(), sqlite_store
    _finish_round(store, start, monkeypatch)
    hours = []
    for minute in range(0, 60 * 24, 30):
        monkeypatch.setattr(time, "time", lambda now=start + 60 * minute: now)
        store.requests.start_round()
        for name in take_all(store):
            store.requests.finish(name.encode(), RequestEnd("unchanged", failed=False, final=False))
            if name == "story":
                hours.append(minute / 60)
    assert hours[:4] == [2.0, 4.0, 8.0, 16.0]
    monkeypatch.setattr(time, "time", lambda: start + 86400 * 400)
    assert store.requests.start_round() == 3


def test_an_older_page_is_requested_again_with_its_etag(store):
    queue(store, "a")
    store.requests.take()
    store.requests.finish(b"a", FETCHED)
    assert not store.requests.refresh(b"a", time.time() - 3600)
    assert store.requests.refresh(b"a", time.time() + 1)
    taken = store.requests.take()
    assert taken is not None
    assert taken.etag == '"1"'


def test_failures_are_listed_with_their_tries(store):
    queue(store, "a")
    store.requests.take()
    store.requests.requeue(b"a", b"{}", tries=2)
    store.requests.take()
    store.requests.finish(b"a", RequestEnd("503", failed=True, final=False))
    assert [tuple(failure) for failure in store.requests.failures()] == [("http://p.test/a", "503", 3)]


def test_a_round_starts_under_a_prefix_with_pattern_characters(redis_server):
    store = open_shared(redis_server, prefix="crawl:http://[::1]:80/?l=*:")
    queue(store, "listing")
    store.requests.take()
    store.requests.finish(b"listing", FETCHED)
    assert store.requests.start_round() == 1
    store.close()
    redis_server.client.flushall()


def test_an_extreme_date_or_priority_is_limited(store):
    positions = {"a": POSITION, "late": Position(0, 1e15, False), "urgent": Position(2**40, -1e15, False)}
    for name, position in positions.items():
        queue(store, name, position)
    assert take_all(store) == ["urgent", "late", "a"]


def test_a_file_of_another_format_is_refused(tmp_path):
    (tmp_path / "frontier.sqlite").write_bytes(b"no database at all" * 100)
    with pytest.raises(Exception, match="not a database"):
        SqliteStore(tmp_path / "frontier.sqlite")


def test_a_clock_that_is_set_back_delays_no_request(tmp_path, monkeypatch):
    now = time.time()
    store = SqliteStore(tmp_path / "frontier.sqlite")
    queue(store, "later")
    queue(store, "story")
    store.requests.take()
    store.requests.requeue(b"later", b"{}", tries=1, due=steady() + 0.2)
    store.requests.take()
    store.requests.record_story(b"story", "s", is_new=True)
    store.requests.finish(b"story", FETCHED)
    monkeypatch.setattr(time, "time", lambda: now - 86400 * 400)
    time.sleep(0.25)
    assert take_all(store) == ["later"]
    store.requests.requeue(b"later", b"{}", tries=1, due=steady() + 86400 * 400)
    store.close()
    store = SqliteStore(tmp_path / "frontier.sqlite", 0.0)
    assert take_all(store) == ["later"]
    store.requests.finish(b"later", FETCHED)
    assert store.requests.start_round() == 2
    store.close()


def test_a_taken_request_is_released_or_postponed(store):
    for name in ("a", "b", "c"):
        queue(store, name, Position(5, 0.0, False))
    taken = store.requests.take()
    assert taken is not None
    store.requests.release(taken.key, "spared")
    taken = store.requests.take()
    assert taken is not None
    store.requests.postpone(taken.key, -5, b'{"later":1}')
    assert store.requests.pending_count() == 2
    assert take_all(store) == ["c", "b"]
    assert store.requests.data(b"b") == b'{"later":1}'
    assert list(store.requests.failures()) == []
    assert store.requests.data(b"unknown") is None


def test_skipped_pages_are_listed_until_they_have_a_story(store):
    for name in ("a", "b"):
        queue(store, name)
        store.requests.take()
        store.requests.finish(name.encode(), FETCHED._replace(skipped="listing"))
    assert [tuple(page) for page in store.requests.skipped()] == [
        ("http://p.test/a", "listing"),
        ("http://p.test/b", "listing"),
    ]
    for name, end in (("a", FETCHED), ("b", RequestEnd("unchanged", failed=False, final=False))):
        store.requests.requeue(name.encode(), b"{}")
        store.requests.take()
        store.requests.finish(name.encode(), end)
    assert [page.url for page in store.requests.skipped()] == ["http://p.test/b"]


def test_a_file_of_an_earlier_release_is_migrated(tmp_path):
    path = tmp_path / "frontier.sqlite"
    SqliteStore(path).close()
    with sqlite3.connect(path) as old:
        old.execute("alter table request drop column skipped")
    store = SqliteStore(path)
    assert list(store.requests.skipped()) == []
    store.close()
