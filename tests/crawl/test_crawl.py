"""Whole crawls by `scrapy crawl`: files, summary and exit status."""

import json
import re
import shlex
import signal
import socket
import sqlite3
import subprocess
import time
from collections import Counter
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from fixtures.portal.server import serve
from scraper.io.wording import count
from tests.crawling import (
    ENVIRONMENT,
    FAST,
    REPORT,
    ROOT,
    SENTENCES,
    Answers,
    Crawl,
    adds_up,
    anchors,
    bodies,
    command,
    crawl,
    crawl_site,
    finish,
    of,
    page,
    site,
    start,
    story,
)

PORTAL = ROOT / "fixtures" / "portal"
PLACEHOLDER = "http://portal.test"

# --- The embedded portal ------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> tuple[Crawl, Counter[str]]:
    """Crawl the same portal as a live site; return the crawl, and the server's count of requests."""
    with serve() as server:
        run = crawl(tmp_path_factory.mktemp("crawl"), *of(server.base), *FAST)
        return run, Counter(server.hits)


def expected_stories() -> list[dict[str, Any]]:
    return [json.loads(line) for line in (PORTAL / "expected.jsonl").read_text("utf-8").splitlines()]


def placed(value: Any, base: str) -> Any:
    """Return a record with its URLs on the placeholder's base."""
    return json.loads(json.dumps(value, ensure_ascii=False).replace(base, PLACEHOLDER))


def holds(value: Any, expected: Any) -> bool:
    """Compare only the keys that the expected value has."""
    if isinstance(expected, dict) and isinstance(value, dict):
        return all(key in value and holds(value[key], expected[key]) for key in expected)
    return bool(value == expected)


def differences(crawled: Crawl) -> list[str]:
    """Return the differences between a crawl's records and the expected ones, story by story."""
    base = crawled.run["site"].rstrip("/")
    records = [placed(record, base) for record in crawled.records]
    by_url = {record["url"]: record for record in records}
    results = [f"{url} is there {n} times" for url, n in Counter(record["url"] for record in records).items() if n > 1]
    for expected in expected_stories():
        met = {expected["url"], *expected.get("aliases", ())} & by_url.keys()
        if len(met) == 1:
            results += differing(by_url.pop(met.pop()), expected)
        else:
            results.append(f"{expected['url']} is there {len(met)} times")
    return results + [f"{url} is no story" for url in by_url]


def differing(record: dict[str, Any], expected: dict[str, Any]) -> list[str]:
    """Return the fields of a record that are not as expected; its URL may be any of the story's."""
    differences = [
        f"{record['url']} {key}: {record[key]!r} instead of {value!r}"
        for key, value in expected.items()
        if key in record and key not in ("url", "canonical_url") and not holds(record[key], value)
    ]
    warnings = record["extraction"]["warnings"]
    dirty = {"injected_keyword"} if record["url"] in expected.get("dirty_aliases", ()) else set()
    if set(warnings) != {*expected.get("warnings", ()), *dirty}:
        differences.append(f"{record['url']} warns {warnings} instead of {expected.get('warnings', ())}")
    return differences


def test_the_embedded_portal_gives_exactly_the_expected_records(embedded):
    assert embedded.status == 0, embedded.summary
    assert len(expected_stories()) >= 60
    assert differences(embedded) == []


def test_own_components_do_not_replace_those_of_the_crawl(tmp_path, embedded):
    other = ("-s", "EXTENSIONS={}", "-s", "DOWNLOADER_MIDDLEWARES={}", "-s", "ITEM_PIPELINES={}")
    crawled = crawl(tmp_path, "fintechworld", *other)
    assert crawled.status == 0, crawled.summary
    assert crawled.counts == embedded.counts


def test_the_same_portal_as_a_live_site_gives_the_same(embedded, served):
    crawled, _ = served
    assert crawled.status == 0, crawled.summary
    assert not (crawled.directory / "archive").exists()
    assert "\x1b" not in crawled.summary
    assert Counter(record["headline"] for record in crawled.records) == Counter(
        record["headline"] for record in embedded.records
    )


