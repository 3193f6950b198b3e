"""The rules and components of the crawl, without a network."""

import asyncio
import json
import time
from types import SimpleNamespace

import pytest
from scrapy import Request
from scrapy.exceptions import DownloadTimeoutError, IgnoreRequest, NotConfigured
from scrapy.http import Response
from scrapy.settings import Settings
from scrapy.spidermiddlewares.httperror import HttpError

from scraper.crawl import arguments, failures
from scraper.crawl.addon import TrustedCrawl
from scraper.crawl.commands.crawl import exit_status
from scraper.crawl.downloader import robots
from scraper.crawl.downloader.robots import RobotsMiddleware
from scraper.crawl.downloader.same_host import META, SameHostMiddleware
from scraper.crawl.stats import CrawlStats


@pytest.mark.parametrize(
    ("value", "parsed"),
    [
        ({}, (None, None, False)),
        ({"site": "https://Portal.test", "fresh": "true"}, ("https://portal.test/", None, True)),
        (
            {"site": "http://portal.test:8080/finance/#x", "pages": "20", "fresh": "false"},
            ("http://portal.test:8080/finance/", 20, False),
        ),
    ],
)
def test_arguments(value, parsed):
    assert arguments.parse(value, embedded=True) == parsed


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ({}, "missing argument"),
        ({"stie": "https://portal.test/"}, "unknown argument 'stie'"),
        ({"site": "portal.test"}, "site=portal.test is not a URL"),
        ({"site": "https://portal.test/", "fresh": "yes"}, "fresh=yes is neither true nor false"),
        ({"site": ""}, "is not a URL"),
        ({"site": "https://"}, "is not a URL"),
        ({"site": "ftp://portal.test/"}, "is not a URL"),
        ({"site": "file:///etc/hosts"}, "is not a URL"),
        ({"site": "https://portal.test:port/"}, "is not a URL"),
        ({"site": "https://[portal/"}, "is not a URL"),
        ({"site": "https://user:secret@portal.test/"}, "is not a URL"),
        ({"site": "https://portal.test/a b"}, "is not a URL"),
        ({"site": "https://portal.test,other.test"}, "is not a URL"),
        ({"site": "https://portal.test/,https://other.test/"}, "is not a URL"),
        ({"site": "https://portal.test/", "pages": "0"}, "pages=0 is not a number"),
        ({"site": "https://portal.test/", "pages": "-3"}, "is not a number"),
        ({"site": "https://portal.test/", "pages": "ten"}, "is not a number"),
        ({"site": "https://portal.test/", "pages": "²"}, "is not a number"),
    ],
)
def test_wrong_arguments_are_reported_in_one_line(value, message):
    with pytest.raises(arguments.ArgumentError, match=message) as caught:
        arguments.parse(value, embedded=False)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("status", "body", "allowed"),
    [
        (200, b"User-agent: *\nDisallow: /private/", True),
        (200, b"User-agent: *\nDisallow: /", False),
        (200, b"\xef\xbb\xbfUser-agent: *\nDisallow: /", False),
        (200, b"<html>no rules here</html>", True),
        (200, b"\xff\xfe\x00", True),
        (200, b"#" * 512 * 1024 + b"\nUser-agent: *\nDisallow: /", True),
        (200, "User-agent: *\nDisallow: /".encode("utf-16"), False),
        (200, b"\xfe\xff" + "User-agent: *\r\nDisallow: /".encode("utf-16-be"), False),
        (200, b"\xef\xbb\xbf\xef\xbb\xbfUser-agent: *\nDisallow: /", False),
        (200, b"\n \xef\xbb\xbfUser-agent: *\rDisallow: /", False),
        # Cut inside a line: "Allow: /a" of what was longer would be a permission for all that begins so.
        (200, b"User-agent: *\nDisallow: /\n#" + b"x" * (512 * 1024 - 37) + b"\nAllow: /another", False),
        (200, b"User-agent: *\nDisallow: /\nUser-agent: scraper\nAllow: /", True),
        (200, b"User-agent: other\nUser-agent: SCRAPER\nDisallow: /\n\nUser-agent: *\nAllow: /", False),
        (
            200,
            b"User-agent: scraper\nDisallow: /b\nUser-agent: *\nDisallow: /\nUser-agent: scraper\nDisallow: /a",
            False,
        ),
        # No name of ours, but words that our own comment has, or parts of our name.
        (200, b"User-agent: news\nAllow: /\nUser-agent: *\nDisallow: /", False),
        (200, b"User-agent: scrap\nAllow: /\nUser-agent: *\nDisallow: /", False),
        (200, b"User-agent: scraper-two\nAllow: /\nUser-agent: *\nDisallow: /", False),
        (404, b"User-agent: *\nDisallow: /", True),
        (403, b"", True),
        (429, b"", False),
        (500, b"", False),
        (503, b"User-agent: *\nAllow: /", False),
    ],
)
def test_what_a_robots_file_allows(status, body, allowed):
    agent = "scraper/0.1 (a news reader; +http://mail.example/scrap/1)"
    assert robots.rules(status, body).allowed("http://portal.test/a", agent) is allowed


