"""Crawls that follow one another in a folder: what is resumed, read again, fetched again, left alone."""

import json
import signal
import subprocess
import time

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
    done = kill.loop(kills=30, seed=7)
    assert done.kills == 30
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
    assert "addresses are left from the last run" in rest.summary
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
