"""The embedded portal holds what it promises: its stories are there, and its traps are set."""

import http.client
import json
import re
import signal
import subprocess
import sys
import tomllib
from collections import Counter, defaultdict
from collections.abc import Iterator
from email.utils import parsedate_to_datetime
from html import unescape
from pathlib import Path
from typing import Any, get_args
from urllib.parse import urljoin

import pytest

from fixtures.portal.data import PLACEHOLDER, load, records
from fixtures.portal.server import Server, serve
from fixtures.portal.site import Page, build, skipped
from scraper.article import PAGE_FIELDS, Article
from scraper.errors import Reason
from tests.crawling import heeding

ROOT = Path(__file__).parent.parent
PORTAL = load(PLACEHOLDER)
PAGES = build(PLACEHOLDER)
RECORDS = records()
ID = re.compile(r"/(?:html|news)/(\d{1,3})[a-f](\d{3})(\d{5})\.html")
OWN_KEYS = ("aliases", "dirty_aliases", "warnings")
DEAD = "/html/495f61598889.html"


def addresses(record: dict[str, Any]) -> list[str]:
    return [url.removeprefix(PLACEHOLDER) for url in (record["url"], *record.get("aliases", ()))]


def html_of(page: Page) -> str:
    """Decode by the header's charset, else as GBK, which holds GB2312."""
    return page.body.decode(page.content_type.partition("charset=")[2] or "gbk")


def text_of(html: str) -> str:
    bare = re.sub(r"(?s)<(script|style)\b.*?</\1>|<[^>]*>", "", html)
    return " ".join(unescape(bare).split())


def parts_of(path: str) -> list[str]:
    """All pages of a story."""
    stem = path.removesuffix(".html")
    return [html_of(PAGES[at]) for at in (path, *(f"{stem}_{n}.html" for n in range(2, 10))) if at in PAGES]


def links_of(path: str) -> set[str]:
    """Return the site's own paths that a page links to, tracking parameters taken off."""
    hrefs = re.findall(r'<a\b[^>]*?\bhref="([^"#]+)"', html_of(PAGES[path]))
    urls = {urljoin(PLACEHOLDER + path, unescape(href)) for href in hrefs if ":" not in href or href.startswith("http")}
    own = {url.removeprefix(PLACEHOLDER) for url in urls if url.startswith(PLACEHOLDER + "/")}
    return {re.sub(r"\?(utm_|fbclid).*", "", url) for url in own}


@pytest.fixture(scope="module")
def linked() -> dict[str, set[str]]:
    """Every path that can be reached from the front page, and which pages link to it; nothing under /my/ or /e/."""
    sources: dict[str, set[str]] = defaultdict(set)
    queue = ["/"]
    for path in queue:
        for to in links_of(path) if path in PAGES else ():
            if to not in sources and not to.startswith(("/my/", "/e/")):
                queue.append(to)
            sources[to].add(path)
    return sources


@pytest.fixture
def server() -> Iterator[Server]:
    with serve() as running:
        yield running


@pytest.fixture
def client(server: Server) -> Iterator[http.client.HTTPConnection]:
    connection = http.client.HTTPConnection(server.base.removeprefix("http://"), timeout=5)
    yield connection
    connection.close()


def get(client: http.client.HTTPConnection, path: str, **fields: str) -> tuple[int, bytes, http.client.HTTPMessage]:
    client.request("GET", path, headers=fields)
    answer = client.getresponse()
    return answer.status, answer.read(), answer.headers


# --- The stories --------------------------------------------------------------------------------------------------


def test_there_are_many_stories_in_many_sections() -> None:
    sections = Counter(record["section"] for record in RECORDS)
    assert len(RECORDS) >= 60
    assert len([name for name, count in sections.items() if name and count >= 4]) >= 6
    assert len({" ".join(record["body"]) for record in RECORDS}) == len(RECORDS)


def test_records_have_the_fields_of_an_article() -> None:
    for record in RECORDS:
        plain = {key: value for key, value in record.items() if key not in OWN_KEYS}
        read = Article.from_json(json.dumps(plain | {"schema_version": 1})).to_dict()
        assert {key: value for key, value in read.items() if key in plain} == plain
        assert plain.keys() | {"description", "body_types", "images"} == set(PAGE_FIELDS)


