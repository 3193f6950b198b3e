"""The frontier and its parts, without a network: the ledger, requests as JSON, the sink, the back-off."""

import asyncio
import json
import os
import sqlite3
import time
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest
from scrapy import Request, Spider
from scrapy.exceptions import DownloadTimeoutError, DropItem
from scrapy.http import FormRequest, Response
from scrapy.utils.test import get_crawler

from scraper import Article
from scraper.crawl.crawl_dir import Locked, clear, lock
from scraper.crawl.downloader.backoff import BackoffMiddleware, retry_after
from scraper.crawl.fetch_time import steady
from scraper.crawl.frontier.redis.connection import Worker
from scraper.crawl.frontier.redis.store import RedisStore
from scraper.crawl.frontier.request_codec import RequestFingerprinter, dump, load
from scraper.crawl.frontier.scheduler import DUE, META, Scheduler
from scraper.crawl.frontier.sqlite.store import SqliteStore
from scraper.crawl.frontier.store import HostFailures, Position, RequestEnd, StoreError
from scraper.crawl.output.records import RecordFile, RecordPipeline, catch_up
from scraper.stories.identity import Story, story_id, text_digest
from tests.redis_server import serving

LONG = "The harbour office counted ships all morning and found one more than the day before. " * 4
FETCHED = RequestEnd("fetched", failed=False, final=False, complete=True, etag='"1"')
PLACE = Position(0, 0.0, False)


def _article(headline="Ships counted", url="http://p.test/html/1.html", body=(LONG,), **fields):
    return Article(headline=headline, url=url, body=body, id=story_id(url), **fields)


@pytest.fixture
def filed(tmp_path):
    opened = SqliteStore(tmp_path / "frontier.sqlite")
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with serving(tmp_path_factory.mktemp("redis"), "--appendonly", "yes") as running:
        yield running


def _shared(server, name="me", prefix="crawl:", lease=60.0):
    opened = RedisStore(server.client, prefix, Worker(name, 0.0, 100, lease=lease, patience=0.0))
    opened.workers.share_pace("p.test", 0.0, 100)
    return opened


@pytest.fixture(params=["filed", "shared"])
def store(request):
    """Return the one kind of ledger, then the other: they mean the same."""
    if request.param == "filed":
        yield request.getfixturevalue("filed")
        return
    server = request.getfixturevalue("server")
    opened = _shared(server)
    yield opened
    opened.close()
    server.client.flushall()


def _put(store, name, place=PLACE, host="p.test"):
    return store.requests.add(name.encode(), f"http://{host}/{name}", host, place, b"{}")


def _names(store, **how):
    taken = iter(lambda: store.requests.take(**how), None)
    return [each.key.decode() for each in taken]


# --- The ledger ---------------------------------------------------------------------------------------------------


def test_requests_come_out_by_priority_then_the_newest_then_in_order(store):
    for name, place in (("a", PLACE), ("b", PLACE), ("new", (0, 9.0, False)), ("newer", (0, 10.0, False))):
        assert _put(store, name, place)
    assert _put(store, "urgent", (1, 0.0, False))
    assert not _put(store, "a")
    assert _names(store) == ["urgent", "newer", "new", "a", "b"]


def test_what_was_in_flight_is_queued_again_at_the_next_start(tmp_path):
    first = SqliteStore(tmp_path / "l")
    for name in ("done", "under way", "waiting"):
        _put(first, name)
    for _ in range(2):
        first.requests.take()
    first.requests.finish(b"done", FETCHED)
    first.close()
    second = SqliteStore(tmp_path / "l")
    assert second.requests.pending_count() == 2
    assert _names(second) == ["under way", "waiting"]
    second.close()


