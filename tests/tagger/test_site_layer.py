"""The second stage of the labeller: what it sees, and what it adds."""

import numpy as np

from scraper.segment.html import segment_html
from scraper.tagger import site_layer, summarise, word_counts
from scraper.tagger.features import featurise
from scraper.tagger.network import KINDS, Output, load, predict
from scraper.tagger.site_evidence import EVIDENCE_COLUMNS, LEVELS, Evidence, evidence, index_pages

STORY = "".join(f"<p>Paragraph {n} tells what the council said about the bridge, and when.</p>" for n in range(4))
PAGES = [
    segment_html(
        f"<body><p><a href=/{n}>Half of this</a> is a link.</p><main>{STORY.replace('council', name)}</main>", ""
    )
    for n, name in enumerate(("council", "mayor", "engineer"))
]


def seen(document):
    network = load()
    features = featurise(document, network.vocabulary)
    output, words = predict(features, network.weights), word_counts(features)
    known = evidence(document, words, index_pages([summarise(page) for page in PAGES[1:]]))
    return output, words, known, network.calibration


def test_it_sees_the_reading_the_words_the_links_and_the_evidence():
    output, words, known, calibration = seen(PAGES[0])
    rows = site_layer.inputs(PAGES[0], output, words, known, calibration)
    assert rows.shape == (5, site_layer.INPUTS)
    story, shares = site_layer.probabilities(output, calibration)
    assert np.allclose(rows[:, 0] * 3, np.log(story / (1 - story)), atol=1e-3)
    assert np.allclose(np.exp(rows[:, 1 : 1 + len(KINDS)] * 4), np.maximum(shares, 1e-4), atol=1e-5)
    assert np.allclose(np.expm1(rows[:, 1 + len(KINDS)] * 3), words, atol=1e-3)
    links = rows[:, 2 + len(KINDS)]
    assert 0.4 < links[0] < 0.6
    assert not links[1:].any()
    assert np.array_equal(rows[:, -len(EVIDENCE_COLUMNS) :], known.columns)


def test_labels_at_the_same_path_count_as_far_as_the_gates_are_open(monkeypatch):
    output, words, known, calibration = seen(PAGES[0])
    shapes = {name: array.shape for name, array in site_layer.load().items()}
    weights = {name: np.zeros(shape, np.float32) for name, shape in shapes.items()}
    monkeypatch.setattr(site_layer, "load", lambda: weights)
    site = index_pages([summarise(page) for page in PAGES[1:]])
    for opened in ((0.0, 0.0, 0.0), (5.0, 0.0, 0.0), (0.0, 5.0, 0.0), (0.0, 0.0, 5.0)):
        weights["gates.bias"] = np.array(opened, np.float32)
        adjusted = site_layer.adjust(PAGES[0], output, words, site, calibration)
        gates = np.log1p(np.exp(opened))
        expected = output.kinds + np.tensordot(gates, known.labels, 1) * known.known[:, None]
        assert np.allclose(adjusted.output.kinds[1:], expected[1:], atol=1e-4)
        assert np.array_equal(adjusted.output.story, output.story)


def test_a_heading_stays_in_the_story_only_above_a_text_of_the_story():
    document = segment_html(
        "<h2>Above all</h2><p>First text.</p><h2>Within</h2><h3>Below it</h3><p>Second text.</p><h2>At the end</h2>"
        "<p>A notice.</p><h2>Last</h2>"
    )
    n = len(document.blocks)
    calibration = np.array([1.0, 0.0, *[0.0] * len(KINDS)], np.float32)
    output = Output(np.full(n, 3.0), np.zeros((n, len(KINDS))), np.zeros(3))
    columns = np.zeros((n, len(EVIDENCE_COLUMNS)))
    known = Evidence(columns, np.zeros((LEVELS, n, len(KINDS))), np.ones(n, bool), 9, 9)
    correction = np.zeros((n, 1 + len(KINDS)))
    is_text = np.array([block.tag == "p" and "notice" not in block.text for block in document.blocks])
    correction[~is_text, 0] = -9.0
    kept = site_layer.constrained(correction, document, output, known, calibration)[:, 0] == 0
    assert [block.text for block, is_kept in zip(document.blocks, kept, strict=True) if is_kept] == [
        "First text.", "Within", "Below it", "Second text.",
    ]  # fmt: skip
    output = output._replace(story=np.where(is_text, 3.0, -3.0))  # no heading is read as part of the story
    assert not (site_layer.constrained(correction, document, output, known, calibration)[~is_text, 0] == 0).any()
