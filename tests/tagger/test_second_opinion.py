"""The second opinion: it steps in where the model keeps almost nothing of a dense region of prose, and says so."""

import numpy as np

from scraper.block import Reading
from scraper.label import Label
from scraper.segment.html import segment_html
from scraper.tagger import UNSURE, read_output
from scraper.tagger.features import featurise
from scraper.tagger.network import KINDS, Network, Output, load

PROSE = [
    f"Paragraph {n} says at some length what the harbor authority and its divers have found this week."
    for n in range(12)
]
PAGE = (
    "<body><nav><ul><li><a href=/a>Home</a></li></ul></nav><main><h1>Pier closed</h1><h2>What was found</h2>"
    + "".join(f"<p>{item}</p>" for item in PROSE)
    + "</main><footer><p>Copyright Coast Post</p></footer></body>"
)


def _read(story: float) -> Reading:
    document = segment_html(PAGE)
    vocabulary = load("html").vocabulary
    n = len(document.blocks)
    kinds = np.zeros((n, len(KINDS)))
    kinds[:, KINDS.index(Label.BODY)] = kinds[:, KINDS.index(Label.PROMO)] = 5
    output = Output(np.full(n, story), kinds, np.zeros(3))
    return read_output(
        document,
        featurise(document, vocabulary),
        output,
        Network(vocabulary, {}, np.array([1.0, *[0.0] * (1 + len(KINDS))])),
    )


def test_prose_that_the_model_refuses_as_a_whole_is_kept() -> None:
    reading = _read(-20)
    assert [item.block.text for item in reading.labelled if item.label is Label.BODY] == PROSE
    assert [item.block.text for item in reading.labelled if item.label is Label.SUBHEADING] == ["What was found"]
    assert reading.warnings == ("second_opinion", "unsure")
    assert reading.confidence is not None
    assert reading.confidence < UNSURE


def test_a_body_that_the_model_keeps_is_left_alone() -> None:
    assert "second_opinion" not in _read(20).warnings