def test_what_was_not_committed_is_lost_together(tmp_path):
    first, reader = SqliteStore(tmp_path / "l"), SqliteStore(tmp_path / "l")
    _put(first, "a")
    first.commit()
    first.requests.take()
    first.requests.finish(b"a", FETCHED)
    _put(first, "found on a")
    assert reader.requests.pending_count() == 1
    first.commit()
    assert reader.requests.pending_count() == 1
    first.close()
    reader.close()


def test_a_request_is_not_made_before_it_is_due(store):
    _put(store, "a")
    store.requests.take()
    due = time.time() + 60
    store.requests.requeue(b"a", b"{}", tries=1, due=due)
    assert store.requests.take() is None
    assert store.requests.next_due() == pytest.approx(due, abs=0.1)
    store.requests.requeue(b"a", b"{}", tries=2, due=time.time() - 1)
    taken = store.requests.take()
    assert taken is not None
    assert taken.tries == 2


def test_barred_hosts_wait_and_only_what_must_be_made_is_made(store):
    _put(store, "a", host="bad.test")
    _put(store, "b")
    _put(store, "part", (0, 0.0, True))
    store.hosts.block("bad.test")
    assert _names(store, mandatory=True) == ["part"]
    assert _names(store) == ["b"]
    assert store.requests.next_due() is None


def _end_of_a_round(store, now, monkeypatch):
    """One request of each kind, closed."""
    for name in ("listing", "story", "lost", "gone", "part"):
        _put(store, name, (0, 0.0, name == "part"))
    while (taken := store.requests.take()) is not None:
        name = taken.key.decode()
        failed, final = name in ("lost", "gone"), name == "gone"
        if name == "story":
            store.requests.record_story(b"story", "s1", is_new=True)
        store.requests.finish(taken.key, RequestEnd(name, failed, final, complete=not failed, etag=f'"{name}"'))
    monkeypatch.setattr(time, "time", lambda: now)


def test_the_next_round_asks_for_listings_and_failures_and_for_stories_when_it_is_time(store, monkeypatch):
    _end_of_a_round(store, time.time() + 60, monkeypatch)
    assert store.requests.start_round() == 2
    assert _names(store) == ["listing", "lost"]


def test_a_story_is_looked_at_again_after_as_long_as_it_has_stood(filed, monkeypatch):
    start, store = time.time(), filed
    _end_of_a_round(store, start, monkeypatch)
    looked = []
    for minute in range(0, 60 * 24, 30):
        monkeypatch.setattr(time, "time", lambda now=start + 60 * minute: now)
        store.requests.start_round()
        for name in _names(store):
            store.requests.finish(name.encode(), RequestEnd("unchanged", failed=False, final=False))
            if name == "story":
                looked.append(minute / 60)
    assert looked[:4] == [2.0, 4.0, 8.0, 16.0]
    monkeypatch.setattr(time, "time", lambda: start + 86400 * 400)
    assert store.requests.start_round() == 3


def test_a_page_that_has_changed_since_is_asked_for_again_on_its_terms(store):
    _put(store, "a")
    store.requests.take()
    store.requests.finish(b"a", FETCHED)
    assert not store.requests.refresh(b"a", time.time() - 3600)
    assert store.requests.refresh(b"a", time.time() + 1)
    taken = store.requests.take()
    assert taken is not None
    assert taken.etag == '"1"'


def test_failures_are_told_with_their_tries(store):
    _put(store, "a")
    store.requests.take()
    store.requests.requeue(b"a", b"{}", tries=2)
    store.requests.take()
    store.requests.finish(b"a", RequestEnd("503", failed=True, final=False))
    assert [tuple(each) for each in store.requests.failures()] == [("http://p.test/a", "503", 3)]


@pytest.fixture
def two(server):
    opened = _shared(server), _shared(server, "other")
    yield opened
    for each in opened:
        each.close()
    server.client.flushall()


def test_what_only_one_side_knows_to_be_under_way_is_told(two):
    me, _ = two
    for name in ("a", "b"):
        _put(me, name)
    me.requests.take()
    me.requests.take()
    assert me.workers.reconcile([b"a", b"theirs"]) == [b"theirs"]
    assert _names(me) == ["b"], "which nobody has under way was queued again"


