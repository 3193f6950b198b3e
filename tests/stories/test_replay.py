"""The records of an archive: the crawl's rules, whatever the order of the pages; and the command that writes them."""

import itertools
import json
import random
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from fixtures.portal import site
from scraper.article import Article
from scraper.cli import main
from scraper.crawl.output.archive import member
from scraper.errors import NotAnArticle, ScraperError
from scraper.io.jsonl import read_records
from scraper.io.warc import Page
from scraper.stories.identity import story_id
from scraper.stories.parts import LONGEST
from scraper.stories.replay import articles
from tests.crawl.test_crawl import PORTAL, expected_stories
from tests.crawling import SENTENCES, anchors, page, story

BASE = "http://portal.test"
NOON = datetime(2026, 11, 3, 12, tzinfo=UTC)


def fetched(path: str, answer: tuple[int, dict[str, str], str], seconds: float = 0) -> Page:
    status, headers, html = answer
    moment = NOON + timedelta(seconds=seconds)
    return Page(BASE + path, html.encode(), headers.get("Content-Type", "text/html"), moment, status)


def part(number: int, of: int, name: str = "red", text: str | None = None) -> Page:
    """Return the page of a part; its links lead to all parts."""
    paths = [f"/html/{name}.html", *(f"/html/{name}_{n}.html" for n in range(2, of + 1))]
    return fetched(paths[number - 1], story(text or name, anchors(*paths), f" {number}"))


def shown(pages: Iterable[Page]) -> list[tuple[str, int, bool]]:
    """Return each record's path, how many parts it has, and whether one is missing."""
    return [
        (
            str(article.url).removeprefix(BASE),
            len(article.body) // len(SENTENCES),
            "truncated" in article.extraction.warnings,
        )
        for article in articles(pages)
    ]


# ---------------------------------------------------------------- the crawl's rules


def test_a_record_has_an_id_and_the_time_of_its_page():
    (record,) = articles([fetched("/html/red.html?utm_source=x", story("red"), 0.25)])
    assert record.id == story_id(f"{BASE}/html/red.html")
    assert record.fetched_at == NOON + timedelta(seconds=0.25)
    assert record.url == f"{BASE}/html/red.html?utm_source=x"


def test_the_same_story_under_another_address_is_left_out():
    pages = [
        fetched("/html/red.html", story("red")),
        fetched("/news/red.html", story("red")),
        fetched("/b.html", story("blue")),
    ]
    assert shown(pages) == [("/html/red.html", 1, False), ("/b.html", 1, False)]


def test_a_story_that_was_read_twice_counts_twice_if_it_has_changed():
    same, changed = fetched("/html/red.html", story("red")), fetched("/html/red.html", story("blue"))
    first, second = articles([same, same, changed, changed])
    assert (first.replaces, second.replaces) == (None, first.id)
    assert second.headline != first.headline


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_parts_are_joined_in_any_order(order):
    pages = [part(number + 1, 3, text="red") for number in order]
    assert shown([*pages, fetched("/b.html", story("blue"))]) in (
        [("/html/red.html", 3, False), ("/b.html", 1, False)],
        [("/b.html", 1, False), ("/html/red.html", 3, False)],
    )


def test_a_part_that_was_met_by_itself_and_again_by_its_story_counts_once():
    """So it stands in an archive of the crawl: there the later one is the story's."""
    assert shown([part(2, 2), part(1, 2), part(2, 2)]) == [("/html/red.html", 2, False)]


def test_a_later_part_alone_is_no_story():
    assert shown([part(2, 3), part(3, 3)]) == []


@pytest.mark.parametrize(
    ("status", "stands"), [(404, "first"), (410, "first"), (503, "last"), (302, "last"), (0, "last")]
)
def test_a_missing_part_is_reported(status, stands):
    """One that is gone ends the story, one in trouble may come again."""
    missing = [fetched("/html/red_2.html", page("", status))] if status else []
    result = shown([part(1, 2), *missing, fetched("/b.html", story("blue"))])
    assert result[0 if stands == "first" else -1] == ("/html/red.html", 1, True)
    assert len(result) == 2


def test_a_part_that_comes_after_trouble_is_joined():
    assert shown([part(1, 2), fetched("/html/red_2.html", page("", 503)), part(2, 2)]) == [("/html/red.html", 2, False)]


def test_a_part_without_a_story_ends_the_story():
    assert shown([part(1, 3), fetched("/html/red_2.html", page("nothing")), part(3, 3)]) == [
        ("/html/red.html", 1, True)
    ]


def test_another_story_that_bears_the_number_by_chance_is_a_record():
    assert shown([part(1, 2), part(2, 2, text="other")]) == [
        ("/html/red.html", 1, False),
        ("/html/red_2.html", 1, False),
    ]


def test_a_story_without_end_is_cut():
    pages = [part(number, LONGEST + 5) for number in range(1, LONGEST + 5)]
    assert shown(pages)[0] == ("/html/red.html", LONGEST, True)


