"""The report of a crawl: its content, escaped text, and errors that do not harm the crawl."""

import base64
import dataclasses
import hashlib
import json
import re
import sqlite3
import tracemalloc
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser
from selectolax.lexbor import LexborHTMLParser

from scraper.article import Article
from scraper.crawl.frontier.sqlite.store import SqliteStore
from scraper.crawl.frontier.store import Position, RequestEnd
from scraper.crawl.reporting.charts import columns
from scraper.crawl.reporting.page import report
from scraper.stories.identity import story_id
from tests.browser import CONTRASTS, Watched
from tests.browser import browser as launched
from tests.crawling import REPORT, Crawl, anchors, crawl_site, page, story

HOSTILE = '"><script>alert(1)</script><img src=x onerror=alert(2)>&amp;'
DAY = datetime(2025, 4, 12, 10, 31)


def article(number: int = 0, **more: Any) -> Article:
    url = f"https://portal.test/{number}"
    first = Article(headline=f"Story {number}", url=url, id=story_id(url), section="Sea", body=("It rained.",))
    return dataclasses.replace(first, **{"date_published": DAY, **more})


def folder(directory: Path, records: Sequence[Article] = (), **run: Any) -> Path:
    (directory / "records.jsonl").write_text("".join(f"{record.to_json()}\n" for record in records), "utf-8")
    defaults = {
        "spider": "portal",
        "site": "https://portal.test/",
        "started": "2025-04-12T10:00:00",
        "reason": "finished",
    }
    (directory / "run.json").write_text(json.dumps(defaults | run), "utf-8")
    return directory


def store(directory: Path, ends: Sequence[tuple[str, RequestEnd]]) -> SqliteStore:
    begun = SqliteStore(directory / "frontier.sqlite")
    for url, end in ends:
        begun.requests.add(url.encode(), url, "portal.test", Position(0, 0.0, False), b"")
        begun.requests.take()
        begun.requests.finish(url.encode(), end)
    begun.requests.add(b"waiting", "https://portal.test/later", "portal.test", Position(0, 0.0, False), b"")
    return begun


def text(html: str) -> str:
    body = LexborHTMLParser(html).body
    assert body is not None
    return " ".join(body.text(separator=" ").split())


# --- What it tells ------------------------------------------------------------------------------------------------


def test_the_summary_of_the_last_run_comes_first(tmp_path: Path) -> None:
    shown = text(report(folder(tmp_path, [article()], summary=["1 URL found, 1 page fetched.", "1 record written."])))
    assert shown.startswith("Crawl of https://portal.test/ portal, 2025-04-12 10:00:00")
    words = shown.index("1 URL found, 1 page fetched.")
    assert words < shown.index("1 record written.") < shown.index("Records by day of publication")


@pytest.mark.parametrize("mark", ["\u202e", "\u2066", "\u200f", "\x07"])
def test_no_text_of_a_page_turns_the_direction_of_the_report(tmp_path: Path, mark: str) -> None:
    turned = article(headline=f"The {mark}red ferry", section=f"{mark}Sea")
    html = report(folder(tmp_path, [turned], summary=[f"1 record {mark}written."]))
    assert mark not in html
    assert f"The [U+{ord(mark):04X}]red ferry" in html


def test_records_copies_and_updates_are_counted(tmp_path: Path) -> None:
    first = article(1)
    more = [article(2, duplicate_of=first.id), article(1, replaces=first.id), article(3, date_published=None)]
    shown = text(report(folder(tmp_path, [first, *more], counts={"written": 3})))
    assert "Near duplicates: 1. Updated stories: 1." in shown
    assert "records 4 stories, each once 2 records in the last run 3" in shown
    assert "Not shown: 1 without a date." in shown


@pytest.mark.parametrize(
    ("days", "unit", "row"),
    [(1, "day", "2025-04-12 4"), (100, "month", "2025-04 1"), (1000, "year", "2025 1")],
)
def test_dates_are_shown_by_days_months_or_years(tmp_path: Path, days: int, unit: str, row: str) -> None:
    records = [article(n, date_published=DAY + timedelta(hours=24 * days * n if days > 1 else n)) for n in range(4)]
    shown = text(report(folder(tmp_path, records)))
    assert f"Records by {unit} of publication" in shown
    assert row in shown