def test_a_barred_host_hides_no_other_that_waits(two):
    me, other = two
    now = time.time()
    for name, host, due in (("a", "barred.test", now + 5), ("b", "good.test", now + 9)):
        _put(me, name, host=host)
        me.requests.requeue(name.encode(), b"{}", tries=1, due=due)
    other.hosts.block("barred.test")
    assert me.hosts.any_blocked()
    assert 8 < me.requests.next_due() - now < 10


def test_one_that_was_silent_for_long_does_not_bury_itself(server):
    me = _shared(server, lease=0.01)
    _put(me, "a")
    _put(me, "b")
    me.requests.take()
    time.sleep(0.05)
    assert _names(me) == ["b"]
    me.close()
    server.client.flushall()


def test_the_next_round_comes_at_an_address_with_the_signs_of_a_pattern(server):
    store = _shared(server, prefix="crawl:http://[::1]:80/?l=*:")
    _put(store, "listing")
    store.requests.take()
    store.requests.finish(b"listing", FETCHED)
    assert store.requests.start_round() == 1
    store.close()
    server.client.flushall()


def test_what_nobody_has_asked_yet_is_asked_one_thing_at_a_time(two):
    me, other = two
    for name in ("a", "b", "c"):
        _put(me, name, host="new.test")
    assert me.requests.take().key == b"a"
    assert other.requests.take() is None
    me.workers.share_pace("new.test", 0.0, 2)
    me.requests.finish(b"a", FETCHED)
    assert [each.requests.take().key for each in two] == [b"b", b"c"]


def test_of_thousands_of_hosts_a_batch_is_looked_at(two, server):
    me, _ = two
    for number in range(1000):
        _put(me, "a", host=f"{number}.test")
        _put(me, str(number), host=f"{number}.test")
    server.client.config_resetstat()
    assert me.requests.take() is not None
    assert me.requests.next_due() is not None
    looks = server.client.info("commandstats")["cmdstat_zrange"]["calls"]
    assert looks < 300
    assert len(_names(me)) == 999


def test_a_worker_with_the_name_of_a_newer_one_ends(server):
    old, new = _shared(server), _shared(server)
    _put(new, "a")
    with pytest.raises(StoreError, match="a folder of its own, not a copy"):
        old.requests.take()
    old.close()
    assert _names(new) == ["a"]
    new.close()
    server.client.flushall()


@pytest.mark.parametrize("one", [True, False])
def test_how_a_host_has_been_doing_is_known_to_all(two, filed, one):
    me, other = (filed, filed) if one else two
    assert me.hosts.failures("p.test") == HostFailures()
    until = time.time() + 9
    me.hosts.set_failures("p.test", HostFailures(3, until))
    failures, told = other.hosts.failures("p.test")
    assert failures == 3
    assert abs(told - until) < 1
    other.hosts.set_failures("p.test", HostFailures())
    assert me.hosts.failures("p.test") == HostFailures()


def test_a_date_or_priority_beyond_measure_is_the_greatest(store):
    for name, place in (("a", PLACE), ("late", (0, 1e15, False)), ("urgent", (2**40, -1e15, False))):
        _put(store, name, place)
    assert _names(store) == ["urgent", "late", "a"]


def test_who_is_forgotten_in_the_middle_of_a_turn_gives_it_back(two, server):
    me, _ = two
    server.client.flushall()
    with pytest.raises(StoreError, match="has forgotten this crawl"), me.stories.write_lock():
        me.stories.remember(Story("1", "x"))
    assert not server.client.exists("crawl:turn")


def test_a_key_of_a_forgotten_story_is_free(store):
    store.stories.remember(Story("first", "1", {"key"}))
    store.stories.forget()
    store.stories.remember(Story("second", "2", {"key"}))
    assert store.stories.sharing({"key"}) == "second"


