"""The second stage of the labeller: what it sees, and what it adds."""

import numpy as np
import pytest

from scraper.label import STORY as STORY_LABELS
from scraper.segment.html import segment_html
from scraper.tagger import site_layer, summarise, word_counts
from scraper.tagger.features import featurise
from scraper.tagger.network import KINDS, load, predict
from scraper.tagger.page_summary import label_shares
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
    odds = site_layer.log_odds(output.story, calibration)
    shares = label_shares(1 / (1 + np.exp(-odds)), output.kinds + calibration[2:])
    assert np.allclose(rows[:, 0] * 3, np.clip(odds, -8, 8), atol=1e-3)
    assert np.allclose(np.exp(rows[:, 1 : 1 + len(KINDS)] * 4), np.maximum(shares, 1e-4), atol=1e-5)
    assert np.allclose(np.expm1(rows[:, 1 + len(KINDS)] * 3), words, atol=1e-3)
    links = rows[:, 2 + len(KINDS)]
    assert 0.4 < links[0] < 0.6
    assert not links[1:].any()
    assert np.array_equal(rows[:, -len(EVIDENCE_COLUMNS) :], known.columns)


def test_a_page_that_is_hard_to_read_says_what_was_decided_and_no_doubt():
    output, words, _, calibration = seen(PAGES[0])
    unsure = output._replace(story=(np.array([-0.1, 0.1, 0.1, 0.1, 0.1]) - calibration[1]) / calibration[0])
    paths = site_layer.summary(PAGES[0], unsure, words, calibration).paths
    assert [(path.blocks, path.story) for path in paths] == [(1, 0), (4, 4)]
    assert paths[1].story_words == paths[1].words == round(words[1:].sum())
    assert sum(paths[1].labels.get(str(label), 0) for label in STORY_LABELS) == pytest.approx(4, abs=0.2)


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


LONG = "{} paragraph of the story, which is longer than the headings, the questions and the rows of a table are."


def constrained(html, odds, correction, **columns):
    """Return which blocks belong to the story with a correction; `columns` are evidence about all blocks."""
    document = segment_html(html)
    n = len(document.blocks)
    evidence_columns = np.zeros((n, len(EVIDENCE_COLUMNS)))
    for name, values in columns.items():
        evidence_columns[:, EVIDENCE_COLUMNS.index(COLUMNS[name])] = values
    known = Evidence(evidence_columns, np.zeros((LEVELS, n, len(KINDS))), np.ones(n, bool), 9, 9)
    rows = np.zeros((n, 1 + len(KINDS)))
    rows[:, 0] = correction
    alone = np.full(n, odds) if np.isscalar(odds) else np.array(odds)
    words = np.array([len(block.text.split()) for block in document.blocks])
    after = alone + site_layer.constrained(rows, document, alone, words, known)[:, 0]
    return [block.text for block, value in zip(document.blocks, after, strict=True) if value > 0]


COLUMNS = {"on_pages": "text: share of stories", "story": "path: story"}


@pytest.mark.parametrize("form", ["<h2>{}</h2>", "<p><b>{}</b></p>", "<ul><li>{}</li></ul>", "<dl><dd>{}</dd></dl>"])
def test_short_texts_stay_within_the_story_even_if_all_pages_have_them(form):
    within, last = form.format("Why it matters"), form.format("Our offices")
    html = f"<p>{LONG.format('First')}</p>{within}{form.format('300 ml milk')}<p>{LONG.format('Last')}</p>{last}"
    html = f"{form.format('Kicker')}{html}"
    correction = [-9, 0, -9, -9, 0, -9]
    on_pages = [1, 0, 1, 1, 0, 1]
    texts = [LONG.format("First"), "Why it matters", "300 ml milk", LONG.format("Last")]
    assert constrained(html, 3.0, correction, on_pages=on_pages) == texts
    read_alone = [3 if change == 0 else -3 for change in correction]  # no short text is part of the story
    assert constrained(html, read_alone, correction, on_pages=on_pages) == [texts[0], texts[-1]]


def test_a_linked_text_and_a_notice_within_the_story_may_leave_it():
    notice = LONG.format("A notice, no")
    html = f"<p>{LONG.format('A')}</p><p>{notice}</p><p><a href=/x>Read more</a></p><p>{LONG.format('B')}</p>"
    assert constrained(html, 3.0, [0, -9, -9, 0], on_pages=[0, 1, 1, 0]) == [LONG.format("A"), LONG.format("B")]


def test_a_text_that_all_pages_have_does_not_end_the_story():
    step, short = LONG.format("The first"), "<ul><li>300 ml milk</li></ul>"
    html = f"<p>{LONG.format('A')}</p>{short}<p>{step}</p>{short}<p>{LONG.format('B')}</p>{short}<p>{step}</p>"
    kept = constrained(html, 3.0, [0, -9, -9, -9, 0, -9, -9], on_pages=[0, 1, 1, 1, 0, 1, 1])
    assert kept == [LONG.format("A"), "300 ml milk", "300 ml milk", LONG.format("B")]


def test_a_text_between_the_story_and_links_may_leave_it():
    title = f"<p><a href=/x>{LONG.format('The')}</a></p>"
    html = f"<p>{LONG.format('A')}</p><p>Print | Send</p>{title}<p>{LONG.format('Our')}</p>"
    kept = constrained(html, 3.0, [0, -9, 0, -9], on_pages=[0, 1, 0, 1])
    assert "Print | Send" not in kept
    assert kept[0] == LONG.format("A")


def test_a_page_of_another_kind_than_the_others_keeps_its_story():
    captions = "".join(f"<figure><figcaption>{LONG.format(n)}</figcaption></figure>" for n in ("A", "B", "C"))
    html = f"<p>{LONG.format('First')}</p>{captions}"
    assert len(constrained(html, 0.5, [-5, -5, -5, -5])) == 4
    assert constrained(html, 0.5, [0, 0, -5, -5]) == [LONG.format("First"), LONG.format("A")]
    assert constrained(html, 0.5, [-5, -5, -5, -5], on_pages=1.0) == []  # all of it is repeated: no story of its own
    assert constrained("<p>Our archive</p><p>2 May</p>", 0.5, [-5, -5], on_pages=[1, 0]) == []


def test_nothing_becomes_story_at_a_path_that_seldom_has_any():
    html = f"<p>{LONG.format('First')}</p><div>{LONG.format('Second')}</div>"
    assert constrained(html, -1.0, [3, 3], story=[0.5, -0.5]) == [LONG.format("First")]
