"""Discovery without a network: sitemaps, feeds, and the detector against traps."""

import gzip
import hashlib
import json
import time
from datetime import UTC, datetime
from urllib.parse import urljoin

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scraper.crawl.discovery import feeds, sitemap, xml_stream
from scraper.crawl.discovery.entries import Entry, latest, parse_date
from scraper.crawl.discovery.traps import TrapDetector, pattern
from scraper.crawl.parsing.worker import PageRequest, parse_page
from scraper.segment.html import segment_html

# --- Dates --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2025-04-12", (2025, 4, 12)),
        ("2025-04-12T10:31:20Z", (2025, 4, 12, 10, 31, 20)),
        ("2025-04-12T10:31:20+02:00", (2025, 4, 12, 8, 31, 20)),
        ("2025-04-12T10:31Z", (2025, 4, 12, 10, 31)),
        ("2025-04-12T10:31:20", (2025, 4, 12, 10, 31, 20)),
        ("2025-04-12 10:31:20 -0500", (2025, 4, 12, 15, 31, 20)),
        ("Tue, 15 Apr 2025 10:31:20 GMT", (2025, 4, 15, 10, 31, 20)),
        ("Tue, 15 Apr 2025 10:31:20 +0100", (2025, 4, 15, 9, 31, 20)),
        ("15 Apr 2025 10:31 EST", (2025, 4, 15, 15, 31)),
    ],
)
def test_dates_are_read_in_utc(text, expected):
    assert parse_date(text) == datetime(*expected, tzinfo=UTC)
    assert parse_date(f" {text}\n") == datetime(*expected, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [None, "", "today", "2 hours ago", "10:31", "Tuesday", "2025", "2025-04", "2025-02-30", "1970-01-01T00:00:00Z",
     "0001-01-01T00:00:00", "9999-12-31T23:59:59-23:59", "12 апреля 2025", "x" * 100_000 + "2025-04-12"],
)  # fmt: skip
def test_an_incomplete_date_is_none(text):
    assert parse_date(text) is None


def test_the_latest_date_counts():
    assert latest("2025-04-12", "no date", None, "2025-04-13T00:00:00+02:00") == datetime(2025, 4, 12, 22, tzinfo=UTC)
    assert latest() is None


# --- Sitemaps -----------------------------------------------------------------------------------------------------

_DAY = datetime(2025, 4, 12, tzinfo=UTC)
_NOON = datetime(2025, 4, 12, 12, tzinfo=UTC)
_SPACE = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'
_NEWS = 'xmlns:{}="http://www.google.com/schemas/sitemap-news/0.9"'
_ONE = "<url><loc>http://p.test/1</loc></url>"


def _pages(markup, *encoding):
    entries = sitemap.read(markup if isinstance(markup, bytes) else markup.encode(*encoding))
    assert entries.sitemaps == ()
    return [tuple(entry) for entry in entries.pages]


def _news(prefix="news", date="2025-04-12T12:00:00Z"):
    tag = f"{prefix}:{{}}"
    inner = f"<{tag.format('publication_date')}>{date}</{tag.format('publication_date')}>"
    return f"<{tag.format('news')}>{inner}</{tag.format('news')}>"


@pytest.mark.parametrize(
    ("entry", "modified"),
    [
        ("", None),
        ("<lastmod>2025-04-12</lastmod>", _DAY),
        ("<lastmod>\n 2025-04-12T14:00:00+02:00 </lastmod>", _NOON),
        ("<lastmod>soon</lastmod>", None),
        ("<lastmod/>", None),
        (_news(), _NOON),
        (_news() + "<lastmod>2025-04-12</lastmod>", _NOON),
        ("<lastmod>2025-04-12T12:00:00Z</lastmod>" + _news(date="2025-04-12"), _NOON),
        ("<lastmod>soon</lastmod>" + _news(), _NOON),
        (_news(date="<![CDATA[2025-04-12]]>"), _DAY),
        ("<video:video><video:publication_date>2025-04-12</video:publication_date></video:video>", None),
        ("<i:lastmod xmlns:i='http://i.test/'>2025-04-12</i:lastmod>", None),
    ],
)
def test_a_page_comes_with_its_date(entry, modified):
    for space in ("", f"{_SPACE} {_NEWS.format('news')}", 'xmlns="http://other.test/"'):
        body = f"<urlset {space}><url><loc>http://p.test/1</loc>{entry}</url></urlset>"
        assert _pages(body) == [("http://p.test/1", modified)]
    assert _pages(f"<urlset><url>{entry}<loc>http://p.test/1</loc></url></urlset>") == [("http://p.test/1", modified)]


