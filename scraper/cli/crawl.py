"""`scraper crawl`: crawl a news portal, outside any Scrapy project."""

from pathlib import Path
from typing import Annotated

import typer

from scraper.cli.options import Trust, trusted

__all__ = ["crawl"]

_OPTIONS = {"ARCHIVE": "--archive", "CRAWL_DIR": "--into", "TRUSTED_HOSTS": "--trust", "USER_AGENT": "--user-agent"}


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
    from scraper.crawl.commands.crawl import crawl_site  # noqa: PLC0415 - Scrapy takes 0.3 s to import

    arguments = {"site": site} | ({"pages": str(pages)} if pages else {}) | ({"fresh": "true"} if fresh else {})
    settings = {"ARCHIVE": archive, "CRAWL_DIR": str(into), "TRUSTED_HOSTS": sorted(trusted(trust))}
    if user_agent:
        settings["USER_AGENT"] = user_agent
    raise typer.Exit(crawl_site(arguments, settings | dict(map(_setting, setting or ()))))


def _setting(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not (name and equals):
        raise typer.BadParameter(f"{text!r} is not NAME=VALUE", param_hint="-s")
    if name in _OPTIONS:
        raise typer.BadParameter(f"use {_OPTIONS[name]} instead of {name}", param_hint="-s")
    return name, value
