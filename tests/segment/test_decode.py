"""Bytes to text: what the bytes say comes before what the page declares."""

import contextlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scraper import ScraperError
from scraper.segment.decode import decode

CHINESE = (
    "您现在的位置是：网站首页。秋粮收购价平稳，江南粮库新仓启用，农民排队卖粮。分析师说，这一趋势可能会持续到年底。"
)
RUSSIAN = "Правительство объявило о новых мерах поддержки экономики. Курс рубля вырос по отношению к доллару."
JAPANESE = "日本銀行は金融政策決定会合を開き、現在の金融緩和策を維持することを決めました。市場では円安が進んでいます。"
FRENCH = "Le président a déclaré que la réforme sera adoptée à l’été – après des mois de débat. « C’est évident »"


def _page(text: str, meta: str) -> str:
    return f'<html><head><meta charset="{meta}"></head><body><p>{text}</p><p>{text}</p></body></html>'


@pytest.mark.parametrize(
    ("text", "encoding", "meta", "header"),
    [
        (CHINESE, "gbk", "gb2312", None),
        (CHINESE, "gbk", "utf-8", None),
        (CHINESE, "gbk", "utf-8", "text/html"),
        (CHINESE, "gb18030", "x-none", "text/html; charset=gbk"),
        (RUSSIAN, "cp1251", "windows-1251", None),
        (RUSSIAN, "cp1251", "none", "text/html; charset=utf-8"),
        (RUSSIAN, "utf-8", "windows-1251", None),
        (RUSSIAN, "utf-8-sig", "windows-1251", "text/html; charset=windows-1251"),
        (RUSSIAN, "utf-16", "utf-8", None),
        (RUSSIAN, "utf-16-le", "utf-8", None),
        (JAPANESE, "shift_jis", "shift_jis", None),
        (JAPANESE, "euc-jp", "none", None),
        (JAPANESE, "iso2022_jp", "iso-2022-jp", None),
        (FRENCH, "cp1252", "iso-8859-1", None),
        (FRENCH, "utf-8", "iso-8859-1", None),
    ],
)
def test_text_comes_out_right(text: str, encoding: str, meta: str, header: str | None) -> None:
    assert text in decode(_page(text, meta).encode(encoding), header)


def test_a_few_broken_bytes_do_not_change_the_charset() -> None:
    body = _page(RUSSIAN, "utf-8").encode().replace("рубля".encode(), "рубл".encode() + b"\xd1")
    assert "Правительство объявило" in decode(body, "text/html; charset=utf-8")


@pytest.mark.parametrize(
    "body",
    [b"%PDF-1.7 ...", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff\xe0JFIF", b"GIF89a", b"PK\x03\x04", b"\x1f\x8b\x08", bytes(500),
     bytes(range(256)) * 20],
    ids=["pdf", "png", "jpeg", "gif", "zip", "gzip", "zeros", "noise"],
)  # fmt: skip
def test_bytes_that_are_no_text_are_refused(body: bytes) -> None:
    with pytest.raises(ScraperError):
        decode(body, "text/html; charset=utf-8")


@settings(max_examples=300)
@given(st.binary(max_size=300), st.none() | st.sampled_from(["text/html; charset=gbk", "x", "; charset=\u20ac"]))
def test_nothing_else_leaves(body: bytes, header: str | None) -> None:
    with contextlib.suppress(ScraperError):
        assert isinstance(decode(body, header), str)