@pytest.mark.parametrize("prefix", ["news", "n", "ns1"])
def test_the_news_namespace_may_have_any_prefix(prefix):
    body = f"<urlset {_SPACE} {_NEWS.format(prefix)}><url><loc>http://p.test/1</loc>{_news(prefix)}</url></urlset>"
    assert _pages(body) == [("http://p.test/1", _NOON)]


def test_an_index_names_sitemaps_with_their_dates():
    body = (
        f"<sitemapindex {_SPACE}><sitemap><loc>/a.xml</loc><lastmod>2025-04-12</lastmod></sitemap>"
        "<sitemap><loc>http://p.test/b.xml</loc></sitemap><sitemap/></sitemapindex>"
    )
    assert sitemap.read(body.encode()) == ((), (Entry("/a.xml", _DAY), Entry("http://p.test/b.xml", None)))


@pytest.mark.parametrize(
    ("entry", "url"),
    [
        ("<loc> \n http://p.test/1\t</loc>", "http://p.test/1"),
        ("<loc><![CDATA[http://p.test/?a=1&b=2]]></loc>", "http://p.test/?a=1&b=2"),
        ("<loc>http://p.test/?a=1&amp;b=2&#38;c=3</loc>", "http://p.test/?a=1&b=2&c=3"),
        ("<loc>http://p.test/?a=1&b=2&copy=3</loc>", "http://p.test/?a=1&b=2&copy=3"),
        ("<loc>http://p.test/<!-- c -->1</loc>", "http://p.test/1"),
        ("<image:image><image:loc>http://p.test/1.gif</image:loc></image:image><loc>http://p.test/1</loc>",
         "http://p.test/1"),
        ("<i:loc xmlns:i='http://i.test/'>http://p.test/1.gif</i:loc><loc>http://p.test/1</loc>", "http://p.test/1"),
        ('<xhtml:link rel="alternate" hreflang="de" href="http://p.test/de"/><loc>http://p.test/1</loc>',
         "http://p.test/1"),
        ("<video:video><video:player_loc>http://p.test/v</video:player_loc></video:video><loc>http://p.test/1</loc>",
         "http://p.test/1"),
        ("<t>a < b & c</t><loc>http://p.test/1</loc>", "http://p.test/1"),
        ("<loc>http://p.test/é</loc>", "http://p.test/é"),
        ("<loc>http://p.test/\x0b\x001</loc>", "http://p.test/1"),
        ("<loc></loc>", None),
        ("<image:image><image:loc>http://p.test/1.gif</image:loc></image:image>", None),
        ('<xhtml:link rel="alternate" href="http://p.test/de"/>', None),
    ],
)  # fmt: skip
def test_a_page_is_what_loc_says(entry, url):
    expected = [(url, None)] if url else []
    spaces = f'{_SPACE} xmlns:image="http://i.test/" xmlns:video="http://v.test/" xmlns:xhtml="http://x.test/"'
    for space in ("", spaces):
        assert _pages(f"<urlset {space}><url>{entry}</url></urlset>") == expected