def test_a_few_stray_dates_do_not_squeeze_the_others(tmp_path: Path) -> None:
    records = [article(n, date_published=DAY + timedelta(n % 5)) for n in range(99)]
    shown = text(report(folder(tmp_path, [*records, article(100, date_published=datetime(1, 1, 1))])))
    assert "publication From 12 Apr 2025 to 16 Apr 2025. Not shown: 1 before 12 Apr 2025." in shown


def test_of_many_sections_the_rare_ones_are_one_bar(tmp_path: Path) -> None:
    records = [article(n, section=f"Section {n // 2}") for n in range(60)]
    html = report(folder(tmp_path, records))
    assert "10 others 20" in text(html)
    table = LexborHTMLParser(html).css("table")[1]
    widths = [[rect.attributes["width"] for rect in row.css("rect")] for row in table.css("tbody tr")]
    assert widths == [*[["100.0%"]] * 20, []]  # the others are no section, and set no scale


def test_reasons_of_failures_are_shown(tmp_path: Path) -> None:
    counts = {"failed": {"robots": 3, "404": 1}, "skipped": {"listing": 7}, "fetched": 9, "written": 2}
    failures = [{"url": f"https://portal.test/{n}", "reason": "404", "tries": 1} for n in range(30)]
    folder(tmp_path, counts=counts)
    (tmp_path / "failures.jsonl").write_text("".join(json.dumps(failure) + "\n" for failure in failures), "utf-8")
    shown = text(report(tmp_path))
    assert "by kind kind number listing 7" in shown
    assert "by reason reason number robots 3 404 1" in shown
    assert "The first 20 of 30; all of them are in failures.jsonl." in shown
    assert "https://portal.test/19 404 1" in shown
    assert "https://portal.test/20" not in shown


def test_the_ledger_tells_outcomes_and_times(tmp_path: Path) -> None:
    ends = [
        (f"https://portal.test/{n}", RequestEnd("fetched", False, False, True, seconds=n / 100)) for n in range(100)
    ]
    gone = ("https://portal.test/gone", RequestEnd("410", True, True, seconds=7.5))
    store(folder(tmp_path), [*ends, gone, ("https://portal.test/dead", RequestEnd("timeout", True, False))]).close()
    shown = text(report(tmp_path))
    assert "All runs; 1 URL left." in shown
    assert "outcome or status number fetched 100 410 1 timeout 1" in shown
    assert "Half of the responses arrived within 500 ms, 95 % within 950 ms." in shown
    assert "< 0.1 s 10 < 0.2 s 10 < 0.5 s 30 < 1 s 50 < 2 s 0 < 5 s 0 < 10 s 1 Slowest responses" in shown
    assert shown.endswith("URL time outcome https://portal.test/gone 7.5 s 410")


def test_an_empty_crawl_has_a_report(tmp_path: Path) -> None:
    store(folder(tmp_path), []).close()
    assert "Outcome of each URL All runs; 1 URL left." in text(report(tmp_path))


def test_ten_records_are_drawn_and_the_same_ten_again(tmp_path: Path) -> None:
    html = report(folder(tmp_path, [article(n) for n in range(300)]))
    drawn = [int(number) for number in re.findall(r"<h3>Story (\d+)</h3>", html)]
    assert (len(set(drawn)), drawn) == (10, sorted(drawn))
    assert drawn != list(range(10))
    assert "2025-04-12 10:31 · Sea" in html
    assert report(tmp_path) == html


def test_a_redirected_address_is_counted_where_it_led_to(tmp_path: Path) -> None:
    ends = {"a": "redirected", "b": "fetched", "c": "repeated"}
    store(folder(tmp_path), [(url, RequestEnd(reason, False, False)) for url, reason in ends.items()]).close()
    assert "outcome or status number fetched 1 repeated 1" in text(report(tmp_path))


