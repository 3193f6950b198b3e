"""The learned labeller: finite features for any document, and prose kept apart from lists."""

from pathlib import Path

import numpy as np
import pytest

import scraper.tagger
from scraper.block import Block, Document, Element, Labelled
from scraper.label import STORY, Label
from scraper.segment.html import segment_html
from scraper.segment.text import segment_text
from scraper.tagger import read, read_output
from scraper.tagger.features import COLUMNS, featurise
from scraper.tagger.network import KINDS, Network, Output, load, predict
from tests.growth import grows_linearly

PARAGRAPHS = [
    "The harbor authority said on Tuesday that the outer pier would stay closed until divers had looked at its piles.",
    "“We would rather lose a season than a ship,” said Ingrid Holm, who has run the port since 2019, in an interview.",
    "Fishing boats will land their catch at the old quay in the meantime, where the crane can lift no more than two tons.",
    "The repairs are expected to cost 14 million euros, about a third of which the region has promised to pay.",
    "Three storms in January moved the breakwater by almost a meter, according to a survey published last week.",
]
TITLES = [
    "Ferry line asks lenders for one more summer",
    "Old lighthouse gets a new lamp after forty years",
    "Salt works to close as its last buyer leaves",
    "Council votes to keep the night bus running",
    "School on the island reopens with nine pupils",
]
PAGE = f"""<html><head><title>Outer pier closed until autumn | Coast Post</title></head><body>
<header><nav><ul><li><a href="/">Home</a></li><li><a href="/sea/">Sea</a></li><li><a href="/town/">Town</a></li></ul></nav></header>
<main><article><h1>Outer pier closed until autumn</h1><p class="byline">By Ada Lund</p><time datetime="2025-04-12">April 12, 2025</time>
{"".join(f"<p>{paragraph}</p>" for paragraph in PARAGRAPHS)}</article>
<aside class="related"><h2>Related stories</h2><ul>{"".join(f'<li><a href="/{n}.html">{paragraph}</a></li>' for n, paragraph in enumerate(TITLES))}</ul></aside></main>
<footer><p>Copyright 2025 Coast Post. All rights reserved.</p><p><a href="/contact">Contact</a> <a href="/terms">Terms</a></p></footer></body></html>"""


def _labels(labelled: tuple[Labelled, ...]) -> dict[str, Label]:
    return {item.block.text: item.label for item in labelled}


def test_prose_is_the_story_and_titles_of_other_stories_are_not() -> None:
    labels = _labels(read(segment_html(PAGE, "http://post.test/sea/1.html")).labelled)
    assert labels["Outer pier closed until autumn"] is Label.HEADLINE
    assert [labels[paragraph] for paragraph in PARAGRAPHS] == [Label.BODY] * len(PARAGRAPHS)
    assert {labels[paragraph] for paragraph in TITLES} <= {Label.RELATED}
    assert labels["Copyright 2025 Coast Post. All rights reserved."] is Label.FOOTER


def test_flattened_text_is_labelled_too() -> None:
    lines = ["Home", "Sea", "Outer pier closed until autumn", "By Ada Lund", *PARAGRAPHS, "Related stories", *TITLES]
    labels = _labels(read(segment_text("\n".join(lines))).labelled)
    assert [labels[paragraph] for paragraph in PARAGRAPHS] == [Label.BODY] * len(PARAGRAPHS)
    assert Label.BODY not in {labels[paragraph] for paragraph in TITLES}


@pytest.mark.parametrize(
    "document",
    [
        Document((Block("x"),)),
        Document(tuple(Block(f"line {n}") for n in range(5000))),
        segment_html("<div>" * 300 + "x" + "</div>" * 300 + "<p>y"),
        segment_html("<p>x</p>" * 500),
        segment_html('<script type=\'application/ld+json\'>{"headline": "</script><p>x'),
        segment_html("<p>\U0010ffff 中文 العربية</p><a href=/x>\x00</a>"),
    ],
    ids=["one", "many", "deep", "alike", "torn", "odd"],
)
def test_any_document_has_finite_features_and_a_label_for_each_block(document: Document) -> None:
    features = featurise(document, load("html").vocabulary)
    assert features.dense.shape == (len(document.blocks), len(COLUMNS))
    assert np.isfinite(features.dense).all()
    labelled = read(document).labelled
    assert [item.block for item in labelled] == list(document.blocks)
    assert all(0 <= item.score <= 1 and item.reason for item in labelled)
    assert read(document).labelled == labelled