@pytest.mark.parametrize(
    "body",
    [
        f"\ufeff{_ONE}".join(("<urlset>", "</urlset>")).encode(),
        f"\ufeff<?xml version='1.0'?><urlset>{_ONE}</urlset>".encode(),
        f"\n  <?xml version='1.0'?><urlset>{_ONE}</urlset>".encode(),
        f"<?xml version='1.0' encoding='utf-16'?><urlset>{_ONE}</urlset>".encode(),
        f"<?xml version='1.0' encoding='utf-16'?><urlset>{_ONE}</urlset>".encode("utf-16"),
        f"<?xml version='1.0' encoding='bogus'?><urlset>{_ONE}</urlset>".encode(),
        f"<urlset>{_ONE}<t>\xe9</t></urlset>".encode("latin-1"),
        f"<!DOCTYPE urlset SYSTEM 'http://p.test/x.dtd'><urlset>{_ONE}</urlset>".encode(),
        f"<s:urlset xmlns:s='http://s.test/'>{_ONE.replace('<', '<s:').replace('<s:/', '</s:')}</s:urlset>".encode(),
        f"<urlset>{_ONE}<url/><url><loc/></url></urlset>".encode(),
        gzip.compress(f"<urlset>{_ONE}</urlset>".encode(), mtime=0),
        gzip.compress(f"<urlset>{_ONE}".encode(), mtime=0) + gzip.compress(b"</urlset>", mtime=0),
        gzip.compress(f"<urlset>{_ONE}</urlset>".encode(), mtime=0) + b"trailing",
        b"http://p.test/1",
        b"\xef\xbb\xbfhttp://p.test/1\r\n\r\nnot an address\nftp://p.test/2\n",
    ],
)
def test_a_sitemap_may_come_in_many_forms(body):
    assert _pages(body) == [("http://p.test/1", None)]


@pytest.mark.parametrize("end", ["", "<url>", "<url><loc>http://p.te", "<url><loc>http://p.test/2</loc>", "<u", "<!--",
                                 "</urlset", "<url><loc><![CDATA[http://p.test/2", "</wrong></urlset>"])  # fmt: skip
def test_what_came_whole_is_kept_and_what_is_torn_is_not(end):
    assert _pages(f"<urlset>{_ONE}{end}") == [("http://p.test/1", None)]
    assert _pages(gzip.compress(f"<urlset>{_ONE}{end}".encode())[:-8]) == [("http://p.test/1", None)]


def test_a_broken_archive_gives_what_stands_before_the_damage():
    entries = "".join(f"<url><loc>http://p.test/{n * 7919 % 99991}</loc></url>" for n in range(20_000))
    packed = bytearray(gzip.compress(f"<urlset>{entries}</urlset>".encode()))
    packed[len(packed) // 2 :] = b"\xff" * (len(packed) // 2)
    assert 1000 < len(_pages(bytes(packed))) < 20_000


@pytest.mark.parametrize("body", [b"", b"<html><p>404</p></html>", b"no markup", b"\x1f\x8b\x08 torn", b"\x89PNG\r\n"])
def test_other_documents_give_no_sitemap_entries(body):
    assert sitemap.read(body) == ((), ())


_BOMB = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10 if n else "lol"}">' for n in range(12))


@pytest.mark.parametrize("declared", [_BOMB, '<!ENTITY e11 SYSTEM "file:///etc/passwd">'])
def test_entities_stay_unread(declared):
    body = f"<!DOCTYPE x [{declared}]><{{0}}><{{1}}><{{2}}>http://p.test/&e11;</{{2}}></{{1}}></{{0}}>"
    assert _pages(body.format("urlset", "url", "loc")) == [("http://p.test/&e11;", None)]
    (entry,) = feeds.read(body.format("rss", "item", "link").encode(), "http://p.test/")
    assert entry.url.startswith("http://p.test/&e11")
    assert len(entry.url) < 20


