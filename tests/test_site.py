"""What is learned from a site's own pages."""

import contextlib
import itertools
import json
import random
from functools import reduce

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scraper import NotAnArticle, ScraperError, Site, explain, extract, learn
from scraper.label import STORY
from scraper.segment.page import read
from scraper.site import MAX_PAGES
from scraper.templates.engine import recognise
from tests.gazette import NOTICE, page

PAGES = [page(number) for number in range(14)]


@pytest.fixture(scope="module")
def site() -> Site:
    return learn(PAGES[:10])


def test_a_notice_under_each_story_is_not_part_of_any_story(site):
    html, url = PAGES[12]
    assert NOTICE in extract(html, url=url).body
    assert NOTICE not in extract(html, url=url, site=site).body


def test_the_story_stays_whole(site):
    for html, url in PAGES:
        alone = [entry for entry in extract(html, url=url).body if entry != NOTICE]
        assert list(extract(html, url=url, site=site).body) == alone


OTHER_NOTICE = (
    "Did you spot a mistake on this page? Write to the desk and a colleague will look into it within two days."
)


def other_template(number: int) -> tuple[str, str]:
    """Return a page of another template of the portal, with another notice."""
    html, url = page(number)
    html = html.replace("qx", "zr").replace("<div class='zr4'>", "<div class='zr4'><section>")
    return html.replace(NOTICE, OTHER_NOTICE), url


@pytest.mark.parametrize("number", [3, 5])
def test_a_page_is_compared_with_those_of_its_own_template(number):
    others = [other_template(20 + n) for n in range(number)]
    site = learn([*PAGES, *others])
    for pages, notice in ((PAGES, NOTICE), (others, OTHER_NOTICE)):
        for html, url in pages:
            alone = list(extract(html, url=url).body)
            assert notice in alone
            alone.remove(notice)
            assert list(extract(html, url=url, site=site).body) == alone


def test_a_template_of_two_pages_is_compared_with_all_pages():
    html, url = other_template(20)
    site = learn([*PAGES, (html, url), other_template(21)])
    assert [item.reason for item in explain(html, url=url, site=site) if "15 other pages" in item.reason]


@pytest.mark.parametrize("number", [2, 4, 14])
@pytest.mark.parametrize("form", ["<h2>{}</h2>", "<h3 class=sub>{}</h3>", "<p><strong>{}</strong></p>"])
def test_headings_that_all_stories_have_stay(form, number):
    headings = ("Why it matters", "Conclusion")
    pages = [(with_headings(html, *map(form.format, headings)), url) for html, url in PAGES]
    site = learn(pages[:number])
    for html, url in pages:
        alone = [entry for entry in extract(html, url=url).body if entry != NOTICE]
        assert set(headings) <= set(alone)
        together = [entry for entry in extract(html, url=url, site=site).body if entry != NOTICE]
        assert together == alone


def with_headings(html: str, first: str, second: str) -> str:
    """Insert two headings before the third and the last paragraph of a story."""
    *paragraphs, rest = html.split("<p>", 7)
    return "<p>".join([*paragraphs[:2], paragraphs[2].replace("</p>", f"</p>{first}"), *paragraphs[3:-1]]) + (
        f"{second}<p>{paragraphs[-1]}<p>{rest}"
    )


def test_a_page_does_not_confirm_itself(site):
    html, url = PAGES[3]
    only = learn([PAGES[3]])
    assert extract(html, url=url, site=only) == extract(html, url=url)
    assert extract(html, url="https://gazette.example/amp/3", site=only).body == extract(html, url=url).body


def test_reasons_name_the_other_pages(site):
    html, url = PAGES[12]
    (notice,) = [each for each in explain(html, url=url, site=site) if each.block.text == NOTICE]
    assert notice.label not in STORY
    assert notice.reason == "site: on 10 of 10 other pages"


def test_an_empty_site_changes_nothing():
    html, url = PAGES[0]
    assert extract(html, url=url, site=Site()) == extract(html, url=url)