def test_every_record_has_an_id_and_a_time(embedded):
    records = embedded.records
    assert len({record["id"] for record in records}) == len(records)
    assert all(len(record["id"]) == 16 for record in records)
    assert all(record["fetched_at"].endswith(("Z", "+00:00")) for record in records)


def test_a_split_story_is_one_record(embedded):
    paths = Counter(urlsplit(record["url"]).path for record in embedded.records)
    assert not [path for path in paths if path.endswith(("_2.html", "_3.html"))]
    assert embedded.counts["articles"] >= embedded.counts["records"] + 2


def test_the_account_adds_up(embedded, served):
    for crawled in (embedded, served[0]):
        assert adds_up(crawled.counts), crawled.run
        assert crawled.counts["written"] == len(crawled.records)
        assert crawled.run["reason"] == "finished"
        assert crawled.run["errors"] == 0
        assert crawled.run["started"] < crawled.run["ended"]


def test_what_was_not_fetched_has_a_reason(embedded):
    assert embedded.counts["failed"].keys() <= {"404", "robots", "off the host", "unsafe address"}
    assert {"404", "robots"} <= embedded.counts["failed"].keys()
    assert embedded.counts["skipped"].keys() <= {
        "listing", "empty", "error page", "blocked", "sitemap", "feed", "later part of a story", "unreadable"
    }  # fmt: skip


def test_the_summary_is_in_words(embedded):
    summary = embedded.summary
    assert "fintechworld: http://127.0.0.1:" in summary
    assert f"{embedded.counts['fetched']} pages fetched" in summary
    assert f"{embedded.counts['written']} records written" in summary
    assert "pages without a story: listing" in summary
    assert "URLs not fetched: " in summary
    assert str(embedded.directory) in summary
    assert "Traceback" not in summary


def test_a_feed_holds_the_same_records(embedded):
    feed = [json.loads(line) for line in (embedded.directory / "feed.jsonl").read_bytes().splitlines()]
    assert feed == embedded.records


def test_counters_and_forbidden_pages_are_left_alone(served):
    _, hits = served
    assert len(hits) > 60
    assert [target for target in hits if target.startswith(("/e/", "/my/", "/member/"))] == []
    assert [target for target in hits if "[!--" in target or "utm_" in target or "#" in target] == []


def test_no_page_is_fetched_twice(served):
    """But for what answers 500 first, and the robots file and parts of a story that were met by themselves."""
    _, hits = served
    twice = {target for target, count in hits.items() if count > 1}
    assert len(twice) <= 4, twice
    assert hits["/robots.txt"] == 1