@pytest.mark.parametrize(
    "other",
    [
        fetched("/robots.txt", (200, {}, "User-agent: *\n" * 400)),
        fetched(
            "/maps/1.php", (200, {}, f'<?xml version="1.0"?><!-- a --><urlset><url><loc>{BASE}</loc></url></urlset>')
        ),
        fetched("/html/red.html", page("", 301, Location="/")),
        fetched("/html/red.html", (500, {}, story("red")[2])),
        fetched("/style", (200, {"Content-Type": "text/css"}, story("red")[2])),
        fetched("/picture", (200, {"Content-Type": "image/png"}, "\x89PNG\r\n\x1a\n")),
        Page("http://portal.test:port/", b"x", None, None, 200),
    ],
)
def test_other_documents_are_skipped(other):
    skipped: list[Page] = []
    assert list(articles([other], on_skipped=lambda page, error: skipped.append(page))) == []
    assert skipped == []


def test_a_page_without_a_story_is_reported_with_its_reason():
    results: list[tuple[Page, ScraperError]] = []
    listing = fetched("/sea/", page(anchors(*(f"/{n}.html" for n in range(40)))))
    assert list(articles([listing], on_skipped=lambda page, error: results.append((page, error)))) == []
    assert [(page, type(error)) for page, error in results] == [(listing, NotAnArticle)]


def test_many_comments_before_a_page_take_no_time():
    (record,) = articles([fetched("/c.html", (200, {}, "<!---->" * 5000 + story("red")[2]))])
    assert record.headline.startswith("The red ferry")


def test_the_portal_gives_its_stories_in_any_order(portal_pages: dict[str, site.Page]):
    pages = [
        Page(BASE + path, results.body, results.content_type, None, results.status)
        for path, results in portal_pages.items()
    ]
    pages = [page for page in pages if "/my/" not in str(page.url)]  # which no crawl may ask for
    random.Random(5).shuffle(pages)
    results = {record.url for record in articles(pages)}
    for expected in expected_stories():
        assert len({expected["url"], *expected.get("aliases", ())} & results) == 1, expected["url"]
    assert len(results) == len(expected_stories())


# ---------------------------------------------------------------- the command


def packed(page: Page) -> bytes:
    fields = (
        ("WARC-Target-URI", str(page.url)),
        ("WARC-Date", NOON.isoformat()),
        ("Content-Type", "application/http;msgtype=response"),
    )
    return member("response", fields, b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n" + page.body)


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    path = tmp_path / "a.warc.gz"
    path.write_bytes(packed(part(1, 2)) + packed(fetched("/b.html", story("blue"))) + packed(part(2, 2)))
    return path


def records(path: Path) -> list[Article]:
    return list(read_records(path))


def test_extract_writes_the_records(archive, tmp_path, capsysbinary):
    out = tmp_path / "out.jsonl"
    assert main(["extract", str(archive), "-o", str(out)]) == 0
    assert {record.id for record in records(out)} == {story_id(f"{BASE}/{p}") for p in ("html/red.html", "b.html")}
    assert capsysbinary.readouterr() == (b"", b"")
    assert main(["extract", str(archive)]) == 0
    assert capsysbinary.readouterr().out == out.read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.warc.gz", "out.jsonl"]


def test_a_story_may_be_split_over_files(tmp_path):
    for number in (1, 2):
        (tmp_path / f"{number}.warc.gz").write_bytes(packed(part(number, 2)))
    out = tmp_path / "out.jsonl"
    assert main(["extract", str(tmp_path / "1.warc.gz"), str(tmp_path / "2.warc.gz"), "-o", str(out)]) == 0
    assert [len(record.body) for record in records(out)] == [2 * len(SENTENCES)]


def test_pages_and_texts_are_read_as_they_are(tmp_path, capsys):
    html, text = tmp_path / "a.html", tmp_path / "b.TXT"
    html.write_text(story("red")[2], "utf-8")
    text.write_bytes((PORTAL.parent / "pages" / "text-plain" / "page.txt").read_bytes())
    assert main(["extract", str(html), str(text)]) == 0
    out = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert out[0]["headline"].startswith("The red ferry")
    assert out[1]["dateline"]["agency"] == "AP"
    assert {(record["id"], record["url"], record["fetched_at"]) for record in out} == {(None, None, None)}


def test_each_bad_input_is_reported_in_a_line_and_the_others_are_read(archive, tmp_path, capsys):
    torn, empty, out = tmp_path / "torn.warc.gz", tmp_path / "empty.html", tmp_path / "out.jsonl"
    torn.write_bytes(packed(fetched("/c.html", story("green"))) + packed(part(1, 2))[:-20])
    empty.write_text("<p>nothing", "utf-8")
    names = [str(torn), str(tmp_path / "missing.warc.gz"), str(empty), str(archive)]
    assert main(["extract", *names, "-o", str(out)]) == 1
    err = capsys.readouterr().err.splitlines()
    assert [name in line for name, line in zip(names, err, strict=False)] == [True, True, True]
    assert len(err) == 3
    assert len(records(out)) == 3


def test_an_output_that_cannot_be_written_leaves_nothing(archive, tmp_path, capsys):
    assert main(["extract", str(archive), "-o", str(tmp_path / "missing" / "out.jsonl")]) == 1
    assert "out.jsonl" in capsys.readouterr().err


def test_an_output_appears_whole_or_not_at_all(archive, tmp_path, monkeypatch):
    out = tmp_path / "out.jsonl"
    out.write_text("as it was")

    def broken(article: Article) -> str:
        raise KeyboardInterrupt

    monkeypatch.setattr(Article, "to_json", broken)
    assert main(["extract", str(archive), "-o", str(out)]) == 130
    assert out.read_text() == "as it was"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.warc.gz", "out.jsonl"]
