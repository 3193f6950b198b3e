"""A crawl of many workers over one Redis: the records of one, whatever dies."""

import random
import re
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from fixtures.portal.server import Server, serve, serve_on
from tests.benchmarks.scaled import scaled
from tests.crawling import ENVIRONMENT, FAST, ROOT, Crawl, adds_up, bodies, command, crawl, heeding, of, site, story
from tests.redis_server import RedisServer, serving

LEASE = 2
KEEPING = ("--appendonly", "yes")
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
    with serving(tmp_path / "redis", *KEEPING) as running:
        yield running


@pytest.fixture(scope="module")
def large() -> Iterator[Server]:
    """Serve the portal several times over."""
    with socket.create_server(("127.0.0.1", 0), backlog=128) as listener:
        base = f"http://127.0.0.1:{listener.getsockname()[1]}"
        running = Server(base, scaled(base, 500))
        with serve_on(listener, running):
            yield running


@pytest.fixture(scope="module")
def large_alone(large: Server, tmp_path_factory: pytest.TempPathFactory) -> tuple[Crawl, Counter[str]]:
    """Crawl that with one worker and no Redis."""
    large.hits.clear()
    return crawl(tmp_path_factory.mktemp("alone"), *of(large.base), *FAST), Counter(large.hits)


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> tuple[Crawl, Counter[str]]:
    """Crawl the portal with one worker and no Redis."""
    with serve() as portal:
        return crawl(tmp_path_factory.mktemp("alone"), *of(portal.base), *FAST), Counter(portal.hits)


def sharing(server: RedisServer, *more: str) -> tuple[str, ...]:
    return ("-s", f"REDIS_URL={server.url}", "-s", f"REDIS_LEASE={LEASE}", *more)


def begin(directory: Path, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        command(directory, *arguments),
        cwd=ROOT,
        env=ENVIRONMENT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=heeding,  # noqa: PLW1509 - it takes no lock
    )


def end(worker: subprocess.Popen[str], directory: Path) -> Crawl:
    _, said = worker.communicate(timeout=120)
    return Crawl(worker.returncode, said, directory)


def crawl_with(count: int, folder: Path, *arguments: str) -> list[Crawl]:
    """Run so many workers at the same time."""
    running = [(begin(folder / str(number), *arguments), folder / str(number)) for number in range(count)]
    return [end(worker, directory) for worker, directory in running]


def all_bodies(directories: Sequence[Path]) -> Counter[str]:
    written = [Crawl(0, "", each) for each in directories if (each / "records.jsonl").exists()]
    return sum((bodies(each) for each in written), Counter[str]())


# --- Many are as one -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("count", [2, 4])
def test_workers_together_do_what_one_does(server, large, large_alone, tmp_path, count):
    single, asked = large_alone
    large.hits.clear()
    workers = crawl_with(count, tmp_path, *of(large.base), *FAST, *sharing(server))
    hits = Counter(large.hits)
    assert [each.status for each in workers] == [0] * count, workers
    assert sum(map(bodies, workers), Counter()) == bodies(single)
    assert sum(each.counts["fetched"] > 10 for each in workers) >= 2, "the work is shared"
    assert hits.keys() == asked.keys()
    assert hits.total() <= asked.total() + 2 * count, (
        "robots.txt, and a part of a story met before its first, come again"
    )
    assert [each.counts["left"] for each in workers] == [0] * count
    assert not any("left; run the same command again" in each.summary for each in workers)
    together, one = summed(workers), summed([single])
    assert adds_up(together)
    assert [together[name] for name in ("written", "failed")] == [one[name] for name in ("written", "failed")]


def summed(workers: Sequence[Crawl]) -> dict[str, Any]:
    """Add the accounts up: with all workers in it, it must be whole again."""
    names = (*COUNTED, "left", "unfinished", "unwritten")
    counts: dict[str, Any] = {name: sum(each.counts[name] for each in workers) for name in names}
    for name in ("failed", "skipped"):
        counts[name] = sum((Counter(each.counts[name]) for each in workers), Counter())
    return counts