def test_ids_obey_the_family_rule() -> None:
    paths = [path for record in RECORDS for path in addresses(record)]
    for path in paths:
        match = ID.fullmatch(path)
        assert match, path
        assert sum(map(int, match.groups())) == 99999, path
    # Each address is one page; an id may stand under /html/ and /news/.
    assert len(set(paths)) == len(paths)
    assert len({path.rpartition("/")[2] for path in paths}) < len(paths)


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: record["url"][-18:])
def test_every_address_of_a_story_shows_the_whole_record(record: dict[str, Any]) -> None:
    looks = {story.path: story.look for story in PORTAL.stories}
    for path in addresses(record):
        keyword = (looks[path].title or "").removesuffix(record["headline"])[:-1]
        html = "\n".join(parts_of(path))
        text = text_of(html)
        if keyword:
            text = text.replace(f",{keyword} ", ", ").replace(keyword, "")
        paragraphs = list(record["body"])
        if dateline := record["dateline"]:
            paragraphs[dateline["paragraph"]] = dateline["raw"] + paragraphs[dateline["paragraph"]]
        facts = [record["headline"], record["date_published_raw"], record["site_name"], *paragraphs]
        facts += [link["text"] for links in record["sidebar"].values() for link in links]
        assert [fact for fact in facts if fact not in text] == []
        assert [name for name in record["authors"] if name not in text_of(html)] == []
        hrefs = [link["url"].removeprefix(PLACEHOLDER) for links in record["sidebar"].values() for link in links]
        assert [href for href in hrefs if f'href="{href}"' not in html] == []


def test_pages_show_counts_as_the_records_have_them() -> None:
    for record in RECORDS:
        text = text_of(parts_of(addresses(record)[0])[0])
        like = re.search(r"(?:veryGood!|很赞哦！) \((\d+)\)", text)
        assert (like and int(like[1])) == record["like_count"], record["url"]
        view = re.search(r"View (\d+)|(\d+)人已围观", text)
        assert (view and int(view[1] or view[2])) == record["view_count"], record["url"]


def test_keywords_are_injected_into_title_and_first_paragraph() -> None:
    for story in PORTAL.stories:
        shown = story.look.title
        dirty = story.url in story.record.get("dirty_aliases", ()) or "warnings" in story.record
        assert bool(shown) == dirty, story.url
        if shown:
            keyword, mark = shown.removesuffix(story.record["headline"])[:-1], shown[-len(story.record["headline"]) - 1]
            assert mark in ":|-"
            assert html_of(PAGES[story.path]).count(keyword) >= 4  # title, breadcrumb, headline, first paragraph
            assert all(keyword not in paragraph for paragraph in story.record["body"])


def test_every_look_belongs_to_a_story() -> None:
    tables = tomllib.loads((ROOT / "fixtures" / "portal" / "pages.toml").read_text("utf-8"))["story"]
    assert tables.keys() <= {story.path for story in PORTAL.stories}


def test_every_exchange_of_a_look_found_its_text() -> None:
    for story in PORTAL.stories:
        html = "\n".join(parts_of(story.path)).replace("\r\n", "\n")
        assert [new for _, new in story.look.replace if new not in html] == []


# --- The web of pages ---------------------------------------------------------------------------------------------


def test_links_lead_somewhere_but_for_the_dead_one(linked: dict[str, set[str]]) -> None:
    missing = {path for path in linked if path not in PAGES and not path.startswith("/e/")}
    assert {path for path in missing if not path.endswith("/[!--news.url--]")} == {DEAD}
    assert "/stocks/[!--news.url--]" in missing


def test_stories_are_reached_by_every_road(linked: dict[str, set[str]]) -> None:
    unlinked = {record["headline"] for record in RECORDS if not linked.keys() & set(addresses(record))}
    assert unlinked == {
        "A week with a wind-up radio and no other news",
        "A pocket telescope, tested from a moving tram",
    }
    assert all(path in linked for record in RECORDS if record["headline"] not in unlinked for path in addresses(record))
    once = [sources - {path} for path, sources in linked.items() if ID.fullmatch(path)]
    single = Counter(next(iter(sources)) for sources in once if len(sources) == 1)
    assert {"/stocks/index_3.html", "/markets/index_3.html", "/invest/?page=1"} <= single.keys()
    assert [source for source in single if ID.fullmatch(source)], "one story hangs on a related list alone"


def test_sitemap_names_a_story_that_nothing_else_does(linked: dict[str, set[str]]) -> None:
    assert PLACEHOLDER + "/sitemap-news.xml" in PAGES["/sitemap.xml"].body.decode()
    named = re.findall(r"<loc>([^<]+)</loc>", PAGES["/sitemap-news.xml"].body.decode())
    paths = {url.removeprefix(PLACEHOLDER) for url in named if url.startswith(PLACEHOLDER)}
    assert paths <= PAGES.keys()
    assert len([path for path in paths if path not in linked]) == 1
    assert "http://friend.portal.invalid/x.html" in named