def test_a_second_run_adds_nothing_and_mends_a_torn_tail(embedded, tmp_path):
    path = tmp_path / "records.jsonl"
    whole = (embedded.directory / "records.jsonl").read_bytes()
    *kept, last = whole.splitlines(keepends=True)
    path.write_bytes(b"".join(kept) + last[: len(last) // 2])
    again = crawl(tmp_path, "fintechworld")
    assert again.status == 0
    assert "ended in a torn line" in again.summary
    assert f"{len(kept)} records already there." in again.summary
    assert (again.counts["already_there"], again.counts["written"]) == (len(kept), 1)
    assert adds_up(again.counts)
    assert {record["headline"] for record in again.records} == {record["headline"] for record in embedded.records}
    assert len(again.records) == len(embedded.records)


def test_a_full_disk_ends_the_crawl_with_whole_lines_and_room_ends_it_well(tmp_path, embedded):
    (tmp_path / "records.jsonl").write_text("x" * 900_000 + "\n")
    full = crawl(tmp_path, "fintechworld", file_size=1_000_000)
    assert full.status == 3
    assert full.run["reason"] == "disk_full"
    assert full.counts["unwritten"] > 0
    assert "not written: no space left" in full.summary
    lines = (tmp_path / "records.jsonl").read_bytes().splitlines(keepends=True)
    assert len(lines) == 1 + full.counts["written"]
    assert all(json.loads(line) for line in lines[1:])
    again = crawl(tmp_path, "fintechworld")
    assert again.status == 0, again.summary
    (tmp_path / "records.jsonl").write_bytes(b"".join((tmp_path / "records.jsonl").read_bytes().splitlines(True)[1:]))
    assert bodies(again) == bodies(embedded)


def test_a_full_disk_under_the_frontier_ends_the_crawl_and_room_ends_it_well(tmp_path, embedded):
    full = crawl(tmp_path, "fintechworld", file_size=250_000)
    assert full.status == 3, full.summary
    assert full.run["reason"] == "disk_full"
    assert "Traceback" not in full.summary
    again = crawl(tmp_path, "fintechworld")
    assert again.status == 0, again.summary
    assert bodies(again) == bodies(embedded)


def test_a_second_crawl_in_a_folder_ends_at_once(tmp_path):
    process = start(tmp_path, "fintechworld", "-s", "DOWNLOAD_DELAY=0.5", "-s", "CONCURRENT_REQUESTS=1")
    lock = tmp_path / "lock"
    while process.is_running and not (lock.exists() and lock.read_text() == str(process.pid)):
        time.sleep(0.02)
    second = crawl(tmp_path, "fintechworld")
    process.send_signal(signal.SIGKILL)
    process.finish()
    assert second.status == 5
    assert f"another crawl is using {tmp_path} (process {process.pid})" in second.summary
    assert "Traceback" not in second.summary
    assert not (tmp_path / "run.json").exists()


def test_a_damaged_ledger_is_reported_and_can_be_done_without(tmp_path, embedded):
    (tmp_path / "records.jsonl").write_bytes((embedded.directory / "records.jsonl").read_bytes())
    (tmp_path / "frontier.sqlite").write_bytes(b"no database at all" * 1000)
    refused = crawl(tmp_path, "fintechworld")
    assert refused.status == 3
    assert "frontier.sqlite: file is not a database; without that file" in refused.summary
    assert "Traceback" not in refused.summary
    (tmp_path / "frontier.sqlite").unlink()
    again = crawl(tmp_path, "fintechworld")
    assert again.status == 0
    assert bodies(again) == bodies(embedded)


def test_a_folder_keeps_to_its_site(tmp_path, embedded):
    (tmp_path / "frontier.sqlite").write_bytes((embedded.directory / "frontier.sqlite").read_bytes())
    other, hits = crawl_site(tmp_path, {"/": story("red")})
    assert other.status == 2
    assert "it belongs to the crawl of " in other.summary
    assert not hits


def test_a_folder_that_cannot_be_made_is_reported(tmp_path):
    (tmp_path / "file").write_text("")
    folder = tmp_path / "file" / "under"
    refused = crawl(folder, "fintechworld")
    assert refused.status == 3
    assert f"Cannot crawl into this folder: {folder}: Not a directory\n" in refused.summary
    assert "Traceback" not in refused.summary


def interrupted(directory: Path, delay: float, times: int) -> Crawl:
    """Send SIGINT this many times once the first record is written."""
    process = start(directory, "fintechworld", "-s", f"DOWNLOAD_DELAY={delay}", "-s", "CONCURRENT_REQUESTS=2")
    records = directory / "records.jsonl"
    while process.is_running and not (records.exists() and records.stat().st_size):
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    if times == 2:
        while process.is_running and "^C again stops at once" not in process.log:
            time.sleep(0.01)
        process.send_signal(signal.SIGINT)
    return finish(process, directory)


@pytest.mark.parametrize(("delay", "times"), [(0.1, 1), (0.3, 2)])
def test_an_interrupted_crawl_is_continued_by_the_same_command(tmp_path, embedded, delay, times):
    stopped = interrupted(tmp_path, delay, times)
    log, written = stopped.summary, len(stopped.records)
    assert stopped.status == 11, log
    assert "INFO: completing requests in progress; ^C again stops at once\n" in log
    assert (tmp_path / "records.jsonl").read_bytes().endswith(b"\n")
    if times == 1:
        assert stopped.run["reason"] == "shutdown"
        assert stopped.counts["left"] > 0
        assert "left; run the same command again" in log
        assert written == stopped.counts["written"] > 0
    else:
        assert log.splitlines()[-4:] == [
            f"{log.splitlines()[-4][:8]} INFO: stopping at once",
            "fintechworld: interrupted",
            f"  {count(written, 'record')} written; run the same command again to continue.",
            f"  Records: {tmp_path}/",
        ]
    rest = crawl(tmp_path, "fintechworld")
    assert rest.status == 0
    assert "URLs are left from the last run" in rest.summary
    assert rest.counts["written"] == len(embedded.records) - written > 0
    assert bodies(rest) == bodies(embedded)


def test_a_limit_of_pages_is_kept_and_continued_from(tmp_path, embedded):
    for pages in (30, 60, 60):
        part = crawl(tmp_path, "fintechworld", "-a", f"pages={pages}")
        assert part.status == 0, part.summary
        assert adds_up(part.counts)
        requested = part.counts["fetched"] + part.counts["repeated"] + sum(part.counts["failed"].values())
        assert requested <= pages + 3  # a story that is begun is read to its end
        assert requested >= pages or not part.counts["left"]
    assert part.counts["left"] == 0
    assert bodies(part) == bodies(embedded)


def test_a_url_that_is_never_requested_does_not_count_against_the_limit(tmp_path):
    forbidden, stories = [f"/my/{n}.html" for n in range(20)], [f"/html/{n}.html" for n in range(6)]
    answers = {"/": page(anchors(*forbidden, *stories))}
    answers |= {path: story(f"ship{n}") for n, path in enumerate(stories)}
    answers["/robots.txt"] = (200, {}, "User-agent: *\nDisallow: /my/")
    crawled, hits = crawl_site(tmp_path, answers, "-a", "pages=5")
    assert crawled.counts["failed"]["robots"] == 20
    assert not any(hits[path] for path in forbidden)
    assert sum(hits[path] for path in ("/", "/sitemap.xml", *stories)) == 5
    assert adds_up(crawled.counts)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("fintechwrold",), "Spider not found: fintechwrold"),
        (("portal",), "missing argument: -a site=https://host/"),
        (("fintechworld", "-s", "ARCHIVE=yes"), "scrapy crawl: ARCHIVE must be true or false, not 'yes'"),
        (("fintechworld", "-s", "DOWNLOAD_DELAY=soon"), "DOWNLOAD_DELAY must be a number, not 'soon'"),
        (("fintechworld", "-s", "CRAWL_DRI=x"), "unknown setting CRAWL_DRI; did you mean CRAWL_DIR?"),
        (("fintechworld", "-o", "s3://bucket/x.jsonl"), "s3://bucket/x.jsonl needs the package boto3"),
    ],
)
def test_wrong_arguments_end_with_a_line_and_status_2(tmp_path, arguments, message):
    refused = crawl(tmp_path, *arguments, "-s", "LOG_ENABLED=0")
    assert refused.status == 2
    assert refused.summary.splitlines() == [line for line in refused.summary.splitlines() if message in line]
    assert not list(tmp_path.iterdir())


