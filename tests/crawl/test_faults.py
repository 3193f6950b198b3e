"""Crawls of a site with faults: each affects only itself, and all good stories are written."""

import json
import re
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from itertools import pairwise
from typing import Any, NamedTuple

import pytest

from scraper import ScraperError, extract
from scraper.io.content_encoding import BAD_COMPRESSION, CUT_SHORT, TOO_LARGE
from tests.crawling import FAST, Crawl, adds_up, crawl, of, site
from tests.faults import FORMS, GOOD, Server, serve_faults
from tests.probe import Probed, probe

HALTED = ("/reset", "/short", "/length/two", "/chunk", "/garbage")
TORN = ("/torn/gzip", "/torn/deflate", "/torn/br", "/torn/zstd")
SLOW = ("/slow/headers", "/slow/body", "/hang")
BOMBS = ("/bomb/gzip", "/bomb/br", "/bomb/zstd")
HUGE = ("/huge/with-length", "/huge/without-length")
LETTERS = {
    "северный": "/cp1251-as-utf8",
    "южный": "/utf8-as-cp1251",
    "восточный": "/no-charset",
    "западный": "/bogus-charset",
}
CRAWLS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "slow": ((*SLOW, "/calendar/2025/01/"), ("-s", "DOWNLOAD_TIMEOUT=1.5", "-s", "DEPTH_LIMIT=250")),
    "pages": (
        (
            *("/length/small", "/to-file", "/to-data", "/refresh-file", "/refresh-data", "/plain-as-gzip", "/noise-as-gzip"),
            *("/jpeg", "/pdf", "/nul", "/nested", "/attributes", "/long-header", "/many-headers", "/empty", "/204"),
            *(*LETTERS.values(), *HUGE, *BOMBS, *(f"/to/{number}" for number in range(len(FORMS))), "/whole/br", "/html/red.html?utm_source=a", "/html/red.html?fbclid=2#x"),
        ),
        (),
    ),
    "retried": ((*HALTED, *TORN, "/flaky", "/500", "/loop", "/endless/1"), ("-s", "BACKOFF=0.5")),
    "refused": (tuple(f"/429?n={number}" for number in range(60)), ("-s", "HOST_FAILURES=3", "-s", "BACKOFF=0.2")),
}  # fmt: skip


class Run(NamedTuple):
    """A finished crawl, and the server it crawled."""

    crawled: Crawl
    server: Server
    strays: int
    """Requests that reached the target of the redirects."""

    @property
    def reasons(self) -> dict[str, str]:
        """Why what was not fetched was not, by the address's path, or the whole address off the site."""
        matches = re.findall(r"not fetched: (?:\S+ -> )*(\S+) \((.*)\)$", self.crawled.summary, re.MULTILINE)
        return {url.removeprefix(self.server.base): reason for url, reason in matches}

    @property
    def stories(self) -> Mapping[str, dict[str, Any]]:
        """The records by what their headline calls the ferry."""
        return {record["headline"].split(" ferry ")[0].removeprefix("The "): record for record in self.crawled.records}

    @property
    def failures(self) -> dict[str, dict[str, Any]]:
        """The lines of failures.jsonl by path."""
        lines = (self.crawled.directory / "failures.jsonl").read_text("utf-8").splitlines()
        return {line["url"].removeprefix(self.server.base): line for line in map(json.loads, lines)}

    def gaps(self, path: str) -> list[float]:
        """Return the seconds between the requests for a path."""
        return [later - earlier for earlier, later in pairwise(self.server.hits[path])]


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Run]:
    """Run all crawls, three at a time: they wait more than they work."""

    def run(name: str) -> Run:
        links, more = CRAWLS[name]
        directory = tmp_path_factory.mktemp(name)
        with site({}) as (elsewhere, hits), serve_faults(links, elsewhere=int(elsewhere.rpartition(":")[2])) as server:
            crawled = crawl(directory, *of(server.base), *FAST, *more)
            return Run(crawled, server, sum(hits.values()))

    with ThreadPoolExecutor(3) as pool:
        return dict(zip(CRAWLS, pool.map(run, CRAWLS), strict=True))


@pytest.mark.parametrize("name", ["pages", "retried", "slow"])
def test_the_good_stories_come_and_the_account_adds_up(runs, name):
    crawled = runs[name].crawled
    assert set(GOOD) <= runs[name].stories.keys(), crawled.summary
    assert adds_up(crawled.counts), crawled.run
    assert (crawled.run["reason"], crawled.run["errors"]) == ("finished", 0)
    assert "Traceback" not in crawled.summary


