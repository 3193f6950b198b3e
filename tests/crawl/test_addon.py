"""The add-on with spiders of other projects."""

import json
import subprocess
import sys
from pathlib import Path

from tests.crawl import own_spiders
from tests.crawl_process import CrawlProcess
from tests.crawling import ENVIRONMENT, FAST, ROOT, Answers, anchors, page, site, story


def _run(directory: Path, base: str, spider: dict[str, str] | None = None, **value: object) -> str:
    value = {"HOME": f"{base}/", "CRAWL_DIR": str(directory), "TRUSTED_HOSTS": base.removeprefix("http://")} | value
    arguments = ["own", json.dumps(value), json.dumps(spider or {})]
    status, log = CrawlProcess(own_spiders.main, arguments, ENVIRONMENT).finish()
    assert status == 0, log
    return log


def _records(directory: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in (directory / "records.jsonl").read_bytes().splitlines()]


def _counts(directory: Path) -> dict[str, object]:
    counts: dict[str, object] = json.loads((directory / "run.json").read_bytes())["counts"]
    return counts


def _failures(directory: Path, base: str) -> dict[str, str]:
    lines = map(json.loads, (directory / "failures.jsonl").read_bytes().splitlines())
    return {line["url"].removeprefix(base): line["reason"] for line in lines}


def test_any_spider_gets_records_a_queue_and_counts(tmp_path):
    answers = {
        "/": page(f"<h1>Shelf</h1>{anchors('/a', '/b', '/a?utm_source=x', '/broken', '/forbidden/', 'http://127.0.0.1:9/')}"),
        "/robots.txt": (200, {}, "User-agent: *\nDisallow: /forbidden/"),
        "/a": page("<h1>Atlas</h1>"),
        "/b": page("<h1>Bestiary</h1>"),
        "/broken": page("", 500),
        "/empty": page("nothing"),
    }  # fmt: skip
    with site(answers) as (base, hits):
        _run(tmp_path, base)
        answers |= {"/": page(f"<h1>Shelf</h1>{anchors('/a', '/c', '/empty')}"), "/c": page("<h1>Codex</h1>")}
        records, requested = _records(tmp_path), dict(hits)
        log = _run(tmp_path, base)
    assert sorted(str(record["title"]) for record in records) == ["Atlas", "Bestiary", "Shelf"]
    assert requested == {"/robots.txt": 1, "/": 1, "/a": 1, "/b": 1, "/broken": 3}
    assert _failures(tmp_path, base) == {
        "/broken": "500",
        "/forbidden/": "robots",
        "http://127.0.0.1:9/": "unsafe address",
    }
    assert [record["title"] for record in _records(tmp_path)][3:] == ["Codex"]
    assert hits["/a"] == 1
    counts = _counts(tmp_path)
    assert (counts["records"], counts["written"], counts["already_there"], counts["unwritten"]) == (2, 1, 1, 0)
    assert (counts["articles"], counts["skipped"], counts["unfinished"]) == (2, {"no item": 1}, 0)
    assert "1 record written from 2 pages." in log
    assert "1 page without a story: no item 1." in log


_SHELF: Answers = {"/": page(anchors("/a", "/as_dict")), "/a": story("red"), "/as_dict": story("blue")}
_KINDS = ("dict", "item", "dataclass", "attrs", "pydantic")


def test_items_of_every_kind_are_written_once(tmp_path):
    with site(dict(_SHELF)) as (base, _):
        _run(tmp_path, base, SPIDER="Kinds", FEEDS={f"{tmp_path}/feed.jsonl": {"format": "jsonl"}})
        first = _records(tmp_path)
        _run(tmp_path, base, SPIDER="Kinds")
    titles = {str(item["title"]) for item in first if "title" in item}
    names = [f"The {name} ferry makes its first crossing" for name in ("red", "blue")]
    assert titles == {f"{kind} {name}" for kind in _KINDS for name in names}
    articles = [item for item in first if "headline" in item]
    assert sorted(str(article["headline"]) for article in articles) == sorted(names)
    assert all(len(str(article["id"])) == 16 for article in articles)
    assert len(first) == len(titles) + 2
    assert _records(tmp_path) == first
    feed = [json.loads(line) for line in (tmp_path / "feed.jsonl").read_bytes().splitlines()]
    assert [item.get("title", item.get("headline")) for item in feed] == [
        item.get("title", item.get("headline")) for item in first
    ]