def test_the_newest_stand_in_a_news_sitemap_with_their_times() -> None:
    assert PLACEHOLDER + "/sitemap-latest.xml" in PAGES["/sitemap.xml"].body.decode()
    rows = re.findall(r"<loc>([^<]+)</loc>.*<n:publication_date>([^<]+)Z<", PAGES["/sitemap-latest.xml"].body.decode())
    dates = {record["url"]: record["date_published"] for record in RECORDS}
    assert rows == [(url, dates[url]) for url, _ in rows]
    assert len(rows) == len(set(rows)) == 8


def test_the_front_page_declares_a_feed_that_names_a_story_that_nothing_else_does(linked: dict[str, set[str]]) -> None:
    assert '<link rel="alternate" type="application/rss+xml" title="FinTechWorld" href="/rss.xml">' in html_of(
        PAGES["/"]
    )
    items = re.findall(
        r"<item>.*<link>([^<?]+)\?utm_source=rss</link><pubDate>([^<]+)<", PAGES["/rss.xml"].body.decode()
    )
    dates = {record["url"].removeprefix(PLACEHOLDER): record["date_published"] for record in RECORDS}
    assert [parsedate_to_datetime(date).isoformat() for _, date in items] == [
        f"{dates[path]}+00:00" for path, _ in items
    ]
    maps = (PAGES["/sitemap-news.xml"].body + PAGES["/sitemap-latest.xml"].body).decode()
    assert len([path for path, _ in items if path not in linked and path not in maps]) == 1


def test_closed_pages_are_linked_and_closed(linked: dict[str, set[str]]) -> None:
    assert b"Disallow: /my/\n" in PAGES["/robots.txt"].body
    closed = {path for path in linked if path.startswith("/my/")}
    assert len(closed) >= 3
    assert closed <= PAGES.keys()


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        ("/stocks/", '<b>1</b>&nbsp;<a href="/stocks/index_2.html">2</a>'),
        ("/stocks/index_2.html", '<a href="/stocks/index.html">First</a>'),
        ("/stocks/index_2.html", '<a title="Total record">&nbsp;<b>14</b> </a>'),
        ("/invest/", '<a href="/invest/?page=1">2</a>'),
        ("/invest/?page=1", '<a href="/invest/?page=0">1</a>'),
        ("/markets/", "<b>[Top]</b>The pier"),
        ("/markets/", '<a href="../html/'),
        ("/", 'class="newsitem" style="display:none"'),
        ("/", "?utm_source=home&amp;utm_medium=slider"),
        ("/", 'href="http://127.0.0.1:9/'),
        ("/", 'href="http://ads.portal.invalid/'),
        ("/", 'href="tel:'),
    ],
)
def test_lists_and_front_page_hold_their_traps(path: str, shown: str) -> None:
    assert shown in html_of(PAGES[path])


def test_a_section_of_one_page_has_no_pager() -> None:
    assert "pagelist" not in html_of(PAGES["/scams/"])
    assert "/scams/index_2.html" not in PAGES


@pytest.mark.parametrize(
    "trap",
    [
        'href="/e/public/digg/',
        '<img src="/e/public/ViewClick/',
        "JavaScript:makeRequest(",
        '<h1 class="t_nav">',
        '<aside class="l_box">',
        'class="au01"',
        '<td id="text">',
        "<br><br>\n",
        "</p>\n</p>",
        "<p>&nbsp;</p>",
        "<figcaption>",
        '<p class="caption">',
        "<blockquote>",
        "<p>By JANE DOE, Associated Press</p>",
        "<p>____</p>",
        "<p><strong>Recommendation</strong></p>",
        "lottery?<a href=",
        '<div class="nextinfo">',
        '<div class="whitebg gbook">',
        '<p class="share">',
        "<p>Tags:",
        'style="display:none"',
        "您现在的位置是：",
        "\r\n",
        "?fbclid=",
        "?utm_source=story",
    ],
)
def test_story_and_list_pages_hold_their_traps(trap: str) -> None:
    assert [path for path, page in PAGES.items() if "html" in page.content_type and trap in html_of(page)]


def test_a_story_stands_on_three_pages() -> None:
    [story] = [story for story in PORTAL.stories if story.look.split]
    first, second, third = parts_of(story.path)
    assert f"{story.title}(2)</h1>" in second
    assert f"{story.title}(3)</h1>" in third
    assert story.record["body"][-1] not in text_of(first)
    assert story.path.replace(".html", "_3.html") in links_of(story.path)