@pytest.mark.parametrize(
    ("agent", "name"),
    [
        ("my-reader (me@mail.example)", "my-reader"),
        ("My-Reader/2 news/1.0", "news"),
        ("Mozilla/5.0 (compatible; my-reader/1.0; +http://mail.example/bot/2)", "my-reader"),
    ],
)
def test_a_crawler_has_the_names_of_its_products(agent, name):
    rules = robots.rules(200, f"User-agent: {name}\nDisallow: /\nCrawl-delay: 7".encode())
    assert not rules.allowed("http://portal.test/a", agent)
    assert rules.delay(agent) == 7
    for other in ("mail", "compatible", "bot", "mozilla", "http"):
        others = robots.rules(200, f"User-agent: {other}\nDisallow: /".encode())
        assert others.allowed("http://portal.test/a", agent)


@pytest.mark.parametrize(
    "unit",
    [
        "User-agent: a{0}\nDisallow: /{0}\n",
        "User-agent: *\nDisallow: /{0}\n",
        "Disallow: /*{0}*a*b$\n",
        "User-agent: a{0}\n",
        "Sitemap: /{0}\n",
    ],
)
def test_a_large_robots_file_is_cheap(unit):
    text = "User-agent: *\nUser-agent: scraper\n" + "".join(unit.format(number) for number in range(40_000))
    began = time.process_time()
    rules = robots.rules(200, text.encode())
    for number in range(10):
        rules.allowed(f"http://portal.test/{'ab' * 30}{number}", "scraper/0.1")
    assert time.process_time() - began < 5


def test_a_group_of_many_names_and_rules_is_cheap():
    text = "".join(f"User-agent: a{n}\n" for n in range(9000)) + "".join(f"Disallow: /{n}\n" for n in range(9000))
    began = time.process_time()
    assert robots.rules(200, text.encode()).allowed("http://portal.test/a", "scraper/0.1")
    assert time.process_time() - began < 2


class Engine:
    """Answer after a delay, as a network does, and record the URLs requested."""

    def __init__(self, answer):
        self.answer = answer
        self.asked = []
        self.downloader = SimpleNamespace(
            per_slot_settings={},
            slots={"portal.test": SimpleNamespace(concurrency=16, delay=0.0, jitter=0.5)},
            get_slot_key=lambda request: "portal.test",
        )

    async def download_async(self, request):
        self.asked.append(request.url)
        await asyncio.sleep(0.01)
        if isinstance(self.answer, Exception):
            raise self.answer
        return Response(request.url, request=request, **self.answer)


def _middleware(answer, **settings):
    engine = Engine(answer)
    values = {"ROBOTSTXT_OBEY": True, "USER_AGENT": "scraper/0.1", **settings}
    return RobotsMiddleware(SimpleNamespace(engine=engine, settings=Settings(values))), engine


async def _burst(middleware, paths):
    requests = [Request(f"http://portal.test{path}", meta={META: "portal.test"}) for path in paths]
    outcomes = await asyncio.gather(*map(middleware.process_request, requests), return_exceptions=True)
    return requests, [str(outcome) for outcome in outcomes]


