"""The fixtures are the specification: each page under `fixtures/pages` gives the record in its `expected.json`.

`expected.json` names the fields that matter, as `Article.to_dict` gives them. Of a mapping (`dateline`, `sidebar`)
only the keys named are compared; a link is written as its text, or as `[text, address]` where it has one. Beside the
fields: `input` (the arguments of `extract`), `error` (a reason of `NotAnArticle`, or `ScraperError` for any error of
the library), `warnings` (the set that `extraction.warnings` must be), `body_contains` and `body_lacks` (strings in the
body's text).
"""

import json
from pathlib import Path
from typing import Any

import pytest

from scraper import Article, NotAnArticle, ScraperError, extract, extract_text

PAGES = Path(__file__).parents[1] / "fixtures" / "pages"
NAMES = sorted(path.name for path in PAGES.iterdir() if path.is_dir())
DIRECTIVES = ("input", "error", "warnings", "body_contains", "body_lacks")
FEWEST = 40


def page_of(name: str) -> Path:
    return next((PAGES / name).glob("page.*"))


def expectation(name: str) -> dict[str, Any]:
    data: dict[str, Any] = json.loads((PAGES / name / "expected.json").read_text("utf-8"))
    return data


def read(name: str, **value: str) -> Article:
    page = page_of(name)
    if page.suffix == ".html":
        return extract(page.read_bytes(), **value)
    return extract_text(page.read_bytes().decode("utf-8"), **value)


def told_fields(article: Article, expected: dict[str, Any]) -> dict[str, Any]:
    """Cut a record down to the shape of an expectation."""
    record = article.to_dict()
    record["sidebar"] = {kind: [short(link) for link in links] for kind, links in record["sidebar"].items()}
    return {key: cut(record[key], value) for key, value in expected.items() if key not in DIRECTIVES}


def short(link: dict[str, Any]) -> str | list[str]:
    return link["text"] if link["url"] is None else [link["text"], link["url"]]


def cut(value: Any, shape: Any) -> Any:
    if isinstance(value, dict) and isinstance(shape, dict):
        return {key: value.get(key) for key in shape}
    return value


def rewrite(name: str, expected: dict[str, Any], fields: dict[str, Any]) -> None:
    path = PAGES / name / "expected.json"
    path.write_text(json.dumps(expected | fields, ensure_ascii=False, indent=1) + "\n", "utf-8")


@pytest.mark.parametrize("name", NAMES)
def test_page_gives_the_expected_record(name: str, update: bool) -> None:
    expected = expectation(name)
    if "error" in expected:
        assert_refused(name, expected)
        return
    article = read(name, **expected.get("input", {}))
    fields = told_fields(article, expected)
    if update:
        rewrite(name, expected, fields)
        return
    assert fields == {key: value for key, value in expected.items() if key not in DIRECTIVES}
    assert set(article.extraction.warnings) == set(expected.get("warnings", article.extraction.warnings))
    assert [part for part in expected.get("body_contains", ()) if part not in article.text] == []
    assert [part for part in expected.get("body_lacks", ()) if part in article.text] == []


def assert_refused(name: str, expected: dict[str, Any]) -> None:
    with pytest.raises(ScraperError) as caught:
        read(name, **expected.get("input", {}))
    if expected["error"] != "ScraperError":
        assert isinstance(caught.value, NotAnArticle)
        assert caught.value.reason == expected["error"]


def test_there_are_fixtures_and_each_is_whole() -> None:
    assert len(NAMES) >= FEWEST
    for name in NAMES:
        files = sorted(path.name for path in (PAGES / name).iterdir())
        assert files in (["expected.json", "page.html"], ["expected.json", "page.txt"]), name
        assert any(key != "input" for key in expectation(name)), name