def test_one_page_lies_about_its_charset() -> None:
    pages = [PAGES[story.path] for story in PORTAL.stories if not story.look.header]
    lying = [page for page in pages if b'charset="utf-8"' in page.body]
    assert len(lying) == 1
    assert len(pages) == 2
    for page in pages:
        assert page.content_type == "text/html"
        assert "很赞哦！" in page.body.decode("gbk")
        with pytest.raises(UnicodeDecodeError):
            page.body.decode("utf-8")


def test_pages_that_are_no_articles_are_named_with_a_reason() -> None:
    table = skipped()
    stories = {path for record in RECORDS for path in addresses(record)}
    assert table.keys() <= PAGES.keys()
    assert not table.keys() & stories
    assert set(table.values()) == set(get_args(Reason))
    listings = {path for path in PAGES if re.fullmatch(r"/(?!my/)(\w+/)?(index(_\d+)?\.html|\?page=\d+)?", path)}
    assert listings - {"/about/"} == {path for path, reason in table.items() if reason == "listing"}


# --- The server ---------------------------------------------------------------------------------------------------


def test_two_builds_are_equal() -> None:
    assert build(PLACEHOLDER) == PAGES


def test_pages_are_served_on_the_servers_own_base(client: http.client.HTTPConnection, server: Server) -> None:
    status, body, fields = get(client, "/")
    assert (status, fields["Content-Type"]) == (200, "text/html; charset=utf-8")
    assert PLACEHOLDER.encode() not in b"".join(page.body for page in server.pages.values())
    assert body == server.pages["/"].body
    assert server.base.encode() in get(client, "/robots.txt")[1]


def test_every_request_is_counted(client: http.client.HTTPConnection, server: Server) -> None:
    for path in ("/", "/", "/stocks/?utm_source=x", "/e/public/digg/?id=1&dotop=1", "/nowhere.html"):
        get(client, path)
    assert server.hits["/"] == 2
    assert server.hits_under("/e/") == 1
    assert json.loads(get(client, "/__hits__")[1]) == dict(server.hits)
    assert sum(server.hits.values()) == 5


def test_a_query_that_names_no_page_is_skipped(client: http.client.HTTPConnection) -> None:
    assert get(client, "/stocks/?utm_source=x")[1] == get(client, "/stocks/")[1]
    assert get(client, "/invest/?page=1")[1] != get(client, "/invest/")[1]


def test_one_story_fails_once(client: http.client.HTTPConnection) -> None:
    [path] = [story.path for story in PORTAL.stories if story.look.failures]
    assert [get(client, path)[0] for _ in range(3)] == [500, 200, 200]


def test_redirects_and_dead_links(client: http.client.HTTPConnection) -> None:
    status, _, fields = get(client, "/old/2019-03-13/804.html")
    assert (status, ID.fullmatch(fields["Location"]) is not None) == (301, True)
    status, _, fields = get(client, "/out/partner.html")
    assert (status, fields["Location"]) == (302, "http://friend.portal.invalid/offer.html")
    status, body, _ = get(client, DEAD)
    assert (status, b"<h1>404</h1>" in body) == (404, True)


def test_a_known_page_is_not_sent_again(client: http.client.HTTPConnection) -> None:
    tag = get(client, "/news/")[2]["ETag"]
    assert get(client, "/news/", **{"If-None-Match": tag})[:2] == (304, b"")
    assert get(client, "/stocks/", **{"If-None-Match": tag})[0] == 200


def test_only_reading_is_allowed(client: http.client.HTTPConnection) -> None:
    client.request("POST", "/member/login.html", body=b"username=a")
    answer = client.getresponse()
    assert (answer.status, answer.read()) == (405, b"")
    client.request("HEAD", "/")
    answer = client.getresponse()
    assert (answer.status, answer.read(), int(answer.headers["Content-Length"]) > 1000) == (200, b"", True)


def test_the_command_serves_until_ctrl_c() -> None:
    command = [sys.executable, "-m", "fixtures.portal"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, preexec_fn=heeding) as process:  # noqa: PLW1509 - sets one handler
        assert process.stdout
        base = process.stdout.readline().strip()
        client = http.client.HTTPConnection(base.removeprefix("http://").rstrip("/"), timeout=5)
        assert get(client, "/scams/")[0] == 200
        client.close()
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 0


def test_a_port_in_use_is_reported() -> None:
    with serve() as server:
        command = [sys.executable, "-m", "fixtures.portal", "--port", server.base.rpartition(":")[2]]
        run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (run.returncode, run.stderr.endswith(": Address already in use\n")) == (1, True)
