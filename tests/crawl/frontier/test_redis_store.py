"""Crawls of several workers over one Redis: they write the records of a single worker, whatever dies."""

import random
import re
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from fixtures.portal.server import Server, serve, serve_on
from scraper import Site
from tests import gazette
from tests.benchmarks.scaled import scaled
from tests.crawling import (
    ENVIRONMENT,
    FAST,
    ROOT,
    Crawl,
    adds_up,
    anchors,
    bodies,
    command,
    crawl,
    finish,
    of,
    page,
    site,
    start,
    story,
)
from tests.redis_server import RedisServer, serving

LEASE = 2
PERSISTENT = ("--appendonly", "yes")
COUNTED = (
    "found",
    "fetched",
    "unchanged",
    "repeated",
    "articles",
    "records",
    "written",
    "duplicates",
    "already_there",
    "dropped",
    "item_errors",
    "spared",
)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[RedisServer]:
    (tmp_path / "redis").mkdir()
    with serving(tmp_path / "redis", *PERSISTENT) as running:
        yield running


@pytest.fixture(scope="module")
def large() -> Iterator[Server]:
    """Serve the portal several times over."""
    with socket.create_server(("127.0.0.1", 0), backlog=128) as listener:
        base = f"http://127.0.0.1:{listener.getsockname()[1]}"
        running = Server(base, scaled(base, 250))
        with serve_on(listener, running):
            yield running


@pytest.fixture(scope="module")
def large_single(large: Server, tmp_path_factory: pytest.TempPathFactory) -> tuple[Crawl, Counter[str]]:
    """Crawl the large portal with one worker and no Redis."""
    large.hits.clear()
    return crawl(tmp_path_factory.mktemp("single"), *of(large.base), *FAST), Counter(large.hits)


@pytest.fixture(scope="module")
def single(tmp_path_factory: pytest.TempPathFactory) -> tuple[Crawl, Counter[str]]:
    """Crawl the portal with one worker and no Redis."""
    with serve() as portal:
        return crawl(tmp_path_factory.mktemp("single"), *of(portal.base), *FAST), Counter(portal.hits)


def shared(server: RedisServer, *more: str) -> tuple[str, ...]:
    return ("-s", f"REDIS_URL={server.url}", "-s", f"REDIS_LEASE={LEASE}", *more)


def crawl_together(count: int, folder: Path, *arguments: str) -> list[Crawl]:
    """Run a number of workers at the same time."""
    running = [(start(folder / str(number), *arguments), folder / str(number)) for number in range(count)]
    return [finish(worker, directory) for worker, directory in running]


def all_bodies(directories: Sequence[Path]) -> Counter[str]:
    crawls = [Crawl(0, "", directory) for directory in directories if (directory / "records.jsonl").exists()]
    return sum(map(bodies, crawls), Counter[str]())


# --- Several workers ---


def test_workers_together_write_the_records_of_one(server, large, large_single, tmp_path):
    count = 3
    single, single_hits = large_single
    large.hits.clear()
    workers = crawl_together(count, tmp_path, *of(large.base), *FAST, *shared(server))
    hits = Counter(large.hits)
    assert [worker.status for worker in workers] == [0] * count, workers
    assert sum(map(bodies, workers), Counter()) == bodies(single)
    assert sum(worker.counts["fetched"] > 10 for worker in workers) >= 2, "the work is shared"
    assert hits.keys() == single_hits.keys()
    assert hits.total() <= single_hits.total() + 2 * count, (
        "robots.txt, and a part of a story that is reached before its first, are requested again"
    )
    assert [worker.counts["left"] for worker in workers] == [0] * count
    assert not any("left; run the same command again" in worker.summary for worker in workers)
    together, one = summed(workers), summed([single])
    assert adds_up(together)
    assert [together[name] for name in ("written", "failed")] == [one[name] for name in ("written", "failed")]


def summed(workers: Sequence[Crawl]) -> dict[str, Any]:
    """Add up the counts of all workers: they balance as those of one worker do."""
    names = (*COUNTED, "left", "unfinished", "unwritten")
    counts: dict[str, Any] = {name: sum(worker.counts[name] for worker in workers) for name in names}
    for name in ("failed", "skipped"):
        counts[name] = sum((Counter(worker.counts[name]) for worker in workers), Counter())
    return counts


