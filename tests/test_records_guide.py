"""The guide names the sources of every field, and where the code states their order."""

import dataclasses
import re

from scraper import Article
from tests.test_readme import ROOT, guide, section

ROWS = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for line in section("Where each field comes from", guide("records")).splitlines()
    if line.startswith("| `")
]


def test_every_field_has_its_sources() -> None:
    matches = [name for row in ROWS for name in re.findall(r"`(\w+)`", row[0])]
    assert sorted(matches) == sorted(set(matches))
    assert {field.name for field in dataclasses.fields(Article)} <= set(matches)


def test_the_modules_named_exist() -> None:
    named = {path for row in ROWS for path in re.findall(r"`([\w./]+\.py)`", row[2])}
    assert len(named) > 10
    assert {path for path in named if not (ROOT / "scraper" / path).exists()} == set()
