"""Markdown: what a story says is shown as it is, and what an entry is, is kept."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from selectolax.lexbor import LexborHTMLParser

from scraper import Article, Dateline
from scraper.markdown import render

READER = MarkdownIt("commonmark").enable(["table", "strikethrough"])
KINDS = ("paragraph", "standfirst", "heading", "list_item", "quote", "table_row", "code")
TAGS = {"heading": "h2", "list_item": "ul > li", "quote": "blockquote > p", "table_row": "tr", "code": "pre"}


def shown(markdown: str) -> LexborHTMLParser:
    return LexborHTMLParser(READER.render(markdown))


@pytest.mark.parametrize(
    ("entries", "markdown"),
    [
        ([("One.", "paragraph"), ("Two.", "standfirst")], "One.\n\nTwo.\n"),
        ([("What now?", "heading"), ("Who?", "heading")], "## What now?\n\n## Who?\n"),
        ([("a", "list_item"), ("b", "list_item"), ("P.", "paragraph")], "- a\n- b\n\nP.\n"),
        ([("It was.", "quote"), ("It is.", "quote")], "> It was.\n>\n> It is.\n"),
        ([("a\n  b = `c`", "code"), ("```", "code")], "```\na\n  b = `c`\n```\n\n````\n```\n````\n"),
        (
            [("Year | Boats", "table_row"), ("2024", "table_row"), ("2025 | 7 | ?", "table_row")],
            "| Year | Boats |  |\n| --- | --- | --- |\n| 2024 |  |  |\n| 2025 | 7 | ? |\n",
        ),
        ([("", "paragraph"), (" \n", "list_item"), ("P.", "paragraph")], "P.\n"),
    ],
)
def test_each_type_has_its_form(entries: list[tuple[str, str]], markdown: str) -> None:
    assert render("The ferry", entries) == f"# The ferry\n\n{markdown}"


@pytest.mark.parametrize("kind", KINDS[:-1])
@pytest.mark.parametrize(
    "text",
    [
        "# no heading", "#hashtag", "C #", "- no item", "+ 5 degrees", "* star", "1. first", "2025) was", "> quoted", "=====",
        "---", "***", "___", "~~~", "```", "| a", "a | | b", "[a](b)", "![a](b)", "<b>bold</b>", "<!-- gone -->", "&copy; &#169; & co",
        "snake_case_name", "2 * 3 * 4", "~~out~~", "C:\\dir\\*", "https://a.test/x_y_z?a=1&copy=2", "[^1]: note", "a\n# b", "a\r- b", "`",
        "-", "1986. A year", "[ ] todo", "<https://a.test>", "x ]( y", "\\", "Setext\n===",
    ],
)  # fmt: skip
def test_text_is_shown_as_it_is(text: str, kind: str) -> None:
    page = shown(render("H", [("Before.", "paragraph"), (text, kind), ("Behind.", "paragraph")]))
    body = page.body
    assert body is not None
    text_shown = " ".join(body.text(separator=" ").replace("|", " ").split())
    assert text_shown == " ".join(f"H Before. {text} Behind.".replace("|", " ").split())
    assert len(page.css(TAGS.get(kind, "p"))) == (3 if TAGS.get(kind, "p") == "p" else 1)


@settings(max_examples=150)
@given(
    st.lists(
        st.tuples(st.text(st.sampled_from("ab \n#*_-+>|`~[]()<!&;1.=\\\t\"'"), min_size=1), st.sampled_from(KINDS)),
        max_size=5,
    )
)
def test_whatever_the_text_each_entry_is_what_it_is(entries: list[tuple[str, str]]) -> None:
    page = shown(render("H", entries))
    results = [(text, kind) for text, kind in entries if text.strip()]
    for kind in ("heading", "list_item", "quote", "code"):
        result = [node.text(deep=True) for node in page.css(TAGS[kind])]
        wanted = [text for text, item in results if item == kind]
        assert [" ".join(text.split()) for text in result] == [" ".join(text.split()) for text in wanted]
    assert len(page.css("tr")) == sum(kind == "table_row" for _, kind in results)
    assert len(page.css("h1")) == 1
    assert not page.css("a, img, em, strong, hr, del")


def test_an_article_has_its_dateline_in_the_place_where_it_stood() -> None:
    story = Article(
        headline="1. The *red* ferry",
        dateline=Dateline("BERGEN (AP) — ", "BERGEN", "AP", paragraph=1),
        body=("In short", "It left.", "Who knew?", "One", "Two"),
        body_types=("standfirst", "paragraph", "heading", "list_item", "list_item"),
    )
    assert story.to_markdown() == (
        "# 1\\. The \\*red\\* ferry\n\nIn short\n\nBERGEN (AP) — It left.\n\n## Who knew?\n\n- One\n- Two\n"
    )
    assert Article(headline="").to_markdown() == "\n"