# --- Connections that break, answers that are none ---------------------------------------------------


@pytest.mark.parametrize("path", HALTED)
def test_a_broken_answer_is_tried_again_and_reported(runs, path):
    run = runs["retried"]
    assert run.reasons[path] in ("cut short", "connection failed")
    assert len(run.server.hits[path]) == 3


@pytest.mark.parametrize("path", HALTED)
def test_a_broken_answer_is_tried_again_later_and_later(runs, path):
    first, second = runs["retried"].gaps(path)
    assert first > 0.45
    assert second > 0.95


def test_a_page_without_its_end_is_flagged(runs):
    assert "truncated" in runs["pages"].stories["small"]["extraction"]["warnings"]


@pytest.mark.parametrize(
    ("name", "path", "reason", "tries"),
    [
        *(("retried", path, None, 3) for path in HALTED),
        *(("slow", path, "timeout", 3) for path in SLOW),
        *(("retried", path, CUT_SHORT, 3) for path in TORN),
        *(("pages", path, TOO_LARGE, None) for path in (*BOMBS, *HUGE)),
        ("retried", "/500", "500", 3),
        ("retried", "/loop", "redirect loop", None),
        ("retried", "/endless/1", None, None),
        ("pages", "/noise-as-gzip", BAD_COMPRESSION, None),
    ],
)
def test_every_failure_is_recorded(runs, name, path, reason, tries):
    """Check the reason and the number of attempts; None is not checked."""
    line = runs[name].failures[path]
    assert reason in (None, line["reason"])
    assert tries in (None, line["tries"])


# --- Slow servers ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", SLOW)
def test_a_slow_answer_has_a_deadline(runs, path):
    run = runs["slow"]
    assert run.reasons[path] == "timeout"
    assert len(run.server.hits[path]) == 3
    assert all(2.4 < gap < 10 for gap in run.gaps(path))


# --- Servers in trouble -----------------------------------------------------------------------------


def test_a_page_that_comes_at_last_is_there_once(runs):
    run = runs["retried"]
    assert len(run.server.hits["/flaky"]) == 3
    assert [record["url"] for record in run.crawled.records].count(f"{run.server.base}/flaky") == 1


def test_retry_after_is_waited_for(runs):
    assert min(runs["retried"].gaps("/flaky")) > 0.95


def test_a_host_that_refuses_is_left_alone(runs):
    run = runs["refused"]
    requested = sum(len(hits) for path, hits in run.server.hits.items() if path.startswith("/429"))
    assert requested < len(CRAWLS["refused"][0])
    assert run.crawled.status == 18


# --- Redirects --------------------------------------------------------------------------------------


def test_a_redirect_to_itself_is_reported(runs):
    assert runs["retried"].crawled.counts["failed"]["redirect loop"] == 1
    assert len(runs["retried"].server.hits["/loop"]) == 1


def test_redirects_without_end_have_an_end(runs):
    run = runs["retried"]
    assert run.reasons["/endless/6"] == "too many redirects"
    assert "/endless/7" not in run.server.hits


def test_no_redirect_leads_out_of_http(runs):
    run = runs["pages"]
    assert run.reasons["/to-file"] == run.reasons["/to-data"] == "302"
    assert {len(run.server.hits[path]) for path in ("/refresh-file", "/refresh-data")} == {1}
    assert not any("root:" in json.dumps(record) or "hello" in record["headline"] for record in run.crawled.records)


def test_no_redirect_leads_off_the_public_internet(runs):
    """Names with a private IP are tested in test_ssrf, with a DNS of its own."""
    run = runs["pages"]
    unsafe = [url for url, reason in run.reasons.items() if reason == "unsafe address"]
    assert len(unsafe) == run.crawled.counts["failed"]["unsafe address"] == len(FORMS)
    assert run.strays == 0


# --- Too much, too little --------------------------------------------------------------------------


@pytest.mark.parametrize("path", BOMBS)
def test_a_bomb_is_fetched_once_and_gives_nothing(runs, path):
    run = runs["pages"]
    assert len(run.server.hits[path]) == 1
    assert path not in {record["url"].removeprefix(run.server.base) for record in run.crawled.records}


@pytest.mark.parametrize("path", HUGE)
def test_a_huge_page_is_abandoned(runs, path):
    assert runs["pages"].reasons[path] == "too large"


def test_huge_pages_takes_little_memory():
    with serve_faults() as server:
        probed = probe([server.base + path for path in HUGE], TRUSTED_HOSTS=server.place)
    assert all(outcome["error"].startswith("DownloadCancelledError") for outcome in probed.outcomes.values())
    assert probed.grown < 64 * 2**20