@pytest.mark.parametrize(
    "unit", ["<a>", "<a/>", "</a>", "<", "< ", "&", "&e;", "<!--", "<![CDATA[", "<!DOCTYPE ", "<?", "<url>", "<item>",
             "<item><link>", "<loc>1</loc>", "<link>1</link>", "<a b='1' c='", "<entry/>", " ", "[", '{"items":[']
)  # fmt: skip
def test_a_hostile_list_is_cheap(unit):
    for start in ("", "<urlset><url>", "<rss><item>", '{"items":'):
        body = (start + unit * (300_000 // len(unit))).encode()
        began = time.process_time()
        sitemap.read(body)
        feeds.read(body, "http://p.test/")
        xml_stream.kind(body)
        assert time.process_time() - began < 6  # on an idle machine under 1


def test_one_tag_of_many_attributes_is_cheap():
    many = " ".join(f"a{n}='1'" for n in range(50_000))
    began = time.process_time()
    assert feeds.read(f"<rss><item><link {many}>/1</link></item></rss>".encode(), "http://p.test/")
    assert time.process_time() - began < 3


def test_more_than_a_sitemap_may_hold_is_left_out():
    assert len(_pages(f"<urlset>{_ONE * 50_002}")) == 50_000
    packed = gzip.compress(b"<urlset>" + b" " * (51 * 2**20) + _ONE.encode())
    assert _pages(packed) == []


# --- Feeds --------------------------------------------------------------------------------------------------------

_FEED = "http://p.test/sea/feed.xml"
_RSS = (
    "<rss version='2.0' xmlns:a='http://www.w3.org/2005/Atom' xmlns:dc='http://purl.org/dc/elements/1.1/'><channel>{}"
)
_RDF = (
    "<rdf:RDF xmlns='{}' xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'"
    " xmlns:dc='http://purl.org/dc/elements/1.1/'><channel/>{}</rdf:RDF>"
)
_ATOM = "<feed xmlns='http://www.w3.org/2005/Atom' xml:base='http://p.test/base/'>{}</feed>"


@pytest.mark.parametrize(
    ("frame", "urls"),
    [
        ("<entry xml:base='a/1/'><link href='x'/></entry><entry xml:base='/b/'><link href='y'/></entry>",
         ["http://p.test/base/a/1/x", "http://p.test/b/y"]),
        ("<entry xml:base='a/'><link xml:base='b/' href='x'/></entry>", ["http://p.test/base/a/b/x"]),
        ("<entry><link xml:base='b/' href='x'/></entry>", ["http://p.test/base/b/x"]),
        ("<entry><link href='x'/></entry><entry xml:base='a/'><link href='/y'/></entry>",
         ["http://p.test/base/x", "http://p.test/y"]),
        ("<entry xml:base='http://['><link href='x'/></entry><entry><link href='y'/></entry>", ["http://p.test/base/y"]),
    ],
)  # fmt: skip
def test_each_base_of_atom_is_relative_to_the_one_around_it(frame, urls):
    assert [entry.url for entry in feeds.read(_ATOM.format(frame).encode(), _FEED)] == urls


@pytest.mark.parametrize(
    ("item", "expected"),
    [
        ("<link>http://p.test/1</link>", ("http://p.test/1", None)),
        ("<link> /1\n</link><pubDate>Sat, 12 Apr 2025 12:00:00 GMT</pubDate>", ("http://p.test/1", _NOON)),
        ("<link>1.html</link><dc:date>2025-04-12</dc:date>", ("http://p.test/sea/1.html", _DAY)),
        ("<link><![CDATA[http://p.test/?a=1&b=2]]></link>", ("http://p.test/?a=1&b=2", None)),
        ("<link>http://p.test/?a=1&b=2</link>", ("http://p.test/?a=1&b=2", None)),
        ("<guid>http://p.test/1</guid>", ("http://p.test/1", None)),
        ("<link/><guid isPermaLink='true'>http://p.test/1</guid>", ("http://p.test/1", None)),
        ("<guid isPermaLink='false'>http://p.test/no</guid>", None),
        ("<guid>tag:12</guid>", None),
        ("<link>http://p.test/1</link><guid>http://p.test/?p=1</guid>", ("http://p.test/1", None)),
        ("<link>http://p.test/1</link><a:link rel='self' href='/no'/>", ("http://p.test/1", None)),
        ("<a:link href='/1'/>", ("http://p.test/1", None)),
        ("<link>http://p.test/1</link><source url='/no'>x</source><enclosure url='/no.mp3'/>",
         ("http://p.test/1", None)),
        ("<image><link>/no</link></image><link>/1</link>", ("http://p.test/1", None)),
        ("<link>/1</link><pubDate>2025-04-12</pubDate><a:updated>2025-04-12T12:00:00Z</a:updated>",
         ("http://p.test/1", _NOON)),
        ("<link>/1</link><pubDate>yesterday</pubDate>", ("http://p.test/1", None)),
        ("<title>a < b & c &nbsp;</title><link>/1</link>", ("http://p.test/1", None)),
        ("<description><p>one<br>two</description><link>/1</link>", None),
        ("<link>javascript:alert(1)</link>", None),
        ("<link>/no&#1;</link><guid>http://p.test/1</guid>", ("http://p.test/1", None)),
        (f"<link>/{'x' * 3000}</link><guid>http://p.test/1</guid>", ("http://p.test/1", None)),
        ("<link>http://[bad/</link>", None),
        ("<title>x</title>", None),
    ],
)  # fmt: skip
def test_items_of_rss(item, expected):
    entries = feeds.read(_RSS.format(f"<link>/no</link><item>{item}</item>").encode(), _FEED)
    assert entries == ((Entry(*expected),) if expected else ())


@pytest.mark.parametrize(
    "space", ["http://purl.org/rss/1.0/", "http://my.netscape.com/rdf/simple/0.9/", "http://channel.netscape.com/"]
)
def test_items_of_rdf(space):
    body = _RDF.format(space, "<item rdf:about='x'><link>http://p.test/1</link><dc:date>2025-04-12</dc:date></item>")
    assert feeds.read(body.encode(), _FEED) == (Entry("http://p.test/1", _DAY),)


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        ("<link href='/1'/>", ("http://p.test/1", None)),
        ("<link href='1.html'/>", ("http://p.test/base/1.html", None)),
        ("<link rel='self' href='/no'/><link rel='alternate' type='text/html' href='/1'/>", ("http://p.test/1", None)),
        ("<link rel='replies' href='/no'/><id>http://p.test/1</id>", ("http://p.test/1", None)),
        ("<id>tag:p.test,2025:1</id>", None),
        ("<link href='/1'/><published>2025-04-12</published><updated>2025-04-12T12:00:00Z</updated>",
         ("http://p.test/1", _NOON)),
        ("<link href='/1'/><source><link href='/no'/><updated>2025-04-12</updated></source>", ("http://p.test/1", None)),
    ],
)  # fmt: skip
def test_entries_of_atom(entry, expected):
    entries = feeds.read(_ATOM.format(f"<link href='/no'/><entry>{entry}</entry>").encode(), _FEED)
    assert entries == ((Entry(*expected),) if expected else ())