def test_the_next_round_repeats_conditional_requests(server, tmp_path):
    pages = {"/": story("first", '<a href="/2">2</a>'), "/2": story("second")}
    with site(pages) as (base, hits):
        first = crawl(tmp_path, *of(base), *FAST, *shared(server)).counts
        pages["/"] = story("first", '<a href="/2">2</a><a href="/3">3</a>')
        pages["/3"] = story("third")
        again = crawl(tmp_path, *of(base), *FAST, *shared(server)).counts
        fresh = crawl(tmp_path, *of(base), "-a", "fresh=true", *FAST, *shared(server))
    assert first["written"] == 2
    assert again["written"] == 1, "each round requests the start page, but not a recent story"
    assert again["failed"] == {"no sitemap": 1}
    assert fresh.counts["written"] == 3
    assert len(bodies(fresh)) == 3
    assert hits["/2"] == 2


def test_the_request_limit_is_for_all_workers(server, tmp_path):
    with serve() as portal:
        crawl_together(2, tmp_path, *of(portal.base), *FAST, *shared(server), "-a", "pages=20")
        hits = sum(portal.hits.values()) - portal.hits["/robots.txt"]
    assert 15 <= hits <= 24, "some are forbidden; later parts of stories are added"


def test_three_workers_contact_a_host_no_faster_than_one(server, tmp_path):
    times: list[float] = []

    class TimedPages(dict[str, Any]):
        def get(self, path: str, default: Any = None) -> Any:
            if path != "/robots.txt":
                times.append(time.monotonic())
            return super().get(path, default)

    links = "".join(f'<a href="/{number}">{number}</a>' for number in range(6))
    pages = TimedPages({"/": story("zero", links)} | {f"/{number}": story(f"number {number}") for number in range(6)})
    slow = ("-s", "DOWNLOAD_DELAY=0.3", "-s", "AUTOTHROTTLE_ENABLED=0")
    with site(pages) as (base, _):
        workers = crawl_together(3, tmp_path, *of(base), *slow, *shared(server))
    assert sum(worker.counts["written"] for worker in workers) == 7
    assert sum(worker.counts["fetched"] > 0 for worker in workers) >= 2
    gaps = [later - earlier for earlier, later in pairwise(times)]
    assert min(gaps) > 0.25, sorted(gaps)[:5]


def test_a_crawl_delay_applies_to_all_workers_from_the_first_page_on(server, tmp_path):
    times: list[float] = []

    class TimedPages(dict[str, Any]):
        def get(self, path: str, default: Any = None) -> Any:
            if path == "/robots.txt":
                time.sleep(0.7)
            else:
                times.append(time.monotonic())
            return super().get(path, default)

    links = "".join(f'<a href="/{number}">{number}</a>' for number in range(5))
    pages = TimedPages({"/": story("zero", links)} | {f"/{number}": story(f"number {number}") for number in range(5)})
    pages["/robots.txt"] = (200, {"Content-Type": "text/plain"}, "User-agent: *\nCrawl-delay: 0.3")
    many = ("-s", "CONCURRENT_REQUESTS_PER_DOMAIN=8")
    with site(pages) as (base, _):
        workers = crawl_together(3, tmp_path, *of(base), *FAST, *shared(server), *many)
    assert sum(worker.counts["written"] for worker in workers) == 6
    gaps = [later - earlier for earlier, later in pairwise(times)]
    assert min(gaps) > 0.25, sorted(gaps)[:5]


def test_a_failing_host_is_blocked_for_all_workers(server, tmp_path):
    links = "".join(f'<a href="/{number}">{number}</a>' for number in range(60))
    pages = {"/": story("zero", links)} | {f"/{number}": (500, {}, "") for number in range(60)}
    trouble = ("-s", "HOST_FAILURES=6", "-s", "BACKOFF=0.1", "-s", "BACKOFF_LONGEST=0.3", "-s", "RETRY_TIMES=0")
    one = ("-s", "CONCURRENT_REQUESTS_PER_DOMAIN=1")
    with site(pages) as (base, hits):
        workers = crawl_together(3, tmp_path, *of(base), *FAST, *shared(server), *trouble, *one)
    assert {worker.status for worker in workers} <= {0, 1, 18}, "a host blocked by one worker is blocked for all"
    assert 6 <= sum(hits[f"/{number}"] for number in range(60)) <= 9


# --- Dead workers ---


def test_killed_and_restarted_workers_lose_and_repeat_no_record(server, large, large_single, tmp_path):
    generator, kills = random.Random(7), 0
    arguments = (*of(large.base), *FAST, *shared(server))
    for number in range(8):
        if kills >= 4:
            break
        folder = tmp_path / f"crawl-{number}"
        kills += kill_at_random(folder, generator, *arguments)
        assert all_bodies([folder / "0", folder / "1"]) == bodies(large_single[0])
        server.client.flushall()
    assert kills >= 4


