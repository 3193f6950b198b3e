"""Records in other tools: tables, data frames, data sets, feeds, item pipelines, JSON-LD."""

import csv
import dataclasses
import doctest
import importlib
import json
import math
import re
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from fixtures.portal import site as portal
from scraper import Article, Image, ScraperError, extract
from scraper.io.jsonl import read_records
from scraper.stories.identity import story_id
from tests.conftest import PORTAL
from tests.crawling import ENVIRONMENT, FAST, ROOT, Crawl, anchors, command, of, page, site, story
from tests.test_readme import blocks, guide, rows

LINES = 400
WHEN = datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)
TIMES = ("date_published", "date_modified", "fetched_at")


def records(pages: dict[str, portal.Page]) -> list[Article]:
    """Return the portal's stories repeated; only the last record has the fields that most lack."""
    results = []
    for path, item in pages.items():
        url = f"{PORTAL}{path}"
        try:
            results.append(dataclasses.replace(extract(item.body, url=url), id=story_id(url), fetched_at=WHEN))
        except ScraperError:
            continue
    many = [dataclasses.replace(results[n % len(results)], id=f"{n:016x}") for n in range(LINES)]
    last = dataclasses.replace(
        many[0],
        date_modified=WHEN,
        description="A ferry, at last.",
        image="https://portal.test/ferry.jpg",
        images=(Image("https://portal.test/ferry.jpg", "A ferry.", "Lou Pratt"), Image("https://portal.test/2.jpg")),
        view_count=2**40,
        duplicate_of=many[1].id,
        replaces=many[0].id,
        keywords=("ferry", 'a "quoted", one'),
        authors=("Jon Vik", "Ada Lund"),
    )
    return [*(dataclasses.replace(item, date_modified=None, image=None, images=(), keywords=()) for item in many), last]


@pytest.fixture(scope="module")
def written(portal_pages: dict[str, portal.Page], tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[Any]]:
    made = records(portal_pages)
    assert len({record.headline for record in made}) > 50
    folder = tmp_path_factory.mktemp("downstream")
    (folder / "records.jsonl").write_text("".join(f"{record.to_json()}\n" for record in made), "utf-8")
    return folder, [record.to_dict() for record in made]


def story_page(tool: str) -> str:
    """Return the guide's expression for a tool."""
    return {row[0]: row[-1] for row in rows(guide("records"))}[tool].strip("`")


def run(how: str, *libraries: str) -> Any:
    for library in libraries:
        pytest.importorskip(library, reason=f"{library} is not installed: pip install -e '.[downstream]'")
    return eval(how, {library: importlib.import_module(library) for library in libraries})


def plain(row: dict[str, Any]) -> dict[str, Any]:
    """Return a row as in the record; a tool may change only the type of times."""
    return {key: _as_text(value) if key in TIMES else _native(value) for key, value in row.items()}


def _as_text(value: Any) -> str | None:
    if value is None or str(value) in ("NaT", "nan"):
        return None
    return datetime.fromisoformat(str(value)).replace(tzinfo=None).isoformat()


def _native(value: Any) -> Any:
    """Return None for pandas' NaN, and an int for a whole number that pandas made a float."""
    if not isinstance(value, float):
        return value
    return None if math.isnan(value) else int(value) if value.is_integer() else value


ROWS: dict[str, Callable[[Any], list[dict[str, Any]]]] = {
    "DuckDB": lambda expected: [dict(zip(expected.columns, row, strict=True)) for row in expected.fetchall()],
    "Polars": lambda expected: expected.to_dicts(),
    "pandas": lambda expected: expected.to_dict("records"),
    "Hugging Face datasets": lambda expected: expected.to_list(),
}


