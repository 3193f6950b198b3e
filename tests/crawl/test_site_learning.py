"""A crawl learns the template of an unknown portal from its first stories."""

import asyncio
import json
import signal
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import urlsplit

import pytest
from scrapy.utils.test import get_crawler

from scraper import Site, learn
from scraper.crawl.arguments import ArgumentError
from scraper.crawl.frontier.scheduler import Scheduler
from scraper.crawl.parsing.worker import PageRequest
from scraper.crawl.portal_spider import PortalSpider
from scraper.crawl.site_learning import Postponed, SiteLearner, given_site
from scraper.crawl.stats import FAMILIARITY
from tests.crawling import FAST, Answers, adds_up, anchors, crawl, crawl_site, finish, of, site, start
from tests.crawling import page as answer
from tests.gazette import NOTICE, page

STORIES = 20


def portal(first: int = 0, number: int = STORIES) -> Answers:
    stories = {f"/{n}.html": (200, {}, page(n)[0]) for n in range(first, first + number)}
    return {"/": answer(anchors(*stories))} | stories


def noticed(crawled) -> int:
    return sum(NOTICE in record["body"] for record in crawled.records)


@pytest.fixture(scope="module")
def learned(tmp_path_factory):
    return crawl_site(tmp_path_factory.mktemp("crawl"), portal())


def test_the_notice_under_each_story_is_in_no_record(learned):
    crawled, hits = learned
    assert (crawled.status, len(crawled.records), noticed(crawled)) == (0, STORIES, 0)
    assert all(hits[f"/{n}.html"] == 1 for n in range(STORIES))
    known = Site.from_json((crawled.directory / "site.json").read_bytes())
    assert (known.hosts, known.pages) == (("127.0.0.1",), STORIES)


def test_learning_can_be_turned_off(tmp_path):
    crawled, _ = crawl_site(tmp_path, portal(number=6), "-s", "LEARN=false")
    assert (len(crawled.records), noticed(crawled)) == (6, 6)
    assert crawled.run["site_familiarity"] is None
    assert not (tmp_path / "site.json").exists()


def test_a_site_can_be_given(learned, tmp_path):
    known = learned[0].directory / "site.json"
    crawled, _ = crawl_site(tmp_path, portal(number=1), "-s", f"SITE={known}")
    assert (len(crawled.records), noticed(crawled)) == (1, 0)
    assert not (tmp_path / "site.json").exists()


def test_the_next_run_reads_with_what_was_learned_and_adds_to_it(tmp_path):
    answers = portal(number=13)
    with site(answers) as (base, _):
        crawl(tmp_path, *of(base), *FAST)
        answers |= portal(13, 11)
        crawled = crawl(tmp_path, *of(base), *FAST)
    assert (len(crawled.records), noticed(crawled)) == (24, 0)
    assert Site.from_json((tmp_path / "site.json").read_bytes()).pages == 24
    assert crawled.run["site_familiarity"] > 0.9
    assert "no longer fit" not in crawled.summary


def test_a_run_after_a_short_trial_waits_for_more_stories(tmp_path):
    with site(portal()) as (base, _):
        crawl(tmp_path, *of(base), *FAST, "-a", "pages=6")
        crawled = crawl(tmp_path, *of(base), *FAST)
    assert (len(crawled.records), noticed(crawled)) == (STORIES, 0)
    assert "no longer fit" not in crawled.summary


def test_a_site_that_cannot_be_written_is_used_all_the_same(tmp_path):
    (tmp_path / "site.json").mkdir()
    crawled, _ = crawl_site(tmp_path, portal(number=5))
    assert (len(crawled.records), noticed(crawled)) == (5, 0)
    assert "site.json could not be written" in crawled.summary


def test_stories_that_wait_when_the_crawl_is_interrupted_are_read_in_the_next_run(tmp_path):
    answers = portal()
    with site(answers) as (base, hits):
        process = start(tmp_path, *of(base), *FAST[4:], "-s", "DOWNLOAD_DELAY=0.1", "-s", "AUTOTHROTTLE_ENABLED=0")
        deadline = time.monotonic() + 60
        while hits.total() < 6 and time.monotonic() < deadline:
            time.sleep(0.02)
        process.send_signal(signal.SIGINT)
        interrupted = finish(process, tmp_path)
        assert interrupted.records == []
        assert interrupted.counts["skipped"]["postponed to the next run"] >= 3
        assert adds_up(interrupted.counts)
        crawled = crawl(tmp_path, *of(base), *FAST)
    assert sorted(urlsplit(record["url"]).path for record in crawled.records) == sorted(answers.keys() - {"/"})
    assert adds_up(crawled.counts)
    assert noticed(crawled) == 0


