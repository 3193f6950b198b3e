"""What was learned from a site, drawn: the regions of a typical page in their order, in the colours of their labels."""

from collections.abc import Iterator
from itertools import groupby

from scraper.explanation.blocks import EMPHASISED, escaped, html_page, spelled
from scraper.site import Region, Site

__all__ = ["site_page"]

_TEXTS = 3
"""Texts that are shown of a region."""


def site_page(site: Site) -> str:
    """Return a self-contained HTML page that shows what was learned from a site."""
    hosts = ", ".join(site.hosts) or "A site"
    return html_page(f"{hosts}: learned", (*_head(hosts, site), *_regions(site)))


def _head(hosts: str, site: Site) -> Iterator[str]:
    yield f'<header><p class="kicker">What was learned from this site</p>\n<h1 dir="auto">{escaped(hosts)}</h1>\n'
    facts = {"Pages learned from": site.pages, "Pages in the sample": len(site.sample)}
    yield '<dl class="facts">'
    yield "".join(f"<div><dt>{name}</dt><dd>{value:,}</dd></div>" for name, value in facts.items())
    yield "</dl>\n</header>\n"


def _regions(site: Site) -> Iterator[str]:
    regions = site.typical_page()
    if not regions:
        yield "<main><p>Nothing is known yet: no page was learned from.</p></main>\n"
        return
    yield '<main><section id="blocks" aria-labelledby="blocks-title"><h2 id="blocks-title">A typical page</h2>\n'
    yield f"<p>Each line is an element path, from top to bottom, with the number of the {len(site.sample)} pages of "
    yield "the sample that have it, how much of it belongs to the story, and how much repeats on other pages.</p>\n"
    for label, run in groupby(regions, lambda region: region.label):
        kind = "run story" if label in EMPHASISED else "run"
        yield f'<section class="{kind}" data-label="{label}"><h3>{spelled(label)}</h3><ol>\n'
        yield from (_region(region, len(site.sample)) for region in run)
        yield "</ol></section>\n"
    yield "</section></main>\n"


def _region(region: Region, pages: int) -> str:
    shown = " · ".join(escaped(_without_checksum(text)) for text in region.texts[:_TEXTS])
    facts = f"{region.pages} of {pages} pages, {region.story:.0%} story, {region.repeated:.0%} repeated"
    path = f'<span class="address">{escaped(region.path)}</span>'
    return f'<li><p dir="auto">{path}<br>{shown}</p><small class="score">{facts}</small></li>\n'


def _without_checksum(text: str) -> str:
    opening, mark, _ = text.partition("…")
    return opening + mark