@pytest.mark.parametrize("tool", ROWS)
def test_each_tool_gives_every_value(
    tool: str, written: tuple[Path, list[Any]], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    folder, expected = written
    monkeypatch.chdir(folder)
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setenv("HF_HOME", str(tmp_path))
    how = story_page(tool)
    matches = run(how, *dict.fromkeys(re.findall(r"\b(duckdb|polars|pandas|datasets)\.", how)))
    values = ROWS[tool](matches)
    assert len(values) == len(expected)
    assert [plain(row) for row in values] == [plain(row) for row in expected]


def test_parquet_and_back_gives_equal_values(
    written: tuple[Path, list[Any]], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    parquet = pytest.importorskip("pyarrow.parquet", reason="pyarrow is not installed")
    folder, expected = written
    monkeypatch.chdir(folder)
    run(story_page("Parquet"), "polars")
    assert parquet.read_table("records.parquet").to_pylist() == expected


def test_the_corpus_of_the_readme_has_each_story_once_in_its_last_form(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def record(number: int, day: int, **more: Any) -> Article:
        first = Article(headline=f"Story {number}", id=str(number), body=("It rained.", "It stopped."))
        return dataclasses.replace(first, **{"date_published": datetime(2025, 4, day), **more})

    lines = [
        record(1, 5, headline="First form"),
        record(2, 4, duplicate_of="1"),
        record(3, 3, date_published=datetime(2025, 4, 3, 12, tzinfo=UTC)),
        record(4, 2, date_published=None),
        record(1, 5, headline="Last form", replaces="1"),
    ]
    folder = tmp_path / "crawls" / "fintechworld"
    folder.mkdir(parents=True)
    (folder / "records.jsonl").write_text("".join(f"{part.to_json()}\n" for part in lines), "utf-8")
    monkeypatch.chdir(tmp_path)
    (example,) = (block for block in blocks("python", guide("records")) if "corpus.txt" in block)
    names: dict[str, Any] = {"read_records": read_records}
    for part in doctest.DocTestParser().get_examples(example):
        exec(part.source, names)
    assert [story.headline for story in names["stories"]] == ["Story 3", "Last form"]
    assert (
        Path("corpus.txt").read_text("utf-8").startswith("2025-04-03 Story 3\nIt rained.\nIt stopped.\n\n2025-04-05 ")
    )


def test_schema_org_says_what_the_record_says(written: tuple[Path, list[Any]]) -> None:
    for row in written[1]:
        terms = json.loads(json.dumps(Article.from_dict(row).to_schema_org()))
        assert (terms["@context"], terms["@type"]) == ("https://schema.org", "NewsArticle")
        assert terms.get("headline", "") == row["headline"]
        assert terms.get("datePublished") == row["date_published"]
        assert [term["name"] for term in terms.get("author", ())] == row["authors"]
        assert all(paragraph in terms["articleBody"] for paragraph in row["body"])


# --- Feeds and item pipelines of the crawl ------------------------------------------------------------------------

PIPELINE = """
from scrapy.exceptions import DropItem


class Desk:
    def process_item(self, item):
        if "southern" in item["headline"]:
            raise DropItem("not for this desk", log_level="DEBUG")
        return item | {"keywords": [*item["keywords"], str(len(item["body"]))]}
"""


@pytest.fixture(scope="module")
def crawled(tmp_path_factory: pytest.TempPathFactory) -> Crawl:
    """Crawl into three feeds, through a pipeline that drops a story and changes the others."""
    folder = tmp_path_factory.mktemp("feeds")
    (folder / "desk_of_test.py").write_text(PIPELINE, "utf-8")
    names = ("northern", "southern", "eastern")
    links = '<div class="sidebar"><h3>Ranking</h3><ul><li><a href="/sea/northern.html">Old, or new?</a></li></ul></div>'
    answers = {f"/sea/{name}.html": story(name, links) for name in names}
    start = {"/": page(anchors(*answers)), "/robots.txt": (200, {}, "User-agent: *\nAllow: /")}
    feeds = (part for kind in ("csv", "jsonl", "xml") for part in ("-O", f"{folder}/feed.{kind}"))
    pipelines = ("-s", 'ITEM_PIPELINES={"desk_of_test.Desk": 300}')
    with site(answers | start) as (base, _):
        environment = ENVIRONMENT | {"PYTHONPATH": str(folder)}
        line = command(folder, *of(base), *FAST, *pipelines, *feeds)
        run = subprocess.run(line, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120, check=False)
        return Crawl(run.returncode, run.stderr, folder)


def test_a_pipeline_has_the_record_as_a_dict_and_what_it_makes_of_it_is_kept(crawled: Crawl) -> None:
    assert crawled.status == 0, crawled.summary
    assert {record["headline"].split()[1] for record in crawled.records} == {"northern", "eastern"}
    for record in crawled.records:
        assert len(record["body"]) > 3
        assert record["keywords"] == [str(len(record["body"]))]
        assert Article.from_dict(record).to_dict() == record


def test_the_feed_of_json_lines_is_the_file_of_records(crawled: Crawl) -> None:
    lines = (crawled.directory / "feed.jsonl").read_text("utf-8").splitlines()
    assert [json.loads(line) for line in lines] == crawled.records


def test_lists_and_groups_survive_in_csv(crawled: Crawl) -> None:
    with (crawled.directory / "feed.csv").open(encoding="utf-8", newline="") as file:
        results = list(csv.DictReader(file))
    assert len(results) == 2
    for row, record in zip(results, crawled.records, strict=True):
        nested = {key for key, value in record.items() if isinstance(value, (list, dict))}
        assert nested >= {"body", "authors", "sidebar", "extraction", "keywords"}
        assert {key: json.loads(row[key]) for key in nested} == {key: record[key] for key in nested}
        flat = record.keys() - nested
        assert {key: row[key] for key in flat} == {key: "" if record[key] is None else str(record[key]) for key in flat}


def test_lists_and_groups_survive_in_xml(crawled: Crawl) -> None:
    items = ElementTree.parse(crawled.directory / "feed.xml").getroot().findall("item")
    assert len(items) == 2
    for item, record in zip(items, crawled.records, strict=True):
        assert item.findtext("headline") == record["headline"]
        assert [element.text for element in item.findall("body/value")] == record["body"]
        assert item.findtext("extraction/profile") == record["extraction"]["profile"]
        links = [
            (element.findtext("text"), element.findtext("url")) for element in item.findall("sidebar/ranking/value")
        ]
        assert links == [(link["text"], link["url"]) for link in record["sidebar"]["ranking"]]
    assert any(record["sidebar"]["ranking"] for record in crawled.records)