@pytest.mark.parametrize("path", TORN)
def test_a_torn_body_is_tried_again_and_abandoned(runs, path):
    run = runs["retried"]
    assert len(run.server.hits[path]) == 3
    assert run.reasons[path] == CUT_SHORT


def test_a_label_of_compression_without_compression_costs_nothing(runs):
    assert "plain" in runs["pages"].stories
    assert "whole br" in runs["pages"].stories
    assert not any("noise" in record["url"] for record in runs["pages"].crawled.records)


# --- What the pages hold ---------------------------------------------------------------------------


def test_other_documents_are_skipped_with_a_reason(runs):
    """JPEG, PDF, nesting and attributes; an empty page, one of no content, the home page and two refreshes."""
    assert runs["pages"].crawled.counts["skipped"] == {"unreadable": 4, "empty": 4, "listing": 1}


@pytest.mark.parametrize("name", LETTERS)
def test_letters_are_decoded_whatever_charset_is_declared(runs, name):
    record = runs["pages"].stories[name]
    assert record["url"].endswith(LETTERS[name])
    assert record["body"][0].startswith(f"Паром «{name}» вышел из гавани на рассвете")


def test_nul_bytes_and_long_heads_do_no_harm(runs):
    run = runs["pages"]
    assert {"nul", "many"} <= run.stories.keys()
    assert len(run.stories["nul"]["body"]) == len(run.stories["many"]["body"]) == 4
    assert run.reasons["/long-header"] == "connection failed"


@pytest.mark.parametrize("page", [b"<div>" * 200_000, b"<p " + b" a%d=1" * 200_000 % tuple(range(200_000)) + b">x"])
def test_a_page_that_would_stop_the_parser_is_refused_at_once(page):
    started = time.process_time()
    with pytest.raises(ScraperError):
        extract(b"<html>" + page)
    assert time.process_time() - started < 2


# --- Traps and doubles ----------------------------------------------------------------------------


def test_a_calendar_has_an_end(runs):
    requested = [path for path in runs["slow"].server.hits if path.startswith("/calendar/")]
    assert len(requested) <= 200


def test_tracking_parameters_make_no_other_page(runs):
    run = runs["pages"]
    assert [path for path in run.server.hits if path.startswith("/html/red")] == ["/html/red.html"]
    assert len(run.server.hits["/html/red.html"]) == 1


# --- Robots.txt -----------------------------------------------------------------------------------

ROBOTS = {"deny": 0, "503": 0, "/reset": 0, "/hang": 0, "html": 8, "302": 7}
PAGES = ("/", "/html/red.html", "/html/blue.html", *(f"/html/{number}.html" for number in range(5)))


@pytest.fixture(scope="module")
def obeyed() -> tuple[dict[str, Server], Probed]:
    """Request eight pages at once of sites with different answers for robots.txt."""
    with ExitStack() as stack:
        servers = {robots: stack.enter_context(serve_faults(robots=robots)) for robots in ROBOTS}
        return servers, probe(
            [server.base + page for server in servers.values() for page in PAGES],
            ROBOTSTXT_OBEY=True,
            TRUSTED_HOSTS=[server.place for server in servers.values()],
            CONCURRENT_REQUESTS=100,
            CONCURRENT_REQUESTS_PER_DOMAIN=100,
            DOWNLOAD_TIMEOUT=2,
            RETRY_ENABLED=False,
        )


@pytest.mark.parametrize("robots", ROBOTS)
def test_robots_txt_is_obeyed_from_the_first_request_on(obeyed, robots):
    servers, probed = obeyed
    requested = [path for path in servers[robots].hits if path in PAGES]
    assert len(requested) == ROBOTS[robots]
    assert len(servers[robots].hits["/robots.txt"]) == 1
    refused = [outcome for url, outcome in probed.outcomes.items() if url.startswith(f"{servers[robots].base}/")]
    assert sum("IgnoreRequest: robots" in outcome.get("error", "") for outcome in refused) == 8 - ROBOTS[robots]


def test_a_redirect_of_robots_txt_is_followed(obeyed):
    server = obeyed[0]["302"]
    assert len(server.hits["/rules.txt"]) == 1
    assert "/html/blue.html" not in server.hits


def test_a_crawl_delay_is_kept():
    with serve_faults(robots="delay") as server:
        probe([server.base + path for path in PAGES[:2]], ROBOTSTXT_OBEY=True, TRUSTED_HOSTS=server.place)
    earlier, later = sorted(server.hits[path][0] for path in PAGES[:2])
    assert later - earlier > 0.95