@pytest.mark.parametrize(
    ("item", "expected"),
    [
        ({"url": "/1", "date_published": "2025-04-12"}, ("http://p.test/1", _DAY)),
        ({"url": "/1", "date_published": "2025-04-12", "date_modified": "2025-04-12T12:00:00Z"},
         ("http://p.test/1", _NOON)),
        ({"id": "http://p.test/1", "date_published": 7}, ("http://p.test/1", None)),
        ({"id": "1"}, None),
        ({"url": ["/no"]}, None),
        ("/no", None),
    ],
)  # fmt: skip
def test_items_of_a_json_feed(item, expected):
    body = json.dumps({"version": "https://jsonfeed.org/version/1.1", "items": [item]}).encode()
    assert xml_stream.kind(body) == "feed"
    assert feeds.read(body, _FEED) == ((Entry(*expected),) if expected else ())


def test_a_story_is_named_once_and_in_order():
    body = _RSS.format("".join(f"<item><link>/{name}</link></item>" for name in "abca"))
    assert [entry.url for entry in feeds.read(body.encode(), _FEED)] == [f"http://p.test/{name}" for name in "abc"]


@pytest.mark.parametrize("end", ["", "<item>", "<item><link>/2", "<item><link>/2</link>", "<it", "<item><link>/2</li"])
def test_a_torn_feed_gives_what_came_whole(end):
    body = _RSS.format(f"<item><link>/1</link></item>{end}").encode()
    for torn in (body, gzip.compress(body)[:-8]):
        assert feeds.read(torn, _FEED) == (Entry("http://p.test/1", None),)