def test_a_page_whose_item_failed_is_not_done_and_is_reported(tmp_path):
    answers = {"/": page(anchors("/a", "/b", "/c")), "/a": story("red"), "/b": story("blue"), "/c": story("green")}
    answers = {path: (200, {"ETag": '"1"'}, text) for path, (_, _, text) in answers.items()}
    with site(answers) as (base, hits):
        log = _run(tmp_path, base, SPIDER="Articles", PICKY=True)
        run = json.loads((tmp_path / "run.json").read_bytes())
        failures = _failures(tmp_path, base)
        hits.clear()
        _run(tmp_path, base, SPIDER="Articles")
    assert (run["errors"], run["counts"]["item_errors"], run["counts"]["dropped"], run["counts"]["unwritten"]) == (
        1,
        1,
        1,
        0,
    )
    assert "1 record lost to an error in an item pipeline" in log
    assert "errors in the spider" in (tmp_path / "report.html").read_text("utf-8")
    assert failures == {"/b": "item failed", "/sea/": "404"}
    assert hits["/b"] == 1
    assert {str(record["headline"]).split()[1] for record in _records(tmp_path)} >= {"red", "blue"}


def test_a_request_that_cannot_be_stored_is_reported_and_its_page_is_not_done(tmp_path):
    with site({"/": page(anchors("/a")), "/a": page("<h1>Atlas</h1>")}) as (base, hits):
        log = _run(tmp_path, base, SPIDER="Lambda")
        failures = _failures(tmp_path, base)
        hits.clear()
        _run(tmp_path, base, SPIDER="Lambda")
    assert "/lambda cannot be requested: a callback must be a method of the spider" in log
    assert json.loads((tmp_path / "run.json").read_bytes())["errors"] == 1
    assert failures == {"/a": "broke the spider"}
    assert hits["/a"] == 1


def test_any_spider_can_begin_afresh(tmp_path):
    with site(dict(_SHELF)) as (base, hits):
        _run(tmp_path, base)
        hits.clear()
        _run(tmp_path, base, {"fresh": "true"})
        assert hits["/a"] == 1
        assert len(_records(tmp_path)) == 2
        assert len(list(tmp_path.glob("records-*.jsonl"))) == 1
        log = _run(tmp_path, base, {"fresh": "yes", "pages": "1"})
    assert "fresh=yes is neither true nor false" in log
    assert "pages=1 is left to the spider" in log


def test_the_exit_status_of_a_spider_of_ones_own(tmp_path):
    (tmp_path / "scrapy.cfg").write_text("[settings]\ndefault = own_settings\n")
    (tmp_path / "own_settings.py").write_text(
        'SPIDER_MODULES = ["own_spiders"]\nCOMMANDS_MODULE = "scraper.crawl.commands"\n'
        'ADDONS = {"scraper.crawl.TrustedCrawl": 0}\nITEM_PIPELINES = {"own_spiders.Broken": 1}\n'
    )
    (tmp_path / "own_spiders.py").write_text(
        "import scrapy\n\nclass Own(scrapy.Spider):\n    name = 'own'\n\n    async def start(self):\n"
        "        yield scrapy.Request(self.settings['HOME'])\n\n    def parse(self, response):\n"
        "        yield {'title': 'x'}\n\nclass Broken:\n    def process_item(self, item):\n        raise KeyError('x')\n"
    )
    with site({"/": page("x")}) as (base, _):
        line = [sys.executable, "-m", "scrapy", "crawl", "own", "-s", f"HOME={base}/", *FAST]
        line += ["-s", f"TRUSTED_HOSTS={base.removeprefix('http://')}", "-s", "CRAWL_DIR=kept"]
        environment = ENVIRONMENT | {"PYTHONPATH": str(ROOT)}
        done = subprocess.run(line, cwd=tmp_path, env=environment, capture_output=True, timeout=60, check=False)
    assert done.returncode == 4, done.stderr
