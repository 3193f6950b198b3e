"""Crawls that follow one another in a folder: what is resumed, read again, fetched again, left alone."""

import json
import signal
import sqlite3
import subprocess
import time
from typing import Any

import pytest

from fixtures.portal.server import serve
from tests.benchmarks import kill
from tests.crawling import (
    ENVIRONMENT,
    FAST,
    ROOT,
    Answers,
    adds_up,
    anchors,
    bodies,
    command,
    crawl,
    of,
    page,
    site,
    story,
)


def _headlines(crawled):
    return sorted(record["headline"].split()[1] for record in crawled.records)


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


def test_a_new_story_is_found_and_the_old_ones_are_left_alone(tmp_path):
    answers: Answers = {"/": page(anchors("/html/red.html")), "/html/red.html": story("red")}
    with site(answers) as (base, hits):
        crawl(tmp_path, *of(base), *FAST)
        answers |= {"/": page(anchors("/html/red.html", "/html/blue.html")), "/html/blue.html": story("blue")}
        hits.clear()
        second = crawl(tmp_path, *of(base), *FAST)
    assert _headlines(second) == ["blue", "red"]
    assert second.counts["written"] == 1
    assert hits["/html/red.html"] == 0


def test_a_story_that_the_sitemap_says_has_changed_is_written_again(tmp_path):
    answers: Answers = {"/": page(anchors("/html/red.html")), "/html/red.html": story("red")}
    with site(answers) as (base, _):
        crawl(tmp_path, *of(base), *FAST)
        told = f"<urlset><url><loc>{base}/html/red.html</loc><lastmod>2099-01-01</lastmod></url></urlset>"
        status, headers, text = story("red")
        answers |= {
            "/sitemap.xml": (200, {}, told),
            "/html/red.html": (status, headers, text.replace("goats", "sheep")),
        }
        second = crawl(tmp_path, *of(base), *FAST)
    assert second.counts["updated"] == second.counts["written"] == 1
    old, new = second.records
    assert (old["replaces"], new["replaces"]) == (None, old["id"])
    assert "goats" in old["body"][0]
    assert "sheep" in new["body"][0]


def test_a_fresh_start_reads_all_again_and_keeps_the_old_records(tmp_path):
    answers: Answers = {"/": page(anchors("/html/red.html")), "/html/red.html": story("red")}
    with site(answers) as (base, hits):
        first = crawl(tmp_path, *of(base), *FAST).records
        hits.clear()
        second = crawl(tmp_path, *of(base), "-a", "fresh=true", *FAST)
    assert hits["/html/red.html"] == 1
    assert second.counts["written"] == 1
    (kept,) = tmp_path.glob("records-*.jsonl")
    assert [json.loads(line)["id"] for line in kept.read_bytes().splitlines()] == [first[0]["id"]]


@pytest.mark.parametrize("times", [1, 2])
def test_an_interrupted_crawl_is_taken_up_by_the_same_command(tmp_path, times):
    whole = crawl(tmp_path / "whole", "fintechworld")
    slow = command(tmp_path / "cut", "fintechworld", "-s", "DOWNLOAD_DELAY=0.1", "-s", "CONCURRENT_REQUESTS=2")
    with subprocess.Popen(slow, cwd=ROOT, env=ENVIRONMENT, stderr=subprocess.DEVNULL) as process:
        records = tmp_path / "cut" / "records.jsonl"
        while process.poll() is None and not (records.exists() and records.stat().st_size):
            time.sleep(0.05)
        for _ in range(times):
            process.send_signal(signal.SIGINT)
            time.sleep(0.01)
        process.wait(60)
    assert records.read_bytes().endswith(b"\n")
    rest = crawl(tmp_path / "cut", "fintechworld")
    assert process.returncode == 11
    assert rest.status == 0
    assert "URLs are left from the last run" in rest.summary
    assert 0 < rest.counts["written"] < whole.counts["written"]
    assert bodies(rest) == bodies(whole)


def test_a_limit_of_pages_is_gone_on_from(tmp_path):
    whole = crawl(tmp_path / "whole", "fintechworld")
    for _ in range(6):
        part = crawl(tmp_path / "parts", "fintechworld", "-a", "pages=25")
        assert part.status == 0
        if not part.counts["left"]:
            break
    assert part.counts["left"] == 0
    assert bodies(part) == bodies(whole)


def test_a_site_that_moves_to_www_is_known_by_that(tmp_path):
    """Its start page may lead there; nothing else may leave the host."""
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
    """Queue rows in a ledger as somebody else would."""
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


def test_stored_requests_that_the_spider_cannot_have_made_are_dropped_and_told(tmp_path):
    answers: Answers = {
        "/": page(anchors("/html/red.html")),
        "/html/red.html": story("red"),
        "/stored.html": story("x"),
    }
    with site(answers) as (base, hits):
        crawl(tmp_path, *of(base), *FAST)
        _store(tmp_path, base, _FORGED)
        told = crawl(tmp_path, *of(base), *FAST)
        again = crawl(tmp_path, *of(base), *FAST)
    assert again.status == 0, (told.summary, again.summary)
    assert told.summary.count("a stored request is dropped") == len(_FORGED)
    assert "Traceback" not in told.summary
    assert "a stored request is dropped" not in again.summary
    assert hits["/stored.html"] == 0
    lines = (tmp_path / "failures.jsonl").read_bytes().splitlines()
    assert sum(each["reason"] == "stored request not valid" for each in map(json.loads, lines)) == len(_FORGED)
    assert [record["headline"].split()[1] for record in told.records] == ["red"]


def test_a_stored_request_that_the_spider_may_have_made_is_taken(tmp_path):
    with site({"/": page("x"), "/stored.html": story("x")}) as (base, hits):
        crawl(tmp_path, *of(base), *FAST)
        _store(tmp_path, base, [_PAGE])
        crawl(tmp_path, *of(base), *FAST)
    assert hits["/stored.html"] == 1