def test_the_next_round_asks_again_on_condition(server, tmp_path):
    pages = {"/": story("first", '<a href="/2">2</a>'), "/2": story("second")}
    with site(pages) as (base, hits):
        first = crawl(tmp_path, *of(base), *FAST, *sharing(server)).counts
        pages["/"] = story("first", '<a href="/2">2</a><a href="/3">3</a>')
        pages["/3"] = story("third")
        again = crawl(tmp_path, *of(base), *FAST, *sharing(server)).counts
        fresh = crawl(tmp_path, *of(base), "-a", "fresh=true", *FAST, *sharing(server))
    assert first["written"] == 2
    assert again["written"] == 1, "the start page is looked at in each round, and the story behind it rests for a while"
    assert again["failed"] == {"no sitemap": 1}
    assert fresh.counts["written"] == 3
    assert len(bodies(fresh)) == 3
    assert hits["/2"] == 2


def test_the_number_of_pages_is_that_of_all_workers(server, tmp_path):
    with serve() as portal:
        crawl_with(2, tmp_path, *of(portal.base), *FAST, *sharing(server), "-a", "pages=20")
        hits = sum(portal.hits.values()) - portal.hits["/robots.txt"]
    assert 15 <= hits <= 24, "some are forbidden; later parts of stories that were begun come on top"


def test_a_host_is_asked_no_faster_by_three(server, tmp_path):
    moments: list[float] = []

    class Noting(dict[str, Any]):
        def get(self, path: str, otherwise: Any = None) -> Any:
            if path != "/robots.txt":
                moments.append(time.monotonic())
            return super().get(path, otherwise)

    links = "".join(f'<a href="/{number}">{number}</a>' for number in range(10))
    pages = Noting({"/": story("zero", links)} | {f"/{number}": story(f"number {number}") for number in range(10)})
    slow = ("-s", "DOWNLOAD_DELAY=0.3", "-s", "AUTOTHROTTLE_ENABLED=0")
    with site(pages) as (base, _):
        workers = crawl_with(3, tmp_path, *of(base), *slow, *sharing(server))
    assert sum(each.counts["written"] for each in workers) == 11
    assert sum(each.counts["fetched"] > 0 for each in workers) >= 2
    gaps = [later - earlier for earlier, later in pairwise(moments)]
    assert min(gaps) > 0.25, sorted(gaps)[:5]


def test_a_crawl_delay_holds_for_all_workers_from_the_first_page_on(server, tmp_path):
    moments: list[float] = []

    class Noting(dict[str, Any]):
        def get(self, path: str, otherwise: Any = None) -> Any:
            if path == "/robots.txt":
                time.sleep(0.7)
            else:
                moments.append(time.monotonic())
            return super().get(path, otherwise)

    links = "".join(f'<a href="/{number}">{number}</a>' for number in range(8))
    pages = Noting({"/": story("zero", links)} | {f"/{number}": story(f"number {number}") for number in range(8)})
    pages["/robots.txt"] = (200, {"Content-Type": "text/plain"}, "User-agent: *\nCrawl-delay: 0.4")
    many = ("-s", "CONCURRENT_REQUESTS_PER_DOMAIN=8")
    with site(pages) as (base, _):
        workers = crawl_with(3, tmp_path, *of(base), *FAST, *sharing(server), *many)
    assert sum(each.counts["written"] for each in workers) == 9
    gaps = [later - earlier for earlier, later in pairwise(moments)]
    assert min(gaps) > 0.35, sorted(gaps)[:5]


def test_a_host_in_trouble_is_left_in_peace_by_all(server, tmp_path):
    links = "".join(f'<a href="/{number}">{number}</a>' for number in range(60))
    pages = {"/": story("zero", links)} | {f"/{number}": (500, {}, "") for number in range(60)}
    trouble = ("-s", "HOST_FAILURES=6", "-s", "BACKOFF=0.1", "-s", "BACKOFF_LONGEST=0.3", "-s", "RETRY_TIMES=0")
    one = ("-s", "CONCURRENT_REQUESTS_PER_DOMAIN=1")
    with site(pages) as (base, hits):
        workers = crawl_with(3, tmp_path, *of(base), *FAST, *sharing(server), *trouble, *one)
    assert {each.status for each in workers} <= {0, 1, 18}, "what one has given up is of no use to the others"
    assert 6 <= sum(hits[f"/{number}"] for number in range(60)) <= 9


