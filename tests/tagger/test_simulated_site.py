"""Simulated siblings of a page: a common frame, other stories, and readings that differ a little."""

from collections import defaultdict

import numpy as np
import pytest

from scraper.label import Label
from scraper.segment.html import segment_html
from scraper.tagger import summarise, word_counts
from scraper.tagger.features import featurise
from scraper.tagger.network import KINDS, load, predict
from scraper.tagger.page_summary import text_keys
from scraper.tagger.training.simulated_site import sibling, template

FRAME = "".join(f"<li class=entry{'abcdefghij'[n]}><a href=/{n}>Section number {n} of the paper</a>" for n in range(10))
STORY = "".join(
    f"<p>Paragraph {n} of the story says what happened, and who saw it happen on the day." for n in range(9)
)
DOCUMENT = segment_html(f"<body><ul>{FRAME}</ul><main><h1>Bridge opens</h1>{STORY}</main>", "http://a.test/1")
IS_STORY = np.array(["Paragraph" in block.text for block in DOCUMENT.blocks])
LABELS = [
    Label.BODY if story else Label.HEADLINE if "Bridge" in block.text else Label.MORE
    for story, block in zip(IS_STORY, DOCUMENT.blocks, strict=True)
]
KINDS_OF_BLOCKS = np.array([KINDS.index(label) for label in LABELS])


@pytest.fixture(scope="module")
def siblings():
    network = load()
    features = featurise(DOCUMENT, network.vocabulary)
    output, words = predict(features, network.weights), word_counts(features)
    scale, offset = network.calibration[:2]
    output = output._replace(story=(np.where(IS_STORY, 1.5, -1.5) - offset) / scale)
    order = np.random.default_rng(1)
    site = template(DOCUMENT, words, IS_STORY, KINDS_OF_BLOCKS, order)
    return [sibling(site, output, order, network.calibration) for _ in range(20)]


def texts(page):
    return {text for path in page.paths for text in path.texts}


def has_path_of(page, index):
    """Return whether a page has the path of a block of the document."""
    own = next(path for path in summarise(DOCUMENT).paths if text_keys(DOCUMENT)[index] in path.texts)
    return any(path.key == own.key for path in page.paths)


def test_a_text_of_the_frame_is_on_all_pages_that_have_its_path_or_on_none(siblings):
    shown = text_keys(DOCUMENT)
    shares = [
        np.mean([shown[i] in texts(page) for page in siblings if has_path_of(page, i)])
        for i in np.flatnonzero(~IS_STORY)
    ]
    assert set(shares) == {0.0, 1.0}


def test_no_page_has_a_text_of_the_story_of_another(siblings):
    seen = {text for text, is_story in zip(text_keys(DOCUMENT), IS_STORY, strict=True) if is_story}
    (key,) = {path.key for path in summarise(DOCUMENT).paths if seen & set(path.texts)}
    for page in siblings:
        own = {text for path in page.paths if path.key == key for text in path.texts}
        assert own
        assert not own & seen
        seen |= own


def test_no_page_has_the_headline_of_another(siblings):
    assert not any("Bridge opens" in texts(page) for page in siblings)


def test_pages_are_of_the_same_template_but_not_the_same(siblings):
    own = {path.key: path.path for path in summarise(DOCUMENT).paths}
    for page in siblings:
        assert {path.key: path.path for path in page.paths}.items() <= own.items()
    assert len({page.digest for page in siblings}) == len(siblings)
    assert len({tuple(path.blocks for path in page.paths) for page in siblings}) > 10
    missing = [len(own) - len(page.paths) for page in siblings]
    assert 0.3 < np.mean(missing) < 0.25 * len(own)


def test_readings_are_near_that_of_the_page(siblings):
    story_paths = {path.key for path in summarise(DOCUMENT).paths if path.blocks > 1}
    shares = defaultdict(list)
    for page in siblings:
        for path in page.paths:
            shares[path.key].append(path.story / path.blocks)
    for key, values in shares.items():
        assert abs(np.mean(values) - (key in story_paths)) < 0.3
    assert max(np.std(values) for values in shares.values()) > 0.01


def test_a_story_at_the_path_of_a_footer_is_not_repeated():
    kinds = np.where(IS_STORY, KINDS.index(Label.FOOTER), KINDS_OF_BLOCKS)
    words = np.ones(len(kinds))
    for seed in range(20):
        site = template(DOCUMENT, words, IS_STORY, kinds, np.random.default_rng(seed))
        assert not site.is_repeated[IS_STORY].any()