def test_a_file_that_is_no_ledger_is_told(tmp_path):
    (tmp_path / "l").write_bytes(b"no database at all" * 100)
    with pytest.raises(Exception, match="not a database"):
        SqliteStore(tmp_path / "l")


def test_a_clock_that_is_set_back_has_nobody_wait(tmp_path, monkeypatch):
    now = time.time()
    store = SqliteStore(tmp_path / "frontier.sqlite")
    _put(store, "later")
    _put(store, "story")
    store.requests.take()
    store.requests.requeue(b"later", b"{}", tries=1, due=steady() + 0.2)
    store.requests.take()
    store.requests.record_story(b"story", "s", is_new=True)
    store.requests.finish(b"story", FETCHED)
    monkeypatch.setattr(time, "time", lambda: now - 86400 * 400)
    time.sleep(0.25)
    assert _names(store) == ["later"]
    store.requests.requeue(b"later", b"{}", tries=1, due=steady() + 86400 * 400)
    store.close()
    store = SqliteStore(tmp_path / "frontier.sqlite", 0.0)
    assert _names(store) == ["later"]
    store.requests.finish(b"later", FETCHED)
    assert store.requests.start_round() == 2
    store.close()


def test_what_was_taken_may_be_spared_or_put_off(store):
    for name in ("a", "b", "c"):
        _put(store, name, (5, 0.0, False))
    taken = store.requests.take()
    assert taken is not None
    store.requests.release(taken.key, "spared")
    taken = store.requests.take()
    assert taken is not None
    store.requests.postpone(taken.key, -5, b'{"later":1}')
    assert store.requests.pending_count() == 2
    assert _names(store) == ["c", "b"]
    assert store.requests.data(b"b") == b'{"later":1}'
    assert list(store.requests.failures()) == []
    assert store.requests.data(b"none") is None


@pytest.mark.parametrize(
    "packed", [b"", b"\xc1", b"text", b"\x80", msgspec.msgpack.encode({"url": "x"}), msgspec.msgpack.encode([1])]
)
def test_a_row_that_somebody_else_wrote_stops_no_worker(server, packed):
    own = _shared(server)
    _put(own, "a")
    _put(own, "b")
    assert own.requests.pending_count() == 2
    server.client.set("crawl:request:a", packed)
    assert _names(own) == ["b"]
    assert own.requests.pending_count() == 1
    assert (own.workers.pop_damaged_count(), own.workers.pop_damaged_count()) == (1, 0)
    own.requests.finish(b"b", FETCHED)
    assert own.requests.data(b"a") is None
    assert list(own.requests.failures()) == []
    own.requests.start_round()
    own.close()
    _shared(server).close()
    server.client.flushall()


def test_pages_without_a_story_are_told_until_they_hold_one(store):
    for name in ("a", "b"):
        _put(store, name)
        store.requests.take()
        store.requests.finish(name.encode(), FETCHED._replace(skipped="listing"))
    assert [tuple(each) for each in store.requests.skipped()] == [
        ("http://p.test/a", "listing"),
        ("http://p.test/b", "listing"),
    ]
    for name, end in (("a", FETCHED), ("b", RequestEnd("unchanged", failed=False, final=False))):
        store.requests.requeue(name.encode(), b"{}")
        store.requests.take()
        store.requests.finish(name.encode(), end)
    assert [each.url for each in store.requests.skipped()] == ["http://p.test/b"]


def test_a_ledger_of_an_earlier_release_is_taken_up(tmp_path):
    path = tmp_path / "frontier.sqlite"
    SqliteStore(path).close()
    with sqlite3.connect(path) as old:
        old.execute("alter table request drop column skipped")
    store = SqliteStore(path)
    assert list(store.requests.skipped()) == []
    store.close()


# --- Requests as JSON ---------------------------------------------------------------------------------------------


