"""What an entry of a body is: by its label, its element, and what is around that."""

import time

import pytest

from scraper.block import Block, Document, Element, Labelled
from scraper.fields.body_types import body_types
from scraper.label import Label
from scraper.segment.html import segment_html

OUTSIDE = "<p>Outside.</p>"


def typed(html: str, **labels: Label) -> list[tuple[str, str]]:
    """Return the texts of a page with their types, all of them the body's; a label is given by a text's first word."""
    document = segment_html(html)
    entries = [Labelled(block, labels.get(block.text.split()[0], Label.BODY), 1, "") for block in document.blocks]
    return list(zip([entry.block.text for entry in entries], body_types(document, entries), strict=True))


@pytest.mark.parametrize(
    ("html", "types"),
    [
        ("<p>a</p>", "paragraph"),
        ("<div>a</div>", "paragraph"),
        ("<h2>a</h2><h6>b</h6>", "heading heading"),
        (f"<h4>{'Long words. ' * 20}</h4>", "paragraph"),
        ("<ul><li>a<ol><li><div><p>b</p></div></li></ol></li></ul>", "list_item list_item"),
        ("<ul><li><h3>Tip</h3><p>a</p></li><li>b</li></ul>", "heading paragraph list_item"),
        ("<dl><dt>a</dt><dd><p>b</p></dd></dl>", "list_item list_item"),
        ("<blockquote>a<p>b</p><footer>c</footer></blockquote>", "quote quote quote"),
        ("<blockquote><ul><li>a</li></ul><h3>b</h3></blockquote>", "list_item heading"),
        ("<ul><li><blockquote>a</blockquote></li></ul>", "quote"),
        ("<pre>a</pre><ul><li><pre><code>b</code></pre></li></ul>", "code code"),
        ("<table><tr><td>a</td><td>b</td></tr></table>", "table_row"),
        ("<table><caption>c</caption><tr><th>a</th></tr><tr><td>b</td></tr></table>", "table_row table_row table_row"),
        ("<table><tr><td><p>a</p><p>b</p></td></tr></table>", "paragraph paragraph"),
        (
            "<table><tr><td><p>a</p><table><tr><td>b</td><td>c</td></tr></table></td></tr></table>",
            "paragraph table_row",
        ),
        ("<blockquote><table><tr><td><p>a</p></td></tr></table></blockquote>", "quote"),
    ],
)
def test_the_innermost_element_tells_what_an_entry_is(html: str, types: str) -> None:
    assert [kind for _, kind in typed(OUTSIDE + html)[1:]] == types.split()


@pytest.mark.parametrize("tag", ["blockquote", "pre", "li", "dd"])
def test_what_holds_the_whole_story_says_nothing_of_it(tag: str) -> None:
    html = f"<{tag}><p>a</p><p>b</p><blockquote>c</blockquote></{tag}>"
    assert [kind for _, kind in typed(html)] == ["paragraph", "paragraph", "quote"]


def test_a_label_comes_before_the_markup() -> None:
    html = f"{OUTSIDE}<ul><li>In short</li><li>What now?</li></ul><blockquote><p>a</p></blockquote>"
    types = typed(html, In=Label.STANDFIRST, What=Label.SUBHEADING)
    assert [kind for _, kind in types] == ["paragraph", "standfirst", "heading", "quote"]


def test_flattened_text_has_items_and_paragraphs() -> None:
    entries = [Labelled(Block("a"), Label.BODY, 1, ""), Labelled(Block("b", "li"), Label.BODY, 1, "")]
    assert body_types(Document(tuple(entry.block for entry in entries)), entries) == ("paragraph", "list_item")
    assert body_types(Document(()), []) == ()


def test_time_is_linear_in_depth_and_length() -> None:
    depth, many = 4_000, 20_000
    elements = tuple(Element("blockquote", " ", number - 1) for number in range(depth))
    entries = [Labelled(Block("a", "p", depth - 1), Label.BODY, 1, "") for _ in range(many)]
    started = time.process_time()
    assert len(body_types(Document((), elements), entries)) == many
    assert time.process_time() - started < 2


@pytest.mark.parametrize(
    ("html", "lines"),
    [
        ("<pre>\na\n  b  \n\n\tc\n</pre>", "a\n  b\n\n\tc"),
        ("<pre>a<br>  b</pre>", "a\n  b"),
        ("<pre><code><i>a</i>\n    <i>b</i></code></pre>", "a\n    b"),
        ("<p>a\n  b</p>", ""),
    ],
)
def test_preformatted_text_keeps_its_lines_beside_the_folded_text(html: str, lines: str) -> None:
    (block,) = segment_html(html).blocks
    assert block.preformatted == lines
    assert block.text == " ".join(block.text.split())