def kill_at_random(folder: Path, generator: random.Random, *arguments: str) -> int:
    """Kill one of two workers at random, and restart it, up to four times; return the number of kills."""
    running = [start(folder / str(number), *arguments) for number in range(2)]
    kills = 0
    for _ in range(4):
        time.sleep(generator.uniform(0.2, 1.0))
        victim = generator.randrange(2)
        if not running[victim].is_running:
            break
        running[victim].send_signal(signal.SIGKILL)
        running[victim].finish()
        kills += 1
        running[victim] = start(folder / str(victim), *arguments)
    for worker in running:
        worker.finish()
    return kills


def test_the_requests_of_a_dead_worker_are_taken_over(server, single, tmp_path):
    with serve() as portal:
        arguments = (*of(portal.base), *FAST, *shared(server))
        first = start(tmp_path / "first", *arguments)
        wait_for(lambda: portal.hits.total() > 30)
        first.send_signal(signal.SIGKILL)
        first.finish()
        second = crawl(tmp_path / "second", *arguments)
    together = all_bodies([tmp_path / "first", tmp_path / "second"])
    assert second.status == 0
    assert together.keys() == bodies(single[0]).keys()
    # The last line of the dead worker may not have been indexed: only that worker could tell, if it ran again.
    assert sum((together - bodies(single[0])).values()) <= 1


def test_an_interrupted_worker_returns_its_requests_at_once(server, tmp_path):
    links = "".join(f'<a href="/{number}">{number}</a>' for number in range(8))
    pages = {"/": story("zero", links)} | {f"/{number}": story(f"number {number}") for number in range(8)}
    with site(pages) as (base, hits):
        slow = (*of(base), "-s", "DOWNLOAD_DELAY=0.2", "-s", "AUTOTHROTTLE_ENABLED=0", "-s", f"REDIS_URL={server.url}")
        first = start(tmp_path / "first", *slow)
        wait_for(lambda: hits.total() > 3)
        first.send_signal(signal.SIGINT)
        assert finish(first, tmp_path / "first").status == 11
        started = time.monotonic()
        second = crawl(tmp_path / "second", *slow)
    assert second.status == 0
    assert time.monotonic() - started < 30, "the other worker does not wait for the end of the lease"
    assert all_bodies([tmp_path / "first", tmp_path / "second"]).total() == 9


def wait_for(condition: Callable[[], bool], seconds: float = 30) -> None:
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.01)


# --- Failures of Redis ---


def test_an_unreachable_redis_is_reported_at_the_start(tmp_path):
    started = time.monotonic()
    crawled = crawl(tmp_path, "fintechworld", "-s", "REDIS_URL=redis://:secret@127.0.0.1:9/0")
    assert crawled.status == 3
    assert "Redis at 127.0.0.1:9 cannot be reached" in crawled.summary
    assert "secret" not in crawled.summary
    assert "Traceback" not in crawled.summary
    assert time.monotonic() - started < 20


@pytest.mark.parametrize("url", ["127.0.0.1:6379", "http://127.0.0.1:6379"])
def test_an_invalid_url_is_reported(tmp_path, url):
    crawled = crawl(tmp_path, "fintechworld", "-s", f"REDIS_URL={url}")
    assert crawled.status == 3
    assert "REDIS_URL is not a URL" in crawled.summary
    assert "Traceback" not in crawled.summary


def test_a_crawl_survives_a_restart_of_redis(server, single, tmp_path):
    with serve() as portal:
        arguments = (*of(portal.base), *FAST, *shared(server))
        workers = [start(tmp_path / str(number), *arguments) for number in range(2)]
        wait_for(lambda: portal.hits.total() > 30)
        server.kill()
        time.sleep(1)
        server.start()
        finished = [finish(worker, tmp_path / str(number)) for number, worker in enumerate(workers)]
    assert [worker.status for worker in finished] == [0, 0]
    assert "is unreachable: the crawl waits" in finished[0].summary + finished[1].summary
    assert sum(map(bodies, finished), Counter()) == bodies(single[0])


@pytest.mark.parametrize("seconds", [0, 1])
def test_a_redis_that_lost_its_last_second_loses_and_repeats_no_story(server, large, large_single, tmp_path, seconds):
    large.hits.clear()
    arguments = (*of(large.base), *FAST, *shared(server, "-s", "DOWNLOAD_DELAY=0.01"))
    workers = [start(tmp_path / str(number), *arguments) for number in range(2)]
    wait_for(lambda: large.hits.total() > 60)
    copy = server.copied()
    hits = large.hits.total()
    wait_for(lambda: large.hits.total() > hits + 60)
    server.kill_with(copy)
    time.sleep(seconds)
    server.start()
    finished = [finish(worker, tmp_path / str(number)) for number, worker in enumerate(workers)]
    assert [worker.status for worker in finished] == [0, 0]
    assert not any("Traceback" in worker.summary for worker in finished)
    assert sum(map(bodies, finished), Counter()) == bodies(large_single[0])


