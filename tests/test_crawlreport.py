"""The report of a crawl: what it tells, and that a page of it is no danger to its reader, nor a fault of it to a crawl."""

import base64
import dataclasses
import hashlib
import json
import re
import sqlite3
import tracemalloc
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from selectolax.lexbor import LexborHTMLParser

from scraper.article import Article
from scraper.crawlreport import report
from scraper.stories import story_id
from spiders.ledger import End, Ledger
from tests.crawling import Crawl, anchors, crawl_site, page, story

HOSTILE = '"><script>alert(1)</script><img src=x onerror=alert(2)>&amp;'
DAY = datetime(2025, 4, 12, 10, 31)


def article(number: int = 0, **more: Any) -> Article:
    url = f"https://portal.test/{number}"
    first = Article(headline=f"Story {number}", url=url, id=story_id(url), section="Sea", body=("It rained.",))
    return dataclasses.replace(first, **{"date_published": DAY, **more})


def folder(directory: Path, records: Sequence[Article] = (), **run: Any) -> Path:
    (directory / "records.jsonl").write_text("".join(f"{record.to_json()}\n" for record in records), "utf-8")
    told = {"spider": "portal", "site": "https://portal.test/", "started": "2025-04-12T10:00:00", "reason": "finished"}
    (directory / "run.json").write_text(json.dumps(told | run), "utf-8")
    return directory


def ledger(directory: Path, ends: Sequence[tuple[str, End]]) -> Ledger:
    begun = Ledger(directory / "frontier.sqlite")
    for url, end in ends:
        begun.add(url.encode(), url, "portal.test", (0, 0.0, False), b"")
        begun.take()
        begun.finish(url.encode(), end)
    begun.add(b"waiting", "https://portal.test/later", "portal.test", (0, 0.0, False), b"")
    return begun


def text(html: str) -> str:
    body = LexborHTMLParser(html).body
    assert body is not None
    return " ".join(body.text(separator=" ").split())


# --- What it tells ------------------------------------------------------------------------------------------------


def test_the_last_run_is_told_in_words_first(tmp_path: Path) -> None:
    told = text(
        report(folder(tmp_path, [article()], summary=["1 address found, 1 page fetched.", "1 record written."]))
    )
    assert told.startswith("Crawl of https://portal.test/ portal, 2025-04-12 10:00:00")
    words = told.index("1 address found, 1 page fetched.")
    assert words < told.index("1 record written.") < told.index("Records by day of publication")


def test_records_copies_and_updates_are_counted(tmp_path: Path) -> None:
    first = article(1)
    more = [article(2, duplicate_of=first.id), article(1, replaces=first.id), article(3, date_published=None)]
    told = text(report(folder(tmp_path, [first, *more])))
    assert "Of 4 records, 1 are marked as near copies of another, and 1 replace an earlier one" in told
    assert "stories, each once 2" in told
    assert "Not shown: 1 without a date." in told


@pytest.mark.parametrize(
    ("days", "unit", "row"),
    [(1, "day", "2025-04-12 4"), (100, "month", "2025-04 1"), (1000, "year", "2025 1")],
)
def test_dates_are_shown_by_days_months_or_years(tmp_path: Path, days: int, unit: str, row: str) -> None:
    records = [article(n, date_published=DAY + timedelta(hours=24 * days * n if days > 1 else n)) for n in range(4)]
    told = text(report(folder(tmp_path, records)))
    assert f"Records by {unit} of publication" in told
    assert row in told


def test_a_few_stray_dates_do_not_squeeze_the_others(tmp_path: Path) -> None:
    records = [article(n, date_published=DAY + timedelta(n % 5)) for n in range(99)]
    told = text(report(folder(tmp_path, [*records, article(100, date_published=datetime(1, 1, 1))])))
    assert "Records by day of publication Not shown: 1 of another time." in told


def test_of_many_sections_the_rare_ones_are_one_bar(tmp_path: Path) -> None:
    records = [article(n, section=f"Section {n // 2}") for n in range(60)]
    assert "10 others 20" in text(report(folder(tmp_path, records)))


def test_reasons_of_what_did_not_come_are_told(tmp_path: Path) -> None:
    counts = {"failed": {"robots": 3, "404": 1}, "skipped": {"listing": 7}, "fetched": 9, "written": 2}
    failures = [{"url": f"https://portal.test/{n}", "reason": "404", "tries": 1} for n in range(30)]
    folder(tmp_path, counts=counts)
    (tmp_path / "failures.jsonl").write_text("".join(json.dumps(each) + "\n" for each in failures), "utf-8")
    told = text(report(tmp_path))
    assert "by kind kind number listing 7" in told
    assert "by reason reason number robots 3 404 1" in told
    assert "30 in all; the first 20 stand here" in told
    assert "https://portal.test/19 404 1" in told
    assert "https://portal.test/20" not in told