def test_an_entry_that_only_its_channel_ends_is_none():
    assert feeds.read(b"<rss><item><a b=</item></item>", _FEED) == ()


@pytest.mark.parametrize(
    "body",
    [b"", b"<html><p>404</p></html>", b"{", b"{}", b'{"items":7}', b"[" * 100_000, b"{" * 100_000, b"\x1f\x8b", b"7"],
)
def test_other_documents_give_no_feed_entries(body):
    assert feeds.read(body, _FEED) == ()


@settings(max_examples=150)
@given(
    st.lists(
        st.sampled_from(["<rss>", "<item>", "</item>", "<link>", "/1", "</link>", "<entry>", "<link href='/2'/>", "]]>",
                         "</entry>", "<![CDATA[", "<feed xmlns='x'>", "<guid>", "&", "<!--", "-->", "\x00", "é", "<a b=",
                         "<url>", "<loc>", "</loc>", "</url>", "{", '"items"', "2025-04-12", "<pubDate>", "</x>"])
    ),
    st.sampled_from(["utf-8", "utf-16", "latin-1"]),
)  # fmt: skip
def test_nothing_is_raised(parts, encoding):
    body = "".join(parts).encode(encoding)
    assert all(entry.url.startswith("http://p.test/") for entry in feeds.read(body, _FEED))
    assert sitemap.read(body) == sitemap.read(gzip.compress(body))
    assert xml_stream.kind(body) in ("sitemap", "feed", None)


@pytest.mark.parametrize(
    ("link", "expected"),
    [
        ('<link rel="alternate" type="application/rss+xml" href="/rss.xml">', ["http://p.test/rss.xml"]),
        ('<link rel="Alternate" type="application/atom+xml; charset=utf-8" href="a.xml">', ["http://p.test/sea/a.xml"]),
        ('<link rel="alternate" type="application/feed+json" href="//q.test/f">', ["http://q.test/f"]),
        ('<link rel="alternate" type="text/html" hreflang="de" href="/de/">', []),
        ('<link rel="alternate" href="/de/">', []),
        ('<link rel="alternate" type="application/rss+xml">', []),
        ('<link rel="stylesheet" type="application/rss+xml" href="/x">', []),
        ('<link rel="alternate" type="application/rss+xml" href="/a">' * 3, ["http://p.test/a"]),
        ("".join(f'<link rel="alternate" type="application/rss+xml" href="/{n}">' for n in range(99)),
         [f"http://p.test/{n}" for n in range(10)]),
    ],
)  # fmt: skip
def test_a_page_declares_its_feeds(link, expected):
    page = f'<head>{link}<link rel="canonical" href="/c"></head><body><p>Ships.</p></body>'
    came = PageRequest("http://p.test/sea/", "text/html", page.encode(), datetime.now(UTC), "p.test", "http")
    assert list(parse_page(came).feeds) == expected
    assert segment_html(page, "http://p.test/sea/").head.canonical == "http://p.test/c"


