"""Names out of bylines. The cases were used to develop the rules."""

import pytest
from growth import grows_linearly

from scraper.fields import person_names


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("By Jane Doe", ["Jane Doe"]),
        ("By JANE DOE, Associated Press", ["JANE DOE"]),
        ("Written by Jane Doe and John Roe", ["Jane Doe", "John Roe"]),
        ("By Jane Doe, John Roe and Ana de la Cruz | March 5, 2024", ["Jane Doe", "John Roe", "Ana de la Cruz"]),
        ("Von Jörg Müller und Anke Weiß", ["Jörg Müller", "Anke Weiß"]),
        ("Par Élodie Martin", ["Élodie Martin"]),
        ("Jane Doe Updated 5 March 2024", ["Jane Doe"]),
        ("By Jane Doe (@janedoe) jane@paper.test", ["Jane Doe"]),
        ("By Jane Doe, Jr.", ["Jane Doe"]),
        ("By Staff Writer", []),
        ("Written By", []),
        ("By Use Case", []),
        ("Privacy Policy", []),
        ("By Jane Doe, Home and Digital Security Expert", ["Jane Doe"]),
        ("By the Associated Press", []),
        ("Reuters", []),
        ("Share on Twitter", []),
        ("5 min read", []),
        ("", []),
        ("王小明", ["王小明"]),
        ("By¦Jane Doe¦and John Roe", ["Jane Doe", "John Roe"]),
        ("Published by Jane Doe in Posts", ["Jane Doe"]),
        ("May 3, 2024 by Jane Doe Leave a comment", ["Jane Doe"]),
        ("Reviewed by Jane Doe", []),
        ("Übersetzt von Jane Doe", []),
        ("Jane Doe, translated by John Roe", ["Jane Doe"]),
        ("Next →", []),
        ("Gesponserte Inhalte", []),
        ("Überwachung", []),
        ("홍길동 기자", ["홍길동"]),
        ("كتب: أحمد سالم", ["أحمد سالم"]),
    ],
)
def test_visible_bylines_give_people(line: str, expected: list[str]) -> None:
    assert person_names.names([line]) == tuple(expected)


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (["Jane Doe"], ["Jane Doe"]),
        (["Jane Doe", "jane doe", "John Roe"], ["Jane Doe", "John Roe"]),
        (["Trine Juncher og Tora Reimer"], ["Trine Juncher", "Tora Reimer"]),
        (["News Desk"], ["News Desk"]),
        (["Jane Doe, Chief Technology Officer"], ["Jane Doe"]),
        (["Jane Doe, Chief Technology Officer and Head of Growth"], ["Jane Doe"]),
        (["Jane Doe | The Evening Channel"], ["Jane Doe"]),
        (["Centre for Food and Health"], ["Centre for Food and Health"]),
        (["Jane Doe, CEPF®"], ["Jane Doe"]),
        (["Jane & John"], ["Jane & John"]),
        (["Associated Press and Jane Doe"], ["Jane Doe"]),
        (["Associated Press", "AFP"], []),
        ([", Evening Reporter"], []),
        (["https://paper.test/authors/jane"], []),
        (["<a href='/jane'>Jane Doe</a>"], ["Jane Doe"]),
        (["Jane Doe, translated by John Roe"], ["Jane Doe"]),
        (["Jane Doe, Evening Post Staff"], ["Jane Doe"]),
        (["Jane Doe For The Gazette"], ["Jane Doe"]),
        (["Jane Doe, London, John Roe"], ["Jane Doe", "John Roe"]),
        (["Jane Doe and John Roe, The Gazette"], ["Jane Doe", "John Roe"]),
        (["{{ post.author }}"], []),
        (["admin"], []),
        (["jane[at]post.test"], []),
        (["katie"], ["katie"]),
    ],
)
def test_declared_authors_stay_as_declared_but_for_agencies(lines: list[str], expected: list[str]) -> None:
    assert person_names.declared(lines) == tuple(expected)


@pytest.mark.parametrize(
    ("name", "site", "host", "brand"),
    [
        ("The Evening Post", "Evening Post", "post.test", True),
        ("post.test", None, "www.post.test", True),
        ("Jane Doe", "Evening Post", "post.test", False),
        ("Jane Doe", None, "", False),
    ],
)
def test_a_brand_is_the_site_itself(name: str, site: str | None, host: str, brand: bool) -> None:
    assert person_names.is_brand(name, site, host) is brand


@pytest.mark.parametrize(
    ("line", "expected"),
    [("By Katie on 5 March", "Katie"), ("c1ph4", "c1ph4"), ("von¦gizzmo", "gizzmo"), ("View all posts by Katie", "Katie"),
     ("admin", None), ("Home", None), ("By", None), ("dpa", None), ("a line of many words that is no name", None)],
)  # fmt: skip
def test_a_handle_stands_in_the_author_s_place(line: str, expected: str | None) -> None:
    assert person_names.handle(line) == expected


@pytest.mark.parametrize(
    "unit", ["By ", "a@", "http://x", "<a", "von ", ", ", "Jane Doe and ", "記者", " ", "posted by "]
)
def test_the_time_does_not_grow_with_a_hostile_line(unit: str) -> None:
    def read(line: str) -> object:
        return (
            person_names.declared([line]),
            person_names.names([line]),
            person_names.handle(line),
            person_names.opens(line),
        )

    assert grows_linearly(read, lambda n: unit * (n // len(unit)), 20_000)