@pytest.mark.parametrize("seed", range(4))
def test_the_order_of_the_pages_does_not_matter(site, seed):
    shuffled = PAGES[:10]
    random.Random(seed).shuffle(shuffled)
    assert learn(shuffled).to_json() == site.to_json()


def test_a_sample_of_many_pages_is_bounded_and_the_same_for_any_order():
    many = [page(number) for number in range(60)]
    site = learn(many)
    assert site.pages == 60
    assert 2 <= len(site.sample) <= MAX_PAGES
    assert len(site.to_json().encode()) < 200_000
    assert learn(reversed(many)) == site


def test_sites_can_be_merged_in_any_way():
    sites = [learn([page(number)]) for number in range(40)]
    sites += [learn([page(3)[0].replace("qx3", "qx9 byline")])]  # the same texts, marked up in another way
    whole = reduce(Site.merge, sites)
    assert reduce(Site.merge, reversed(sites)).sample == whole.sample
    halves = reduce(Site.merge, sites[:17]), reduce(Site.merge, sites[17:])
    assert Site.merge(*halves).sample == Site.merge(*reversed(halves)).sample == whole.sample


def test_huge_pages_are_bounded():
    rows = "".join(
        f"<div class='{'c' * 50}{'abcdefghij'[i % 10]}{'klmnopqrst'[i // 10 % 10]}{'uvwxyz'[i // 100 % 6]}'><p>{'字' * 30}{i}</p></div>"
        for i in range(3000)
    )
    huge = [f"<html><body>{rows}<p>{number}</p></body></html>" for number in range(20)]
    assert len(learn(huge).sample) == MAX_PAGES
    assert 150_000 < len(learn(huge).to_json().encode()) < 200_000
    site = learn([huge[0], *PAGES[:10]])
    assert len(site.to_json().encode()) < 200_000
    assert len(site.sample) == 11


def test_lists_of_stories_give_way_to_stories():
    home = "<html><body>" + "".join(
        f"<div class='t'><a href='/{i}'>A headline about the town and its people number {i}</a></div>"
        for i in range(40)
    )
    site = learn([home + f"<p>{number}</p></body></html>" for number in range(30)] + PAGES[:10])
    assert sum(not page.is_list for page in site.sample) == 10


def test_a_known_template_teaches_nothing(portal_pages):
    bodies = [page.body for path, page in portal_pages.items() if path.startswith("/html/")]
    pages = [body for body in bodies if recognise(read(body)) is not None]
    assert len(pages) > 10
    assert learn(pages) == Site()


def test_json_round_trip(site):
    assert Site.from_json(site.to_json()) == site
    assert Site.from_json(site.to_json().encode()) == site
    assert json.loads(site.to_json())["hosts"] == ["gazette.example"]


def test_a_site_of_another_version_is_an_error():
    older = {**json.loads(Site().to_json()), "version": 1}
    assert Site.from_json(json.dumps({**older, "version": 2})) == Site()
    with pytest.raises(ScraperError, match="a site of version 1; this library reads version 2"):
        Site.from_json(json.dumps(older))


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{}", "null", '{"version": 2}', "x" * 3_000_000,
     '{"version": 2, "hosts": [], "pages": -1, "sample": []}',
     '{"version": 2, "hosts": [], "pages": 1, "sample": [["a", false, [["p", 1, -1, 0, 0, 0, {}, []]]]]}',
     '{"version": 2, "hosts": [], "pages": 1, "sample": [["a", false, [["p", 1, 1, 0, 1e300, 0, {}, []]]]]}',
     b"\xff\xfe", "\ud800", None, 3],
)  # fmt: skip
def test_what_is_no_site_is_an_error(text):
    with pytest.raises(ScraperError):
        Site.from_json(text)


@given(st.binary(max_size=200) | st.text(max_size=200))
def test_any_text_is_a_site_or_an_error(text):
    with contextlib.suppress(ScraperError):
        Site.from_json(text)