# --- Deaths --------------------------------------------------------------------------------------------------------


def test_workers_killed_and_run_again_lose_and_double_nothing(server, large, large_alone, tmp_path):
    moments, kills = random.Random(7), 0
    arguments = (*of(large.base), *FAST, *sharing(server))
    for number in range(8):
        if kills >= 6:
            break
        folder = tmp_path / f"crawl-{number}"
        kills += killed(folder, moments, *arguments)
        assert all_bodies([folder / "0", folder / "1"]) == bodies(large_alone[0])
        server.client.flushall()
    assert kills >= 6


def killed(folder: Path, moments: random.Random, *arguments: str) -> int:
    """Kill one of two workers at random, and again its successor; give how many died."""
    running = [begin(folder / str(number), *arguments) for number in range(2)]
    kills = 0
    for _ in range(4):
        time.sleep(moments.uniform(0.5, 2.0))
        victim = moments.randrange(2)
        if running[victim].poll() is not None:
            break
        running[victim].send_signal(signal.SIGKILL)
        running[victim].communicate()
        kills += 1
        running[victim] = begin(folder / str(victim), *arguments)
    for worker in running:
        worker.communicate(timeout=120)
    return kills


def test_what_a_dead_worker_had_is_done_by_another(server, alone, tmp_path):
    with serve() as portal:
        arguments = (*of(portal.base), *FAST, *sharing(server))
        first = begin(tmp_path / "first", *arguments)
        wait_for(lambda: portal.hits.total() > 30)
        first.send_signal(signal.SIGKILL)
        first.communicate()
        second = crawl(tmp_path / "second", *arguments)
    together = all_bodies([tmp_path / "first", tmp_path / "second"])
    assert second.status == 0
    assert together.keys() == bodies(alone[0]).keys()
    # The line that was written last may not have been noted any more: only the dead worker, run again, can know.
    assert sum((together - bodies(alone[0])).values()) <= 1


def test_an_interrupted_worker_gives_back_what_it_had(server, tmp_path):
    links = "".join(f'<a href="/{number}">{number}</a>' for number in range(8))
    pages = {"/": story("zero", links)} | {f"/{number}": story(f"number {number}") for number in range(8)}
    with site(pages) as (base, hits):
        slow = (*of(base), "-s", "DOWNLOAD_DELAY=0.4", "-s", "AUTOTHROTTLE_ENABLED=0", "-s", f"REDIS_URL={server.url}")
        first = begin(tmp_path / "first", *slow)
        wait_for(lambda: hits.total() > 4)
        first.send_signal(signal.SIGINT)
        assert end(first, tmp_path / "first").status == 11
        begun = time.monotonic()
        second = crawl(tmp_path / "second", *slow)
    assert second.status == 0
    assert time.monotonic() - begun < 30, "and nobody waits for the end of its lease"
    assert all_bodies([tmp_path / "first", tmp_path / "second"]).total() == 9


def wait_for(what: Any, seconds: float = 30) -> None:
    until = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < until
        time.sleep(0.01)


# --- Redis in trouble ----------------------------------------------------------------------------------------------


def test_no_redis_is_said_at_once(tmp_path):
    begun = time.monotonic()
    crawled = crawl(tmp_path, "fintechworld", "-s", "REDIS_URL=redis://:secret@127.0.0.1:9/0")
    assert crawled.status == 3
    assert "Redis at 127.0.0.1:9 cannot be reached" in crawled.summary
    assert "secret" not in crawled.summary
    assert "Traceback" not in crawled.summary
    assert time.monotonic() - begun < 20


@pytest.mark.parametrize("url", ["127.0.0.1:6379", "http://127.0.0.1:6379"])
def test_an_address_that_is_none_is_said(tmp_path, url):
    crawled = crawl(tmp_path, "fintechworld", "-s", f"REDIS_URL={url}")
    assert crawled.status == 3
    assert "REDIS_URL is not a URL" in crawled.summary
    assert "Traceback" not in crawled.summary