def test_no_blocks_no_labels() -> None:
    assert read(Document(())).labelled == ()


def test_the_weights_are_small() -> None:
    folder = Path(scraper.tagger.__file__).parent
    assert sum(path.stat().st_size for path in folder.glob("*.npz")) < 1.5 * 2**20


@pytest.mark.filterwarnings("error")
def test_logits_beyond_measure_are_certainty_and_no_more() -> None:
    document = segment_html("<p>One two three four five six.</p><p>x</p>")
    network = load("html")
    features = featurise(document, network.vocabulary)
    kinds = np.full((2, len(KINDS)), -1e4)
    kinds[:, -1] = 1e4
    output = Output(np.array([1e6, -1e6]), kinds, np.array([1e3, -1e3, 0.0]))
    reading = read_output(
        document, features, output, Network(network.vocabulary, {}, np.array([1.0, *[0.0] * (1 + len(KINDS))]))
    )
    assert reading.labelled[0].label in STORY
    assert reading.labelled[1].label is KINDS[-1]
    assert all(0 <= item.score <= 1 for item in reading.labelled)
    assert reading.listing == 0


FLAGS = " ".join(
    f"f_{word}_{n}" for word in ("newsletter_modal", "sidebar_ad", "promo", "comments", "related") for n in range(20)
)


@pytest.mark.parametrize("element", ["html", "body", "main", "article"])
def test_no_names_of_an_element_flip_the_page(element: str) -> None:
    flagged = PAGE.replace(f"<{element}>", f'<{element} class="{FLAGS}">')
    assert flagged != PAGE
    labels = _labels(read(segment_html(flagged, "http://post.test/sea/1.html")).labelled)
    assert [labels[paragraph] for paragraph in PARAGRAPHS] == [Label.BODY] * len(PARAGRAPHS)


@pytest.mark.parametrize("element", ["html", "body"])
def test_the_names_of_html_and_body_are_not_read(element: str) -> None:
    flagged = PAGE.replace(f"<{element}>", f'<{element} class="{FLAGS}">')
    plain, other = (read(segment_html(page)).labelled for page in (PAGE, flagged))
    assert [(item.label, item.score) for item in plain] == [(item.label, item.score) for item in other]


def test_every_input_of_the_network_is_bounded() -> None:
    names = f" {' '.join(load('html').vocabulary.classes)} "
    elements = tuple(Element("div", names, n - 1) for n in range(200))
    document = Document(tuple(Block("word " * 2000, "p", 199) for _ in range(300)), elements)
    network = load("html")
    output = predict(featurise(document, network.vocabulary), network.weights)
    assert all(np.isfinite(item).all() and np.abs(item).max() < 1000 for item in output)


def test_a_paragraph_repeated_outside_the_story_is_kept_in_it() -> None:
    contents = "".join(f"<li><a href='#p{n}'>{item}</a></li>" for n, item in enumerate(PARAGRAPHS))
    page = PAGE.replace("</header>", f"<ul class=toc>{contents}</ul></header>")
    body = [item.block.text for item in read(segment_html(page)).labelled if item.label is Label.BODY]
    assert [text for text in body if text in PARAGRAPHS] == PARAGRAPHS


def test_many_headings_and_a_long_title_take_linear_time() -> None:
    def page(number: int) -> str:
        title = "word and other " * (4 * number)
        return f"<title>{title}</title>" + "".join(f"<h1>Heading number {n} of the page</h1>" for n in range(number))

    assert grows_linearly(featurised, page, 12_000)


def featurised(page: str) -> None:
    featurise(segment_html(page), load("html").vocabulary)