def test_the_ledger_tells_outcomes_and_times(tmp_path: Path) -> None:
    ends = [(f"https://portal.test/{n}", End("fetched", False, False, True, seconds=n / 100)) for n in range(100)]
    gone = ("https://portal.test/gone", End("410", True, True, seconds=7.5))
    ledger(folder(tmp_path), [*ends, gone, ("https://portal.test/dead", End("timeout", True, False))]).close()
    told = text(report(tmp_path))
    assert "Of all runs; 1 still to be asked for." in told
    assert "outcome or status number fetched 100 410 1 timeout 1" in told
    assert "Half of the answers came within 0.50 s, 95 % within 0.95 s." in told
    assert "< 0.1 s 10 < 0.2 s 10 < 0.5 s 30 < 1 s 50 < 2 s 0 < 5 s 0 < 10 s 1 < 30 s 0 longer 0" in told
    assert "address seconds outcome https://portal.test/gone 7.50 410 https://portal.test/99 0.99 fetched" in told


def test_a_crawl_that_came_to_nothing_has_a_report(tmp_path: Path) -> None:
    ledger(folder(tmp_path), []).close()
    assert "What became of each address Of all runs; 1 still to be asked for." in text(report(tmp_path))


def test_ten_records_are_drawn_and_the_same_ten_again(tmp_path: Path) -> None:
    html = report(folder(tmp_path, [article(n) for n in range(300)]))
    drawn = [int(number) for number in re.findall(r"<h3>Story (\d+)</h3>", html)]
    assert (len(set(drawn)), drawn) == (10, sorted(drawn))
    assert drawn != list(range(10))
    assert "2025-04-12 10:31 · Sea" in html
    assert report(tmp_path) == html


# --- Drift --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "previous", "told"),
    [
        (50, {"section": 0.9, "url": 1.0}, "emptier than in the run before: section 40 % after 90 %."),
        (50, {"section": 0.4, "url": 1.0}, "No field is emptier than in the run before."),
        (9, {"section": 0.9, "url": 1.0}, ""),  # too few to tell anything
        (50, {}, ""),
    ],
)
def test_fallen_fields_are_named_on_top(tmp_path: Path, written: int, previous: dict[str, float], told: str) -> None:
    run = {"counts": {"written": written}, "coverage": {"section": 0.4, "url": 1.0}, "previous": previous}
    found = text(report(folder(tmp_path, [article()], **run)))
    top = found[: found.index("Records by")]
    assert told in top
    assert ("emptier" in top) == bool(told)


# --- What a reader must not fear ----------------------------------------------------------------------------------


@pytest.fixture
def hostile(tmp_path: Path) -> str:
    record = article(
        1, headline=HOSTILE, section=HOSTILE, url=f"javascript:{HOSTILE}", authors=(HOSTILE,), body=(HOSTILE * 99,)
    )
    counts = {"failed": {HOSTILE: 1}, "skipped": {HOSTILE: 2}, "written": 10}
    ends = [(HOSTILE, End(HOSTILE, True, False, seconds=1.0))]
    shares = {"coverage": {HOSTILE: 0.0}, "previous": {HOSTILE: 1.0}}
    folder(tmp_path, [record], site=HOSTILE, reason=HOSTILE, summary=[HOSTILE], counts=counts, **shares)
    ledger(tmp_path, ends).close()
    (tmp_path / "failures.jsonl").write_text(json.dumps({"url": HOSTILE, "reason": HOSTILE, "tries": 1}) + "\n")
    return report(tmp_path)


def test_what_pages_say_is_text(hostile: str) -> None:
    tree = LexborHTMLParser(hostile)
    for each in tree.css("*"):
        assert each.tag not in ("script", "img", "a", "link", "iframe", "object", "form", "base", "image", "use")
        names = [name for name in each.attributes if name.startswith("on") or name in ("src", "href", "style")]
        assert names == []
    assert len(tree.css("style")) == 1
    assert text(hostile).count("<script>alert(1)</script>") > 8


