"""What a page declares: JSON-LD before OpenGraph before older names, and broken scripts cost only themselves."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from growth import grows_linearly
from hypothesis import given, settings
from hypothesis import strategies as st

from scraper.block import Claims, Head
from scraper.fields.claims import MAX_ITEMS, MAX_LINE, read_head

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
        json.dumps(ARTICLE) + ";",
        "\ufeff" + json.dumps(ARTICLE),
        json.dumps({"@type": "WebSite", "name": "Post"}) + json.dumps(ARTICLE),
        json.dumps(ARTICLE).replace("ports, storms", 'ports, "storms" and wind'),
        json.dumps(ARTICLE).replace("ports, storms", "ports\\'"),
    ],
    ids="list graph entity comma comment cdata types newline entities semicolon mark two quote apostrophe".split(),
)
def test_json_ld_is_read_tolerantly(script: str) -> None:
    claims = _read(script)
    assert (claims.headline, claims.authors) == ("Port reopens", ("Jane Doe", "John Roe"))


def test_a_broken_script_affects_only_itself() -> None:
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


@settings(max_examples=100)
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


TITLE = "Bridge to close until autumn"
HERE = "https://post.test/local/bridge"
OTHER = {
    "@type": "NewsArticle",
    "headline": "Port reopens",
    "url": "https://post.test/sea/port",
    "author": "Otto Blaine",
}
OURS = {"@type": "NewsArticle", "author": "Jane Doe"}


@pytest.mark.parametrize(
    "own",
    [
        {"url": HERE},
        {"@id": HERE + "#article"},
        {"mainEntityOfPage": "http://www.post.test/local/bridge/"},
        {"mainEntityOfPage": {"@type": "WebPage", "@id": HERE}},
        {"headline": TITLE},
        {"headline": TITLE.upper() + "!", "url": "https://post.test/amp/1"},
    ],
)
@pytest.mark.parametrize("others", [[OTHER], [OTHER, {**OTHER, "url": "https://post.test/"}, {"@type": "Report"}]])
def test_of_several_stories_the_page_s_own_is_read(own: dict[str, Any], others: list[dict[str, Any]]) -> None:
    script = json.dumps([*others, OURS | own])
    for head, url in (
        (Head(title=f"{TITLE} | Post", json_ld=(script,), canonical=HERE), None),
        (Head(meta={"og:title": TITLE}, json_ld=(script,)), HERE),
        (Head(title=f"{TITLE} | Post", json_ld=(script,), meta={"og:url": HERE}), None),
    ):
        assert read_head(head, url).authors == ("Jane Doe",)


def test_two_declarations_of_one_story_complete_each_other() -> None:
    first, second = (
        {"headline": TITLE, "author": [], "datePublished": "2025-04-12"},
        {"headline": TITLE, "author": "Jane Doe"},
    )
    script = json.dumps([OTHER, {"@type": "Article"} | first, {"@type": "NewsArticle"} | second])
    claims = read_head(Head(title=TITLE, json_ld=(script,)))
    assert (claims.authors, claims.published) == (("Jane Doe",), ("2025-04-12",))


@pytest.mark.parametrize(
    ("author", "names", "brands"),
    [
        ({"@type": "Person", "givenName": "Jane", "familyName": "Doe"}, ["Jane Doe"], []),
        ({"givenName": "Jane", "additionalName": "M.", "familyName": "Doe", "name": ""}, ["Jane M. Doe"], []),
        ({"name": {"@type": "Person", "name": "Jane Doe"}}, ["Jane Doe"], []),
        ({"name": {"@value": "Jane Doe"}}, ["Jane Doe"], []),
        ({"name": ["Jane Doe", "John Roe"]}, ["Jane Doe", "John Roe"], []),
        ([[{"name": "Jane Doe"}], [["John Roe"]]], ["Jane Doe", "John Roe"], []),
        ({"@type": "Organization", "name": "Sea Service"}, ["Sea Service"], ["Sea Service"]),
        ([{"@type": ["NewsMediaOrganization"], "name": "Sea Service"}, "Jane Doe"], ["Sea Service", "Jane Doe"], ["Sea Service"]),
        ({"@type": "Person", "name": "Jane &amp; Co"}, ["Jane & Co"], []),
        ({"@id": "#self", "@type": "Person"}, [], []),
        (5, [], []),
    ],
)  # fmt: skip
def test_authors_of_many_forms(author: object, names: list[str], brands: list[str]) -> None:
    claims = _read(json.dumps([ARTICLE | {"author": author}, {"@type": "Person", "@id": "#self"}]))
    assert (claims.authors, claims.brands) == (tuple(names), tuple(brands))


@pytest.mark.parametrize(
    ("meta", "names"),
    [
        ({"authors": "Jane Doe"}, ["Jane Doe"]),
        ({"article:author": "Jane Doe"}, ["Jane Doe"]),
        ({"article:author": "https://social.test/jane", "og:author": "Jane Doe"}, ["Jane Doe"]),
        ({"article:author": "jane.doe.1232"}, []),
        ({"itemprop:author": "Jane Doe"}, ["Jane Doe"]),
        ({"twitter:label1": "Verfasst von", "twitter:data1": "Jane Doe"}, ["Jane Doe"]),
        ({"twitter:label1": "Reading time", "twitter:data1": "7 minutes"}, []),
        ({"author": "J" * 5 * MAX_LINE}, ["J" * MAX_LINE]),
    ],
)
def test_authors_of_meta_tags(meta: dict[str, str], names: list[str]) -> None:
    assert read_head(Head(meta=meta)).authors == tuple(names)


@pytest.mark.parametrize("place", ["og:site_name", "publisher"])
def test_a_headline_is_no_site_s_name(place: str) -> None:
    story = ARTICLE | {"publisher": {"name": "Port reopens!" if place == "publisher" else "Post"}}
    meta = {} if place == "publisher" else {place: "Port reopens"}
    assert read_head(Head(json_ld=(json.dumps(story),), meta=meta)).site_name == (
        None if place == "publisher" else "Post"
    )


def test_a_site_s_name_behind_the_headline_is_left_to_the_publisher() -> None:
    meta = {"og:site_name": "Port reopens | Post"}
    for publisher, name in (({"name": "The Post"}, "The Post"), (None, None)):
        story = ARTICLE | {"publisher": publisher}
        assert read_head(Head(json_ld=(json.dumps(story),), meta=meta)).site_name == name


@pytest.mark.parametrize(
    ("publisher", "other"),
    [({"@id": "#o"}, {"@type": "NewsMediaOrganization", "@id": "#o", "name": "Post"}), (None, {"@type": "WebSite", "name": "Post"})],
)  # fmt: skip
def test_a_site_s_name_may_stand_in_a_node_of_its_own(publisher: object, other: dict[str, str]) -> None:
    graph = json.dumps({"@graph": [other, ARTICLE | {"publisher": publisher}]})
    assert read_head(Head(json_ld=(graph,))).site_name == "Post"


VALUES = (None, True, 5, -1.5, 10**30, "", "x", "&#" + "9" * 5000 + ";", [], {}, [[]], [{}], [5], {"a": 5}, [None, "x"],
          {"@id": 5}, {"@id": []}, {"@type": {}}, {"@type": [5]}, {"name": 5}, {"name": {"name": [{"name": {}}]}}, {"url": {}},
          {"@value": []}, {"givenName": {}, "familyName": 5}, {"@graph": 5})  # fmt: skip
KEYS = ("@context @id @type @graph mainEntity mainEntityOfPage url headline description articleBody author creator"
        " publisher datePublished dateModified articleSection isAccessibleForFree image inLanguage keywords"
        " name givenName additionalName familyName @value").split()  # fmt: skip


@pytest.mark.parametrize("key", KEYS)
def test_every_key_may_have_a_value_of_any_type(key: str) -> None:
    for value in VALUES:
        story = ARTICLE | {key: value}
        graph = [
            story,
            {"@type": "Person", "@id": "#jane", key: value},
            {"@type": "WebPage", "datePublished": "x", key: value},
        ]
        for script in (
            story,
            [story],
            {"@graph": graph},
            {"@type": "WebPage", "mainEntity": story},
            ARTICLE | {"author": {key: value}},
        ):
            claims = read_head(Head(title="Port reopens", json_ld=(json.dumps(script),)), HERE)
            assert all(
                isinstance(claim, str)
                for claim in (*claims.authors, *claims.brands, *claims.keywords, *claims.published)
            )


@pytest.mark.parametrize("kind", [5, None, {}, [5], [[]], True])
def test_an_unreadable_type_affects_only_its_node(kind: object) -> None:
    assert _read(json.dumps([{"@type": kind, "headline": "x"}, ARTICLE])).headline == "Port reopens"


def test_what_is_declared_too_often_or_too_long_is_cut() -> None:
    many = [{"name": f"Jane Doe {number}"} for number in range(5 * MAX_ITEMS)]
    claims = _read(
        json.dumps(ARTICLE | {"author": many, "keywords": ["word " * MAX_LINE] * 3, "headline": "x " * MAX_LINE})
    )
    assert 0 < len(claims.authors) <= MAX_ITEMS
    assert len(claims.keywords[0]) < MAX_LINE
    assert len(claims.headline or "") < MAX_LINE


GROWING: dict[str, Callable[[int], Any]] = {
    "nodes": lambda n: [{"@type": "Thing"}] * (n // 20),
    "lists": lambda n: [[[]] * (n // 5)],
    "graph": lambda n: {"@graph": [ARTICLE] * (n // 300)},
    "graphs": lambda n: [{"@type": "x", "@graph": [{}, {}]}] * (n // 20),
    "authors": lambda n: ARTICLE | {"author": ["https://a.b " * (n // 12)] * 2},
    "author-lists": lambda n: ARTICLE | {"author": [[["x"]]] * (n // 10)},
    "headline": lambda n: ARTICLE | {"headline": "&a" * (n // 2)},
    "kinds": lambda n: ARTICLE | {"@type": ["Article" * 1000] * (n // 7000)},
    "addresses": lambda n: [ARTICLE | {"url": "http://a.test/" + "%41" * (n // 3)}],
    "keywords": lambda n: ARTICLE | {"keywords": "a, " * (n // 3)},
}


@pytest.mark.parametrize("kind", sorted(GROWING))
def test_the_time_grows_with_what_is_declared(kind: str) -> None:
    def read(script: str) -> Claims:
        return read_head(Head(title="Port reopens", json_ld=(script,), canonical=HERE))

    assert grows_linearly(read, lambda n: json.dumps(GROWING[kind](n)))


@pytest.mark.parametrize("name", ["author", "keywords", "og:title", "description", "og:site_name", "date", "language"])
def test_the_time_grows_with_a_meta_tag(name: str) -> None:
    def read(text: str) -> Claims:
        return read_head(Head(meta={name: text}))

    for unit in ("a", "&#9", "http://", "x@", " ,", "-en"):
        assert grows_linearly(read, lambda n, unit=unit: unit * n)  # type: ignore[misc]