# --- What a response is -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ("<urlset>", "sitemap"),
        ("<?xml version='1.0'?>\n<!-- <rss> --><sitemapindex>", "sitemap"),
        ("<ns:urlset xmlns:ns='x'>", "sitemap"),
        ("\ufeff <?xml version='1.0'?><rss version='2.0'>", "feed"),
        ("<?xml-stylesheet href='x.xsl'?><feed xmlns='http://www.w3.org/2005/Atom'>", "feed"),
        ("<rdf:RDF>", "feed"),
        ("<!DOCTYPE rss [<!ENTITY nbsp '&#160;'>]><rss>", "feed"),
        ("<!DOCTYPE html><html><rss>", None),
        ("<html><urlset>", None),
        ("<svg>", None),
        ("", None),
        ("rss", None),
        ('{"version": "https:\\/\\/jsonfeed.org\\/version\\/1"', "feed"),
        ('{"version": "1"}', None),
        ("<!-- " * 1000, None),
    ],
)
def test_what_a_response_is_shows_in_its_first_bytes(body, kind):
    for said in ("text/html", "application/xml", ""):
        assert xml_stream.kind(body.encode(), said) == kind
    assert xml_stream.kind(gzip.compress(body.encode())) == kind
    assert xml_stream.kind(body.encode("utf-16")) == kind


@pytest.mark.parametrize(
    ("said", "kind"), [("text/plain; charset=utf-8", "sitemap"), ("", "sitemap"), ("text/html", None)]
)
def test_a_list_of_addresses_is_a_sitemap_where_it_comes_as_text(said, kind):
    assert xml_stream.kind(b"https://p.test/1\nhttps://p.test/2\n", said) == kind
    assert xml_stream.kind(b"https://p.test/1 is where we live", said) is None


# --- The detector -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("one", "other", "shared"),
    [
        ("/calendar/2025/11/", "/calendar/2031/2/", "/calendar/0/0/"),
        ("/?month=11&year=2025", "/?year=2026&month=1", "/?month&year"),
        ("/events/2025-11-03/", "/events/2026-1-31/", "/events/0/"),
        ("/sea/index_3.html", "/sea/index_14.html", "/sea/index_0.html"),
        ("/sea/page2/", "/sea/page31/", "/sea/0/"),
        ("/html/961a89698142.html", "/html/ab12cd.html", "/html/0.html"),
        ("/2025/11/03/ships-counted-in-harbour.html", "/2024/1/2/a-second-ferry.html", "/0/0/0/-.html"),
        ("/a-first-tag/", "/a-2nd-tag-of-ships/", "/-/"),
        ("/?news-12.html", "/?news-7.html", "/?news-0.html"),
        ("/list.php?id=3&id=4", "/list.php?id=", "/list.php?id"),
        ("/Sea/%32/", "/sea/7/", "/sea/0/"),
    ],
)
def test_addresses_of_one_form_share_a_pattern(one, other, shared):
    assert pattern(f"http://p.test{one}") == pattern(f"http://p.test{other}") == shared


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("/sea/", "/land/"),
        ("/sea/1", "/sea/1/2"),
        ("/?a=1", "/?b=1"),
        ("/real-estate/", "/at-sea/"),
    ],
)
def test_addresses_of_other_forms_do_not(one, other):
    assert pattern(f"http://p.test{one}") != pattern(f"http://p.test{other}")


@pytest.mark.parametrize("unit", ["a", "1", "a-", "a_b.", "/", "-", "a1", "%41", "é"])
def test_a_long_address_is_cheap(unit):
    began = time.process_time()
    pattern(f"http://p.test/{unit * 100_000}?{unit * 100_000}")
    assert time.process_time() - began < 2  # on an idle machine under 0.3


def _crawl(detector, start, links_of, most=3000):
    """Follow all links breadth first, as the crawl does; give the pages in order."""
    requested, queue = {start}, [start]
    for url in queue:
        if len(queue) > most:
            break
        result = links_of(url)
        links = [urljoin(url, link) for link in result or ()]
        detector.record_page(url, links, story=result is None)
        new = [link for link in dict.fromkeys(links) if link not in requested and not detector.is_abandoned(link)]
        requested.update(new)
        queue += new
    return queue