@pytest.mark.parametrize(
    ("answer", "refusal"),
    [
        ({"status": 200, "body": b"User-agent: *\nDisallow: /"}, "robots"),
        ({"status": 503}, "robots: 503"),
        (DownloadTimeoutError("slow"), "robots: timeout"),
        (ZeroDivisionError(), "robots: ZeroDivisionError"),
    ],
)
def test_no_request_of_a_first_burst_slips_past_robots(answer, refusal):
    middleware, engine = _middleware(answer)
    _, outcomes = asyncio.run(_burst(middleware, [f"/{number}" for number in range(8)]))
    assert outcomes == [refusal] * 8
    assert engine.asked == ["http://portal.test/robots.txt"]


def test_robots_names_sitemaps_and_forbids_by_path():
    body = b"User-agent: *\nDisallow: /private/\nSitemap: /map.xml\nSitemap: http://other.test/map.xml"
    middleware, engine = _middleware({"status": 200, "body": body})

    async def scene():
        _, outcomes = await _burst(middleware, ["/a", "/private/a"])
        return outcomes, await middleware.sitemaps(Request("http://portal.test/x/"))

    outcomes, sitemaps = asyncio.run(scene())
    assert outcomes == ["None", robots.FORBIDDEN]
    assert sitemaps == ("http://portal.test/map.xml", "http://other.test/map.xml")
    assert len(engine.asked) == 1


@pytest.mark.parametrize(("requested", "kept"), [("3", 3.0), ("600", robots.LONGEST_DELAY), ("0.5", None)])
def test_a_crawl_delay_is_kept_where_it_is_longer_than_our_own(requested, kept):
    middleware, engine = _middleware(
        {"status": 200, "body": f"User-agent: *\nCrawl-delay: {requested}".encode()}, DOWNLOAD_DELAY=1
    )
    requests, _ = asyncio.run(_burst(middleware, ["/a"]))
    slot = engine.downloader.slots["portal.test"]
    if kept is None:
        assert (slot.delay, engine.downloader.per_slot_settings) == (0.0, {})
    else:
        assert (slot.delay, slot.jitter, slot.concurrency) == (kept, 0.0, 1)
        assert engine.downloader.per_slot_settings["portal.test"]["delay"] == kept
        assert requests[0].meta["autothrottle_dont_adjust_delay"]


def test_robots_can_be_switched_off():
    with pytest.raises(NotConfigured):
        _middleware({"status": 200}, ROBOTSTXT_OBEY=False)


@pytest.mark.parametrize(
    ("url", "refused"),
    [
        ("http://portal.test:8080/a", False),
        ("http://portal.test/a", True),
        ("http://127.0.0.1:8080/a", True),
        ("http://portal.test:8080@other.test/", True),
    ],
)
def test_a_request_stays_on_its_host(url, refused):
    request = Request(url, meta={META: "portal.test:8080"})
    if refused:
        with pytest.raises(IgnoreRequest, match="off the host"):
            SameHostMiddleware().process_request(request)
    else:
        SameHostMiddleware().process_request(request)
    SameHostMiddleware().process_request(Request(url))


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (HttpError(Response("http://portal.test/", status=404)), "404"),
        (DownloadTimeoutError(), "timeout"),
        (IgnoreRequest("robots"), "robots"),
        (IgnoreRequest(), "refused by a middleware"),
        (ZeroDivisionError(), "ZeroDivisionError"),
    ],
)
def test_failures_have_a_reason(error, words):
    assert failures.reason(error) == words


STATS = {
    "crawl/found": 22,
    "crawl/fetched": 14,
    "crawl/unchanged": 2,
    "crawl/repeated": 1,
    "crawl/articles": 9,
    "crawl/records": 7,
    "crawl/written": 4,
    "crawl/updated": 1,
    "crawl/copies": 1,
    "crawl/duplicates": 2,
    "crawl/already_there": 1,
    "crawl/failed/404": 1,
    "crawl/failed/robots": 4,
    "crawl/skipped/listing": 5,
    "downloader/request_count": 99,
}


def test_the_counts_add_up_and_have_sentences():
    account = CrawlStats.of(STATS)
    assert (account.left, account.unfinished, account.unwritten) == (0, 0, 0)
    assert json.loads(json.dumps(account.to_dict()))["failed"] == {"robots": 4, "404": 1}
    assert account.sentences() == [
        "22 URLs found, 14 pages fetched.",
        "4 records written from 9 pages.",
        "1 of these marked `replaces`: the story has changed.",
        "1 of these marked `duplicate_of` another.",
        "2 records left out: the same story at another URL.",
        "1 record already there.",
        "5 pages without a story: listing 5.",
        "2 pages unchanged since the last run.",
        "5 URLs not fetched: robots 4, 404 1.",
        "1 URL redirected to a page already fetched.",
    ]


