"""Addresses: one form for each page, and which a crawl may follow."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from w3lib.url import canonicalize_url, safe_url_string

from scraper.stories import urls
from scraper.stories.identity import story_id

OWN = "portal.test:8080"


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://portal.test", "http://portal.test/"),
        ("HTTP://Portal.TEST:80/A", "http://portal.test/A"),
        ("https://portal.test:443/a", "https://portal.test/a"),
        ("https://portal.test:80/a", "https://portal.test:80/a"),
        ("http://portal.test:8080/a#top", "http://portal.test:8080/a"),
        ("http://portal.test/a?utm_source=x&UTM_Medium=y&fbclid=1&gclid=2", "http://portal.test/a"),
        ("http://portal.test/a?id=7&utm_source=x&b=1", "http://portal.test/a?id=7&b=1"),
        ("http://portal.test/?news-12.html", "http://portal.test/?news-12.html"),
        ("http://portal.test/?b=1&a=", "http://portal.test/?b=1&a="),
        ("http://portal.test/list/../html/./1.html", "http://portal.test/html/1.html"),
        ("http://user:secret@portal.test/", "http://portal.test/"),
        ("http://[::1]:8080/", "http://[::1]:8080/"),
        ("http://bücher.test/ä b", "http://xn--bcher-kva.test/%C3%A4%20b"),
        ("  http://portal.test/a\n", "http://portal.test/a"),
    ],
)
def test_an_address_has_one_form(url, expected):
    assert urls.canonical(url) == expected
    assert urls.canonical(expected) == expected


@pytest.mark.parametrize(
    "parameter",
    """utm_source=x utm_id=1 UTM_Campaign=x fbclid=IwAR0 gclid=x dclid=x yclid=1 ysclid=l1 ttclid=x twclid=x msclid=x
    gbraid=x wbraid=x mc_cid=1 mc_eid=1 igshid=x igsh=x _ga=1.2 _gl=1 _hsenc=x _hsmi=1 _openstat=x spm=a.b vero_id=x
    mkt_tok=x wt_mc=x wt_zmc=x xtor=RSS-16 at_medium=rss at_campaign=64 at_custom1=x at_format=link at_link_id=x
    at_ptr_name=x cmpid=x CMP=share_btn_tw ncid=x ftag=x pk_campaign=x pk_kwd=x piwik_campaign=x mtm_campaign=x
    mtm_source=x matomo_campaign=x PHPSESSID=1 phpsessid=3f JSESSIONID=x ASPSESSIONIDQQ=x CFID=1 CFTOKEN=2
    sid=0123456789abcdef0123456789abcdef sessionid=0123456789abcdef session_id=0123456789abcdef""".split(),
)
def test_what_tells_of_the_reader_is_left_out(parameter):
    assert urls.canonical(f"http://portal.test/a?id=7&{parameter}&b=1") == "http://portal.test/a?id=7&b=1"
    assert urls.canonical(f"http://portal.test/a?{parameter}") == "http://portal.test/a"
    assert urls.dedup_key(f"http://portal.test/a?{parameter}") == "portal.test/a"


@pytest.mark.parametrize(
    "parameter",
    """ref=x rss=1 sid=12 sid=1234567890 sid= cmp=2 s=ships at=12 at_home=1 campaign=x source=x medium=x utm=x utmost=x
    id=utm_source pk=3 mc=1 gl=de ga=1 session=3 sessions_id=1 q=sid=0123456789abcdef0123 openstat=1 page=2 feed=rss2
    x-utm_source=1 wt=1 clid=4 from=rss""".split(),
)
def test_what_tells_of_the_page_stays(parameter):
    assert urls.canonical(f"http://portal.test/a?{parameter}") == f"http://portal.test/a?{parameter}"


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://portal.test/a.jsp;jsessionid=3F2A.node1?id=7", "http://portal.test/a.jsp?id=7"),
        ("http://portal.test/a;JSESSIONID=3F2A/b", "http://portal.test/a/b"),
        ("http://portal.test/a;v=1", "http://portal.test/a;v=1"),
        ("http://portal.test/a#xtor=RSS-16", "http://portal.test/a"),
    ],
)
def test_a_visit_in_the_path_is_left_out(url, expected):
    assert urls.canonical(url) == expected


@given(st.from_regex(r"https?://[a-z0-9.-]{1,70}[/\w.~-]{0,30}", fullmatch=True))
def test_a_plain_address_is_in_the_form_that_w3lib_gives(url):
    try:
        expected = canonicalize_url(safe_url_string(url))
    except ValueError:
        return
    assert urls.canonical(url) == expected
    assert urls.dedup_key(url) == expected.partition("://")[2]


def test_a_site_is_known_by_one_scheme():
    assert urls.canonical("http://portal.test/a", "https") == "https://portal.test/a"


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("http://portal.test/a?x=1&y=2#b", "https://portal.test:443/a?y=2&x=1&utm_campaign=z", True),
        ("http://portal.test/html/1.html", "http://portal.test/news/1.html", False),
        ("http://portal.test/a", "http://portal.test:8080/a", False),
    ],
)
def test_identity(one, other, same):
    assert (urls.dedup_key(one) == urls.dedup_key(other)) is same
    assert (story_id(one) == story_id(other)) is same
    assert len(story_id(one)) == 16


@pytest.mark.parametrize(
    "url",
    [
        "http://portal.test:8080/",
        "https://portal.test:8080/html/855c73898406.html",
        "http://portal.test:8080/news/",
        "http://portal.test:8080/news/?page=2",
        "http://portal.test:8080/stocks/index_2.html",
        "http://portal.test:8080/research/",
        "http://portal.test:8080/html/searching-for-login-rules.html",
        "http://portal.test:8080/html/e/story.html",
        "http://portal.test:8080/list.php?id=3",
        "http://portal.test:8080/v1.2/story",
        "http://portal.test:8080/html/100%25-sure.html",
        "http://portal.test:8080/news/news/1.html",
        "http://portal.test:8080/11/11/11/sale.html",
        "http://portal.test:8080/a/b/a/b/c.html",
        "http://portal.test:8080/a/b/a/c/a/d/",
        "http://portal.test:8080/a/1/a/2/a/3",
    ],
)
def test_pages_are_followed(url):
    assert urls.is_crawlable(url, "", OWN)
    assert urls.is_crawlable(url, "noopener tag", OWN)
    assert not urls.is_crawlable(url, "noopener NoFollow", OWN)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "/html/1.html",
        "javascript:void(0)",
        "JavaScript:makeRequest('/e/public/digg/?id=1')",
        "mailto:desk@portal.test",
        "tel:+1555",
        "data:text/html,hello",
        "ftp://portal.test:8080/a.html",
        "http://portal.test/html/1.html",
        "http://portal.test:8081/html/1.html",
        "http://www.portal.test:8080/html/1.html",
        "http://portal.test:8080@other.test/html/1.html",
        "http://portal.test:99999/",
        "http://[portal.test:8080/",
        "http://portal.test:8080/e/public/ViewClick/?classid=2&id=20&addclick=1",
        "http://portal.test:8080/e/",
        "http://portal.test:8080//e/public/digg/?id=1",
        "http://portal.test:8080/x/../e/public/digg/",
        "http://portal.test:8080/x/%2e%2e/%65/public/digg/",
        "http://portal.test:8080/E/Public/digg/",
        "http://portal.test:8080/cms/e/public/digg/?id=1",
        "http://portal.test:8080/[!--news.url--]",
        "http://portal.test:8080/html/%5B!--news.url--%5D",
        "http://portal.test:8080/{{ url }}",
        "http://portal.test:8080/login.php",
        "http://portal.test:8080/user/logout",
        "http://portal.test:8080/register/",
        "http://portal.test:8080/search/?q=ships",
        "http://portal.test:8080/search.html",
        "http://portal.test:8080/d/file/2025/ship.JPG",
        "http://portal.test:8080/skin/main.css?v=3",
        "http://portal.test:8080/report.pdf",
        "http://portal.test:8080/rss.xml",
        "http://portal.test:8080/x/x/x/",
        "http://portal.test:8080/x/x/x",
        "http://portal.test:8080/a/b/a/b/a/b/",
        "http://portal.test:8080/0/a/b/c/a/b/c/a/b/c/d.html",
        "http://portal.test:8080/news/1/news/1/news/1/",
        "http://portal.test:8080/a/b/a/c/a/d/a/",
        "http://portal.test:8080/a//b/a/%62/A/b/",
        "http://portal.test:8080/" + "/".join(map(str, range(200))),
    ],
)
def test_everything_else_is_not(url):
    assert not urls.is_crawlable(url, "", OWN)