@pytest.mark.parametrize("setting", ["SITE=no-file.json", "SITE=README.md", "LEARN=nonsense"])
def test_wrong_settings_are_reported_in_one_line(tmp_path, setting):
    crawled, hits = crawl_site(tmp_path, portal(number=1), "-s", setting)
    assert (crawled.status, hits.total()) == (2, 0)
    assert crawled.summary.splitlines()[-1].startswith(f"scrapy crawl: {setting.partition('=')[0]}")
    assert "Traceback" not in crawled.summary


def test_another_design_is_noticed_and_learned_anew(tmp_path):
    answers = portal(number=14)
    with site(answers) as (base, _):
        crawl(tmp_path, *of(base), *FAST)
        answers["/"] = answer(anchors(*(f"/{n}.html" for n in range(20, 34))))
        answers |= {f"/{n}.html": (200, {}, page(n)[0].replace("div", "section")) for n in range(20, 34)}
        crawled = crawl(tmp_path, *of(base), *FAST)
    familiarity = crawled.run["site_familiarity"]
    assert 0 <= familiarity < 0.5
    finding = (
        f"  The pages no longer fit what was learned about the site: only {familiarity:.0%} of their words are at known"
        " places. The next run learns the site anew.\n"
    )
    assert finding in crawled.summary
    paths = {
        path.path for summary in Site.from_json((tmp_path / "site.json").read_bytes()).sample for path in summary.paths
    }
    assert not any("div" in path for path in paths)


def test_a_damaged_file_is_learned_anew(tmp_path):
    (tmp_path / "site.json").write_text("{")
    crawled, _ = crawl_site(tmp_path, portal(number=5))
    assert "the site is learned anew" in crawled.summary
    assert noticed(crawled) == 0


def test_kills_before_and_after_the_site_is_known_lose_and_double_nothing(tmp_path):
    answers = portal()
    with site(answers) as (base, hits):
        slow = (*of(base), *FAST[4:], "-s", "DOWNLOAD_DELAY=0.1", "-s", "AUTOTHROTTLE_ENABLED=0")
        for number in (6, 26):
            process = start(tmp_path, *slow)
            deadline = time.monotonic() + 60
            while hits.total() < number and time.monotonic() < deadline:
                time.sleep(0.02)
            process.send_signal(signal.SIGKILL)
            process.finish()
            if number == 6:
                assert not (tmp_path / "site.json").exists()
        crawled = crawl(tmp_path, *of(base), *FAST)
    paths = [urlsplit(record["url"]).path for record in crawled.records]
    assert sorted(paths) == sorted(answers.keys() - {"/"})
    assert noticed(crawled) == 0


# --- Without a crawl ----------------------------------------------------------------------------------------------


ENOUGH = 12
"""So many pages are enough to learn a site from."""
KNOWN, FOREIGN = ("", ""), ("div", "section")
"""What is replaced in a story by what, for its own design and for another."""


@pytest.fixture
def opened(tmp_path, monkeypatch) -> Callable[..., SiteLearner]:
    """Return a function that opens a learner which knows some pages, of a crawl with or without further requests.

    It does not stop waiting while requests are expected.
    """

    def open_learner(known: int = 0, is_more_expected: bool = True, is_running: bool = True) -> SiteLearner:
        if known:
            (tmp_path / "site.json").write_text(learn(page(100 + number) for number in range(known)).to_json())
        session = SimpleNamespace(store=None)
        scheduler = SimpleNamespace(session=session, has_pending_requests=lambda: is_more_expected)
        monkeypatch.setattr(Scheduler, "of", lambda _: scheduler)
        monkeypatch.setattr("scraper.crawl.site_learning._QUIET", 99.0)
        crawler = get_crawler(PortalSpider, {"CRAWL_DIR": str(tmp_path)})
        crawler.engine = SimpleNamespace(running=is_running, spider=None)
        learner = SiteLearner(crawler)
        learner.open()
        return learner

    return open_learner


def requested(number: int, filling: int = 0, design: tuple[str, str] = KNOWN) -> PageRequest:
    html, url = page(number)
    body = html.replace(*design) + f"<!--{' ' * filling}-->"
    return PageRequest(url, "text/html", body.encode(), datetime.now(UTC), "gazette.example", "https")


