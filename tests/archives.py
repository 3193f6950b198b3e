"""Archives made for tests and benchmarks: WARC records byte by byte, and news pages of no known template."""

import gzip
import random
from collections.abc import Iterable
from pathlib import Path

DATE = "2026-11-03T10:31:20.123456Z"

_STARTS = "bal cor den fal gor hin jas kel lom mar nor pel quin ras sol tur ven wil yor zan".split()
_ENDS = "ta ment ry ness dor line gan ver pole shire ward mond less ford ham".split()
_WORDS = [start + end for start in _STARTS for end in _ENDS]
_MENU = "".join(f'<li class="menu-item"><a href="/section-{n}/">Section {n}</a></li>' for n in range(60))
_SCRIPT = (
    "<script>" + "window.dataLayer=window.dataLayer||[];function gtag(){dataLayer.push(arguments);}" * 700 + "</script>"
)


def http(content: bytes, *headers: str, status: str = "200 OK") -> bytes:
    return "\r\n".join((f"HTTP/1.1 {status}", *headers, "", "")).encode() + content


def record(block: bytes, url: str = "http://portal.test/", kind: str = "response", **more: str) -> bytes:
    fields = {
        "WARC-Type": kind,
        "WARC-Target-URI": url,
        "WARC-Date": DATE,
        "Content-Type": "application/http;msgtype=response",
        "Content-Length": str(len(block)),
    } | {name.replace("_", "-"): value for name, value in more.items()}
    lines = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    return b"WARC/1.1\r\n" + lines.encode() + b"\r\n" + block + b"\r\n\r\n"


def response(url: str, page: str | bytes, **more: str) -> bytes:
    """Return a page as a member of an archive."""
    content = page.encode() if isinstance(page, str) else page
    return gzip.compress(record(http(content, "Content-Type: text/html; charset=utf-8"), url, **more), 6, mtime=0)


def news(number: int, words: int = 600) -> str:
    """Return a made-up story in the page of a site of no known template, as large as such pages are."""
    chosen = random.Random(number)

    def said(least: int, most: int) -> str:
        return " ".join(chosen.choices(_WORDS, k=chosen.randint(least, most))).capitalize()

    title = said(6, 11)
    paragraphs: list[str] = []
    while sum(paragraph.count(" ") for paragraph in paragraphs) < words:
        paragraphs.append(f"<p>{said(8, 20)}, said <a href='/who/{number}'>{said(1, 2)}</a>. {said(9, 25)}.</p>")
    cards = "".join(
        f'<div class="card"><a href="/news/{number}-{n}.html"><img src="/i/{n}.jpg" alt=""><h3>{said(6, 10)}</h3></a>'
        f'<span class="time">{n} hours ago</span></div>'
        for n in range(60)
    )
    return (
        f"<!DOCTYPE html><html lang='en'><head><title>{title} - Daily Kelford</title>{_SCRIPT}"
        f"<meta property='og:title' content='{title}'></head><body><header><ul>{_MENU}</ul></header><main><article>"
        f"<h1>{title}</h1><div class='byline'>By {said(1, 1)} {said(1, 1)}</div><time datetime='2026-11-03T09:15:00Z'>"
        f"November 3, 2026</time><div class='text'>{''.join(paragraphs)}</div></article>"
        f"<aside><h2>Most read</h2>{cards}</aside></main><footer><ul>{_MENU}</ul>All rights reserved.</footer></body></html>"
    )


def archive(path: Path, numbers: Iterable[int]) -> Path:
    """Write an archive of so many stories."""
    with path.open("wb") as file:
        file.writelines(response(f"http://kelford.test/news/{number}.html", news(number)) for number in numbers)
    return path
