"""The guide names the sources of every field, and where the code states their order."""

import dataclasses
import importlib
import re

import pytest

from scraper import Article
from tests.test_readme import guide, section

ROWS = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for line in section("Where each field comes from", guide("records")).splitlines()
    if line.startswith("| `")
]


def test_every_field_has_its_sources() -> None:
    told = [name for row in ROWS for name in re.findall(r"`(\w+)`", row[0])]
    assert sorted(told) == sorted(set(told))
    assert {field.name for field in dataclasses.fields(Article)} <= set(told)


@pytest.mark.parametrize("place", sorted({name for row in ROWS for name in re.findall(r"`([\w.]+)`", row[2])}))
def test_the_place_in_the_code_exists(place: str) -> None:
    module, _, name = place.partition(".")
    found = importlib.import_module(f"scraper.{module}")
    assert not name or callable(getattr(found, name))