# --- Failures -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("records", "run", "expected"),
    [
        (
            0,
            {"counts": {"failed": {"no sitemap": 1, "robots: dns": 2}}},
            "nothing was extracted portal, 2025-04-12 10:00:00 · 0 s Nothing was extracted"
            " 2 URLs not fetched: robots.txt could not be fetched, so nothing was requested: no host of"
            " that name was found. 1 URL not fetched: the sitemap could not be fetched.",
        ),
        (
            0,
            {"counts": {"fetched": 3, "failed": {"404": 1}, "skipped": {"listing": 3}}, "errors": 1},
            "Nothing was extracted The spider raised 1 exception; see the log."
            " 1 URL not fetched: the site answered with status 404. 3 pages without a story: listing.",
        ),
        (
            1,
            {"counts": {"failed": {"timeout": 1}}},
            "The last run extracted nothing 1 URL not fetched: there was no response",
        ),
        (1, {"counts": {"fetched": 3, "skipped": {"listing": 3}}}, ""),  # a round without news
        (1, {"counts": {"unchanged": 3, "failed": {"robots": 3}}}, ""),
        (1, {"counts": {"written": 1, "failed": {"404": 1}}}, ""),
        (
            1,
            {"counts": {"written": 1, "failed": {"404": 1}}, "reason": "shutdown"},
            "The run did not finish The run ended early: it was interrupted. records 1",
        ),
        (1, {"counts": {"written": 1}, "reason": None}, "The run ended early: it was interrupted."),
    ],
)
def test_a_run_that_failed_says_so_on_top(tmp_path: Path, records: int, run: dict[str, Any], expected: str) -> None:
    html = report(folder(tmp_path, [article(n) for n in range(records)], **run))
    alerts = LexborHTMLParser(html).css(".alert")
    assert expected in text(html)
    assert len(alerts) == bool(expected)
    assert all(alert.parent.tag == "main" and alert.prev.tag == "-text" for alert in alerts)


# --- Drift --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "previous", "expected"),
    [
        (50, {"section": 0.9, "url": 1.0}, "filled less often than in the previous run: section 40 % after 90 %."),
        (50, {"section": 0.4, "url": 1.0}, "All fields are filled as often as in the previous run."),
        (9, {"section": 0.9, "url": 1.0}, ""),  # too few to tell anything
        (50, {}, ""),
    ],
)
def test_fallen_fields_are_named_on_top(
    tmp_path: Path, written: int, previous: dict[str, float], expected: str
) -> None:
    run = {"counts": {"written": written}, "coverage": {"section": 0.4, "url": 1.0}, "previous": previous}
    shown = text(report(folder(tmp_path, [article()], **run)))
    top = shown[: shown.index("Records by")]
    assert expected in top
    assert ("previous run" in top) == bool(expected)


@pytest.mark.parametrize(("familiarity", "is_alarming"), [(0.12, True), (0.5, False), (None, False)])
def test_pages_that_no_longer_fit_their_site_are_reported_on_top(
    tmp_path: Path, familiarity: float | None, is_alarming: bool
) -> None:
    html = report(folder(tmp_path, [article()], site_familiarity=familiarity))
    alerts = [alert.text() for alert in LexborHTMLParser(html).css(".alert")]
    sentence = (
        "The pages no longer fit what was learned about the site: only 12% of their words are at known"
        " places. The next run learns the site anew."
    )
    assert alerts == [sentence] * is_alarming


# --- What a reader must not fear ----------------------------------------------------------------------------------


@pytest.fixture
def hostile(tmp_path: Path) -> str:
    record = article(
        1, headline=HOSTILE, section=HOSTILE, url=f"javascript:{HOSTILE}", authors=(HOSTILE,), body=(HOSTILE * 99,)
    )
    counts = {"failed": {HOSTILE: 1}, "skipped": {HOSTILE: 2}, "written": 10}
    ends = [(HOSTILE, RequestEnd(HOSTILE, True, False, seconds=1.0))]
    shares = {"coverage": {HOSTILE: 0.0}, "previous": {HOSTILE: 1.0}}
    folder(tmp_path, [record], site=HOSTILE, reason=HOSTILE, summary=[HOSTILE], counts=counts, **shares)
    store(tmp_path, ends).close()
    (tmp_path / "failures.jsonl").write_text(json.dumps({"url": HOSTILE, "reason": HOSTILE, "tries": 1}) + "\n")
    return report(tmp_path)


def test_text_of_pages_is_escaped(hostile: str) -> None:
    tree = LexborHTMLParser(hostile)
    for item in tree.css("*"):  # no link either: the addresses of this crawl are none
        assert item.tag not in ("script", "img", "a", "link", "iframe", "object", "form", "base", "image", "use")
        names = [name for name in item.attributes if name.startswith("on") or name in ("src", "href", "style")]
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


