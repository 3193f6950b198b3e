"""What a page keeps back: warnings, and offers of payment."""

import pytest

from scraper import extract
from scraper.block import Claims
from scraper.fields import paywall
from scraper.pipeline import read

PROSE = (
    "<p>The council voted on Monday to close the bridge until the autumn, when divers will have looked at it.</p>" * 6
)


def _page(head: str = "", before: str = "", after: str = "") -> str:
    return f"<html><head>{head}</head><body><nav><a href=/>Home</a></nav>{before}<article>{PROSE}</article>{after}</body></html>"


WALL = "<p>Subscribe to continue reading this story.</p>"


@pytest.mark.parametrize(
    ("page", "expected"),
    [
        (_page(), []),
        (_page('<script type="application/ld+json">{"@type":"NewsArticle","isAccessibleForFree":false}</script>'), []),
        (
            _page(
                '<script type="application/ld+json">{"@type":"NewsArticle","isAccessibleForFree":false}</script>',
                "",
                WALL,
            ),
            ["paywalled"],
        ),
        (_page("", "", f'<div class="paywall-box">{WALL}</div>'), ["paywalled"]),
        (_page("", "", WALL), []),
        (_page().replace("at it.</p></article>", "at it …</p></article>"), ["truncated"]),
        (
            _page(
                '<script type="application/ld+json">{"@type":"NewsArticle","articleBody":"'
                + "word " * 900
                + '"}</script>'
            ),
            ["embedded_text"],
        ),
    ],
    ids=["whole", "declared", "declared-and-said", "class-and-said", "said", "dots", "longer-declared"],
)
def test_a_missing_part_gives_a_warning(page: str, expected: list[str]) -> None:
    assert list(extract(page).extraction.warnings) == expected


def test_a_declared_text_much_longer_than_the_body_tells_that_a_part_is_missing() -> None:
    assert list(paywall.shortened(read("<p>x</p>"), ["word " * 100], Claims(text="word " * 900))) == ["truncated"]


TEXT = "The council voted on Monday to close the bridge until the autumn, when divers will have looked at it."


@pytest.mark.parametrize(
    ("body", "free", "expected"),
    [
        ([TEXT], False, []),
        ([TEXT + " And so on."], True, ["paywalled"]),
        ([TEXT], True, []),
    ],
)
def test_markup_of_a_wall_around_the_whole_text_is_no_sign(body: list[str], free: bool, expected: list[str]) -> None:
    inside = (
        f"<p class=paywall>{TEXT}</p>"
        if body == [TEXT]
        else f"<p>{body[0]}</p><div class=paywall>{'Subscribe to read.'}</div>"
    )
    claims = Claims(free=False if not free or expected else None)
    assert list(paywall.shortened(read(inside), body, claims)) == expected


@pytest.mark.parametrize(
    "offer",
    [
        "Read it all for 2.95 pounds a week, cancel at any time.",
        "Alle Artikel für 9,99 € pro Monat",
        "Jetzt testen und jederzeit kündbar",
        "Accès illimité pour 1€ par mois, sans engagement",
        "Suscríbete por 1 € al mes",
        "Subscribe to continue reading",
        "The first month free, then $4.99/month",
    ],
)
def test_an_offer_of_payment_is_no_part_of_the_story(offer: str) -> None:
    body = [TEXT, TEXT, "Read on with Post+", offer, "Many readers use the digital edition."]
    assert paywall.without_offer(body, Claims(free=False)) == [TEXT, TEXT]
    assert paywall.without_offer(body, Claims()) == body
    assert paywall.without_offer([TEXT, offer, *[TEXT] * 20], Claims(free=False)) == [TEXT, offer, *[TEXT] * 20]
    assert list(paywall.shortened(read(f"<p>{TEXT}</p><p>{offer}</p>"), [TEXT], Claims(free=False))) == ["paywalled"]


def test_words_of_a_wall_below_a_text_that_is_all_there_are_no_sign() -> None:
    page = f"<div class=paywall><p>{TEXT}</p></div><footer><p>Subscribe to keep us going for 5 € a month.</p></footer>"
    assert list(paywall.shortened(read(page), [TEXT], Claims(free=False))) == []
    sum_in_text = "Fans pay 12 euros a month to watch the league at home, which they can cancel at any time, it said."
    assert list(paywall.shortened(read(f"<p>{sum_in_text}</p>"), [sum_in_text], Claims(free=False))) == []


@pytest.mark.parametrize(
    "text",
    [
        "Fans pay 12 euros a month to watch the league at home, which they can cancel at any time, it said on Monday.",
        "Rents rose by 20 euros, the mayor said.",
        "The first month was cold.",
        "It costs 40 million.",
        "Buses go 3 times a week.",
    ],
)
def test_a_sum_is_no_offer(text: str) -> None:
    assert paywall.without_offer([TEXT, text], Claims(free=False)) == [TEXT, text]
