"""The records file and its pipeline."""

import json
import os
from types import SimpleNamespace

import pytest
from scrapy.exceptions import DropItem
from scrapy.utils.test import get_crawler

from scraper.crawl.frontier.scheduler import Scheduler
from scraper.crawl.output.records import RecordFile, RecordPipeline, catch_up
from scraper.stories.identity import remembered, story_id
from tests.crawl.frontier.stores import FETCHED, article, queue


def _open_pipeline(tmp_path, monkeypatch, store):
    crawler = get_crawler(settings_dict={"CRAWL_DIR": str(tmp_path)})
    session = SimpleNamespace(store=store, is_stopping=False, stop=lambda error: None)
    scheduler = SimpleNamespace(session=session)
    monkeypatch.setattr(Scheduler, "of", lambda crawler: scheduler)
    pipeline = RecordPipeline.from_crawler(crawler)
    pipeline.open_spider()
    return pipeline, crawler


def _records(tmp_path):
    return [json.loads(line) for line in (tmp_path / "records.jsonl").read_bytes().splitlines()]


def test_a_story_is_written_once_and_again_when_it_has_changed(tmp_path, monkeypatch, store):
    pipeline, _ = _open_pipeline(tmp_path, monkeypatch, store)
    first = article()
    assert pipeline.process_item(first.to_dict())["replaces"] is None
    for repetition in (first, article(url="http://p.test/news/1.html")):
        for _ in range(2):
            with pytest.raises(DropItem):
                pipeline.process_item(repetition.to_dict())
    changed = article("Ships counted twice").to_dict()
    assert pipeline.process_item(changed)["replaces"] == first.id
    with pytest.raises(DropItem):
        pipeline.process_item(changed)
    pipeline.close_spider()
    assert [(record["headline"], record["replaces"]) for record in _records(tmp_path)] == [
        ("Ships counted", None),
        ("Ships counted twice", first.id),
    ]


def test_a_near_copy_is_written_with_its_original(tmp_path, monkeypatch, store):
    pipeline, crawler = _open_pipeline(tmp_path, monkeypatch, store)
    body = tuple(f"Ship number {n} came in at {n % 12} o'clock and left with {n * 7} crates of tea." for n in range(40))
    first = article(body=body)
    pipeline.process_item(first.to_dict())
    copy = article("All ships came in", "http://other.test/2.html", (*body, "Read more on our page."))
    third = article("Ships", "http://third.test/3.html", ("Our harbour.", *body))
    assert pipeline.process_item(copy.to_dict())["duplicate_of"] == first.id
    assert pipeline.process_item(third.to_dict())["duplicate_of"] == first.id
    other = article("Trains", "http://p.test/3.html", tuple(f"Train {n} was late by {n} minutes." for n in range(40)))
    assert pipeline.process_item(other.to_dict())["duplicate_of"] is None
    pipeline.close_spider()
    assert crawler.stats.get_value("crawl/copies") == 2


def test_a_decision_on_a_stale_index_is_repeated(tmp_path, monkeypatch, store):
    pipeline, _ = _open_pipeline(tmp_path, monkeypatch, store)
    pipeline.process_item(article().to_dict())
    sharing = store.stories.sharing

    def lose(keys):
        monkeypatch.setattr(store.stories, "sharing", sharing)
        store.stories.is_stale = True

    monkeypatch.setattr(store.stories, "sharing", lose)
    with pytest.raises(DropItem):
        pipeline.process_item(article(url="http://other.test/copy.html").to_dict())
    pipeline.close_spider()
    assert len(_records(tmp_path)) == 1


def test_items_of_other_spiders_are_written(tmp_path, monkeypatch, store):
    pipeline, _ = _open_pipeline(tmp_path, monkeypatch, store)
    assert pipeline.process_item({"price": 3}) == {"price": 3}
    with pytest.raises(DropItem):
        pipeline.process_item({"price": 3})
    assert pipeline.process_item({"id": "x", "price": 3}) == {"id": "x", "price": 3}
    assert pipeline.process_item({"id": "x", "price": 4}) == {"id": "x", "price": 4, "replaces": "x"}
    pipeline.close_spider()
    assert len(_records(tmp_path)) == 3


@pytest.mark.parametrize("tail", [b'{"headline":"to', b"x", b"y" * 200_000])
def test_a_torn_tail_is_cut_off(tmp_path, store, tail):
    path = tmp_path / "records.jsonl"
    whole = article().to_json().encode() + b"\n"
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


def test_a_line_that_is_not_indexed_is_read_back(tmp_path, store):
    file = RecordFile(tmp_path / "records.jsonl")
    for number in range(3):
        file.append(article(url=f"http://p.test/html/{number}.html").to_json().encode() + b"\n")
        if number == 1:
            assert catch_up(file, store) == (0, [])
    assert store.stories.digest(story_id("http://p.test/html/2.html")) is None
    assert catch_up(file, store) == (0, [])
    assert store.stories.digest(story_id("http://p.test/html/2.html")) is not None
    file.close()


def test_a_record_missing_from_the_file_is_requested_again(tmp_path, store):
    path = tmp_path / "records.jsonl"
    lines = [article(url=f"http://p.test/html/{n}.html").to_json().encode() + b"\n" for n in range(3)]
    path.write_bytes(b"".join(lines))
    file = RecordFile(path)
    catch_up(file, store)
    file.close()
    for number in range(3):
        queue(store, str(number))
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


@pytest.mark.parametrize("url", ["http://p.test/html/1.html", "http://p.test/news/2.html"])
def test_a_line_that_another_worker_wrote_is_moved_aside(tmp_path, worker_pair, url):
    me, other = worker_pair
    line = article().to_json().encode() + b"\n"
    other.stories.remember(remembered(article(url=url)))
    (tmp_path / "records.jsonl").write_bytes(line)
    file = RecordFile(tmp_path / "records.jsonl")
    catch_up(file, me)
    file.close()
    assert (tmp_path / "records.jsonl").read_bytes() == b""
    assert (tmp_path / "doubled.jsonl").read_bytes() == line


def test_lines_are_moved_aside_and_the_others_stay(tmp_path):
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
def test_a_line_of_another_format_is_reported(tmp_path, store, line):
    whole = article().to_json().encode() + b"\n"
    (tmp_path / "records.jsonl").write_bytes(line + b"\n" + whole)
    file = RecordFile(tmp_path / "records.jsonl")
    _, faults = catch_up(file, store)
    assert [fault.line for fault in faults] == ([] if line == b"{}" else [1])
    assert store.stories.digest(story_id("http://p.test/html/1.html")) is not None
    file.close()
