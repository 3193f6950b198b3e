"""The record: valid, frozen, and the same after a trip through JSON."""

import copy
import dataclasses
import json
import pickle
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any, get_type_hints

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import scraper
from scraper import Article, Dateline, Extraction, Image, Link, RecordError, Sidebar
from scraper.article import PAGE_FIELDS, SCHEMA_VERSION, json_schema

NASTY = st.text(st.characters(), max_size=30)  # surrogates and control characters too
MAYBE = st.none() | NASTY
LINKS = st.lists(st.builds(Link, NASTY, MAYBE), max_size=3).map(tuple)
MOMENTS = st.none() | st.datetimes() | st.datetimes(timezones=st.just(UTC) | st.just(timezone(timedelta(hours=5.5))))
ARTICLES = st.builds(
    Article,
    headline=NASTY,
    url=MAYBE,
    canonical_url=MAYBE,
    site_name=MAYBE,
    section=MAYBE,
    description=MAYBE,
    dateline=st.none() | st.builds(Dateline, NASTY, MAYBE, MAYBE),
    date_published=MOMENTS,
    date_published_raw=MAYBE,
    date_modified=MOMENTS,
    authors=st.lists(NASTY, max_size=2).map(tuple),
    body=st.lists(NASTY, max_size=4).map(tuple),
    sidebar=st.dictionaries(st.sampled_from(["related", "ranking", "latest"]), LINKS).map(Sidebar),
    like_count=st.none() | st.integers(0, 10**15),
    view_count=st.none() | st.integers(0, 10**15),
    image=MAYBE,
    images=st.lists(st.builds(Image, NASTY, MAYBE, MAYBE), max_size=2).map(tuple),
    language=MAYBE,
    keywords=st.lists(NASTY, max_size=2).map(tuple),
    extraction=st.builds(Extraction, confidence=st.floats(0, 1), warnings=st.just(("truncated",))),
    id=MAYBE,
    fetched_at=MOMENTS,
    duplicate_of=MAYBE,
    replaces=MAYBE,
)
GOOD = Article(headline="A", dateline=Dateline("OSLO — ", "OSLO"), body=("One.", "Two."))


@settings(max_examples=200)
@given(ARTICLES)
def test_a_record_is_equal_after_json_and_its_line_is_one_line(article: Article) -> None:
    line = article.to_json()
    assert Article.from_json(line) == article
    assert len(line.splitlines()) == 1
    line.encode("utf-8")
    assert json.loads(line) == article.to_dict()


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("\ud83d\ude00", "😀"),
        ("lone \ud800 one", "lone \ufffd one"),
        ("\x00", "\x00"),
        ("\u2028\x85", "\u2028\x85"),
        ("👩‍👩‍👧", "👩‍👩‍👧"),
        ("x" * 2**20, "x" * 2**20),
    ],
)
def test_text_is_valid_unicode_and_otherwise_kept(text: str, kept: str) -> None:
    article = Article(headline=text, body=(text,), sidebar=Sidebar({"related": [Link(text)]}))
    assert (article.headline, article.body, article.sidebar["related"][0].text) == (kept, (kept,), kept)
    assert Article.from_json(article.to_json()) == article


def test_text_puts_the_dateline_where_it_stood() -> None:
    assert GOOD.text == "OSLO — One.\nTwo."
    later = Article(headline="A", dateline=Dateline("OSLO — ", "OSLO", paragraph=1), body=("Standfirst", "One."))
    assert later.text == "Standfirst\nOSLO — One."


def test_values_are_frozen_hashable_and_can_be_pickled() -> None:
    with pytest.raises(AttributeError):
        GOOD.headline = "B"  # type: ignore[misc]
    with pytest.raises(TypeError, match="frozen"):
        GOOD.sidebar["related"] = ()
    with pytest.raises(TypeError, match="frozen"):
        GOOD.sidebar.clear()
    assert hash(GOOD) == hash(pickle.loads(pickle.dumps(GOOD)))
    assert copy.deepcopy(GOOD) == GOOD
    assert set(GOOD.sidebar) == {"related", "ranking", "recommendation"}


@pytest.mark.parametrize(
    "line",
    [
        "",
        "nonsense",
        "[]",
        "{}",
        "null",
        '{"headline":"x"}',
        '{"headline":"x","schema_version":999}',
        '{"headline":1,"schema_version":1}',
        '{"headline":"x","schema_version":1,"body":"text"}',
        '{"headline":"x","schema_version":1,"sidebar":{"related":[{"url":"u"}]}}',
        '{"headline":"x","schema_version":1,"date_published":"yesterday"}',
        '{"headline":"x","schema_version":1,"like_count":1.5}',
        '{"headline":"x","schema_version":1.2}',
        '{"headline":"x","schema_version":0.9}',
        '{"headline":"x","schema_version":"1"}',
        '{"headline":"x","schema_version":NaN}',
        '{"headline":"x","schema_version":1.1,"body":["a","b"],"body_types":["quote"]}',
        '{"headline":"x","schema_version":1.1,"body":["a"],"body_types":["poem"]}',
        '{"headline":"x","schema_version":1.1,"images":[{"caption":"no address"}]}',
        "[" * 100_000,
        b"\xff\xfe",
        GOOD.to_json()[:-20],
    ],
)
def test_an_invalid_record_is_refused_with_a_reason(line: str | bytes) -> None:
    with pytest.raises(RecordError) as caught:
        Article.from_json(line)
    assert caught.value.why


