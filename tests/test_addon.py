"""The add-on on a spider that knows nothing of it: what it gives anyone who switches it on."""

import json
import subprocess
import sys
from pathlib import Path

from tests.crawling import ENVIRONMENT, ROOT, anchors, page, site

SCRIPT = """
import sys
from scrapy import Spider
from scrapy.crawler import CrawlerProcess

class Shelf(Spider):
    name = "shelf"

    async def start(self):
        for request in [self.ask(sys.argv[1])]:
            yield request

    def ask(self, url):
        from scrapy import Request
        return Request(url)

    def parse(self, response):
        for title in response.css("h1::text").getall():
            yield {"title": title}
        yield from response.follow_all(css="a")

process = CrawlerProcess({
    "ADDONS": {"spiders.addon.TrustedCrawl": 0},
    "CRAWL_DIR": sys.argv[2],
    "TRUSTED_HOSTS": sys.argv[3],
    "DOWNLOAD_DELAY": 0,
    "AUTOTHROTTLE_ENABLED": False,
    "BACKOFF": 0.01,
    "LOG_LEVEL": "ERROR",
})
process.crawl(Shelf)
process.start()
"""


def _run(directory: Path, base: str) -> subprocess.CompletedProcess[str]:
    line = [sys.executable, "-c", SCRIPT, f"{base}/", str(directory), base.removeprefix("http://")]
    return subprocess.run(line, cwd=ROOT, env=ENVIRONMENT, capture_output=True, text=True, timeout=60, check=False)


def test_any_spider_keeps_its_items_its_queue_and_its_account(tmp_path):
    answers = {
        "/": page(f"<h1>Shelf</h1>{anchors('/a', '/b', '/a?utm_source=x', '/broken', '/forbidden/', 'http://127.0.0.1:9/')}"),
        "/robots.txt": (200, {}, "User-agent: *\nDisallow: /forbidden/"),
        "/a": page("<h1>Atlas</h1>"),
        "/b": page("<h1>Bestiary</h1>"),
        "/broken": page("", 500),
    }  # fmt: skip
    with site(answers) as (base, hits):
        first = _run(tmp_path, base)
        answers |= {"/": page(f"<h1>Shelf</h1>{anchors('/a', '/c')}"), "/c": page("<h1>Codex</h1>")}
        lines = (tmp_path / "records.jsonl").read_bytes().splitlines()
        asked = dict(hits)
        second = _run(tmp_path, base)
    assert first.returncode == second.returncode == 0, first.stderr
    assert sorted(json.loads(line)["title"] for line in lines) == ["Atlas", "Bestiary", "Shelf"]
    assert asked == {"/robots.txt": 1, "/": 1, "/a": 1, "/b": 1, "/broken": 3}
    failures = [json.loads(line) for line in (tmp_path / "failures.jsonl").read_bytes().splitlines()]
    assert {each["url"].removeprefix(base): each["reason"] for each in failures} == {
        "/broken": "500",
        "/forbidden/": "robots",
        "http://127.0.0.1:9/": "unsafe address",
    }
    titles = [json.loads(line)["title"] for line in (tmp_path / "records.jsonl").read_bytes().splitlines()]
    assert sorted(titles) == ["Atlas", "Bestiary", "Shelf"]
    assert hits["/a"] == 1
