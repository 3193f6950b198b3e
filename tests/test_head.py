"""What a page declares: JSON-LD before OpenGraph before older names, and broken scripts cost only themselves."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scraper.block import Claims, Head
from scraper.head import read_head

ARTICLE = {
    "@type": "NewsArticle",
    "headline": "Port reopens",
    "author": [{"@type": "Person", "name": "Jane Doe"}, {"name": "John Roe"}],
    "datePublished": "2025-04-12T10:31:20+02:00",
    "articleSection": ["Sea"],
    "isAccessibleForFree": "False",
    "image": {"url": "http://a.test/i.jpg"},
    "keywords": "ports, storms",
}


def _read(*scripts: str, **meta: str) -> Claims:
    return read_head(Head(json_ld=scripts, meta={key.replace("__", ":"): value for key, value in meta.items()}))


def test_json_ld_is_read() -> None:
    claims = _read(json.dumps(ARTICLE), og__title="Port reopens | Post", author="Someone Else")
    assert claims.headline == "Port reopens"
    assert claims.authors == ("Jane Doe", "John Roe")
    assert claims.published == ("2025-04-12T10:31:20+02:00",)
    assert (claims.section, claims.image, claims.keywords) == ("Sea", "http://a.test/i.jpg", ("ports", "storms"))
    assert claims.free is False
    assert claims.kind == "NewsArticle"


@pytest.mark.parametrize(
    "script",
    [
        json.dumps([{"@type": "WebSite", "name": "Post"}, ARTICLE]),
        json.dumps({"@context": "https://schema.org", "@graph": [{"@type": "Organization"}, ARTICLE]}),
        json.dumps({"@type": "WebPage", "mainEntity": ARTICLE}),
        json.dumps(ARTICLE)[:-1] + ",}",
        "<!-- " + json.dumps(ARTICLE) + " -->",
        "//<![CDATA[\n" + json.dumps(ARTICLE) + "\n//]]>",
        json.dumps(ARTICLE | {"@type": ["NewsArticle", "Thing"]}),
        json.dumps(ARTICLE | {"description": "line one\nline two"}).replace("\\n", "\n"),
        json.dumps(ARTICLE).replace('"', "&quot;"),
    ],
    ids=["list", "graph", "entity", "comma", "comment", "cdata", "types", "newline", "entities"],
)
def test_json_ld_is_read_tolerantly(script: str) -> None:
    claims = _read(script)
    assert (claims.headline, claims.authors) == ("Port reopens", ("Jane Doe", "John Roe"))


def test_a_broken_script_costs_only_itself() -> None:
    claims = _read('{"@type": "NewsArticle", "headline": "torn', json.dumps(ARTICLE))
    assert claims.headline == "Port reopens"


def test_meta_names_fill_what_json_ld_leaves_open() -> None:
    claims = _read(
        json.dumps({"@type": "NewsArticle", "headline": "Port reopens"}),
        og__site_name="Post",
        author="Jane Doe",
        article__published_time="2025-04-12",
        date="2025-04-13",
    )
    assert (claims.site_name, claims.authors) == ("Post", ("Jane Doe",))
    assert claims.published == ("2025-04-12", "2025-04-13")


def test_an_author_may_be_a_reference_to_a_person_of_the_graph() -> None:
    story = {"@type": "NewsArticle", "author": [{"@id": "#jane"}, {"@id": "#nobody"}]}
    claims = _read(json.dumps({"@graph": [story, {"@type": "Person", "@id": "#jane", "name": "Jane Doe"}]}))
    assert claims.authors == ("Jane Doe",)


def test_the_page_s_own_date_stands_where_no_story_is_typed() -> None:
    page = {"@type": ["WebPage", "FAQPage"], "datePublished": "2025-04-12", "author": {"name": "Jane Doe"}}
    claims = _read(json.dumps([{"@type": "VideoObject", "datePublished": "2020-01-01"}, page]))
    assert (claims.published, claims.authors) == (("2025-04-12",), ("Jane Doe",))
    assert _read(json.dumps([page, {"@type": "NewsArticle", "datePublished": "2025-04-13"}])).published == (
        "2025-04-13",
    )


@pytest.mark.parametrize("name", ["published-date", "publisheddate"])
def test_further_names_of_the_date_are_known(name: str) -> None:
    assert read_head(Head(meta={name: "2025-04-12"})).published == ("2025-04-12",)


@pytest.mark.parametrize(
    ("declared", "tag"),
    [("en", "en"), ("EN-us", "en-US"), ("zh_hans", "zh-Hans"), ("pt-br, en", "pt-BR"), ("", None), ("{{lang}}", None)],
)
def test_language_is_a_tag(declared: str, tag: str | None) -> None:
    assert read_head(Head(language=declared)).language == tag


@settings(max_examples=300, deadline=None)
@given(
    st.recursive(
        st.none() | st.booleans() | st.floats(allow_nan=False) | st.text(max_size=8),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(st.sampled_from([*ARTICLE, "@graph", "name", "@value"]), inner)
        ),
        max_leaves=12,
    )
)
def test_no_declaration_can_raise(value: object) -> None:
    read_head(Head(json_ld=(json.dumps({"@type": "NewsArticle", "author": value, "x": value}), json.dumps(value))))
    read_head(Head(json_ld=(json.dumps(ARTICLE | {key: value for key in ARTICLE if key != "@type"}),)))