class ParserClient(Spider):
    name = "reader"

    def read(self, response: Response) -> None:
        pass

    def lost(self, failure: Any) -> None:
        pass


def test_a_request_survives_as_json():
    spider = ParserClient()
    request = FormRequest(
        "http://p.test/?a=é",
        spider.read,
        errback=spider.lost,
        method="POST",
        headers={"X-Kind": "\u00e9", "Accept": ["a", "b"]},
        body=b"\xff\x00",
        meta={"depth": 3, "lines": ["a"]},
        cb_kwargs={"lines": ["b"]},
        priority=-2,
        dont_filter=True,
        flags=["x"],
    )
    again = load(json.dumps(json.loads(dump(request))).encode(), spider)
    for name in ("url", "method", "headers", "body", "meta", "cb_kwargs", "priority", "dont_filter", "flags"):
        assert getattr(again, name) == getattr(request, name), name
    assert (again.callback, again.errback) == (spider.read, spider.lost)


def test_what_is_no_json_is_told():
    with pytest.raises(TypeError):
        dump(Request("http://p.test/", meta={"lock": object()}))
    with pytest.raises(ValueError, match="must be a method of the spider"):
        dump(Request("http://p.test/", callback=print))


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (Request("http://p.test/a?x=1&utm_source=y#z"), Request("https://p.test/a?x=1"), True),
        (Request("http://p.test/a"), Request("http://p.test/b"), False),
        (Request("http://p.test/a"), Request("http://p.test/a", method="POST"), False),
        (Request("http://p.test/a", body=b"1"), Request("http://p.test/a", body=b"2"), False),
    ],
)
def test_what_tells_requests_apart(one, other, same):
    assert (RequestFingerprinter().fingerprint(one) == RequestFingerprinter().fingerprint(other)) is same


# --- The folder ---------------------------------------------------------------------------------------------------


def test_a_folder_is_held_by_one(tmp_path):
    with lock(tmp_path), pytest.raises(Locked, match=f"process {os.getpid()}"):
        lock(tmp_path)
    lock(tmp_path).close()


def test_a_fresh_start_keeps_the_old_records_under_another_name(tmp_path):
    for name in ("frontier.sqlite", "frontier.sqlite-wal", "records.jsonl"):
        (tmp_path / name).write_text("x")
    clear(tmp_path)
    (kept,) = tmp_path.iterdir()
    assert kept.name.startswith("records-")
    assert kept.read_text() == "x"


# --- The sink -----------------------------------------------------------------------------------------------------


def _sink(tmp_path, monkeypatch, store):
    crawler = get_crawler(ParserClient, {"CRAWL_DIR": str(tmp_path)})
    session = SimpleNamespace(store=store, is_stopping=False, stop=lambda error: None)
    scheduler = SimpleNamespace(session=session)
    monkeypatch.setattr(Scheduler, "of", lambda crawler: scheduler)
    sink = RecordPipeline.from_crawler(crawler)
    sink.open_spider()
    return sink, crawler


def _lines(tmp_path):
    return [json.loads(line) for line in (tmp_path / "records.jsonl").read_bytes().splitlines()]


def test_a_story_is_written_once_and_again_when_it_has_changed(tmp_path, monkeypatch, store):
    sink, _ = _sink(tmp_path, monkeypatch, store)
    first = _article()
    assert sink.process_item(first.to_dict())["replaces"] is None
    for left_out in (first, _article(url="http://p.test/news/1.html")):
        for _ in range(2):
            with pytest.raises(DropItem):
                sink.process_item(left_out.to_dict())
    changed = _article("Ships counted twice").to_dict()
    assert sink.process_item(changed)["replaces"] == first.id
    with pytest.raises(DropItem):
        sink.process_item(changed)
    sink.close_spider()
    assert [(each["headline"], each["replaces"]) for each in _lines(tmp_path)] == [
        ("Ships counted", None),
        ("Ships counted twice", first.id),
    ]