def test_counts_of_other_components_are_ignored():
    assert CrawlStats.of(STATS | {"crawl/mine": 3, "crawl/mine/too": 1}) == CrawlStats.of(STATS)


def test_the_counts_include_what_remains():
    account = CrawlStats.of(STATS | {"crawl/found": 27, "crawl/fetched": 15, "crawl/records": 8})
    assert (account.left, account.unfinished, account.unwritten) == (4, 1, 1)
    assert "4 URLs left; run the same command again to continue." in account.sentences()
    assert "1 record not written: no space left." in account.sentences()


@pytest.mark.parametrize(
    ("stats", "status"),
    [
        ({"finish_reason": "finished", "crawl/written": 1}, 0),
        ({"finish_reason": "finished", "crawl/unchanged": 1}, 0),
        ({"finish_reason": "finished"}, 1),
        ({"finish_reason": "finished", "known": True}, 1),
        ({"finish_reason": "finished", "crawl/failed/404": 1, "crawl/failed/robots": 1}, 1),
        ({"finish_reason": "finished", "crawl/failed/robots": 1, "crawl/failed/robots: 503": 1}, 17),
        ({"finish_reason": "finished", "crawl/failed/robots": 1, "crawl/fetched": 4}, 1),
        ({"finish_reason": "finished", "crawl/failed/robots": 1, "crawl/fetched": 4, "known": True}, 0),
        ({"finish_reason": "finished", "crawl/found": 91, "crawl/fetched": 4, "crawl/skipped/listing": 4}, 0),
        ({"finish_reason": "finished", "crawl/found": 4, "crawl/fetched": 4, "crawl/skipped/listing": 4}, 1),
        ({"finish_reason": "finished", "crawl/fetched": 4, "crawl/skipped/listing": 4, "known": True}, 0),
        ({"finish_reason": "finished", "crawl/failed/500": 4, "known": True}, 1),
        ({"finish_reason": "finished", "crawl/failed/robots: dns": 2, "known": True}, 17),
        ({"finish_reason": "finished", "crawl/written": 1, "crawl/item_errors": 1}, 4),
        ({"finish_reason": "disk_full", "crawl/written": 1}, 3),
        ({"finish_reason": "no_output"}, 3),
        ({"finish_reason": "other_site"}, 2),
        ({"finish_reason": "locked"}, 5),
        ({"finish_reason": "rate_limited", "crawl/written": 1}, 18),
        ({"finish_reason": "finished", "crawl/written": 1, "spider_exceptions/count": 1}, 4),
        ({"finish_reason": "start_error"}, 4),
        ({"finish_reason": "shutdown", "crawl/written": 1}, 11),
        ({}, 11),
    ],
)
def test_exit_status(stats, status):
    assert exit_status(stats) == status


def test_the_add_on_sets_safe_defaults():
    settings = Settings()
    TrustedCrawl().update_settings(settings)
    for name in ("TELNETCONSOLE_ENABLED", "REMOTE_CONTROL_ENABLED", "COOKIES_ENABLED", "METAREFRESH_ENABLED"):
        assert not settings.getbool(name)
    assert settings.getbool("ROBOTSTXT_OBEY")
    assert settings.getbool("DOWNLOAD_VERIFY_CERTIFICATES")
    assert settings.getbool("AUTOTHROTTLE_ENABLED")
    assert (settings.getint("DOWNLOAD_DELAY"), settings.getint("CONCURRENT_REQUESTS_PER_DOMAIN")) == (1, 1)
    off = settings.getdict("DOWNLOAD_HANDLERS")
    assert {scheme for scheme in settings.getdict("DOWNLOAD_HANDLERS_BASE") if off.get(scheme, True)} == {
        "http",
        "https",
    }


def test_project_settings_override_the_add_on():
    settings = Settings()
    settings.set("DOWNLOAD_DELAY", 7, priority="project")
    TrustedCrawl().update_settings(settings)
    assert settings.getint("DOWNLOAD_DELAY") == 7