@pytest.mark.parametrize(
    ("version", "missing"),
    [(SCHEMA_VERSION, ()), (1, ("description", "body_types", "images")), (1.0, ("duplicate_of", "replaces"))],
)
def test_a_record_of_an_older_minor_is_read_as_one_of_now(version: float, missing: tuple[str, ...]) -> None:
    old = {name: value for name, value in GOOD.to_dict().items() if name not in missing}
    assert Article.from_json(json.dumps(old | {"schema_version": version})) == GOOD
    assert Article.from_dict(old | {"schema_version": version}).schema_version == SCHEMA_VERSION


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (GOOD, "<Article 'A', 2 entries>"),
        (Article(headline="It’s late", date_published=datetime(2025, 4, 12, 10, 31)), "<Article 'It’s late', 2025-04-12, 0 entries>"),
        (Article(headline="x" * 10**6, url="u" * 10**6), f"<Article '{'x' * 59}…', 0 entries>"),
        (Sidebar({"related": [Link("a" * 1000)], "games": [Link("b"), Link("c")]}), "<Sidebar related=1, ranking=0, recommendation=0, games=2>"),
    ],
)  # fmt: skip
def test_a_repr_is_short(value: object, shown: str) -> None:
    assert repr(value) == shown


@pytest.mark.parametrize(
    ("body", "value", "types"),
    [
        (("One.", "Two."), (), ("paragraph", "paragraph")),
        (("One.", "Two."), ("standfirst", "quote"), ("standfirst", "quote")),
        ((), (), ()),
    ],
)
def test_each_entry_of_the_body_has_a_type(body: tuple[str, ...], value: Any, types: tuple[str, ...]) -> None:
    assert Article(headline="A", body=body, body_types=value).body_types == types


def test_types_without_their_entries_are_no_record() -> None:
    with pytest.raises(ValueError, match="2 body_types for a body of 1"):
        Article(headline="A", body=("One.",), body_types=("quote", "quote"))


def test_fields_that_a_page_fills_and_those_of_the_maker_are_all_fields() -> None:
    others = {"extraction", "id", "fetched_at", "duplicate_of", "replaces", "schema_version"}
    assert {*PAGE_FIELDS, *others} == set(get_type_hints(Article))
    assert not others & set(PAGE_FIELDS)


def test_the_shipped_schema_is_that_of_the_types(update: bool) -> None:
    schema = json.dumps(_schema(), indent=2, ensure_ascii=False) + "\n"
    if update:
        (Path(scraper.__file__).parent / "article.schema.json").write_text(schema, "utf-8")
    assert json_schema() == schema


def _schema() -> dict[str, Any]:
    lists = {"type": "object", "additionalProperties": {"type": "array", "items": {"$ref": "#/$defs/Link"}}}
    schema = msgspec.json.schema(Article, schema_hook=lambda kind: lists)
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    schema["$defs"] |= msgspec.json.schema(Link)["$defs"]
    schema["$defs"]["Article"]["properties"]["schema_version"] = {"enum": [1, SCHEMA_VERSION]}
    schema["$defs"]["Article"]["required"] = ["headline", "schema_version"]
    return schema


def test_schema_names_every_field() -> None:
    properties = json.loads(json_schema())["$defs"]["Article"]["properties"]
    assert set(properties) == set(get_type_hints(Article)) == set(GOOD.to_dict())


def test_schema_org_terms() -> None:
    article = Article(
        headline="A",
        url="http://a.test/x",
        site_name="S",
        authors=("Jane Doe",),
        date_published=datetime(2025, 4, 12, 10, 31, 20),  # the page gave no zone
        dateline=Dateline("OSLO — ", "OSLO"),
        body=("One.",),
        description="What it is about.",
        image="http://a.test/1.jpg",
    )
    terms = article.to_schema_org()
    assert terms["@type"] == "NewsArticle"
    assert terms["datePublished"] == "2025-04-12T10:31:20"
    assert terms["articleBody"] == "OSLO — One."
    assert terms["author"] == [{"@type": "Person", "name": "Jane Doe"}]
    assert (terms["description"], terms["image"]) == ("What it is about.", "http://a.test/1.jpg")
    assert "keywords" not in terms
    pictured = dataclasses.replace(article, images=(Image("http://a.test/1.jpg", "A ferry.", "Lou Pratt"),))
    assert pictured.to_schema_org()["image"] == [
        {"@type": "ImageObject", "url": "http://a.test/1.jpg", "caption": "A ferry.", "creditText": "Lou Pratt"}
    ]
    assert dataclasses.replace(article, id="1", duplicate_of="2", replaces="3").to_schema_org() == terms
