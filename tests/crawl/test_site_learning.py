"""A crawl learns the template of an unknown portal from its first stories."""

import json
import signal
import time
from urllib.parse import urlsplit

import pytest

from scraper import Site
from scraper.crawl.arguments import ArgumentError
from scraper.crawl.site_learning import given_site
from tests.crawling import FAST, Answers, anchors, crawl, crawl_site, of, site, start
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


def test_too_few_stories_are_read_without_a_site(tmp_path):
    crawled, _ = crawl_site(tmp_path, portal(number=2))
    assert (len(crawled.records), noticed(crawled)) == (2, 2)


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


@pytest.mark.parametrize("pages", [3, 6])
def test_a_run_after_a_short_trial_waits_for_more_stories(tmp_path, pages):
    with site(portal()) as (base, _):
        trial = len(crawl(tmp_path, *of(base), *FAST, "-a", f"pages={pages}").records)
        crawled = crawl(tmp_path, *of(base), *FAST)
    assert len(crawled.records) == STORIES
    assert noticed(crawled) == (trial if trial < 3 else 0)  # so few were read without a site, and stay as they are
    assert "no longer fit" not in crawled.summary


def test_a_site_that_cannot_be_written_loses_no_story(tmp_path):
    (tmp_path / "site.json").mkdir()
    crawled, _ = crawl_site(tmp_path, portal(number=5))
    assert (len(crawled.records), noticed(crawled)) == (5, 5)
    assert "site.json could not be written" in crawled.summary


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
        f"  The pages no longer fit what was learned of the site ({familiarity:.0%} of their words are at known places);"
        " it is learned anew.\n"
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
        for number in (6, 10, 26):
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


@pytest.mark.parametrize("text", [None, "", "{}", json.dumps({"version": 9, "hosts": [], "pages": 0, "sample": []})])
def test_a_file_that_is_no_site_is_an_error(text, tmp_path):
    path = tmp_path / "site.json"
    if text is not None:
        path.write_text(text)
    with pytest.raises(ArgumentError, match="SITE="):
        given_site(str(path))