@settings(max_examples=25, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.text(max_size=9), st.integers(0, 2**32 - 1), st.integers(1, 10**6), st.integers(0, 10**6),
            st.floats(0, 10**6), st.floats(0, 10**6), st.dictionaries(st.sampled_from(["body", "x", "headline"]), st.floats(0, 10**6)),
            st.lists(st.text(max_size=9), max_size=4),
        ),
        max_size=6,
    )
)  # fmt: skip
def test_any_numbers_of_a_site_can_be_read_with(paths):
    stored = {"version": 2, "hosts": [], "pages": 1, "sample": [["a", False, paths]]}
    site = Site.from_json(json.dumps(stored))
    for html in (PAGES[0][0], "<p>word", "<a href=/>1</a>", "<ul>" + "<li>An item of a list" * 3):
        with contextlib.suppress(NotAnArticle):
            extract(html, site=site)
    assert all(0 <= region.repeated <= 1 for region in site.regions())


@pytest.mark.parametrize("pages", [[1], [None], [("x", "https://a.example/", 3)], PAGES[0][0], b"<p>page", None, 1])
def test_what_is_no_page_is_an_error(pages):
    with pytest.raises(ScraperError):
        learn(pages)


def test_equal_sites_have_equal_hashes(site):
    assert hash(Site.from_json(site.to_json())) == hash(site)
    assert len({site, learn(PAGES[:10]), Site()}) == 2


def test_the_number_of_a_page_that_cannot_be_read_is_named():
    with pytest.raises(ScraperError, match=r"^page 3: "):
        learn([PAGES[0], PAGES[1][0], 7, PAGES[2]])


@pytest.mark.parametrize("site", ["site.json", 1, {}])
def test_a_site_of_another_type_is_an_error(site):
    with pytest.raises(ScraperError, match="site must be"):
        extract(PAGES[0][0], site=site)


def test_lone_surrogates_and_a_byte_order_mark_are_no_obstacle(site):
    html = PAGES[0][0].replace("qx4", "qx\ud800").replace("Harbour", "Har\ud800bour")
    learned = learn([(html, "http://\ud800.example/")])
    assert Site.from_json(learned.to_json()) == learned
    assert Site.from_json(b"\xef\xbb\xbf" + site.to_json().encode()) == site


def test_a_template_that_is_no_longer_used_is_forgotten_even_if_few_pages_come_at_a_time():
    site, new = learn(PAGES), [other_template(20 + n) for n in range(40)]
    for first in range(0, 30, 2):
        site = site.renew(learn(new[first : first + 2]))
    assert (len(site.sample), site.pages) == (MAX_PAGES, len(PAGES) + 30)
    paths = [{path.path for path in summary.paths} for summary in site.sample]
    assert sum(any("zr" in path for path in own) for own in paths) >= 0.7 * MAX_PAGES
    assert all(OTHER_NOTICE not in extract(html, url=url, site=site).body for html, url in new[30:])


def test_a_renewed_site_keeps_recent_pages_and_some_of_the_others(site):
    recent = learn([other_template(20 + n) for n in range(MAX_PAGES)])
    renewed = site.renew(recent)
    kept = {page.digest for page in renewed.sample}
    assert len(renewed.sample) == MAX_PAGES
    assert MAX_PAGES // 2 <= len(kept & {page.digest for page in recent.sample}) < MAX_PAGES
    assert kept & {page.digest for page in site.sample}
    assert site.renew(Site()) == site
    assert Site().renew(site) == site


def test_regions_say_where_the_story_is(site):
    regions = {region.path: region for region in site.regions()}
    story = next(region for path, region in regions.items() if "div.qx > p" in path and region.story > 0.5)
    assert story.pages == 10
    assert list(itertools.islice((region.pages for region in site.regions()), 1)) == [10]


def test_familiar_and_foreign_pages(site):
    known, foreign = (
        learn([PAGES[13]]).sample[0],
        learn(["<main><article><p>Text of a foreign page.</p></article></main>"]).sample[0],
    )
    assert site.familiarity(known) > 0.9
    assert site.familiarity(foreign) == 0