def test_a_crawl_without_stderr_writes_its_records(tmp_path):
    line = shlex.join(command(tmp_path, "fintechworld", "-a", "pages=5"))
    assert (
        subprocess.run(f"{line} 2>&-", shell=True, cwd=ROOT, env=ENVIRONMENT, timeout=60, check=False).returncode == 0
    )
    assert (tmp_path / "records.jsonl").read_bytes()


def test_an_unreachable_site_gives_nothing(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    nothing = crawl(tmp_path, *of(f"http://127.0.0.1:{port}"), *FAST, "-s", "RETRY_TIMES=0")
    assert nothing.status == 17
    assert nothing.counts["fetched"] == 0
    assert nothing.counts["failed"] == {"robots: connection refused": 2}  # the home page, and the sitemap
    assert "its robots.txt could not be fetched" in nothing.summary
    assert adds_up(nothing.counts)


# --- A site with faults -------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def faulty(tmp_path_factory: pytest.TempPathFactory) -> tuple[Crawl, Counter[str]]:
    listed = anchors(
        "/html/red.html", "/news/red.html", "/html/red.html?utm_source=x#top", "/moved.html", "/html/split_2.html",
        "/html/split.html", "/html/torn.html", "/html/grey_2.html", "/html/grey.html",
        "/html/bent.html", "/away.html", "/loop.html",
        "/round_a.html", "/gone.html", "/broken.html", "/picture.html", "/sea/", "/data.html",
    )  # fmt: skip
    with socket.create_server(("127.0.0.1", 0)) as elsewhere:
        away = f"http://127.0.0.1:{elsewhere.getsockname()[1]}/"
        return crawl_site(
            tmp_path_factory.mktemp("faulty"),
            {
                "/": page(listed),
                "/html/red.html": story("red"),
                "/news/red.html": story("red"),
                "/moved.html": page("", 302, Location="/html/red.html"),
                "/html/split.html": story("split", anchors("split.html", "split_2.html", "split_3.html")),
                "/html/split_2.html": story("split", anchors("split.html", "split_2.html", "split_3.html"), " 2"),
                "/html/split_3.html": story("split", anchors("split.html", "split_2.html", "split_3.html"), " 3"),
                "/html/torn.html": story("torn", anchors("torn_2.html", "torn_3.html")),
                "/html/grey.html": story("grey", anchors("grey_2.html")),
                "/html/grey_2.html": story("other"),
                "/html/bent.html": story("bent", anchors("bent_2.html")),
                "/html/bent_2.html": page("", 302, Location="/html/bent.html"),
                "/away.html": page("", 302, Location=away),
                "/loop.html": page("", 302, Location="/loop.html"),
                "/round_a.html": page("", 302, Location="/round_b.html"),
                "/round_b.html": page("", 302, Location="/round_a.html"),
                "/broken.html": page("", 500),
                "/picture.html": (200, {}, "\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + "\0\x01\x02\x03" * 200),
                "/data.html": page("", 302, Location="data:text/html,hello"),
                "/sea/": page(anchors("/sea/index_2.html", "/html/red.html"), **{"Content-Type": "text/html; x=\xff"}),
                "/sea/index_2.html": page(anchors("/sea/", "/html/blue.html")),
                "/html/blue.html": story("blue"),
            },
            *REPORT,
        )


def test_faults_cost_no_story(faulty):
    crawled, _ = faulty
    assert crawled.status == 0, crawled.summary
    headlines = Counter(record["headline"].split()[1] for record in crawled.records)
    assert headlines == Counter(("red", "split", "torn", "grey", "other", "bent", "blue"))
    assert adds_up(crawled.counts), crawled.run


def test_every_fault_is_counted_with_its_reason(faulty):
    crawled, hits = faulty
    failed = dict(crawled.counts["failed"])
    assert failed.pop("404") == 2  # gone.html, torn_2.html
    assert failed == {"500": 1, "unsafe address": 1, "redirect loop": 2, "no sitemap": 1, "302": 1}
    assert crawled.counts["repeated"] == 1  # moved.html
    assert hits["/broken.html"] == 3
    assert re.search(r"not fetched: http:\S+/away\.html -> http:\S+/ \(unsafe address\)", crawled.summary)


def test_every_page_without_a_story_is_named_with_its_kind(faulty):
    crawled, _ = faulty
    lines = (crawled.directory / "skipped.jsonl").read_bytes().splitlines()
    named = {urlsplit(line["url"]).path: line["reason"] for line in map(json.loads, lines)}
    skipped = Counter(crawled.counts["skipped"])
    del skipped["later part of a story"]  # which its story has asked for again
    assert Counter(named.values()) == skipped
    assert {"/", "/sea/", "/sea/index_2.html", "/picture.html"} <= named.keys()
    shown = (crawled.directory / "report.html").read_text("utf-8")
    assert "Pages without a story" in shown
    assert "/picture.html" in shown


def test_parts_are_read_in_order_and_missing_ones_are_reported(faulty):
    crawled, _ = faulty
    records = {record["headline"].split()[1]: record for record in crawled.records}
    assert records["split"]["url"].endswith("/html/split.html")
    assert len(records["split"]["body"]) == 3 * len(SENTENCES)
    assert "truncated" not in records["split"]["extraction"]["warnings"]
    assert "truncated" in records["torn"]["extraction"]["warnings"]
    assert "truncated" in records["bent"]["extraction"]["warnings"]
    assert len(records["torn"]["body"]) == len(records["grey"]["body"]) == len(SENTENCES)
    assert "truncated" not in records["grey"]["extraction"]["warnings"]
    assert crawled.counts["skipped"]["later part of a story"] == 1


def test_a_site_that_forbids_all_is_requested_nothing(tmp_path):
    forbidden = (200, {}, "User-agent: *\nDisallow: /")
    crawled, hits = crawl_site(tmp_path, {"/": page("x"), "/robots.txt": forbidden})
    assert hits == {"/robots.txt": 1}
    assert crawled.status == 17
    assert crawled.counts["failed"] == {"robots": 2}  # the home page, and the sitemap
    assert adds_up(crawled.counts)


def test_a_site_without_pages_gives_nothing(tmp_path):
    crawled, _ = crawl_site(tmp_path, {})
    assert crawled.status == 1
    assert crawled.counts["failed"] == {"404": 1, "no sitemap": 1}


def test_sitemaps_named_in_robots_are_read(tmp_path):
    with site(answers := {}) as (base, hits):
        entries = "".join(f"<url><loc>{base}/html/{name}.html</loc></url>" for name in ("one", "two"))
        answers |= {
            "/": page(anchors("/sea/")),
            "/robots.txt": (200, {}, "Sitemap: /maps/index.xml\n"),
            "/maps/index.xml": (200, {}, "<sitemapindex><sitemap><loc>/maps/1.xml</loc></sitemap><sitemap><loc>"
                                f"{base}/maps/1.xml</loc></sitemap><sitemap><loc>http://other.test/2.xml</loc></sitemap>"
                                "</sitemapindex>"),
            "/maps/1.xml": (200, {}, f"<urlset>{entries}<url><loc>{base}/e/public/digg/</loc></url></urlset>"),
            "/html/one.html": story("one"),
            "/html/two.html": story("two"),
        }  # fmt: skip
        crawled = crawl(tmp_path, *of(base), *FAST)
    assert crawled.status == 0, crawled.summary
    assert crawled.counts["written"] == 2
    assert crawled.counts["skipped"]["sitemap"] == 2
    assert "/sitemap.xml" not in hits
    assert "/e/public/digg/" not in hits


def test_a_polite_crawl_asks_once_a_second(tmp_path):
    with site({"/": page(anchors("/a.html")), "/a.html": story("slow")}) as (base, hits):
        crawled = crawl(tmp_path, *of(base))
    started, ended = (datetime.fromisoformat(crawled.run[when]) for when in ("started", "ended"))
    assert crawled.status == 0, crawled.summary
    assert {"/robots.txt", "/", "/sitemap.xml", "/a.html"} <= hits.keys()
    assert (ended - started).total_seconds() >= len(hits) - 1


# --- Stories and their pages ---------------------------------------------------------------------------------------


QUERIES = [f"/article.html?id={number}" for number in range(1, 5)]
NUMBERED = {
    "north": ("/news/long/", "/news/long/2/"),
    "south": ("/south.html", "/south.html?page=2"),
    "east": ("/east", "/east?p=2"),
    "west": ("/west.html", "/west-2.html"),
}
"""The first and the second page of a story, in all forms of numbering."""
REFRESHES = {
    "one": '<meta http-equiv="refresh" content="0;url=/sea/one/">',
    "two": "<noscript><META content=\"0; URL='/sea/two/'\" http-equiv=Refresh></noscript>",
    "three": '<meta http-equiv="refresh" content="5, /sea/three/">',
}


@pytest.fixture(scope="module")
def paged(tmp_path_factory: pytest.TempPathFactory) -> tuple[Crawl, dict[str, int]]:
    """Crawl stories at many forms of URLs; return the crawl, and the number of paragraphs by story."""
    answers = {path: story(f"number{path[-1]}", anchors(*QUERIES)) for path in QUERIES}
    for name, (first, second) in NUMBERED.items():
        pager = f'<p><a href="{first}">1</a> <a href="{second}">2</a></p>'
        answers |= {first: story(name, pager), second: story(name, pager, " second")}
    later = anchors("/a_2.html", "/a_3.html")
    answers |= {
        "/a.html": story("red", anchors("/a_2.html")),
        "/a_2.html": story("blue", later),
        "/a_3.html": story("blue", later, " third"),
    }
    starts = [*QUERIES, *(path for pair in NUMBERED.values() for path in reversed(pair)), "/a.html"]
    for name, refresh in REFRESHES.items():
        answers[f"/go/{name}.html"] = (200, {}, f"<html><head>{refresh}</head><body></body></html>")
        answers |= {f"/sea/{name}/": page(anchors(f"/{name}.html")), f"/{name}.html": story(name)}
        starts.append(f"/go/{name}.html")
    crawled, _ = crawl_site(tmp_path_factory.mktemp("paged"), {"/": page(anchors(*starts))} | answers)
    sizes = {record["headline"].split()[1]: len(record["body"]) for record in crawled.records}
    assert len(sizes) == len(crawled.records)
    assert adds_up(crawled.counts), crawled.run
    return crawled, sizes


def test_urls_that_differ_in_their_query_are_pages_of_their_own(paged):
    assert {f"number{number}" for number in range(1, 5)} <= paged[1].keys()


@pytest.mark.parametrize("name", NUMBERED)
def test_a_story_over_pages_is_one_record_however_they_are_numbered(paged, name):
    assert paged[1][name] == 2 * len(SENTENCES)


def test_a_part_that_is_another_story_continues_with_its_own_parts(paged):
    assert (paged[1]["red"], paged[1]["blue"]) == (len(SENTENCES), 2 * len(SENTENCES))


@pytest.mark.parametrize("name", REFRESHES)
def test_a_refresh_is_followed(paged, name):
    assert paged[1][name] == len(SENTENCES)


def test_a_story_of_many_parts_takes_no_more_room_than_its_parts(tmp_path):
    count, filling = 12, "<p>" + "The ferry sails on and on. " * 4000 + "</p>"
    names = ["/a.html", *(f"/a_{number}.html" for number in range(2, count + 1))]
    answers: Answers = {"/": page(anchors(names[0]))}
    for number, name in enumerate(names, 1):
        status, headers, text = story("long", anchors(*names), f" {number}")
        answers[name] = (
            status,
            headers,
            text.replace("</article>", filling + "</article>").replace("<p>The", filling + "<p>The", 1),
        )
    crawled, _ = crawl_site(tmp_path, answers)
    size = sum(len(answers[name][2]) for name in names)
    assert len(crawled.records) == 1
    assert len(crawled.records[0]["body"]) >= count * len(SENTENCES)
    assert (tmp_path / "frontier.sqlite").stat().st_size < 2.5 * size


class Forgetful(dict):
    """Answers of a site that, at the first request for the third part of a story, deletes the request for the second."""

    def __init__(self, answers, database):
        super().__init__(answers)
        self.database, self.deleted = database, 0

    def get(self, path, default):
        if path == "/html/red_3.html" and not self.deleted:
            with closing(sqlite3.connect(self.database, timeout=20)) as database, database:
                self.deleted = database.execute("delete from request where url like '%red_2.html'").rowcount
        return super().get(path, default)


def test_a_story_whose_earlier_parts_the_store_has_lost_is_read_again(tmp_path):
    links = anchors("red.html", "red_2.html", "red_3.html")
    parts = {f"/html/red{part}.html": story("red", links, part) for part in ("", "_2", "_3")}
    answers = Forgetful({"/": page(anchors("/html/red.html")), **parts}, tmp_path / "frontier.sqlite")
    crawled, hits = crawl_site(tmp_path, answers)
    assert answers.deleted == 1
    (record,) = crawled.records
    assert record["url"].endswith("/html/red.html")
    assert len(record["body"]) == 3 * len(SENTENCES)
    assert "truncated" not in record["extraction"]["warnings"]
    assert hits["/html/red.html"] == hits["/html/red_3.html"] == 2
    assert crawled.counts["skipped"]["later part of a story"] == 3
    assert adds_up(crawled.counts), crawled.run