def test_a_near_copy_is_written_and_says_of_what(tmp_path, monkeypatch, store):
    sink, crawler = _sink(tmp_path, monkeypatch, store)
    body = tuple(f"Ship number {n} came in at {n % 12} o'clock and left with {n * 7} crates of tea." for n in range(40))
    first = _article(body=body)
    sink.process_item(first.to_dict())
    copy = _article("All ships came in", "http://other.test/2.html", (*body, "Read more on our page."))
    third = _article("Ships", "http://third.test/3.html", ("Our harbour.", *body))
    assert sink.process_item(copy.to_dict())["duplicate_of"] == first.id
    assert sink.process_item(third.to_dict())["duplicate_of"] == first.id
    other = _article("Trains", "http://p.test/3.html", tuple(f"Train {n} was late by {n} minutes." for n in range(40)))
    assert sink.process_item(other.to_dict())["duplicate_of"] is None
    sink.close_spider()
    assert crawler.stats.get_value("crawl/copies") == 2


def test_what_was_judged_when_the_ledger_was_lost_is_judged_again(tmp_path, monkeypatch, store):
    sink, _ = _sink(tmp_path, monkeypatch, store)
    sink.process_item(_article().to_dict())
    sharing = store.stories.sharing

    def lose(keys):
        monkeypatch.setattr(store.stories, "sharing", sharing)
        store.stories.is_stale = True

    monkeypatch.setattr(store.stories, "sharing", lose)
    with pytest.raises(DropItem):
        sink.process_item(_article(url="http://other.test/copy.html").to_dict())
    sink.close_spider()
    assert len(_lines(tmp_path)) == 1


def test_items_of_other_spiders_are_kept_too(tmp_path, monkeypatch, store):
    sink, _ = _sink(tmp_path, monkeypatch, store)
    assert sink.process_item({"price": 3}) == {"price": 3}
    with pytest.raises(DropItem):
        sink.process_item({"price": 3})
    assert sink.process_item({"id": "x", "price": 3}) == {"id": "x", "price": 3}
    assert sink.process_item({"id": "x", "price": 4}) == {"id": "x", "price": 4, "replaces": "x"}
    sink.close_spider()
    assert len(_lines(tmp_path)) == 3


@pytest.mark.parametrize("tail", [b'{"headline":"to', b"x", b"y" * 200_000])
def test_a_torn_tail_is_cut_off(tmp_path, store, tail):
    path = tmp_path / "records.jsonl"
    whole = _article().to_json().encode() + b"\n"
    path.write_bytes(whole + b"not json\n" + tail)
    file = RecordFile(path)
    assert file.torn == len(tail)
    _, faults = catch_up(file, store)
    assert [fault.line for fault in faults] == [2]
    assert store.stories.digest(story_id("http://p.test/html/1.html")) is not None
    file.close()
    assert path.read_bytes() == whole + b"not json\n"


def test_a_file_of_one_torn_line_is_emptied(tmp_path):
    path = tmp_path / "records.jsonl"
    path.write_bytes(b'{"headline"')
    RecordFile(path).close()
    assert path.read_bytes() == b""


def test_a_line_that_the_ledger_does_not_know_is_read_back(tmp_path, store):
    file = RecordFile(tmp_path / "records.jsonl")
    for number in range(3):
        file.append(_article(url=f"http://p.test/html/{number}.html").to_json().encode() + b"\n")
        if number == 1:
            assert catch_up(file, store) == (0, [])
    assert store.stories.digest(story_id("http://p.test/html/2.html")) is None
    assert catch_up(file, store) == (0, [])
    assert store.stories.digest(story_id("http://p.test/html/2.html")) is not None
    file.close()


