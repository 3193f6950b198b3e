"""Flattened text to blocks."""

import pytest

from scraper import ScraperError
from scraper.segment.text import segment_text


@pytest.mark.parametrize(
    ("text", "blocks"),
    [
        ("", []),
        (" \r\n\t\n", []),
        ("one\r\ntwo\n\n  three   four ", [("line", "one"), ("line", "two"), ("line", "three four")]),
        ("- one\n• two\n– three", [("li", "one"), ("li", "two"), ("li", "three")]),
        ("-one\n-\n5 - 3", [("line", "-one"), ("line", "-"), ("line", "5 - 3")]),
        ("a\u2028b\x0bc", [("line", "a"), ("line", "b"), ("line", "c")]),
    ],
)
def test_a_line_is_a_block(text: str, blocks: list[tuple[str, str]]) -> None:
    assert [(block.tag, block.text) for block in segment_text(text).blocks] == blocks


def test_too_much_text_is_refused() -> None:
    for text in ("x" * (40 * 2**20), "x\n" * 40_000):
        with pytest.raises(ScraperError):
            segment_text(text)
