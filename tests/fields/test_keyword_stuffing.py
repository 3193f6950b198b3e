"""Injected keywords go, honest marks stay. The cases were used to develop the rules."""

import pytest

from scraper.fields.keyword_stuffing import find_keyword, without_keyword


@pytest.mark.parametrize(
    ("headline", "paragraph", "clean_headline", "clean_paragraph"),
    [
        ("Ethermac:Rates stay put", "COPENHAGEN,Ethermac Denmark (AP) — Rates stay.", "Rates stay put", "COPENHAGEN, Denmark (AP) — Rates stay."),
        ("Ethermac|Rates stay put", "Chances missed,Ethermac chances seized.", "Rates stay put", "Chances missed, chances seized."),
        ("Ethermac-Rates stay put", "Three and Ethermacfive others met.", "Rates stay put", "Three and five others met."),
        ("Rekubit Exchange:Lottery pays", "The Rekubit ExchangeLottery pays out.", "Lottery pays", "The Lottery pays out."),
        ("Poinbank:Budget: Taxes rise", "Taxes rise,Poinbank the minister said.", "Budget: Taxes rise", "Taxes rise, the minister said."),
    ],
)  # fmt: skip
def test_an_injected_keyword_is_found_and_taken_out(
    headline: str, paragraph: str, clean_headline: str, clean_paragraph: str
) -> None:
    keyword = find_keyword(headline, [paragraph])
    assert keyword is not None
    assert without_keyword(headline, [paragraph], keyword) == (clean_headline, [clean_paragraph])


@pytest.mark.parametrize(
    ("headline", "paragraphs"),
    [
        ("Markets:What the week holds", ["Markets open on Monday."]),
        ("Israel-Hamas war enters a third month", ["Israelis marched on Sunday."]),
        ("Sun-Times names an editor", ["The paper said on Sunday that it had an editor."]),
        ("US-China talks resume", ["USDA officials met."]),
        ("Super-rich buy islands", ["Supermarkets shut."]),
        ("Apple:New phone", ["However, Apple said so. Apple showed it."]),
        ("Ethermac:Rates stay put", ["Rates stay put."]),
        ("Rates: stay put", ["Chances missed,Rates chances seized."]),
        ("Rates stay put", []),
        ("", ["x"]),
    ],
)
def test_honest_marks_stay(headline: str, paragraphs: list[str]) -> None:
    assert find_keyword(headline, paragraphs) is None
