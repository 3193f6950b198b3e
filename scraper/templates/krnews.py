"""A sibling of the `yangqq` family: no breadcrumb, one line of date, source and category, a short list of summaries."""

import re

from scraper.label import Label
from scraper.templates.template import Profile, line, table

__all__ = ["PROFILE"]

_DATE = r"(?P<date>\d{4}-\d\d-\d\d \d\d:\d\d(?::\d\d(?!\d))?)"
_MORE = re.compile(r"More:\s*\S.{0,40}$")

PROFILE = Profile(
    name="krnews",
    threshold=3,
    lines=(
        line(3, "source:", rf"^{_DATE}\s*source:.{{0,80}}category:.{{0,40}}$"),
        line(2, "view", rf"^{_DATE}\s*\d+ view$"),
        line(1, "More:", rf"^{_MORE.pattern}"),
        line(1, "Recommend", r"^Recommend$"),
    ),
    regions={"footer": Label.FOOTER, "ad": Label.PROMO, "nav": Label.NAVIGATION},
    headings={"recommend": Label.RECOMMENDATION, "related": Label.RELATED, "ranking": Label.RANKING},
    end=_MORE,
    summary=re.compile(r"(?:\S+\s+){12}.{0,80}$"),
    tail=table((Label.FOOTER, r"(?:Copyright\b|©|All rights reserved)")),
    noise=re.compile(rf"{_DATE.replace('?P<date>', '?:')}(?:\d+\s*view)?|source:\s*|\s{{0,9}}category:.*$"),
    fields={
        "date": re.compile(_DATE),
        # The minutes end after two digits; what is glued to them counts views.
        "view_count": re.compile(r"\d\d:\d\d(?P<view_count>\d+)\s*view"),
        "section": re.compile(r"category:\s*(?P<section>.{1,40})$"),
    },
    site_tail=re.compile(r"\s+[-–—|_]\s*(?P<site>\S[^-–—|_]{0,60})$"),
)
