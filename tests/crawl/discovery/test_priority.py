"""The order of requests, and requests that are not made."""

import pytest

from scraper.crawl.discovery.priority import UrlPriority, shape
from tests.crawling import SENTENCES, adds_up, anchors, crawl, crawl_site, of, page, site, story

ONE_BY_ONE = ("-s", "DOWNLOAD_DELAY=0", "-s", "AUTOTHROTTLE_ENABLED=0")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("/tag/sea/", "/tag/land/"),
        ("/2024/05/14/ships-counted-twice-today/", "/2025/11/02/no-ferry-on-the-sound/"),
        ("/html/1001.html", "/html/20025.html"),
        ("/tag/sea/?page=2", "/tag/land/?page=7"),
    ],
)
def test_addresses_that_differ_in_their_last_part_are_of_one_shape(one, other):
    assert shape(f"http://p.test{one}") == shape(f"http://p.test{other}")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("/tag/sea/", "/author/sea/"),
        ("/news/ships-counted-twice/", "/news/sea/"),
        ("/a.html", "/a.xml"),
        ("/a", "/a?b=1"),
    ],
)
def test_urls_of_other_shapes_are_not(one, other):
    assert shape(f"http://p.test{one}") != shape(f"http://p.test{other}")


@pytest.mark.parametrize(
    "url",
    ["/2024/05/14/ferry", "/news/ships-counted-twice/", "/html/855c73898406.html", "/ships_counted_twice.html", "/20240514/a.html"],
)  # fmt: skip
def test_a_date_a_title_or_an_id_looks_like_a_story(url):
    assert UrlPriority().level(f"http://p.test{url}") == 2


@pytest.mark.parametrize("url", ["/", "/tag/sea/", "/about/", "/sea/?page=2", "/2024/05/", "/author/ada-lund/"])
def test_other_urls_do_not(url):
    assert UrlPriority().level(f"http://p.test{url}") == 1


def test_the_yield_of_a_shape_outweighs_its_look():
    ranking = UrlPriority()
    for number in range(20):
        ranking.learn(f"http://p.test/topic/all-about-ships-{number}/", story=False)
        ranking.learn(f"http://p.test/story/ship{'abcdefghijklmnopqrst'[number]}/", story=True)
    assert ranking.level("http://p.test/topic/all-about-harbours-today/") == 0
    assert ranking.level("http://p.test/story/ferry/") == 2


def test_stories_come_before_the_lists_that_are_found_first(tmp_path):
    tags = [f"/tag/{name}/" for name in "abcdefghijklmnopqrstuvwxyz"]
    stories = [f"/2024/05/{day}/ship-number-{day}-came/" for day in range(10, 30)]
    answers = {"/": page(anchors(*tags, *stories))}
    answers |= {tag: page(anchors(*tags)) for tag in tags}
    answers |= {path: story(f"number {path[9:11]}") for path in stories}
    with site(answers) as (base, hits):
        crawled = crawl(tmp_path, *of(base), *ONE_BY_ONE, "-a", "pages=24")
    # Some lists are requested before all links of the first page are read; in order of discovery, all would be.
    assert len(crawled.records) >= 12
    assert sum(hits[tag] for tag in tags) <= 8
    assert adds_up(crawled.counts)


def test_one_story_under_endless_addresses_ends(tmp_path):
    class Endless(dict):
        def get(self, path, default=None):
            if not path.startswith("/s/"):
                return super().get(path, default)
            number = int(path.rpartition("-")[2])
            links = (f"/s/the-story-of-{number * 3 + n}" for n in range(1, 4))
            return story("red", anchors(*links, "/html/blue.html"))

    answers = Endless({"/": page(anchors("/s/the-story-of-1")), "/html/blue.html": story("blue")})
    crawled, hits = crawl_site(tmp_path, answers, "-a", "pages=1500")
    assert len(crawled.records) == 2
    assert sum(hits.values()) < 200  # how many are on their way depends on time
    assert crawled.counts["spared"] > 20
    assert adds_up(crawled.counts)
    assert "skipped: too many similar pages had no story" in crawled.summary


def test_a_calendar_of_many_links_a_page_ends(tmp_path):
    class Calendar(dict):
        def get(self, path, default=None):
            if not path.startswith("/day/"):
                return super().get(path, default)
            day = int(path.rpartition("/")[2])
            return page(anchors("/", *(f"/day/{day * 40 + n}" for n in range(1, 41))))

    answers = Calendar({"/": page(anchors("/day/1", "/html/blue.html")), "/html/blue.html": story("blue")})
    crawled, hits = crawl_site(tmp_path, answers, "-a", "pages=1500")
    assert sum(hits.values()) < 200  # how many are on their way depends on time
    assert [len(record["body"]) for record in crawled.records] == [len(SENTENCES)]
    assert adds_up(crawled.counts)


def test_stories_at_two_urls_each_are_no_trap(tmp_path):
    """Each copy is of another story, and its links may be new."""
    names = [f"ship{number}" for number in range(70)]
    first, again = ([f"/{folder}/{number}001.html" for number in range(70)] for folder in ("news", "html"))
    answers = {
        "/": page(anchors(*first)),
        "/last/": page(anchors("/html/99001.html")),
        "/html/99001.html": story("last"),
    }
    for number, name in enumerate(names):
        answers[first[number]] = story(name, anchors(again[number]))
        answers[again[number]] = story(name, anchors("/last/"))
    crawled, _ = crawl_site(tmp_path, answers)
    assert (len(crawled.records), crawled.counts["spared"]) == (71, 0)


def test_not_all_feeds_without_new_stories_are_requested(tmp_path):
    with site(answers := {}) as (base, hits):
        tags = [f"/tag/{one}{two}/" for one in "abcdef" for two in "klmnopqrst"]
        feed = f"<rss><channel><item><link>{base}/html/red.html</link></item></channel></rss>"
        answers |= {"/": page(anchors(*tags, "/html/red.html")), "/html/red.html": story("red")}
        for tag in tags:
            status, headers, text = page(anchors("/"))
            declared = f'<link rel="alternate" type="application/rss+xml" href="{tag}feed/">'
            answers[tag] = status, headers, text.replace("<head>", f"<head>{declared}")
            answers[f"{tag}feed/"] = 200, {"Content-Type": "application/rss+xml"}, feed
        crawled = crawl(tmp_path, *of(base), *ONE_BY_ONE)
    assert 10 <= sum(count for path, count in hits.items() if path.endswith("feed/")) <= 15
    assert all(hits[tag] == 1 for tag in tags)
    assert adds_up(crawled.counts)
