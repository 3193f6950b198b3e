"""`scraper crawl`: crawl a news portal, outside any Scrapy project."""

from pathlib import Path
from typing import Annotated, Any

import typer

from scraper.cli.options import Trust, trusted

__all__ = ["crawl"]


def crawl(
    site: Annotated[str, typer.Argument(metavar="URL", help="The start page of the portal.")],
    into: Annotated[Path, typer.Option(metavar="DIR", help="The folder for records.jsonl and everything else.")],
    pages: Annotated[int | None, typer.Option(min=1, help="Fetch at most this many pages in this run.")] = None,
    fresh: Annotated[bool, typer.Option("--fresh", help="Forget earlier runs; their records are kept aside.")] = False,
    archive: Annotated[bool, typer.Option("--archive", help="Keep every response in DIR/archive/, as WARC.")] = False,
    user_agent: Annotated[str | None, typer.Option(metavar="TEXT", help="Your name and how to reach you.")] = None,
    trust: Trust = None,
    setting: Annotated[
        list[str] | None,
        typer.Option("-s", metavar="NAME=VALUE", help="A setting of Scrapy or the crawl; repeatable."),
    ] = None,
) -> None:
    """Crawl a portal politely and write one record per story to DIR/records.jsonl; run it again to continue.

    The exit statuses are those of `scrapy crawl` with the add-on: 0 success, 1 nothing extracted, 2 invalid arguments,
    3 cannot write, 4 error, 5 another crawl uses DIR, 11 interrupted, 17 robots.txt forbids the crawl, 18 rate limited.
    """
    from scrapy.crawler import AsyncCrawlerProcess  # noqa: PLC0415 - Scrapy takes 0.3 s to import

    from scraper.crawl import PortalSpider  # noqa: PLC0415
    from scraper.crawl.commands.crawl import crawl as run  # noqa: PLC0415

    settings: dict[str, Any] = {
        "ADDONS": {"scraper.crawl.TrustedCrawl": 0},
        "ARCHIVE": archive,
        "BOT_NAME": "scraper",
        "CRAWL_DIR": str(into),
        "LOG_DATEFORMAT": "%H:%M:%S",
        "LOG_FORMAT": "%(asctime)s %(levelname)s: %(message)s",
        "LOG_LEVEL": "INFO",
        "LOG_VERSIONS": [],
        "STATS_DUMP": False,
        "TRUSTED_HOSTS": sorted(trusted(trust)),
        "USER_AGENT": user_agent or "scraper (a news-portal crawler that obeys robots.txt)",
        **dict(map(_setting, setting or ())),
    }
    arguments = {"site": site} | ({"pages": str(pages)} if pages else {}) | ({"fresh": "true"} if fresh else {})
    raise typer.Exit(run(AsyncCrawlerProcess(settings), PortalSpider, arguments))


def _setting(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not (name and equals):
        raise typer.BadParameter(f"{text!r} is not NAME=VALUE", param_hint="-s")
    return name, value
