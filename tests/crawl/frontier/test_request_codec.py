"""Requests as JSON, and their fingerprints."""

import json
from typing import Any

import pytest
from scrapy import Request, Spider
from scrapy.http import FormRequest, Response

from scraper.crawl.frontier.request_codec import RequestFingerprinter, dump, load


class StorySpider(Spider):
    name = "stories"

    def read(self, response: Response) -> None:
        pass

    def failed(self, failure: Any) -> None:
        pass


def test_a_request_is_the_same_after_a_round_trip():
    spider = StorySpider()
    request = FormRequest(
        "http://p.test/?a=é",
        spider.read,
        errback=spider.failed,
        method="POST",
        headers={"X-Kind": "\u00e9", "Accept": ["a", "b"]},
        body=b"\xff\x00",
        meta={"depth": 3, "lines": ["a"]},
        cb_kwargs={"lines": ["b"]},
        priority=-2,
        dont_filter=True,
        flags=["x"],
    )
    again = load(json.dumps(json.loads(dump(request))).encode(), spider)
    for name in ("url", "method", "headers", "body", "meta", "cb_kwargs", "priority", "dont_filter", "flags"):
        assert getattr(again, name) == getattr(request, name), name
    assert (again.callback, again.errback) == (spider.read, spider.failed)


def test_a_request_without_a_json_form_is_refused():
    with pytest.raises(TypeError):
        dump(Request("http://p.test/", meta={"lock": object()}))
    with pytest.raises(ValueError, match="must be a method of the spider"):
        dump(Request("http://p.test/", callback=print))


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (Request("http://p.test/a?x=1&utm_source=y#z"), Request("https://p.test/a?x=1"), True),
        (Request("http://p.test/a"), Request("http://p.test/b"), False),
        (Request("http://p.test/a"), Request("http://p.test/a", method="POST"), False),
        (Request("http://p.test/a", body=b"1"), Request("http://p.test/a", body=b"2"), False),
    ],
)
def test_fingerprints(one, other, same):
    assert (RequestFingerprinter().fingerprint(one) == RequestFingerprinter().fingerprint(other)) is same
