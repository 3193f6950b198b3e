"""Repeated crawls in one folder: what is resumed, fetched again, and left alone."""

import json
import sqlite3
from typing import Any

from fixtures.portal.server import serve
from tests.benchmarks import kill
from tests.crawling import (
    FAST,
    Answers,
    adds_up,
    anchors,
    crawl,
    of,
    page,
    site,
    story,
)


def test_killed_crawls_lose_and_double_nothing():
    done = kill.loop(kills=12, seed=7)
    assert done.kills == 12
    assert done.faults == []


def test_a_portal_that_has_not_changed_is_not_fetched_again(tmp_path):
    with serve() as server:
        first = crawl(tmp_path, *of(server.base), *FAST)
        pages, records, skipped = first.counts["fetched"], first.records, first.counts["skipped"]
        server.hits.clear()
        second = crawl(tmp_path, *of(server.base), *FAST)
        again = {target for target in server.hits if target != "/robots.txt"}
    assert (first.status, second.status) == (0, 0)
    assert second.counts["fetched"] == second.counts["written"] == 0
    assert second.counts["unchanged"] == len(again) < pages / 3
    assert "/" in again
    assert adds_up(second.counts)
    assert second.records == records
    assert "pages unchanged since the last run" in second.summary
    assert len((tmp_path / "skipped.jsonl").read_bytes().splitlines()) == sum(skipped.values())


def test_a_new_story_a_changed_one_and_a_fresh_start(tmp_path):
    answers: Answers = {
        "/": page(anchors("/html/red.html", "/html/grey.html")),
        "/html/red.html": story("red"),
        "/html/grey.html": story("grey"),
    }
    with site(answers) as (base, hits):
        crawl(tmp_path, *of(base), *FAST)
        hits.clear()
        status, headers, text = story("red")
        changed = f"<urlset><url><loc>{base}/html/red.html</loc><lastmod>2099-01-01</lastmod></url></urlset>"
        answers |= {
            "/": page(anchors("/html/red.html", "/html/grey.html", "/html/blue.html")),
            "/sitemap.xml": (200, {}, changed),
            "/html/blue.html": story("blue"),
            "/html/red.html": (status, headers, text.replace("goats", "sheep")),
        }
        counts = crawl(tmp_path, *of(base), *FAST).counts
        assert hits["/html/grey.html"] == 0
        hits.clear()
        fresh = crawl(tmp_path, *of(base), "-a", "fresh=true", *FAST)
    (kept,) = tmp_path.glob("records-*.jsonl")
    old = [json.loads(line) for line in kept.read_bytes().splitlines()]
    assert sorted(record["headline"].split()[1] for record in old) == ["blue", "grey", "red", "red"]
    assert (counts["updated"], counts["written"]) == (1, 2)
    before, after = (record for record in old if " red " in record["headline"])
    assert (before["replaces"], after["replaces"]) == (None, before["id"])
    assert "goats" in before["body"][0]
    assert "sheep" in after["body"][0]
    assert hits["/html/grey.html"] == 1
    assert fresh.counts["written"] == len(fresh.records) == 3


def test_a_site_that_moves_to_www_is_known_by_that(tmp_path):
    """A start page may redirect to another host; nothing else may leave the host."""
    answers: Answers = {"/": page("", 301), "/html/red.html": story("red")}
    with site(answers) as (base, _):
        moved = base.replace("127.0.0.1", "www.localhost")
        answers["/"] = page("", 301, Location=f"{moved}/")
        crawled = crawl(tmp_path, *of(base.replace("127.0.0.1", "localhost")), *FAST)
    assert crawled.counts["failed"].get("off the host") is None


_PAGE = {"url": "/stored.html", "callback": "page", "errback": "lost"}
_CHAIN = {"line": "{}", "before": "", "headline": "x", "bodies": ["x"]}


_FORGED: list[bytes | dict[str, Any]] = [
    b"no JSON",
    b"[1]",
    b'"text"',
    b"{}",
    b"\xff\xfe",
    {**_PAGE, "method": "POST", "body": "eA=="},
    {**_PAGE, "cookies": {"session": "1"}},
    {**_PAGE, "headers": {"Cookie": ["session=1"]}},
    {**_PAGE, "headers": {"X-Forwarded-For": ["1"]}},
    {**_PAGE, "meta": {"dont_obey_robotstxt": True}},
    {**_PAGE, "meta": {"proxy": "http://127.0.0.1:1"}},
    {**_PAGE, "meta": {"own_host": "other.test"}},
    {**_PAGE, "meta": {"depth": "deep"}},
    {**_PAGE, "callback": "close"},
    {**_PAGE, "callback": "_forget"},
    {**_PAGE, "callback": "none"},
    {**_PAGE, "callback": "__init__"},
    {**_PAGE, "callback": None},
    {**_PAGE, "errback": "page"},
    {**_PAGE, "cb_kwargs": {"lines": []}},
    {**_PAGE, "callback": "part", "errback": "part_failed", "cb_kwargs": _CHAIN},
    {**_PAGE, "callback": "part", "errback": "part_failed", "cb_kwargs": {}},
    {**_PAGE, "url": "no address"},
    {**_PAGE, "priority": "high"},
]


def _store(directory, base, rows):
    """Insert rows into the frontier's database, as another program could."""
    host = base.removeprefix("http://")
    with sqlite3.connect(directory / "frontier.sqlite") as store:
        for number, row in enumerate(rows):
            data = row
            if isinstance(row, dict):
                url = row["url"] if " " in row["url"] else base + row["url"]
                data = json.dumps({**row, "url": url, "meta": {"own_host": host} | row.get("meta", {})}).encode()
            store.execute(
                "insert into request (key, url, host, state, priority, newest, must, data) values (?, ?, ?, 0, 0, 0, 0, ?)",
                (b"%d" % number, f"{base}/stored/{number}", host, data),
            )


def test_stored_requests_that_the_spider_cannot_have_made_are_dropped_and_reported(tmp_path):
    """One that it can have made is sent."""
    answers: Answers = {
        "/": page(anchors("/html/red.html")),
        "/html/red.html": story("red"),
        "/stored.html": story("forged"),
        "/possible.html": story("blue"),
    }
    with site(answers) as (base, hits):
        crawl(tmp_path, *of(base), *FAST)
        _store(tmp_path, base, [*_FORGED, {**_PAGE, "url": "/possible.html"}])
        second = crawl(tmp_path, *of(base), *FAST)
        third = crawl(tmp_path, *of(base), *FAST)
    assert third.status == 0, (second.summary, third.summary)
    assert second.summary.count("a stored request is dropped") == len(_FORGED)
    assert "Traceback" not in second.summary
    assert "a stored request is dropped" not in third.summary
    assert (hits["/stored.html"], hits["/possible.html"]) == (0, 1)
    lines = (tmp_path / "failures.jsonl").read_bytes().splitlines()
    assert sum(line["reason"] == "stored request not valid" for line in map(json.loads, lines)) == len(_FORGED)
    assert [record["headline"].split()[1] for record in second.records] == ["red", "blue"]