def test_a_record_that_is_gone_from_the_file_is_fetched_again(tmp_path, store):
    path = tmp_path / "records.jsonl"
    lines = [_article(url=f"http://p.test/html/{n}.html").to_json().encode() + b"\n" for n in range(3)]
    path.write_bytes(b"".join(lines))
    file = RecordFile(path)
    catch_up(file, store)
    file.close()
    for number in range(3):
        _put(store, str(number))
        store.requests.take()
        store.requests.record_story(str(number).encode(), story_id(f"http://p.test/html/{number}.html"), is_new=True)
        store.requests.finish(str(number).encode(), FETCHED)
    path.write_bytes(lines[0] + lines[2])
    file = RecordFile(path)
    assert catch_up(file, store) == (1, [])
    file.close()
    taken = store.requests.take()
    assert taken is not None
    assert (taken.key, taken.etag) == (b"1", None)


@pytest.mark.parametrize("failure", ["short", "error"])
def test_a_full_disk_leaves_whole_lines_only(tmp_path, monkeypatch, failure):
    file = RecordFile(tmp_path / "records.jsonl")
    file.append(b"whole\n")
    write = os.write

    def full(descriptor, data):
        if failure == "error":
            raise OSError(28, "No space left on device")
        return write(descriptor, data[: len(data) // 2])

    monkeypatch.setattr(os, "write", full)
    with pytest.raises(OSError, match="cannot be written"):
        file.append(b"another\n")
    file.close()
    assert file.path.read_bytes() == b"whole\n"


# --- The back-off -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        (b"120", 120.0),
        (b"9" * 400, 999_999_999_999.0),
        (b" 0 ", 0.0),
        (b"Thu, 01 Jan 1970 00:17:40 GMT", 60.0),
        (b"Thu, 01 Jan 1970 00:00:00 GMT", 0.0),
        (b"-3", None),
        (b"soon", None),
        (b"", None),
        (None, None),
        (b"\xff", None),
    ],
)
def test_retry_after(value, seconds):
    assert retry_after(value, 1000.0) == seconds


@pytest.fixture
def backoff(monkeypatch, filed):
    settings = {"RETRY_TIMES": 2, "BACKOFF": 1, "BACKOFF_LONGEST": 60, "HOST_FAILURES": 4}
    frontier = Scheduler.from_crawler(get_crawler(ParserClient, settings))
    frontier.session.store = filed
    monkeypatch.setattr(Scheduler, "of", lambda crawler: frontier)
    now = [1000.0]
    monkeypatch.setattr(time, "time", lambda: now[0])
    monkeypatch.setattr("scraper.crawl.downloader.backoff.steady", lambda: now[0])
    return BackoffMiddleware.from_crawler(get_crawler(ParserClient, settings)), frontier, now


def _answer(middleware, status=503, url="http://p.test/a", tries=0, **headers):
    request = Request(url, meta={META: "00"} | ({"retry_times": tries} if tries else {}))
    return asyncio.run(middleware.process_response(request, Response(url, status, headers)))


def test_tries_wait_longer_and_longer_and_the_whole_host_waits(backoff):
    middleware, frontier, now = backoff
    dues = []
    for tries in range(2):
        again = _answer(middleware, tries=tries)
        assert isinstance(again, Request)
        assert again.meta["retry_times"] == tries + 1
        dues.append(again.meta[DUE] - now[0])
        now[0] = again.meta[DUE]
    assert dues == [1.0, 2.0]
    assert frontier.session.store.hosts.paused == {"p.test": now[0]}
    assert isinstance(_answer(middleware, tries=2), Response)


def test_the_trouble_of_one_page_is_not_the_host_s(backoff):
    middleware, frontier, now = backoff
    assert _answer(middleware, 500).meta[DUE] == now[0] + 1
    assert not frontier.session.store.hosts.paused
    now[0] += 1
    _answer(middleware, 500, "http://p.test/b")
    assert frontier.session.store.hosts.paused == {"p.test": now[0] + 2}