def test_a_crawl_outlives_its_redis(server, alone, tmp_path):
    with serve() as portal:
        arguments = (*of(portal.base), *FAST, *sharing(server))
        workers = [begin(tmp_path / str(number), *arguments) for number in range(2)]
        wait_for(lambda: portal.hits.total() > 30)
        server.kill()
        time.sleep(1)
        server.start()
        done = [end(worker, tmp_path / str(number)) for number, worker in enumerate(workers)]
    assert [each.status for each in done] == [0, 0]
    assert "is unreachable: the crawl waits" in done[0].summary + done[1].summary
    assert sum(map(bodies, done), Counter()) == bodies(alone[0])


@pytest.mark.parametrize("away", [0, 1])
def test_a_redis_that_has_lost_its_last_second_loses_and_doubles_no_story(server, large, large_alone, tmp_path, away):
    """However short it was away."""
    large.hits.clear()
    arguments = (*of(large.base), *FAST, *sharing(server, "-s", "DOWNLOAD_DELAY=0.01"))
    workers = [begin(tmp_path / str(number), *arguments) for number in range(2)]
    wait_for(lambda: large.hits.total() > 60)
    copy = server.copied()
    seen = large.hits.total()
    wait_for(lambda: large.hits.total() > seen + 60)
    server.kill_with(copy)
    time.sleep(away)
    server.start()
    done = [end(worker, tmp_path / str(number)) for number, worker in enumerate(workers)]
    assert [each.status for each in done] == [0, 0]
    assert not any("Traceback" in each.summary for each in done)
    assert sum(map(bodies, done), Counter()) == bodies(large_alone[0])


def test_a_redis_that_stays_away_ends_the_crawl_and_the_same_command_goes_on(server, alone, tmp_path):
    with serve() as portal:
        arguments = (*of(portal.base), *FAST, *sharing(server, "-s", "REDIS_PATIENCE=1"))
        worker = begin(tmp_path / "crawl", *arguments)
        wait_for(lambda: portal.hits.total() > 30)
        server.kill()
        stopped = end(worker, tmp_path / "crawl")
        server.start()
        again = crawl(tmp_path / "crawl", *arguments)
    assert stopped.status == 3
    assert "cannot be reached" in stopped.summary
    assert "(no_frontier)" in stopped.summary
    assert "Traceback" not in stopped.summary
    assert again.status == 0
    assert bodies(again) == bodies(alone[0])


def test_ctrl_c_is_heard_while_redis_is_away(server, tmp_path):
    with serve() as portal:
        worker = begin(tmp_path, *of(portal.base), "-s", f"REDIS_URL={server.url}")
        wait_for(lambda: portal.hits.total() > 1)
        server.kill()
        time.sleep(1)
        begun = time.monotonic()
        worker.send_signal(signal.SIGINT)
        ended = end(worker, tmp_path)
    assert time.monotonic() - begun < 10, "not after the patience of a minute"
    assert ended.status in (3, 11)
    assert "Traceback" not in ended.summary


def test_a_full_redis_ends_the_crawl_and_with_room_it_goes_on(server, alone, tmp_path):
    with server.client as client, serve() as portal:
        client.config_set("maxmemory", client.info("memory")["used_memory"] + 150_000)
        arguments = (*of(portal.base), *FAST, *sharing(server))
        stopped = crawl(tmp_path, *arguments)
        client.config_set("maxmemory", 0)
        again = crawl(tmp_path, *arguments)
    assert stopped.status == 3, stopped.summary
    assert "is full (maxmemory)" in stopped.summary
    assert "Traceback" not in stopped.summary
    assert again.status == 0
    assert bodies(again) == bodies(alone[0])


def test_a_redis_that_throws_keys_away_is_refused(server, tmp_path):
    with server.client as client:
        client.config_set("maxmemory", 10_000_000)
        client.config_set("maxmemory-policy", "allkeys-lru")
    crawled = crawl(tmp_path, "fintechworld", *sharing(server))
    assert crawled.status == 3
    assert "noeviction is needed" in crawled.summary