_NAV = ["/", "/sea/", "/land/", "/about/"]


def _months(url):
    year, month = map(int, url.split("/")[-3:-1]) if "calendar" in url else (2025, 1)
    year, month = (year, month + 1) if month < 12 else (year + 1, 1)
    return [*_NAV, f"/calendar/{year}/{month}/"]


def _queried(url):
    month = int(url.rpartition("=")[2]) if "=" in url else 0
    return [*_NAV, f"/list?year=2025&month={month + 1}", f"/list?month={month + 1}&year=2025&day=1"]


def _days(url):
    """A calendar whose months name days, and whose empty days name their month and the next day."""
    number = int(url.rpartition("/")[2] or 0)
    if "/day/" in url:
        return [*_NAV, f"/month/{number // 30}", f"/day/{number + 1}"]
    return [*_NAV, f"/month/{number + 1}", *(f"/day/{number * 30 + day}" for day in range(30))]


def _ids(url):
    """Pages of made-up ids, each of which names three more."""
    number = int(url.rpartition("/")[2] if "trap" in url else "0", 16)
    ids = (hashlib.sha256(b"%d" % (number * 3 + n)).hexdigest()[:12] for n in range(3))
    return [*_NAV, *(f"/trap/{name}" for name in ids)]


@pytest.mark.parametrize("links_of", [_months, _queried, _days, _ids])
def test_a_trap_ends(links_of):
    pages = _crawl(TrapDetector(), "http://p.test/", links_of)
    assert 50 <= len(pages) < 500


def _pager(url):
    """A section whose pages name ten stories each, for ever."""
    if "/html/" in url:
        return None
    number = int("".join(filter(str.isdigit, url.rpartition("/")[2])) or 1)
    return [*_NAV, f"/sea/index_{number + 1}.html", *(f"/html/{number * 10 + n}.html" for n in range(10))]


def test_a_real_pager_never_ends():
    assert len(_crawl(TrapDetector(), "http://p.test/", _pager)) > 3000


def test_a_pager_of_stories_that_a_sitemap_named_before_never_ends():
    detector = TrapDetector()
    for number in range(1, 300):
        url = f"http://p.test/sea/index_{number}.html"
        assert not detector.is_abandoned(url)
        detector.record_page(url, [urljoin(url, link) for link in _pager(url)], story=False)


def test_a_pager_that_repeats_its_last_page_ends():
    detector = TrapDetector()
    for number in range(1, 60):
        url = f"http://p.test/sea/?page={number}"
        detector.record_page(url, ["http://p.test/html/1.html", f"http://p.test/sea/?page={number + 1}"], story=False)
    assert detector.is_abandoned("http://p.test/sea/?page=60")
    assert not detector.is_abandoned("http://p.test/sea/")


def test_one_page_that_gives_something_begins_the_count_anew():
    detector = TrapDetector(3)
    one, two = "http://p.test/x/1", "http://p.test/x/2"
    for _ in range(2):
        detector.count_barren(one)
    detector.reset(two)
    for _ in range(2):
        detector.count_barren(one)
    assert not detector.is_abandoned(two)
    detector.count_barren(two)
    assert detector.is_abandoned(one)
    detector.record_story(two)
    assert not detector.is_abandoned(one)


def test_the_budget_remembers_a_bounded_number_of_patterns():
    detector = TrapDetector(1)
    for name in range(3000):
        word = "".join(chr(97 + int(digit)) for digit in str(name))
        detector.record_page(f"http://p.test/{word}/", [f"http://p.test/{word}{n}/x" for n in range(3)], story=False)
        detector.count_barren(f"http://p.test/{word}/")
    words = ("".join(chr(97 + int(digit)) for digit in str(name)) for name in range(3000))
    assert sum(detector.is_abandoned(f"http://p.test/{word}/") for word in words) == 1000