def test_retry_after_is_kept_up_to_the_longest_wait(backoff):
    middleware, _, now = backoff
    assert _answer(middleware, 429, **{"Retry-After": "20"}).meta[DUE] == now[0] + 20
    now[0] += 20
    assert _answer(middleware, 429, **{"Retry-After": "86400"}).meta[DUE] == now[0] + 60


def test_a_host_that_fails_too_often_in_a_row_is_given_up(backoff):
    middleware, frontier, now = backoff
    for number in range(4):
        assert not frontier.session.store.hosts.blocked
        _answer(middleware, url=f"http://p.test/{number}", tries=2)
        now[0] += 100
    assert frontier.session.store.hosts.blocked == {"p.test"}


def test_a_host_that_fails_fast_is_left_in_peace(backoff):
    middleware, frontier, now = backoff
    for number in range(3):
        now[0] += 0.1
        _answer(middleware, 500, url=f"http://p.test/{number}")
    assert frontier.session.store.hosts.paused["p.test"] > now[0] + 1


def test_one_good_answer_makes_up_for_all_and_a_burst_counts_as_two(backoff):
    middleware, frontier, now = backoff
    for _ in range(2):
        for number in range(16):
            _answer(middleware, url=f"http://p.test/{number}", tries=2)
        now[0] += 100
    _answer(middleware, 404)
    for _ in range(3):
        _answer(middleware, tries=2)
        now[0] += 100
    assert not frontier.session.store.hosts.blocked


def test_what_failed_on_its_way_is_tried_again_and_what_was_refused_is_not(backoff):
    middleware, _, _ = backoff
    request = Request("http://p.test/a", meta={META: "00"})
    again = asyncio.run(middleware.process_exception(request, DownloadTimeoutError()))
    assert again is not None
    assert again.meta["retry_times"] == 1
    assert asyncio.run(middleware.process_exception(request, ValueError())) is None


def test_stories_are_remembered_by_keys_and_bands(store):
    store.stories.remember(Story("1", "x", ("a", "b"), b"sign", (7, 8)))
    assert store.stories.sharing(("c", "b")) == "1"
    assert store.stories.sharing(("c",)) is None
    assert list(store.stories.near((8, 9))) == [("1", b"sign")]
    assert list(store.stories.near((9,))) == []


def test_what_others_have_written_too_is_put_aside(tmp_path, two):
    me, other = two
    article = _article()
    line = article.to_json().encode() + b"\n"
    other.stories.remember(Story(article.id, text_digest(article)))
    (tmp_path / "records.jsonl").write_bytes(line)
    file = RecordFile(tmp_path / "records.jsonl")
    catch_up(file, me)
    file.close()
    assert (tmp_path / "records.jsonl").read_bytes() == b""
    assert (tmp_path / "doubled.jsonl").read_bytes() == line


def test_lines_are_put_aside_and_the_others_stay(tmp_path):
    file = RecordFile(tmp_path / "r")
    for line in (b"0\n", b"1\n", b"2\n", b"3\n"):
        file.append(line)
    file.drop(2, {1, 3}, tmp_path / "aside")
    file.append(b"4\n")
    file.close()
    assert (tmp_path / "r").read_bytes() == b"0\n2\n4\n"
    assert (tmp_path / "aside").read_bytes() == b"1\n3\n"


@pytest.mark.parametrize(
    "line", [b'"abc"', b'"schema_version"', b"[1]", b"5", b"null", b"[" * 100_000, b'{"a":' * 100_000, b"\xff", b"{}"]
)
def test_a_foreign_line_is_told_and_ends_no_crawl(tmp_path, store, line):
    whole = _article().to_json().encode() + b"\n"
    (tmp_path / "records.jsonl").write_bytes(line + b"\n" + whole)
    file = RecordFile(tmp_path / "records.jsonl")
    _, faults = catch_up(file, store)
    assert [fault.line for fault in faults] == ([] if line == b"{}" else [1])
    assert store.stories.digest(story_id("http://p.test/html/1.html")) is not None
    file.close()
