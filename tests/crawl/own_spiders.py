"""Spiders of another project, which use the add-on."""

import dataclasses
import json
import sys

import attrs
import pydantic
import scrapy
from scrapy import Request, Spider
from scrapy.crawler import CrawlerProcess

from scraper import NotAnArticle, extract


class Titled(scrapy.Item):
    title = scrapy.Field()


@dataclasses.dataclass
class Record:
    title: str


@attrs.define
class Defined:
    title: str


class Model(pydantic.BaseModel):
    title: str


KINDS = {
    "dict": lambda title: {"title": title, "seen": {title}},
    "item": lambda title: Titled(title=title),
    "dataclass": Record,
    "attrs": Defined,
    "pydantic": lambda title: Model(title=title),
}

DEFAULTS = {
    "ADDONS": {"scraper.crawl.TrustedCrawl": 0},
    "DOWNLOAD_DELAY": 0,
    "AUTOTHROTTLE_ENABLED": False,
    "BACKOFF": 0.01,
    "LOG_LEVEL": "WARNING",
}


def article(response):
    try:
        return extract(response.body, url=response.url)
    except NotAnArticle:
        return None


class Own(Spider):
    name = "own"

    async def start(self):
        yield Request(self.settings["HOME"])

    def parse(self, response):
        yield from self.items(response)
        yield from response.follow_all(css="a")

    def items(self, response):
        for title in response.css("h1::text").getall():
            yield {"title": title, "seen": {title}}


class Kinds(Own):
    def items(self, response):
        for title in response.css("h1::text").getall():
            yield from (make(f"{kind} {title}") for kind, make in KINDS.items())
            if (record := article(response)) is not None:
                yield record.to_dict() if response.url.endswith("/as_dict") else record


class Articles(Own):
    def items(self, response):
        if (record := article(response)) is not None:
            yield record


class Lambda(Own):
    def items(self, response):
        if response.url.endswith("/a"):
            yield Request(response.urljoin("/lambda"), callback=lambda response: None)


class Picky:
    def process_item(self, item):
        title = item.get("headline") if isinstance(item, dict) else item.headline
        if "blue" in title:
            raise ZeroDivisionError
        if "green" in title:
            raise scrapy.exceptions.DropItem("not wanted")
        return item


def main() -> None:
    """Crawl as the arguments say: the settings, with SPIDER for the spider's name, and the spider's arguments, as JSON."""
    settings, spider_arguments = map(json.loads, sys.argv[1:])
    if settings.get("PICKY"):
        settings["ITEM_PIPELINES"] = {Picky: 100}
    process = CrawlerProcess(DEFAULTS | settings)
    process.crawl(globals()[settings.get("SPIDER", "Own")], **spider_arguments)
    process.start()