def read_all(learner: SiteLearner, pages: Sequence[PageRequest]) -> list[bool]:
    """Read pages, and close the learner; return for each page whether its record has the notice."""

    async def read() -> list[bool]:
        async with asyncio.timeout(30):
            parsed = await asyncio.gather(*map(learner.read, pages))
        await learner.close()
        return [NOTICE in json.loads(reply.record)["body"] for reply in parsed]

    return asyncio.run(read())


def stored(tmp_path: Path) -> Site:
    return Site.from_json((tmp_path / "site.json").read_bytes())


@pytest.mark.parametrize(
    ("known", "more", "filling"),
    [(0, ENOUGH, 0), (6, ENOUGH - 6, 0), (0, 3, 1_100_000)],
    ids=["new", "after a trial", "large pages"],
)
def test_stories_wait_until_they_are_enough(opened, tmp_path, known, more, filling):
    async def read() -> None:
        learner = opened(known)
        waiting = [asyncio.create_task(learner.read(requested(number, filling))) for number in range(more - 1)]
        assert not (await asyncio.wait(waiting, timeout=1))[0]
        async with asyncio.timeout(30):
            await asyncio.gather(*waiting, learner.read(requested(more, filling)))
        assert stored(tmp_path).pages == known + more
        await learner.close()

    asyncio.run(read())


@pytest.mark.parametrize(("number", "is_learned"), [(2, False), (3, True)])
def test_the_last_stories_are_learned_from_if_they_are_three(opened, number, is_learned):
    noticed = read_all(opened(is_more_expected=False), [requested(n) for n in range(number)])
    assert noticed == [not is_learned] * number


def test_no_story_is_read_without_others_because_the_crawl_is_interrupted(opened, tmp_path):
    with pytest.raises(Postponed):
        read_all(opened(is_running=False), [requested(n) for n in range(5)])
    assert read_all(opened(ENOUGH, is_running=False), [requested(0)]) == [False]


def test_what_is_known_is_read_with_although_it_cannot_be_written(opened, tmp_path, monkeypatch):
    def fail(path: Path) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr("scraper.crawl.site_learning.atomic_write", fail)
    assert read_all(opened(ENOUGH), [requested(0)]) == [False]
    assert stored(tmp_path).pages == ENOUGH


def test_no_story_is_lost_if_nothing_can_be_written(opened, monkeypatch):
    def fail(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("scraper.crawl.site_learning.atomic_write", fail)
    monkeypatch.setattr("scraper.crawl.site_learning.TemporaryDirectory", fail)
    assert read_all(opened(is_more_expected=False), [requested(n) for n in range(5)]) == [True] * 5


def test_what_is_known_is_read_with_at_once(opened, tmp_path):
    assert read_all(opened(ENOUGH), [requested(0)]) == [False]
    assert stored(tmp_path).pages == ENOUGH + 1


def test_a_run_without_a_story_stores_nothing(opened, tmp_path):
    assert read_all(opened(), []) == []
    assert not (tmp_path / "site.json").exists()


@pytest.mark.parametrize(
    ("known", "designs", "is_measured"),
    [
        (ENOUGH, [FOREIGN] * 9, False),
        (ENOUGH, [FOREIGN] * 7 + [KNOWN] * 3, True),
        (ENOUGH, [FOREIGN] * 3 + [KNOWN] * 7, True),
        (ENOUGH - 1, [FOREIGN] * 10, False),
    ],
    ids=["few stories", "another design", "a few of another design", "a site hardly known"],
)
def test_a_site_is_learned_anew_if_most_stories_do_not_fit(opened, tmp_path, known, designs, is_measured):
    learner = opened(known)
    read_all(learner, [requested(number, design=design) for number, design in enumerate(designs)])
    assert (learner._crawler.stats.get_value(FAMILIARITY) is not None) == is_measured
    is_new = is_measured and designs.count(FOREIGN) > designs.count(KNOWN)
    assert stored(tmp_path).pages == len(designs) + (0 if is_new else known)


def test_the_stories_of_a_small_run_are_kept_beside_many_of_an_older_design(opened, tmp_path):
    read_all(opened(40), [requested(number, design=FOREIGN) for number in range(9)])
    foreign = [any("section" in path.path for path in summary.paths) for summary in stored(tmp_path).sample]
    assert (sum(foreign), len(foreign)) == (9, 18)


# --- Settings -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", [None, "", "{}", json.dumps({"version": 9, "hosts": [], "pages": 0, "sample": []})])
def test_a_file_that_is_no_site_is_an_error(text, tmp_path):
    path = tmp_path / "site.json"
    if text is not None:
        path.write_text(text)
    with pytest.raises(ArgumentError, match="SITE="):
        given_site(str(path))