def test_an_unreachable_redis_ends_the_crawl_and_the_same_command_continues(server, single, tmp_path):
    with serve() as portal:
        arguments = (*of(portal.base), *FAST, *shared(server, "-s", "REDIS_PATIENCE=1"))
        worker = start(tmp_path / "crawl", *arguments)
        wait_for(lambda: portal.hits.total() > 30)
        server.kill()
        stopped = finish(worker, tmp_path / "crawl")
        server.start()
        again = crawl(tmp_path / "crawl", *arguments)
    assert stopped.status == 3
    assert "cannot be reached" in stopped.summary
    assert "(no_frontier)" in stopped.summary
    assert "Traceback" not in stopped.summary
    assert again.status == 0
    assert bodies(again) == bodies(single[0])


def test_ctrl_c_ends_the_crawl_while_redis_is_unreachable(server, tmp_path):
    with serve() as portal:
        worker = start(tmp_path, *of(portal.base), "-s", f"REDIS_URL={server.url}")
        wait_for(lambda: portal.hits.total() > 1)
        server.kill()
        time.sleep(1)
        started = time.monotonic()
        worker.send_signal(signal.SIGINT)
        ended = finish(worker, tmp_path)
    assert time.monotonic() - started < 10, "not only after REDIS_PATIENCE, which is a minute"
    assert ended.status in (3, 11)
    assert "Traceback" not in ended.summary


def test_a_full_redis_ends_the_crawl_and_with_more_memory_it_continues(server, single, tmp_path):
    with server.client as client, serve() as portal:
        client.config_set("maxmemory", client.info("memory")["used_memory"] + 150_000)
        arguments = (*of(portal.base), *FAST, *shared(server))
        stopped = crawl(tmp_path, *arguments)
        client.config_set("maxmemory", 0)
        again = crawl(tmp_path, *arguments)
    assert stopped.status == 3, stopped.summary
    assert "is full (maxmemory)" in stopped.summary
    assert "Traceback" not in stopped.summary
    assert again.status == 0
    assert bodies(again) == bodies(single[0])


def test_a_redis_that_evicts_keys_is_refused(server, tmp_path):
    with server.client as client:
        client.config_set("maxmemory", 10_000_000)
        client.config_set("maxmemory-policy", "allkeys-lru")
    crawled = crawl(tmp_path, "fintechworld", *shared(server))
    assert crawled.status == 3
    assert "noeviction is needed" in crawled.summary


def test_a_restarted_redis_without_a_log_starts_the_crawl_again(single, tmp_path):
    with serving(tmp_path) as server, serve() as portal:
        arguments = (*of(portal.base), *FAST, *shared(server))
        worker = start(tmp_path / "crawl", *arguments)
        wait_for(lambda: portal.hits.total() > 30)
        server.kill()
        server.start()
        stopped = finish(worker, tmp_path / "crawl")
        again = crawl(tmp_path / "crawl", *arguments)
    assert "keeps no log (appendonly no)" in stopped.summary
    assert stopped.status == 3
    assert "has forgotten this crawl" in stopped.summary
    assert "Traceback" not in stopped.summary
    assert again.status == 0
    assert bodies(again) == bodies(single[0])


def test_workers_that_return_to_a_restarted_redis_without_a_log_repeat_no_story(large, large_single, tmp_path):
    (tmp_path / "redis").mkdir()
    with serving(tmp_path / "redis") as server:
        large.hits.clear()
        arguments = (*of(large.base), *FAST, *shared(server))
        workers = [start(tmp_path / str(number), *arguments) for number in range(2)]
        wait_for(lambda: large.hits.total() > 200)
        server.kill()
        server.start()
        stopped = [finish(worker, tmp_path / str(number)) for number, worker in enumerate(workers)]
        again = [crawl(tmp_path / str(number), *arguments) for number in range(2)]
    assert [worker.status for worker in stopped] == [3, 3]
    assert [worker.status for worker in again] == [0, 0]
    assert all_bodies([tmp_path / "0", tmp_path / "1"]) == bodies(large_single[0])


# --- Folders ---