@pytest.mark.parametrize(
    ("url", "linked"),
    [
        ("https://portal.test/1?a=1&b=2", True),
        ("HTTP://portal.test/" + "x" * 200, True),
        ('https://portal.test/"onclick="alert(1)', True),
        ("javascript:alert(1)//http://", False),
        (" https://portal.test/", False),
        ("data:text/html,<script>alert(1)</script>", False),
        ("//portal.test/", False),
    ],
)
def test_only_addresses_of_the_web_are_links(tmp_path: Path, url: str, linked: bool) -> None:
    folder(tmp_path, [article(1, url=url)])
    (tmp_path / "failures.jsonl").write_text(json.dumps({"url": url, "reason": "404"}) + "\n")
    tree = LexborHTMLParser(report(tmp_path))
    links = [link.attributes for link in tree.css("a")]
    assert links == [{"href": url, "rel": "noreferrer noopener nofollow"}] * (2 if linked else 0)
    cut = url if len(url) <= 160 else url[:159] + "…"
    assert [node.text().strip() for node in tree.css(".address")] == [cut.strip()] * 2


def test_charts_and_tables_are_accessible(hostile: str) -> None:
    tree = LexborHTMLParser(hostile)
    charts, tables = tree.css("svg"), tree.css("table")
    bars = [chart for chart in charts if chart.attributes.get("aria-hidden")]
    assert len(bars) > 5
    assert all((bar.parent.prev or bar).attributes.get("class") == "number" for bar in bars)  # which tells the same
    assert [(chart.attributes["class"], chart.attributes["aria-label"]) for chart in charts if chart not in bars] == [
        ("wide", "Records by day of publication"),
        ("narrow", "Records by day of publication"),
    ]
    assert len(tables) > 5
    for table in tables:
        assert table.css_first("caption").text()
        assert all(head.attributes["scope"] == "col" for head in table.css("th"))


@pytest.mark.parametrize("most", [*range(1, 40), 100_000])
def test_the_numbers_at_a_chart_are_whole(most: int) -> None:
    tree = LexborHTMLParser(columns("Records", ["11 Mar", "12 Mar"], [0, most]))
    for axis in tree.css(".left"):
        results = [int(axis.text().replace(",", "")) for axis in axis.css("text")]
        assert 2 <= len(results) == len(set(results))
        assert (0 in results, max(results) >= most / 2) == (True, True)
    assert [title.text() for title in tree.css("rect title")] == ["11 Mar: 0", f"12 Mar: {most:,}"] * 2


# --- In a browser -------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with launched() as running:
        yield running


