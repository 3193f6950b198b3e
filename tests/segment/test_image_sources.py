"""Image URLs and sizes as elements declare them."""

import time

import pytest

from scraper.segment.html.image_sources import is_icon, source_urls


@pytest.mark.parametrize(
    ("attributes", "small"),
    [({}, False), ({"width": "99"}, True), ({"height": "1.5px"}, True), ({"width": "50%"}, False), ({"width": "9" * 99}, False), ({"width": None}, False)],
)  # fmt: skip
def test_a_size_in_pixels_tells_icons(attributes: dict[str, str | None], small: bool) -> None:
    assert is_icon(attributes) is small


def test_a_long_srcset_takes_bounded_time() -> None:
    started = time.process_time()
    list(source_urls({"srcset": "a 1w," * 10**6}))
    assert time.process_time() - started < 1