def test_a_redis_without_a_log_that_dies_begins_the_crawl_anew(alone, tmp_path):
    with serving(tmp_path) as server, serve() as portal:
        arguments = (*of(portal.base), *FAST, *sharing(server))
        worker = begin(tmp_path / "crawl", *arguments)
        wait_for(lambda: portal.hits.total() > 30)
        server.kill()
        server.start()
        stopped = end(worker, tmp_path / "crawl")
        again = crawl(tmp_path / "crawl", *arguments)
    assert "keeps no log (appendonly no)" in stopped.summary
    assert stopped.status == 3
    assert "has forgotten this crawl" in stopped.summary
    assert "Traceback" not in stopped.summary
    assert again.status == 0
    assert bodies(again) == bodies(alone[0])


def test_workers_that_come_back_one_by_one_to_a_redis_that_forgot_double_no_story(large, large_alone, tmp_path):
    (tmp_path / "redis").mkdir()
    with serving(tmp_path / "redis") as server:
        large.hits.clear()
        arguments = (*of(large.base), *FAST, *sharing(server))
        workers = [begin(tmp_path / str(number), *arguments) for number in range(2)]
        wait_for(lambda: large.hits.total() > 200)
        server.kill()
        server.start()
        stopped = [end(worker, tmp_path / str(number)) for number, worker in enumerate(workers)]
        again = [crawl(tmp_path / str(number), *arguments) for number in range(2)]
    assert [each.status for each in stopped] == [3, 3]
    assert [each.status for each in again] == [0, 0]
    assert all_bodies([tmp_path / "0", tmp_path / "1"]) == bodies(large_alone[0])


# --- Folders -------------------------------------------------------------------------------------------------------


def test_a_folder_takes_part_in_one_crawl_only(server, tmp_path):
    with site({"/": story("first")}) as (base, _), site({"/": story("second")}) as (other, _):
        assert crawl(tmp_path, *of(base), *FAST, *sharing(server)).status == 0
        refused = crawl(tmp_path, *of(other), *FAST, *sharing(server))
    assert refused.status == 2
    assert "it takes part in another crawl" in refused.summary


def test_a_fresh_start_is_refused_while_others_work(server, tmp_path):
    with serve() as portal:
        slow = (*of(portal.base), "-s", f"REDIS_URL={server.url}")
        first = begin(tmp_path / "first", *slow)
        wait_for(lambda: portal.hits.total() > 1)
        second = crawl(tmp_path / "second", *slow, "-a", "fresh=true")
        first.send_signal(signal.SIGINT)
        end(first, tmp_path / "first")
    assert second.status == 5
    assert "other workers are at this crawl" in second.summary


def test_without_the_extra_it_is_said_what_to_install(tmp_path):
    blocked = "import sys; sys.modules['scrapy_redis'] = None; from scrapy.cmdline import execute; execute()"
    line = [sys.executable, "-c", blocked, *command(tmp_path, "fintechworld", "-s", "REDIS_URL=redis://x")[3:]]
    run = subprocess.run(line, cwd=ROOT, env=ENVIRONMENT, capture_output=True, text=True, timeout=60, check=False)
    assert run.returncode == 3
    assert re.search(r'pip install "newsportal-scraper\[redis\]"', run.stderr)


def test_the_embedded_portal_is_served_by_each_worker_of_a_machine():
    with serve(0, shared=True) as first, serve(int(first.base.rpartition(":")[2]), shared=True) as second:
        assert first.base == second.base
    with serve() as alone, pytest.raises(OSError, match="in use"), serve(int(alone.base.rpartition(":")[2])):
        pass


def test_a_password_is_not_told(tmp_path):
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
def test_a_lease_that_is_none_is_refused(server, tmp_path, lease, line):
    crawled = crawl(tmp_path, "fintechworld", *sharing(server), "-s", f"REDIS_LEASE={lease}")
    assert crawled.status == 3
    assert line in crawled.summary
    assert "Traceback" not in crawled.summary