def test_the_policy_allows_its_own_style_and_nothing_else(hostile: str) -> None:
    (style,) = re.findall(r"<style>(.*?)</style>", hostile, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    tree = LexborHTMLParser(hostile)
    policy = tree.css_first("meta[http-equiv=Content-Security-Policy]").attributes["content"]
    assert policy == f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    assert "url(" not in style
    assert "@import" not in style


def test_charts_and_tables_can_be_heard(hostile: str) -> None:
    tree = LexborHTMLParser(hostile)
    charts, tables = tree.css("svg"), tree.css("table")
    assert len(charts) > 5
    for chart in charts:
        title = chart.css_first("title")
        assert chart.attributes["role"] == "img"
        assert title.text() == chart.attributes["aria-label"] != ""
    assert len(tables) > len(charts)
    for table in tables:
        assert table.css_first("caption").text()
        assert all(head.attributes["scope"] == "col" for head in table.css("th"))


def test_memory_does_not_grow_with_the_records(tmp_path: Path) -> None:
    def peak(number: int) -> int:
        folder(tmp_path, [article(n, body=("It rained. " * 50,)) for n in range(number)])
        tracemalloc.start()
        report(tmp_path)
        found = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return found

    report(folder(tmp_path, [article()]))  # what is read once
    assert peak(3000) - peak(300) < 300_000  # the records are 2 MB


# --- Files that are missing or damaged ----------------------------------------------------------------------------


def test_a_folder_without_a_crawl_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="no crawl in"):
        report(tmp_path)


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("run.json", b"{", "run.json cannot be read"),
        ("run.json", b'{"counts": {"fetched": "many"}}', "run.json cannot be read"),
        ("run.json", None, "There is no run.json: the last run did not come to its end."),
        ("records.jsonl", b'{"torn', "1 line of records.jsonl are no records; the first: "),
        ("records.jsonl", None, "records.jsonl cannot be read: No such file or directory"),
        ("failures.jsonl", b'{"url": 1}\n', "failures.jsonl cannot be read"),
        ("frontier.sqlite", b"no database", "frontier.sqlite cannot be read: file is not a database"),
    ],
)
def test_a_damaged_file_is_told(tmp_path: Path, name: str, content: bytes | None, told: str) -> None:
    folder(tmp_path, [article()])
    if content is None:
        (tmp_path / name).unlink()
    else:
        (tmp_path / name).write_bytes(content)
    assert told in text(report(tmp_path))


def test_the_ledger_of_a_running_crawl_is_read_and_one_at_rest_is_left_as_it_is(tmp_path: Path) -> None:
    open_ledger = ledger(folder(tmp_path), [("https://portal.test/1", End("fetched", False, False, True))])
    open_ledger.commit()
    assert "outcome or status number fetched 1" in text(report(tmp_path))
    open_ledger.close()
    before = sorted(tmp_path.iterdir())
    assert "outcome or status number fetched 1" in text(report(tmp_path))
    assert sorted(tmp_path.iterdir()) == before


# --- At the end of a crawl ----------------------------------------------------------------------------------------

SITE = {
    "/robots.txt": (200, {}, "User-agent: *\nAllow: /"),
    "/": page(anchors("/sea/1.html", "/sea/2.html", "/sea/gone.html")),
    "/sea/1.html": story("northern"),
    "/sea/2.html": story("southern"),
}


@pytest.fixture(scope="module")
def crawled(tmp_path_factory: pytest.TempPathFactory) -> Crawl:
    return crawl_site(tmp_path_factory.mktemp("crawl"), SITE)[0]


def test_a_crawl_writes_its_report_and_how_full_its_records_are(crawled: Crawl) -> None:
    assert crawled.status == 0
    assert "2 records written, from 2 pages." in text((crawled.directory / "report.html").read_text("utf-8"))
    assert crawled.run["coverage"]["headline"] == crawled.run["coverage"]["date_published"] == 1.0
    assert crawled.run["coverage"]["image"] == 0.0
    assert crawled.run["previous"] == {}
    assert "2 records written, from 2 pages." in crawled.run["summary"]


def test_the_ledger_knows_how_long_each_answer_took(crawled: Crawl) -> None:
    with sqlite3.connect(crawled.directory / "frontier.sqlite") as known:
        rows = known.execute("select url like '%gone%', seconds from request").fetchall()
    known.close()
    assert len(rows) >= 4
    assert all(0 < seconds < 60 for _, seconds in rows)
    assert any(gone for gone, _ in rows)


def test_a_run_is_compared_with_the_last_that_wrote_records(tmp_path: Path) -> None:
    shares = []
    for site in (SITE, {}, SITE | {"/": page(anchors("/sea/3.html")), "/sea/3.html": story("eastern")}):
        fresh = () if not shares else ("-a", "fresh=true")
        run = crawl_site(tmp_path, {"/robots.txt": SITE["/robots.txt"], **site}, *fresh)[0].run
        shares.append((run["coverage"], run["previous"]))
    (first, _), (none, kept), (_, last) = shares
    assert none == {}
    assert first == kept == last != {}


def test_no_report_where_none_is_wanted_and_no_harm_where_none_can_be(tmp_path: Path) -> None:
    none = crawl_site(tmp_path / "none", SITE, "-s", "CRAWL_REPORT=false")[0]
    assert (none.status, (none.directory / "report.html").exists()) == (0, False)
    (tmp_path / "taken" / "report.html").mkdir(parents=True)
    taken = crawl_site(tmp_path / "taken", SITE)[0]
    assert (taken.status, taken.counts["written"]) == (0, 2)
    assert "report.html could not be written" in taken.summary