def test_a_folder_takes_part_in_one_crawl_only(server, tmp_path):
    with site({"/": story("first")}) as (base, _), site({"/": story("second")}) as (other, _):
        assert crawl(tmp_path, *of(base), *FAST, *shared(server)).status == 0
        refused = crawl(tmp_path, *of(other), *FAST, *shared(server))
    assert refused.status == 2
    assert "it belongs to another crawl" in refused.summary


def test_a_fresh_start_is_refused_while_other_workers_run(server, tmp_path):
    with serve() as portal:
        slow = (*of(portal.base), "-s", f"REDIS_URL={server.url}")
        first = start(tmp_path / "first", *slow)
        wait_for(lambda: portal.hits.total() > 1)
        second = crawl(tmp_path / "second", *slow, "-a", "fresh=true")
        first.send_signal(signal.SIGINT)
        finish(first, tmp_path / "first")
    assert second.status == 5
    assert "other workers are running this crawl" in second.summary


def test_a_missing_extra_is_named(tmp_path):
    blocked = "import sys; sys.modules['scrapy_redis'] = None; from scrapy.cmdline import execute; execute()"
    line = [sys.executable, "-c", blocked, *command(tmp_path, "fintechworld", "-s", "REDIS_URL=redis://x")[3:]]
    run = subprocess.run(line, cwd=ROOT, env=ENVIRONMENT, capture_output=True, text=True, timeout=60, check=False)
    assert run.returncode == 3
    assert re.search(r'pip install "newsportal-scraper\[redis\]"', run.stderr)


def test_the_embedded_portal_is_served_by_each_worker_of_a_machine():
    with serve(0, shared=True) as first, serve(int(first.base.rpartition(":")[2]), shared=True) as second:
        assert first.base == second.base
    with serve() as portal, pytest.raises(OSError, match="in use"), serve(int(portal.base.rpartition(":")[2])):
        pass


def test_a_password_is_not_printed(tmp_path):
    crawled = crawl(tmp_path, "fintechworld", "-s", "REDIS_URL=redis://:sec/ret@127.0.0.1:6379/0")
    assert crawled.status == 3
    assert "REDIS_URL is not a URL" in crawled.summary
    assert "'sec'" not in crawled.summary


@pytest.mark.parametrize(
    ("lease", "line"),
    [
        ("0", "Cannot crawl: REDIS_LEASE must be more than 0 seconds"),
        ("abc", "REDIS_LEASE and REDIS_PATIENCE must be numbers"),
    ],
)
def test_an_invalid_lease_is_refused(server, tmp_path, lease, line):
    crawled = crawl(tmp_path, "fintechworld", *shared(server), "-s", f"REDIS_LEASE={lease}")
    assert crawled.status == 3
    assert line in crawled.summary
    assert "Traceback" not in crawled.summary


class SlowHome(dict[str, Any]):
    """Pages of a site whose home page comes when all workers have started."""

    def get(self, path: str, default: Any = None) -> Any:
        time.sleep(1 if path == "/" else 0.1)
        return super().get(path, default)


def test_workers_read_with_the_site_that_the_first_has_learned(server, tmp_path):
    stories = {f"/{number}.html": (200, {}, gazette.page(number)[0]) for number in range(32)}
    paths, late = list(stories)[:30], list(stories)[30:]
    pages = SlowHome(stories | {"/": page(anchors(*paths))})
    with site(pages) as (base, _):
        # So many requests at a time that each worker gets as many stories as it learns from.
        many = ("-s", "CONCURRENT_REQUESTS=32", "-s", "CONCURRENT_REQUESTS_PER_DOMAIN=32")
        workers = crawl_together(2, tmp_path, *of(base), *FAST, *shared(server), *many)
        pages["/"] = page(anchors(*paths, *late))
        last = crawl(tmp_path / "late", *of(base), *FAST, *shared(server))
    records = [record for worker in workers for record in worker.records]
    assert sorted(urlsplit(record["url"]).path for record in records) == sorted(paths)
    # One worker has shared what it learned, the other has added its stories to that: each has stories of its own.
    assert all(worker.records for worker in workers)
    with server.client as client:
        (marks,) = client.keys("*marks")
        agreed = Site.from_json(client.hget(marks, "learned site"))
    learned = [Site.from_json((worker.directory / "site.json").read_bytes()) for worker in workers]
    assert sum(known.pages for known in learned) == len(paths) + agreed.pages
    # The last worker reads too few stories to learn from.
    assert sorted(urlsplit(record["url"]).path for record in last.records) == sorted(late)
    assert not any(gazette.NOTICE in record["body"] for record in (*records, *last.records))