CHARTS = """() => [...document.querySelectorAll("figure svg")].filter(each => each.checkVisibility()).map(svg => {
    const boxes = [...svg.querySelectorAll(".bottom text")].map(each => each.getBoundingClientRect());
    const near = boxes.slice(1).filter((box, index) => box.left < boxes[index].right + 4);
    const whole = svg.getBoundingClientRect();
    const cut = [...svg.querySelectorAll("text")].filter(each => {
        const box = each.getBoundingClientRect();
        return box.left < whole.left || box.right > whole.right || box.top < whole.top || box.bottom > whole.bottom;
    });
    const size = svg.getScreenCTM().a * parseFloat(getComputedStyle(svg.querySelector("text")).fontSize);
    return {labels: boxes.length, near: near.length, cut: cut.map(each => each.textContent), size};
})"""
OUTSIDE = """() => [...document.querySelectorAll("section *")].filter(each => {
    const box = each.getBoundingClientRect(), own = each.closest("section").getBoundingClientRect();
    return box.width > 0 && (box.left < own.left || box.right > own.right);
}).map(each => each.outerHTML)"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("width", "labels"), [(320, 3), (400, 3), (1400, 9)])
def test_all_of_the_report_can_be_seen(browser: Browser, tmp_path: Path, width: int, labels: int, scheme: str) -> None:
    records = [article(n, date_published=DAY + timedelta(n % 60), section=f"Section{n % 9}" * 9) for n in range(300)]
    counts = {"failed": {"robots: dns": 1}, "skipped": {"listing": 9}, "fetched": 0, "written": 300}
    folder(tmp_path, records, counts=counts, reason="shutdown", coverage={"headline": 1.0}, previous={"headline": 0.5})
    store(tmp_path, [("https://portal.test/" + "long" * 30, RequestEnd("404", True, True, seconds=7.5))]).close()
    (tmp_path / "report.html").write_text(report(tmp_path), "utf-8")
    watched = Watched(browser, tmp_path / "report.html", viewport={"width": width, "height": 800}, color_scheme=scheme)
    page = watched.page
    assert page.evaluate("document.documentElement.scrollWidth") == width
    assert page.evaluate(OUTSIDE) == []
    (chart,) = page.evaluate(CHARTS)
    assert (chart["labels"] >= labels, chart["near"], chart["cut"]) == (True, 0, [])
    assert 11 <= chart["size"] <= 17  # pixels, of its text
    assert [pair for pair in page.evaluate(CONTRASTS) if pair[1] < 4.5] == []
    watched.assert_quiet()


def test_memory_does_not_grow_with_the_records(tmp_path: Path) -> None:
    def peak(number: int) -> int:
        folder(tmp_path, [article(n, body=("It rained. " * 50,)) for n in range(number)])
        tracemalloc.start()
        report(tmp_path)
        result = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return result

    report(folder(tmp_path, [article()]))  # what is read once
    assert peak(3000) - peak(300) < 300_000  # the records are 2 MB


# --- Files that are missing or damaged ----------------------------------------------------------------------------


def test_a_folder_without_a_crawl_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="no crawl in"):
        report(tmp_path)


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("run.json", b"{", "run.json cannot be read"),
        ("run.json", b'{"counts": {"fetched": "many"}}', "run.json cannot be read"),
        ("run.json", None, "There is no run.json: the last run did not finish."),
        ("records.jsonl", b'{"torn', "1 line of records.jsonl is not a record: "),
        ("records.jsonl", None, "records.jsonl cannot be read: No such file or directory"),
        ("failures.jsonl", b'{"url": 1}\n', "failures.jsonl cannot be read"),
        ("frontier.sqlite", b"no database", "frontier.sqlite cannot be read: file is not a database"),
    ],
)
def test_a_damaged_file_is_reported(tmp_path: Path, name: str, content: bytes | None, expected: str) -> None:
    folder(tmp_path, [article()])
    if content is None:
        (tmp_path / name).unlink()
    else:
        (tmp_path / name).write_bytes(content)
    assert expected in text(report(tmp_path))


def test_the_ledger_of_a_running_crawl_is_read_and_one_at_rest_is_left_as_it_is(tmp_path: Path) -> None:
    open_ledger = store(folder(tmp_path), [("https://portal.test/1", RequestEnd("fetched", False, False, True))])
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
    return crawl_site(tmp_path_factory.mktemp("crawl"), SITE, *REPORT)[0]


def test_a_crawl_writes_its_report_and_how_full_its_records_are(crawled: Crawl) -> None:
    assert crawled.status == 0
    assert "2 records written from 2 pages." in text((crawled.directory / "report.html").read_text("utf-8"))
    assert crawled.run["coverage"]["headline"] == crawled.run["coverage"]["date_published"] == 1.0
    assert crawled.run["coverage"]["image"] == 0.0
    assert crawled.run["previous"] == {}
    assert "2 records written from 2 pages." in crawled.run["summary"]


def test_the_ledger_knows_how_long_each_answer_took(crawled: Crawl) -> None:
    with sqlite3.connect(crawled.directory / "frontier.sqlite") as known:
        rows = known.execute("select url like '%gone%', seconds from request").fetchall()
    known.close()
    assert len(rows) >= 4
    assert all(0 < seconds < 60 for _, seconds in rows)
    assert any(gone for gone, _ in rows)


def test_a_run_is_compared_with_the_last_one_that_wrote_records(tmp_path: Path) -> None:
    shares = []
    for site in (SITE, {}, SITE | {"/": page(anchors("/sea/3.html")), "/sea/3.html": story("eastern")}):
        fresh = () if not shares else ("-a", "fresh=true")
        run = crawl_site(tmp_path, {"/robots.txt": SITE["/robots.txt"], **site}, *fresh)[0].run
        shares.append((run["coverage"], run["previous"]))
    (first, _), (none, kept), (_, last) = shares
    assert none == {}
    assert first == kept == last != {}


def test_a_report_can_be_switched_off_and_fail_without_harm(tmp_path: Path) -> None:
    none = crawl_site(tmp_path / "none", SITE)[0]  # which is fast, without a report
    assert (none.status, (none.directory / "report.html").exists()) == (0, False)
    (tmp_path / "taken" / "report.html").mkdir(parents=True)
    taken = crawl_site(tmp_path / "taken", SITE, *REPORT)[0]
    assert (taken.status, taken.counts["written"]) == (0, 2)
    assert "report.html could not be written" in taken.summary
